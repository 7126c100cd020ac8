"""Find for each person the shortest set of modules that leads to a job that is open, within their time and money.

**The problem.** A person has levels of skills, hours and money, regions where they would work, a least wage, and a day
from which they may begin. A set of modules *leads* to a job where, of each skill that the job needs, the level that
the person has or the highest that a module of the set teaches is at least that needed; where each module has a seat,
is online or in a region of theirs, and does not begin before their day; and where its hours and what the person pays
sum up to no more than they have. The job has an opening, is in a region of theirs, and pays what they ask for. Levels
do not add up, no module asks for another, and that hours of two modules clash is not looked at. Of all pairs of a job
and a set that leads to it, the plan is that with the fewest hours; of these that with the least cost, the fewest
modules, the highest wage, the job first by name. Of several sets that are equal in all of it, one is told.

**Who comes first.** Seats and openings are held for one person after the other, by priority and then by name. Each
gets the best of what is left; in the order above nobody gets a better plan by stating less than they have. It is not
the assignment that places the most persons: an earlier one may take the seat that alone would have helped a later one.

**Exact.** See `search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.array import Ints
from qipan.talent.model.course import Offer, Person
from qipan.talent.model.plan import Obstacle, Plan, Planned
from qipan.talent.plans.lay_out import (
    NEVER,
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
    """An offer and persons as arrays; of the offer what is left, and what there was."""

    offer: Offer
    grounds: Grounds
    people: People
    is_subsidised: bool
    seats: Ints
    openings: Ints
    all_seats: Ints
    all_openings: Ints


def find_plans(
    people: Sequence[Person], offer: Offer, *, alternatives: int = 2, is_subsidised: bool = False
) -> tuple[Planned, ...]:
    """Return what was found for each person, in the order in which they choose.

    Parameters
    ----------
    alternatives
        How many other jobs are told with a plan.
    is_subsidised
        Whether modules cost a person only what their subsidies leave.

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
    ordered = in_order(people)
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
        all_seats,
        all_openings,
    )
    found = np.full((len(ordered), 1 + alternatives, WIDE), NONE, dtype=np.int64)
    for first in range(0, len(ordered), AT_ONCE):
        some = found[first : first + AT_ONCE]
        search_all(bounded(board.grounds, board.seats), board.people, board.seats, board.openings, some, first)
    unplanned = [at for at in range(len(ordered)) if found[at, 0, JOB] < 0]
    subsidised = (
        {} if is_subsidised else _with_subsidies(board, lay_out_offer(offer, keys, is_subsidised=True), unplanned)
    )
    told = []
    for at, person in enumerate(ordered):
        plans = [_plan(board, row) for row in found[at] if row[JOB] >= 0]
        if plans:
            told.append(Planned(person, plans[0], tuple(plans[1:])))
        else:
            obstacle, relaxed = _obstacle(board, at)
            helped = subsidised.get(at) if obstacle is Obstacle.MONEY else None
            told.append(Planned(person, None, (), obstacle, relaxed, helped))
    return tuple(told)


def _with_subsidies(board: _Board, grounds: Grounds, unplanned: Sequence[int]) -> dict[int, Plan]:
    """Return plans that there would be were subsidies paid, of what is left once all have chosen."""
    found = {}
    for at in unplanned:
        money_fen = int(board.people.money_fen[at])
        rows = search(grounds, board.people, at, int(board.people.hours[at]), money_fen, board.seats, board.openings, 1)
        if len(rows):
            found[at] = _plan(board, rows[0], is_subsidised=True)
    return found


def _obstacle(board: _Board, at: int) -> tuple[Obstacle, Plan | None]:
    """Return the first obstacle without which there would be a plan, and that plan."""
    hours, money_fen = int(board.people.hours[at]), int(board.people.money_fen[at])
    left, whole = (board.seats, board.openings), (board.all_seats, board.all_openings)
    for obstacle, time, money, (seats, openings) in (
        (Obstacle.TAKEN, hours, money_fen, whole),
        (Obstacle.MONEY, hours, NEVER, left),
        (Obstacle.TIME, NEVER, money_fen, left),
        (Obstacle.TIME_AND_MONEY, NEVER, NEVER, left),
    ):
        rows = search(board.grounds, board.people, at, time, money, seats, openings, 1)
        if len(rows):
            return obstacle, _plan(board, rows[0])
    return Obstacle.SKILLS, None


def _plan(board: _Board, row: Ints, *, is_subsidised: bool | None = None) -> Plan:
    modules = sorted(row[MODULES : MODULES + row[COUNT]].tolist())
    return Plan(
        board.offer.jobs[int(row[JOB])],
        tuple(board.offer.modules[module] for module in modules),
        board.is_subsidised if is_subsidised is None else is_subsidised,
    )
