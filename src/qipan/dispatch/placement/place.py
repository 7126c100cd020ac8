"""Place whole jobs along a plan: each takes the cheapest seat at the plan's prices that still has room.

Large jobs go first and small ones fill what is left, those with less slack before others of their size. Prices lean
towards what the plan gives each tier, which decides between seats that cost the same. Where that leaves jobs without a
seat, an empty board is filled again in other ways, and the best of them stays. On boards of up to `SMALL` jobs those
without a seat clear one (`clear`), and all settle (`settle`); on larger ones they may turn another out (`fill`), so
that a million jobs cost little more than one plain pass. A preemptible job may stop and go, in one pool.

On a board with meters energy counts at the plan's prices of it, prices lean more or less, and what stays is cheapest
with the energy that it really draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

import numpy as np

from qipan.dispatch.jobs.classify import latest_start_in_horizon_s, planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Links, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Placement, Plan, Reason, Status, Stretches
from qipan.dispatch.placement.choose import Prices, moving_of
from qipan.dispatch.placement.clear import clear
from qipan.dispatch.placement.fill import Lean, Seats, empty_seats, fill, hold_all, occupants, total_fen, turn_out
from qipan.dispatch.placement.score import planned_fen
from qipan.dispatch.placement.settle import draw_all, meters_of, settle
from qipan.dispatch.placement.timeline import CLOCK_TICKS, TICK_S, Asks, Timeline, asks, timeline
from qipan.dispatch.programme.formulate import running_fen_per_unit_h

EASED: Final = 0.99
"""Share of the plan's rents that counts, so that of two equal seats the scarce one is taken while there is room."""
LEANS: Final = (0.0075, 0.03, 0.1, 0.3)
"""How far prices lean towards the plan's use, as a share of their mean: the first decides between equal seats.

The others are for boards with meters. There a price holds for the plan's use alone: who takes more than it finds the
plant used up, or a new peak. Which is best depends on how coarse jobs are, so each is tried.
"""
SMALL: Final = 400_000
"""Boards of up to so many jobs are worth more passes: several ways to fill, seats cleared, all settled."""
ROUNDS: Final = 3
"""How often those without a seat go round, and all settle, on the way that is chosen."""
NEAR: Final = 0.01
"""Of ways that cost no more than the cheapest but for this share, the one stays that leaves least of urgent work."""


class Way(Enum):
    """How a board is filled: along the plan; where most is free; near and soon; where it costs least at the time."""

    ALONG = auto()
    SPREAD = auto()
    NEAREST = auto()
    CHEAPEST = auto()


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
    lost: Floats


def place(jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan) -> Placement:
    """Place jobs at the plan's locational prices.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    case = _case(jobs, board, rules, reached, refused, plan)
    ask, prices, lost = case.ask, case.prices, case.lost
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    order = urgent_order(jobs, rules, refused)
    room, seats = _best(list(_tried(case)), order, urgency(rules)[jobs.tier], lost / worth)
    rest = order[seats.pool[order] < 0]
    if len(jobs) <= SMALL:
        first = placement(jobs, board, reached, refused=refused, seats=seats)
        _mend(case, order, room, seats, rounds=ROUNDS)
        return _cheaper(case, first, placement(jobs, board, reached, refused=refused, seats=seats))
    if len(rest):
        rest = rest[np.lexsort((-jobs.quantity[rest], -worth[rest]))]
        flexible = np.argsort(jobs.submit_s - jobs.latest_start_s, kind="stable")
        turn_out(rest, ask, prices, lost, room, seats, occupants(flexible, room, seats))
        fill(rest[seats.pool[rest] < 0], ask, prices, upright(), room, seats)
    return placement(jobs, board, reached, refused=refused, seats=seats)


def keep_seated(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan, found: Placement
) -> Placement:
    """Move each job of a placement to where it adds least to the cost, and seat more; nobody loses a seat.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    case, order = _case(jobs, board, rules, reached, refused, plan), urgent_order(jobs, rules, refused)
    room = timeline(board, keeps_reserve=rules.keeps_reserve)
    seats, meters = seats_of(found, case.ask, board), meters_of(board, rules, plan.energy)
    hold_all(order, case.ask, room, seats)
    draw_all(order, case.ask, meters, room, seats)
    settle(order, case.ask, case.prices, meters, room, seats)
    fill(order[seats.pool[order] < 0], case.ask, case.prices, upright(), room, seats)
    return _cheaper(case, found, placement(jobs, board, reached, refused=refused, seats=seats))


def _case(jobs: Jobs, board: Board, rules: Rules, reached: Reach, refused: Texts, plan: Plan) -> Case:
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules, plan.energy))
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    lost = worth * jobs.quantity * planned_h(jobs, board)
    return Case(jobs, board, rules, reached, refused, plan, asks(jobs, board, reached), prices, lost)


def _cheaper(case: Case, first: Placement, last: Placement) -> Placement:
    """Return the last placement where it costs no more than the first: with meters, what a move saves is a guess."""
    if case.board.energy is None:
        return last
    cost = [sum(planned_fen(case.jobs, case.board, case.rules, case.reached, one)) for one in (first, last)]
    return last if cost[1] <= cost[0] else first


def _tried(case: Case) -> Iterator[tuple[float, Timeline, Seats]]:
    """Yield boards filled in the ways that are worth trying, and what each costs."""
    is_small = len(case.jobs) <= SMALL
    is_left = True
    for way, order, waits, pull in _ways(case, is_small=is_small):
        if not is_left and way is Way.ALONG and pull == LEANS[0]:
            continue
        if not is_left and way in (Way.SPREAD, Way.NEAREST):
            continue
        if way is Way.ALONG:
            room, seats = _fill_along(order, case.jobs, case.board, case.rules, case.plan, pull, waits, case.prices)
        else:
            room, seats = _fill_plainly(way, order, case.board, case.rules, waits, case.prices)
        if is_small:
            _mend(case, order, room, seats, rounds=1)
        if case.board.energy is None:
            cost = total_fen(order, case.ask, case.prices, case.lost, room, seats)
        else:
            found = placement(case.jobs, case.board, case.reached, refused=case.refused, seats=seats)
            cost = sum(planned_fen(case.jobs, case.board, case.rules, case.reached, found))
        is_left &= bool((seats.pool[order] < 0).any())
        yield cost, room, seats


def _best(tried: list[tuple[float, Timeline, Seats]], order: Ints, rank: Ints, work: Floats) -> tuple[Timeline, Seats]:
    """Return the cheapest of the ways tried, or the one near to it that leaves least work, the most urgent first.

    Parameters
    ----------
    rank
        ``(jobs,)``, from `urgency`.
    """
    least = min(fen for fen, _, _ in tried)

    def left(one: tuple[float, Timeline, Seats]) -> tuple[float, ...]:
        out = order[one[2].pool[order] < 0]
        return *np.bincount(rank[out], weights=work[out], minlength=len(Tier)).tolist(), one[0]

    _, room, seats = min((one for one in tried if one[0] <= least + NEAR * abs(least)), key=left)
    return room, seats


def _ways(case: Case, *, is_small: bool) -> list[tuple[Way, Ints, Asks, float]]:
    """Return how to fill a board, in which orders, with which windows, and how far prices lean.

    What outlasts the horizon holds its cards from its start to the horizon's end, and only as many hours count as the
    latest start leaves: on a small board such jobs also try to start as late as they may.
    """
    jobs, refused, ask = case.jobs, case.refused, case.ask
    large, urgent = placing_order(jobs, refused), urgent_order(jobs, case.rules, refused)
    pulls = LEANS[1:] if case.board.energy is not None else ()
    ways = [(Way.ALONG, large, ask, LEANS[0]), (Way.ALONG, urgent, ask, LEANS[0])]
    more = [(Way.ALONG, large, ask, pull) for pull in pulls]
    if not is_small:
        return ways + more
    outlasts = ask.length > ask.planned + CLOCK_TICKS
    late = ask._replace(start=np.where(outlasts, ask.latest, ask.start))
    if outlasts.any():
        ways += [(Way.ALONG, large, late, LEANS[0]), (Way.ALONG, urgent, late, LEANS[0])]
    come = np.flatnonzero(refused == Reason.NONE)
    come = come[np.argsort(jobs.submit_s[come], kind="stable")]
    plain = [(Way.SPREAD, urgent, late, 0.0), (Way.NEAREST, come, ask, 0.0), (Way.CHEAPEST, come, ask, 0.0)]
    return ways + more + plain


def _mend(case: Case, order: Ints, room: Timeline, seats: Seats, *, rounds: int) -> None:
    """Clear seats for those without one, the most valuable first, and settle all."""
    jobs, ask, prices, lost = case.jobs, case.ask, case.prices, case.lost
    work = jobs.quantity * ask.length
    tolerant = np.lexsort((work, jobs.submit_s - jobs.latest_start_s, -urgency(case.rules)[jobs.tier]))
    empty = meters_of(case.board, case.rules, case.plan.energy)
    meters = empty._replace(own_kwh=empty.own_kwh.copy())
    for _ in range(rounds):
        rest = order[seats.pool[order] < 0]
        if len(rest):
            rest = rest[np.lexsort((-work[rest], -lost[rest] / work[rest]))]
            clear(rest, ask, prices, lost, room, seats, occupants(tolerant, room, seats))
        meters.own_kwh[:] = empty.own_kwh
        draw_all(order, ask, meters, room, seats)
        if not settle(order, ask, prices, meters, room, seats):
            break
    fill(order[seats.pool[order] < 0], ask, prices, upright(), room, seats)


def _fill_along(
    order: Ints, jobs: Jobs, board: Board, rules: Rules, plan: Plan, pull: float, ask: Asks, prices: Prices
) -> tuple[Timeline, Seats]:
    """Fill an empty board in an order, at the plan's prices, which lean.

    Parameters
    ----------
    pull
        One of `LEANS`.
    prices
        What running costs, energy at the plan's prices of it.
    """
    room = timeline(board, keeps_reserve=rules.keeps_reserve)
    seats = empty_seats(ask, room.ticks_of_slot)
    lmp = plan.lmp_fen_per_unit_h[board.pool_product] * TICK_S / 3600.0
    lean = lean_of(board, plan, pull, prices.step[0] + EASED * np.maximum(lmp - prices.step[0], 0.0))
    step = lean.base - lean.pull * np.minimum(lean.planned, 1.0)
    prices = prices._replace(step=step, level=jobs.tier.astype(np.int64))
    if board.links is not None:
        prices = prices._replace(rents=EASED * rents_of(board.links, plan))
    fill(order, ask, prices, lean, room, seats)
    return room, seats


def _fill_plainly(
    way: Way, order: Ints, board: Board, rules: Rules, ask: Asks, prices: Prices
) -> tuple[Timeline, Seats]:
    """Fill an empty board in an order without looking at the plan."""
    room = timeline(board, keeps_reserve=rules.keeps_reserve)
    seats = empty_seats(ask, room.ticks_of_slot)
    lean, none = upright(), np.zeros(len(ask.sort))
    if way is Way.SPREAD:
        whole = board.capacity[None] * room.ticks_of_slot
        lean = Lean(planned=whole, left=whole.copy(), base=np.zeros_like(board.capacity), pull=1.0)
        prices = prices._replace(step=-np.ones_like(whole), moving=prices.moving._replace(gb=none, near=none))
    elif way is Way.NEAREST:
        later = np.repeat(np.arange(board.slot_count, dtype=float)[None], len(board.pools), axis=0)[None]
        prices = prices._replace(step=later, moving=prices.moving._replace(gb=none, near=none + 1.0))
    fill(order, ask, prices, lean, room, seats)
    return room, seats


def placing_order(jobs: Jobs, refused: Texts) -> Ints:
    """Return the positions of the jobs to place: by priority, size (powers of two), slack, then as they came."""
    size = np.floor(np.log2(np.maximum(jobs.work_unit_h, 1e-9)) + 1e-9)
    order = np.lexsort((jobs.submit_s, jobs.latest_start_s - jobs.submit_s, -size, -jobs.priority))
    return np.asarray(order[refused[order] == Reason.NONE])


def urgent_order(jobs: Jobs, rules: Rules, refused: Texts) -> Ints:
    """Return the positions of the jobs to place where room is short: by urgency, priority, slack, size."""
    slack = jobs.latest_start_s - jobs.submit_s
    order = np.lexsort((-jobs.work_unit_h, slack, -jobs.priority, urgency(rules)[jobs.tier]))
    return np.asarray(order[refused[order] == Reason.NONE])


def urgency(rules: Rules) -> Ints:
    """Return the rank of each tier, the one first whose lost hours are worth most, ``(tiers,)``; ties as tiers come."""
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])
    return np.argsort(np.argsort(-worth, kind="stable"), kind="stable")


def prices_of(jobs: Jobs, board: Board, rules: Rules, reached: Reach, price_fen_per_unit_h: Floats) -> Prices:
    """Lay prices that are the same for all jobs out for the kernels.

    Parameters
    ----------
    price_fen_per_unit_h
        ``(pools, slots)``
    """
    return Prices(
        step=(price_fen_per_unit_h * TICK_S / 3600.0)[None],
        level=np.zeros(len(jobs), dtype=np.int64),
        moving=moving_of(jobs, board, rules, reached),
    )


def rents_of(links: Links, plan: Plan) -> Floats:
    """Return what a GB pays for the links from each origin to each site, ``(origins, sites, slots)``.

    Only what runs with a full flow pays; what runs against it earns nothing, since it makes no room for whole jobs.
    """
    rent = plan.link_rent_fen_per_gb
    lanes = np.concatenate([np.maximum(rent, 0.0), np.maximum(-rent, 0.0)])
    return np.ascontiguousarray(links.lane_share @ lanes)


def lean_of(board: Board, plan: Plan, pull: float, base: Floats) -> Lean:
    """Return what the plan gives each tier of each pool, and how prices lean towards that.

    What work takes of a product is shared out over its pools as they supply it.

    Parameters
    ----------
    pull
        One of `LEANS`.
    base
        Prices that do not lean, fen for a unit and tick, ``(pools, slots)``.
    """
    given = np.zeros((len(Tier), len(board.products), board.slot_count))
    tier = plan.classes.streams.tier[plan.work_stream]
    np.add.at(given, (tier, plan.work_product, plan.work_slot), plan.takes * plan.work_unit_h)
    whole = np.zeros(given.shape[1:])
    np.add.at(whole, board.pool_product, plan.supply_unit_h)
    share = plan.supply_unit_h / np.where(whole > 0.0, whole, np.inf)[board.pool_product]
    planned = given[:, board.pool_product] * share * 3600.0 / TICK_S
    return Lean(planned=planned, left=planned.copy(), base=base, pull=pull * float(np.abs(base).mean()))


def upright() -> Lean:
    """Return prices that do not lean."""
    none = np.zeros((0, 0, 0))
    return Lean(planned=none, left=none, base=np.zeros((0, 0)), pull=0.0)


def placement(jobs: Jobs, board: Board, reached: Reach, *, refused: Texts, seats: Seats) -> Placement:
    """Give every job its status and reason, and those that stop and go their stretches."""
    pool = seats.pool.copy()
    first_tick = seats.begin[seats.first[:-1]]
    start_s = np.where(pool >= 0, board.start_s + first_tick * TICK_S, np.nan)
    today = (pool >= 0) & (start_s < board.day_end_s - 1e-6)
    after = (pool >= 0) & ~today
    can_wait = (pool < 0) & (refused == Reason.NONE)
    can_wait &= jobs.latest_start_s > latest_start_in_horizon_s(jobs, board) + 1.0
    status = np.full(len(jobs), Status.REFUSED, dtype=object)
    status[today] = Status.PLACED
    status[after | can_wait] = Status.CARRIED_OVER
    reason = refused.copy()
    reason[(pool < 0) & (refused == Reason.NONE)] = Reason.NO_ROOM
    reason[after] = Reason.LATER_IS_BETTER
    return Placement(pool, start_s, status, reason, _stretches(board, seats), reached.held(jobs, board, pool))


def seats_of(found: Placement, ask: Asks, board: Board) -> Seats:
    """Return the seats of a placement: the inverse of `placement`."""
    seats = empty_seats(ask, round(board.slot_s / TICK_S))
    runs = found.runs(ask.length * TICK_S)
    seats.pool[:], seats.parts[:] = found.pool, np.bincount(runs.job, minlength=len(seats.parts))
    begun = np.cumsum(seats.parts) - seats.parts
    at = seats.first[runs.job] + np.arange(len(runs.job)) - begun[runs.job]
    begin, ticks = (runs.start_s - board.start_s) / TICK_S, runs.seconds / TICK_S
    seats.begin[at] = np.where(np.abs(begin - np.rint(begin)) < CLOCK_TICKS, np.rint(begin), begin)
    seats.ticks[at] = ticks
    return seats


def _stretches(board: Board, seats: Seats) -> Stretches:
    count = np.where(seats.parts > 1, seats.parts, 0)
    job = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(job)) - np.repeat(np.cumsum(count) - count, count)
    at = seats.first[job] + within
    return Stretches(job=job, start_s=board.start_s + seats.begin[at] * TICK_S, seconds=seats.ticks[at] * TICK_S)
