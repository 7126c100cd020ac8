"""Place whole jobs along a plan: each takes the cheapest start at the plan's prices that still has room.

Jobs go in order of tier, priority, slack and size. The order matters more than the prices, and following prices loses
less than following the plan's quotas.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.classify import latest_start_in_horizon_s, planned_h
from qipan.dispatch.model.array import Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Plan, Reason, Status
from qipan.dispatch.reach import Reach
from qipan.dispatch.timeline import TICK_S, Asks, Timeline, asks, earliest, fits, take, timeline


class Prices(NamedTuple):
    """What running costs, for the kernels.

    Attributes
    ----------
    spent
        Cost of a unit in each pool from the horizon's start to a tick, ``(pools, ticks + 1)``.
    ticks
        Ticks of each job that are priced, ``(jobs,)``.
    moving
        Cost of each job at each site besides running, ``(jobs, sites)``.
    """

    spent: Floats
    ticks: Floats
    moving: Floats


def place(jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan) -> Placement:
    """Place jobs at the plan's locational prices.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    room = timeline(board)
    latest = latest_start_in_horizon_s(jobs, board)
    prices = prices_of(jobs, board, rules, reached, plan.lmp_fen_per_unit_h)
    pool, start_tick = place_at_prices(
        placing_order(jobs, refused),
        asks(jobs, board, latest_start_s=latest, sort=reached.of_job, allowed=reached.allowed),
        prices,
        room,
    )
    return placement(jobs, board, refused=refused, latest_start_s=latest, pool=pool, start_tick=start_tick)


def prices_of(jobs: Jobs, board: Board, rules: Rules, reached: Reach, lmp_fen_per_unit_h: Floats) -> Prices:
    """Lay locational prices out for the kernels.

    Parameters
    ----------
    lmp_fen_per_unit_h
        ``(products, slots)``
    """
    tick_h = TICK_S / 3600.0
    price = np.repeat(lmp_fen_per_unit_h[board.pool_product], round(board.slot_s / TICK_S), axis=1) * tick_h
    return Prices(
        spent=np.concatenate([np.zeros((len(board.pools), 1)), np.cumsum(price, axis=1)], axis=1),
        ticks=planned_h(jobs, board) / tick_h,
        moving=moving_fen(jobs, board, rules, reached),
    )


def placing_order(jobs: Jobs, refused: Texts) -> Ints:
    """Return the positions of the jobs to place: by tier, priority, slack, size, then as they came."""
    slack = jobs.latest_start_s - jobs.submit_s
    order = np.lexsort((-jobs.work_unit_h, slack, -jobs.priority, jobs.tier))
    return np.asarray(order[refused[order] == Reason.NONE])


def moving_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach) -> Floats:
    """Return what it costs to serve each job at each site besides running it, ``(jobs, sites)``.

    Of a job that outlasts the horizon only the planned hours count, with their part of its data.
    """
    origin = reached.origin[reached.of_job]
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])[jobs.tier]
    work = jobs.quantity * planned_h(jobs, board)
    moved = (jobs.data_gb * work / jobs.work_unit_h)[:, None] * board.transfer_fen_per_gb[origin]
    return np.asarray(moved + (near * work)[:, None] * board.round_trip_ms[origin])


def placement(
    jobs: Jobs, board: Board, *, refused: Texts, latest_start_s: Floats, pool: Ints, start_tick: Floats
) -> Placement:
    """Give every job its status and reason."""
    start_s = np.where(pool >= 0, board.start_s + start_tick * TICK_S, np.nan)
    today = (pool >= 0) & (start_s < board.day_end_s - 1e-6)
    after = (pool >= 0) & ~today
    can_wait = (pool < 0) & (refused == Reason.NONE) & (jobs.latest_start_s > latest_start_s + 1.0)
    status = np.full(len(jobs), Status.REFUSED, dtype=object)
    status[today] = Status.PLACED
    status[after | can_wait] = Status.CARRIED_OVER
    reason = refused.copy()
    reason[(pool < 0) & (refused == Reason.NONE)] = Reason.NO_ROOM
    reason[after] = Reason.LATER_IS_BETTER
    return Placement(pool=pool, start_s=start_s, status=status, reason=reason)


class Options(NamedTuple):
    """What a job may choose from, filled anew for each job; ``(options,)``."""

    cost: Floats
    pool: Ints
    start: Floats


@numba.njit(cache=True)
def place_at_prices(
    order: Ints, ask: Asks, prices: Prices, room: Timeline
) -> tuple[Ints, Floats]:  # pragma: no cover - compiled
    """Give each job in turn the cheapest start that has room; return pool, -1 for none, and start, ``(jobs,)``."""
    options = empty_options(room)
    chosen = np.full(len(ask.quantity), -1, np.int64)
    begins = np.zeros(len(ask.quantity))
    for job in order:
        count = fill_options(options, ask, prices, room, job)
        for one in np.argsort(options.cost[:count], kind="mergesort"):
            if fits(room, ask, job, options.pool[one], options.start[one]):
                chosen[job], begins[job] = options.pool[one], options.start[one]
                break
        if chosen[job] < 0:
            chosen[job], begins[job] = _cheapest_of_earliest(ask, prices, room, job)
        if chosen[job] >= 0:
            take(room, ask, job, chosen[job], begins[job])
    return chosen, begins


@numba.njit(cache=True)
def empty_options(room: Timeline) -> Options:  # pragma: no cover - compiled
    """Return room for the options of one job."""
    most = len(room.free) * (2 * (room.free.shape[1] // room.ticks_of_slot) + 4)
    return Options(np.empty(most), np.empty(most, np.int64), np.empty(most))


@numba.njit(cache=True)
def fill_options(
    options: Options, ask: Asks, prices: Prices, room: Timeline, job: int
) -> int:  # pragma: no cover - compiled
    """Fill in every (start, pool) that can be the cheapest, and return how many there are.

    Prices are steps, so the cost of a run is piecewise linear in its start: it is least at the first or last start, or
    where the run begins or ends with a slot.
    """
    width, length = room.ticks_of_slot, prices.ticks[job]
    first, latest = ask.start[job], max(ask.start[job], ask.latest[job])
    count = _add_options(options, 0, ask, prices, room, job, first)
    at = (np.floor(first / width) + 1.0) * width
    while at <= latest:
        count = _add_options(options, count, ask, prices, room, job, at)
        at += width
    end = (np.floor((first + length) / width) + 1.0) * width
    while end - length < latest:
        count = _add_options(options, count, ask, prices, room, job, end - length)
        end += width
    if latest > first:
        count = _add_options(options, count, ask, prices, room, job, latest)
    return count


@numba.njit(cache=True)
def _add_options(
    options: Options, count: int, ask: Asks, prices: Prices, room: Timeline, job: int, start: float
) -> int:  # pragma: no cover - compiled
    """Add a start in every allowed pool."""
    for pool in range(len(room.free)):
        if ask.allowed[ask.sort[job], pool]:
            options.cost[count] = _cost(ask, prices, room, job, pool, start)
            options.pool[count] = pool
            options.start[count] = start
            count += 1
    return count


@numba.njit(cache=True)
def _cheapest_of_earliest(
    ask: Asks, prices: Prices, room: Timeline, job: int
) -> tuple[int, float]:  # pragma: no cover - compiled
    """Return the cheapest pool, each at its earliest start that has room; pool -1 for none."""
    best, chosen, begin = np.inf, -1, 0.0
    for pool in range(len(room.free)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        at = earliest(room, ask, job, pool)
        if at >= 0.0:
            cost = _cost(ask, prices, room, job, pool, at)
            if cost < best:
                best, chosen, begin = cost, pool, at
    return chosen, begin


@numba.njit(cache=True)
def _cost(
    ask: Asks, prices: Prices, room: Timeline, job: int, pool: int, start: float
) -> float:  # pragma: no cover - compiled
    """Price of running a job in a pool from a start on, in fen."""
    spent = prices.spent[pool]
    unit = _spent_at(spent, start + prices.ticks[job]) - _spent_at(spent, start)
    return float(ask.quantity[job] * unit + prices.moving[job, room.pool_site[pool]])


@numba.njit(cache=True)
def _spent_at(spent: Floats, tick: float) -> float:  # pragma: no cover - compiled
    whole = int(tick)
    if whole >= len(spent) - 1:
        return float(spent[-1])
    return float(spent[whole] + (tick - whole) * (spent[whole + 1] - spent[whole]))
