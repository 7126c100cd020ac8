"""Find for each person the shortest set of modules that leads to a job that is open, within their time and money.

**The problem.** A person has levels of skills, hours and money, regions where they would work, a least wage, and a day
from which they may begin. A set of modules *leads* to a job where, of each skill that the job needs, the level that
the person has or the highest that a module of the set teaches is at least that needed; where each module has a seat,
is online or in a region of theirs, and does not begin before their day; and where its hours and what the person pays
sum up to no more than they have. The job has an opening, is in a region of theirs, and pays what they ask for. Levels
do not add up, no module asks for another, and that hours of two modules clash is not looked at. Of all pairs of a job
and a set that leads to it, the plan is that with the fewest hours; of these that with the least cost, the fewest
modules, the highest wage, the job first by name. Of several sets that are equal in all of it, one is told.

**Who comes first.** Seats and openings are held for one person after the other, by priority and then by lot. Each
gets the best of what is left; in the order above nobody gets a better plan by stating less than they have. It is not
the assignment that places the most persons: an earlier one may take the seat that alone would have helped a later one.

**Exact.** See `search`; for those who have none, `explain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.array import Ints
from qipan.talent.model.course import Offer, Person
from qipan.talent.model.plan import Plan, Planned
from qipan.talent.plans.explain import Scene, explain
from qipan.talent.plans.lay_out import (
    Grounds,
    People,
    bounded,
    in_order,
    keys_of,
    lay_out_offer,
    lay_out_people,
)
from qipan.talent.plans.search import COUNT, JOB, MODULES, NONE, WIDE, search, search_all

AT_ONCE = 500
"""Persons for whom bounds are the same; then they follow the seats that are left."""


@dataclass(frozen=True, slots=True)
class _Board:
    """An offer and persons as arrays, and what is left."""

    offer: Offer
    grounds: Grounds
    people: People
    is_subsidised: bool
    seats: Ints
    openings: Ints


def find_plans(
    people: Sequence[Person],
    offer: Offer,
    *,
    alternatives: int = 2,
    is_subsidised: bool = False,
    day: date | None = None,
    seed: int = 0,
) -> tuple[Planned, ...]:
    """Return what was found for each person, in the order in which they choose.

    Parameters
    ----------
    alternatives
        How many other jobs are told with a plan.
    is_subsidised
        Whether modules cost a person only what their subsidies leave.
    day
        Before it no module may begin, whoever is ready; None for any.
    seed
        Of the lot among persons of one priority.

    Raises
    ------
    RuleBrokenError
        ``alternatives_unfit``.
    """
    if not 0 <= alternatives <= 100:
        raise RuleBrokenError(
            f"Alternatives must be 0 to 100, was {alternatives}.",
            code="alternatives_unfit",
            hint="Ask for a few.",
        )
    ordered = in_order(people, seed)
    if day is not None:
        ordered = tuple(replace(one, ready=max(one.ready or day, day)) for one in ordered)
    offer = Offer(
        tuple(sorted(offer.modules, key=lambda one: one.module_id)),
        tuple(sorted(offer.jobs, key=lambda one: one.job_id)),
    )
    keys = keys_of(offer)
    all_seats = np.array([one.seats for one in offer.modules], dtype=np.int64)
    all_openings = np.array([one.openings for one in offer.jobs], dtype=np.int64)
    board = _Board(
        offer,
        lay_out_offer(offer, keys, is_subsidised=is_subsidised),
        lay_out_people(ordered, keys),
        is_subsidised,
        all_seats.copy(),
        all_openings.copy(),
    )
    found = np.full((len(ordered), 1 + alternatives, WIDE), NONE, dtype=np.int64)
    for first in range(0, len(ordered), AT_ONCE):
        some = found[first : first + AT_ONCE]
        search_all(bounded(board.grounds, board.seats), board.people, board.seats, board.openings, some, first)
    subsidised = None if is_subsidised else lay_out_offer(offer, keys, is_subsidised=True)
    unbound = bounded(board.grounds, np.ones_like(all_seats))
    scene = Scene(unbound, keys, all_seats.copy(), all_openings.copy(), all_seats, all_openings)
    told = []
    for at, person in enumerate(ordered):
        plans = [_plan(board, row) for row in found[at] if row[JOB] >= 0]
        if plans:
            told.append(Planned(person, plans[0], tuple(plans[1:])))
            _hold(scene, found[at, 0])
        else:
            obstacles, row = explain(scene, person)
            relaxed = None if row is None else _plan(board, row)
            helped = None if subsidised is None else _with_subsidies(board, subsidised, scene, at)
            told.append(Planned(person, None, (), obstacles, relaxed, helped))
    return tuple(told)


def _hold(scene: Scene, row: Ints) -> None:
    """Take what a plan holds from what is left."""
    scene.openings[row[JOB]] -= 1
    scene.seats[row[MODULES : MODULES + row[COUNT]]] -= 1


def _with_subsidies(board: _Board, grounds: Grounds, scene: Scene, at: int) -> Plan | None:
    """Return the plan that there would be were subsidies paid, of what was left when the person chose."""
    hours, money_fen = int(board.people.hours[at]), int(board.people.money_fen[at])
    rows = search(grounds, board.people, at, hours, money_fen, scene.seats, scene.openings, 1)
    return _plan(board, rows[0], is_subsidised=True) if len(rows) else None


def _plan(board: _Board, row: Ints, *, is_subsidised: bool | None = None) -> Plan:
    modules = sorted(row[MODULES : MODULES + row[COUNT]].tolist())
    return Plan(
        board.offer.jobs[int(row[JOB])],
        tuple(board.offer.modules[module] for module in modules),
        board.is_subsidised if is_subsidised is None else is_subsidised,
    )
