"""Place whole jobs along a plan: each takes the cheapest seat at the plan's prices that still has room.

Large jobs go first and small ones fill what is left, those with less slack before others of their size. Prices lean
towards what the plan gives each tier, which decides between seats that cost the same. Where that leaves jobs without a
seat, an empty board is filled again in other ways, and the best of them stays. On boards of up to `SMALL` jobs room
is made for those without a seat (`make_room`), and all move (`relocate`); what each simple rule would do is tried as
well, so that none is cheaper by more than `NEAR`, once whoever has room there is served. On larger ones they may turn
another out (`fill`), so that a million jobs cost little more than one plain pass. On the board that stays each tier is
served by priority (`serve_by_priority`), and jobs are brought forward (`bring_forward`). A preemptible job may stop and
go, in one pool.

On a board with meters energy counts at the plan's prices of it, prices lean more or less, and what stays is cheapest
with the energy that it really draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.placement.along import fill_along, fill_evenly
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.bound import proven_fen
from qipan.dispatch.placement.choose import Prices, prices_of
from qipan.dispatch.placement.fill import fill, turn_out, upright
from qipan.dispatch.placement.forward import bring_forward, by_start
from qipan.dispatch.placement.make_room import make_room
from qipan.dispatch.placement.priority import contested, serve_by_priority
from qipan.dispatch.placement.relocate import draw_all, meters_of, relocate
from qipan.dispatch.placement.score import cheapest, planned_fen
from qipan.dispatch.placement.seats import Seats, copied, hold_all, occupants, total_fen
from qipan.dispatch.placement.tell import placement, seats_of
from qipan.dispatch.placement.timeline import CLOCK_TICKS, Asks, Timeline, asks, timeline
from qipan.dispatch.placement.turns import placing_order, urgency, urgent_order
from qipan.dispatch.programme.formulate import running_fen_per_unit_h

LEANS: Final = (0.0075, 0.03, 0.1, 0.3)
"""How far prices lean towards the plan's use, as a share of their mean: the first decides between equal seats.

The others are for boards with meters. There a price holds for the plan's use alone: who takes more than it finds the
plant used up, or a new peak. Which is best depends on how coarse jobs are, so each is tried.
"""
SMALL: Final = 400_000
"""Boards of up to so many jobs are worth more passes: several ways to fill, room made, all relocated."""
FEW: Final = 20_000
"""With more jobs than these, what serves everyone within `ENOUGH` of the proven bound needs no more passes."""
ENOUGH: Final = 0.01
"""Share of the proven bound that a board of many jobs may cost above it."""
ROUNDS: Final = 3
"""How often those without a seat go round, and all move, on the way that is chosen."""
NEAR: Final = 0.01
"""Of ways that cost no more than the cheapest but for this share, the one stays that leaves least of urgent work."""
HOURS_DIGITS: Final = 6
"""Hours left without a seat are the same if they are so to these digits; the rest is rounding."""
NOTHING: Final[Mapping[str, Placement]] = MappingProxyType({})


class Way(Enum):
    """How a board is filled, if not as a simple rule would: along the plan, or where most is free."""

    ALONG = auto()
    SPREAD = auto()


class Tried(NamedTuple):
    """A board that was filled: what it costs, the hours left by urgency, ``(tiers,)``, and who sits where."""

    fen: float
    left_unit_h: tuple[float, ...]
    seats: Seats


class Case(NamedTuple):
    """What is to be placed, on what, and what it costs to leave each job without a seat, ``(jobs,)``."""

    jobs: Jobs
    board: Board
    rules: Rules
    reached: Reach
    refused: Texts
    plan: Plan
    ask: Asks
    prices: Prices
    unserved_fen: Floats


def place(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *,
    refused: Texts, plan: Plan, theirs: Mapping[str, Placement] = NOTHING,
) -> Placement:  # fmt: skip
    """Place jobs at the plan's locational prices.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    theirs
        Where simple rules put the jobs, as far as that is known; rules that are tried without it are placed here.
    """
    case = _case(jobs, board, rules, reached, refused, plan)
    ask, prices, unserved_fen = case.ask, case.prices, case.unserved_fen
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    order = urgent_order(jobs, rules, refused)
    enough_fen = _enough_fen(case)
    cost, seats = _best(_tried(case, enough_fen, theirs))
    room = _room_beside(case, order, seats)
    rest = order[seats.pool[order] < 0]
    if len(jobs) <= SMALL and (len(rest) or cost > enough_fen):
        seats = _mended(case, order, room, seats, rounds=ROUNDS)[2]
    elif len(rest):
        rest = rest[np.lexsort((-jobs.quantity[rest], -worth[rest]))]
        flexible = np.argsort(jobs.submit_s - jobs.latest_start_s, kind="stable")
        turn_out(rest, ask, prices, unserved_fen, room, seats, occupants(flexible, room, seats))
        fill(rest[seats.pool[rest] < 0], ask, prices, upright(), room, seats)
    seats, is_out = _ranked(case, order, seats)
    return placement(jobs, board, reached, refused=refused, seats=seats, is_out=is_out)


def follow_priority(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan, found: Placement
) -> Placement:
    """Serve each tier of a placement by priority, as `place` does; one that does so is returned as it is.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    order = urgent_order(jobs, rules, refused)
    if not contested(order, jobs, found.pool):
        return found
    case = _case(jobs, board, rules, reached, refused, plan)
    seats = seats_of(found, case.ask, board)
    seated, is_out = _by_priority(case, order, seats)
    if not seated:
        return found
    is_out |= found.reason == Reason.TURNED_OUT
    return placement(jobs, board, reached, refused=refused, seats=seats, is_out=is_out)


def keep_seated(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan, found: Placement
) -> Placement:
    """Move each job of a placement to where it adds least to the cost, and seat more; nobody loses a seat.

    A placement that costs less as it was stays: with meters what a move saves is a guess, and who takes the room that
    it leaves may cost more than it is worth.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    case, order = _case(jobs, board, rules, reached, refused, plan), urgent_order(jobs, rules, refused)
    seats, meters = seats_of(found, case.ask, board), meters_of(board, rules, plan.energy)
    room = _room_beside(case, order, seats)
    draw_all(order, case.ask, meters, room, seats)
    relocate(order, case.ask, case.prices, meters, room, seats)
    fill(order[seats.pool[order] < 0], case.ask, case.prices, upright(), room, seats)
    seats, is_out = _forward(case, order, seats), found.reason == Reason.TURNED_OUT
    moved = placement(jobs, board, reached, refused=refused, seats=seats, is_out=is_out)
    either = (moved, found)
    return either[cheapest(sum(planned_fen(jobs, board, rules, reached, one)) for one in either)]


def seat_more(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan, found: Placement, more: Ints
) -> Placement:
    """Make room for some jobs of a placement that have no seat, the most valuable first; others may lose theirs.

    Parameters
    ----------
    rules
        Whose values of lost hours decide who may turn out whom.
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    more
        Positions of the jobs to seat.
    """
    case, order = _case(jobs, board, rules, reached, refused, plan), urgent_order(jobs, rules, refused)
    seats = seats_of(found, case.ask, board)
    room = _room_beside(case, order, seats)
    _seat_by_force(case, more, room, seats)
    fill(order[seats.pool[order] < 0], case.ask, case.prices, upright(), room, seats)
    is_out = found.reason == Reason.TURNED_OUT
    return placement(jobs, board, reached, refused=refused, seats=seats, is_out=is_out)


def _case(jobs: Jobs, board: Board, rules: Rules, reached: Reach, refused: Texts, plan: Plan) -> Case:
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules, plan.energy))
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    unserved_fen = worth * jobs.quantity * planned_h(jobs, board)
    return Case(jobs, board, rules, reached, refused, plan, asks(jobs, board, reached), prices, unserved_fen)


def _enough_fen(case: Case) -> float:
    """Return the cost at which a board that serves everyone is good enough: of many jobs, `ENOUGH` above the bound."""
    if not FEW < len(case.jobs) <= SMALL:
        return -np.inf
    proven = proven_fen(case.jobs, case.board, case.rules, case.reached, refused=case.refused, plan=case.plan)
    return proven + ENOUGH * abs(proven)


def _tried(case: Case, enough_fen: float, theirs: Mapping[str, Placement]) -> Iterator[Tried]:
    """Yield boards filled in the ways that are worth trying, until one is good enough."""
    is_small, is_left = len(case.jobs) <= SMALL, True
    order = urgent_order(case.jobs, case.rules, case.refused)
    for way, turns, waits, pull in _ways(case, is_small=is_small):
        if not is_left and (way is Way.SPREAD or (way is Way.ALONG and pull == LEANS[0])):
            continue
        room, seats = _filled(way, case, turns, waits, pull, theirs)
        cost = _fen(case, order, room, seats)
        if is_small and (cost > enough_fen or (seats.pool[order] < 0).any()):
            cost, room, seats = _mended(case, order, room, seats, rounds=1)
        left = order[seats.pool[order] < 0]
        yield Tried(cost, _left_unit_h(case, left), seats)
        is_left &= bool(len(left))
        if not is_left and cost <= enough_fen:
            return


def _left_unit_h(case: Case, left: Ints) -> tuple[float, ...]:
    """Return the planned hours of jobs without a seat, the most urgent tier first, ``(tiers,)``."""
    rank = urgency(case.rules)[case.jobs.tier[left]]
    work = (case.jobs.quantity * planned_h(case.jobs, case.board))[left]
    return tuple(np.round(np.bincount(rank, weights=work, minlength=len(Tier)), HOURS_DIGITS).tolist())


def _filled(
    way: Way | Baseline, case: Case, order: Ints, ask: Asks, pull: float, theirs: Mapping[str, Placement]
) -> tuple[Timeline, Seats]:
    if way is Way.ALONG:
        return fill_along(order, case.jobs, case.board, case.rules, case.plan, pull=pull, ask=ask, prices=case.prices)
    if way is Way.SPREAD:
        return fill_evenly(order, case.board, case.rules, ask, case.prices)
    given = (case.jobs, case.board, case.rules, case.reached)
    found = theirs[way] if way in theirs else place_by(way, *given, refused=case.refused)
    seats = seats_of(found, case.ask, case.board)
    return _room_beside(case, order, seats), seats


def _room_beside(case: Case, order: Ints, seats: Seats) -> Timeline:
    """Return the room that is left beside those who have a seat."""
    room = timeline(case.board, keeps_reserve=case.rules.keeps_reserve)
    hold_all(order, case.ask, room, seats)
    return room


def _mended(case: Case, order: Ints, room: Timeline, seats: Seats, *, rounds: int) -> tuple[float, Timeline, Seats]:
    """Return a board on which all have a seat who have room, and its cost, mended where that costs less.

    With meters what a move saves is a guess; and who takes the room that a move leaves may cost more than it is worth.
    """
    fill(order[seats.pool[order] < 0], case.ask, case.prices, upright(), room, seats)
    cost = _fen(case, order, room, seats)
    first = copied(seats)
    _mend(case, order, room, seats, rounds=rounds)
    mended = _fen(case, order, room, seats)
    if cheapest((mended, cost)) == 0:
        return mended, room, seats
    return cost, _room_beside(case, order, first), first


def _ranked(case: Case, order: Ints, seats: Seats) -> tuple[Seats, Bools]:
    """Return a board that serves each tier by priority, jobs brought forward, and whom that turned out, ``(jobs,)``.

    What bringing forward leaves free may seat by priority who had no room before, so one follows the other.
    """
    is_out, is_new = _by_priority(case, order, seats)[1], True
    while is_new:
        seats = _forward(case, order, seats)
        seated, also = _by_priority(case, order, seats)
        is_new, is_out = seated > 0, is_out | also
    return seats, is_out


def _by_priority(case: Case, order: Ints, seats: Seats) -> tuple[int, Bools]:
    """Serve each tier by priority, if some job is left out that might turn another out; change the seats in place."""
    if not contested(order, case.jobs, seats.pool):
        return 0, np.zeros(len(seats.pool), dtype=bool)
    room = _room_beside(case, order, seats)
    return serve_by_priority(order, case.jobs, case.rules, ask=case.ask, prices=case.prices, room=room, seats=seats)


def _forward(case: Case, order: Ints, seats: Seats) -> Seats:
    """Return a board on which jobs that wait start as early as they can at no more cost; as it was if that is dearer.

    Who has no seat takes one that this leaves free, and is brought forward in turn, on boards of up to `SMALL` jobs.
    """
    room, moved = _room_beside(case, order, seats), copied(seats)
    waiting = by_start(moved)
    while len(waiting):
        meters = meters_of(case.board, case.rules, case.plan.energy)
        draw_all(order, case.ask, meters, room, moved)
        bring_forward(waiting, case.ask, case.prices, meters, room, moved)
        rest = order[moved.pool[order] < 0]
        fill(rest, case.ask, case.prices, upright(), room, moved)
        waiting = rest[(moved.pool[rest] >= 0) & (len(case.jobs) <= SMALL)]
    costs = [_fen(case, order, room, one) for one in (moved, seats)]
    return (moved, seats)[cheapest(costs)]


def _fen(case: Case, order: Ints, room: Timeline, seats: Seats) -> float:
    """Return what a board costs, with the energy that it really draws."""
    if case.board.energy is None:
        return float(total_fen(order, case.ask, case.prices, case.unserved_fen, room, seats))
    found = placement(case.jobs, case.board, case.reached, refused=case.refused, seats=seats)
    return sum(planned_fen(case.jobs, case.board, case.rules, case.reached, found))


def _best(tried: Iterable[Tried]) -> tuple[float, Seats]:
    """Return the cheapest of the boards tried, or the one near to it that leaves least work, the most urgent first."""
    near: list[Tried] = []
    for one in tried:
        near.append(one)
        least = min(other.fen for other in near)
        near = [other for other in near if other.fen <= least + NEAR * abs(least)]
    left = min(one.left_unit_h for one in near)
    near = [one for one in near if one.left_unit_h == left]
    best = near[cheapest(one.fen for one in near)]
    return best.fen, best.seats


def _ways(case: Case, *, is_small: bool) -> list[tuple[Way | Baseline, Ints, Asks, float]]:
    """Return how to fill a board, in which orders, with which windows, and how far prices lean.

    What outlasts the horizon holds its cards from its start to the horizon's end, and only as many hours count as the
    latest start leaves: on a small board such jobs also try to start as late as they may.
    """
    jobs, refused, ask = case.jobs, case.refused, case.ask
    large, urgent = placing_order(jobs, refused), urgent_order(jobs, case.rules, refused)
    pulls = LEANS[1:] if case.board.energy is not None else ()
    ways: list[tuple[Way | Baseline, Ints, Asks, float]] = []
    more: list[tuple[Way | Baseline, Ints, Asks, float]] = [(Way.ALONG, large, ask, pull) for pull in pulls]
    ways += [(Way.ALONG, large, ask, LEANS[0]), (Way.ALONG, urgent, ask, LEANS[0])]
    if not is_small:
        return ways + more
    outlasts = ask.length > ask.planned + CLOCK_TICKS
    late = ask._replace(start=np.where(outlasts, ask.latest, ask.start))
    if outlasts.any():
        ways += [(Way.ALONG, large, late, LEANS[0]), (Way.ALONG, urgent, late, LEANS[0])]
    return [*ways, *more, (Way.SPREAD, urgent, late, 0.0), *((rule, large, ask, 0.0) for rule in Baseline)]


def _mend(case: Case, order: Ints, room: Timeline, seats: Seats, *, rounds: int) -> None:
    """Make room for those without a seat, and relocate all."""
    ask, prices = case.ask, case.prices
    empty = meters_of(case.board, case.rules, case.plan.energy)
    meters = empty._replace(own_kwh=empty.own_kwh.copy())
    for _ in range(rounds):
        _seat_by_force(case, order[seats.pool[order] < 0], room, seats)
        meters.own_kwh[:] = empty.own_kwh
        draw_all(order, ask, meters, room, seats)
        if not relocate(order, ask, prices, meters, room, seats):
            break
    fill(order[seats.pool[order] < 0], ask, prices, upright(), room, seats)


def _seat_by_force(case: Case, rest: Ints, room: Timeline, seats: Seats) -> None:
    """Make room for some jobs without a seat, the most valuable first; the most tolerant leave first."""
    if not len(rest):
        return
    jobs, work = case.jobs, case.jobs.quantity * case.ask.length
    tolerant = np.lexsort((work, jobs.submit_s - jobs.latest_start_s, -urgency(case.rules)[jobs.tier]))
    rest = rest[np.lexsort((-work[rest], -case.unserved_fen[rest] / work[rest]))]
    make_room(rest, case.ask, case.prices, case.unserved_fen, room, seats, occupants(tolerant, room, seats))
