"""Tell why a person has no plan: what would have to be otherwise for one, of what was left when they chose.

Each obstacle is dropped alone, in the order of `Obstacle`; the first without which there is a plan is told. Where none
alone is in the way, all are dropped, and one after the other is put back, the last first, as long as a plan remains:
what cannot be put back is told, and none of it is told in vain. Only where all of them dropped leave no plan, nobody
teaches what is lacking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qipan.talent.model.array import Ints
from qipan.talent.model.course import Person
from qipan.talent.model.plan import Obstacle
from qipan.talent.plans.lay_out import NEVER, Grounds, Keys, lay_out_people
from qipan.talent.plans.search import search

DROPPED: Final = tuple(one for one in Obstacle if one is not Obstacle.SKILLS)


@dataclass(frozen=True, slots=True)
class Scene:
    """What was on offer, and what is left of it; bounds of its grounds hold whatever seats there are."""

    grounds: Grounds
    keys: Keys
    seats: Ints
    openings: Ints
    all_seats: Ints
    all_openings: Ints


def explain(scene: Scene, person: Person) -> tuple[tuple[Obstacle, ...], Ints | None]:
    """Return the obstacles without which there would be a plan, and that plan as `search` has it."""
    everything = _found(scene, person, frozenset(DROPPED))
    if everything is None:
        return (Obstacle.SKILLS,), None
    for obstacle in DROPPED:
        row = _found(scene, person, frozenset({obstacle}))
        if row is not None:
            return (obstacle,), row
    dropped, best = frozenset(DROPPED), everything
    for obstacle in reversed(DROPPED):
        row = _found(scene, person, dropped - {obstacle})
        if row is not None:
            dropped, best = dropped - {obstacle}, row
    return tuple(one for one in DROPPED if one in dropped), best


def _found(scene: Scene, person: Person, dropped: frozenset[Obstacle]) -> Ints | None:
    """Return the shortest plan there would be without some obstacles."""
    seats, openings = scene.seats, scene.openings
    if Obstacle.TAKEN in dropped:
        seats, openings = scene.all_seats, scene.all_openings
    if Obstacle.NO_OPENING in dropped:
        seats = np.where(scene.all_seats == 0, 1, seats)
        openings = np.where(scene.all_openings == 0, 1, openings)
    changed = replace(
        person,
        hours=NEVER if Obstacle.TIME in dropped else person.hours,
        money_fen=NEVER if Obstacle.MONEY in dropped else person.money_fen,
        ready=None if Obstacle.START in dropped else person.ready,
        wage_least_fen_per_month=0 if Obstacle.WAGE in dropped else person.wage_least_fen_per_month,
        regions=tuple(scene.keys.regions) if Obstacle.REGION in dropped else person.regions,
    )
    people = lay_out_people((changed,), scene.keys)
    rows = search(scene.grounds, people, 0, changed.hours, changed.money_fen, seats, openings, 1)
    return rows[0] if len(rows) else None
