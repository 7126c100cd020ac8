"""The cheapest seat of one job: where and when it runs, in one stretch or, where it may stop and go, in several.

Prices are steps of a slot. The cost of a run is therefore piecewise linear in its start, least at the first or last
start or where the run begins or ends with a slot; and what stops and goes takes whole slots, the cheapest first, all in
one pool. The kernels are compiled by numba. Ties go to the earlier start, then to the pool that comes first.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Links, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan
from qipan.dispatch.placement.timeline import (
    CLOCK_TICKS,
    TICK_S,
    Asks,
    Timeline,
    blocked,
    earliest,
    fits,
    held_units,
)

LESS: Final = 1e-9
"""One cost is less than another if it is so by more than this share; the rest is rounding."""


class Moving(NamedTuple):
    """What serving a job at a site costs besides running it.

    Attributes
    ----------
    gb, near
        Data of each job, and what a millisecond of distance is worth to it, ``(jobs,)``.
    origin
        ``(sorts,)``
    transfer, trip
        Fen a GB and milliseconds, ``(origins, sites)``.
    """

    gb: Floats
    near: Floats
    origin: Ints
    transfer: Floats
    trip: Floats


def moving_of(jobs: Jobs, board: Board, rules: Rules, reached: Reach) -> Moving:
    """Lay out what serving jobs costs besides running them.

    Of a job that outlasts the horizon only the planned hours count, with their part of its data.
    """
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])[jobs.tier]
    work = jobs.quantity * planned_h(jobs, board)
    return Moving(
        gb=jobs.data_gb * work / jobs.work_unit_h,
        near=near * work,
        origin=reached.origin,
        transfer=board.transfer_fen_per_gb,
        trip=board.round_trip_ms,
    )


class Prices(NamedTuple):
    """What running costs, for the kernels.

    Attributes
    ----------
    step
        Fen for a unit and tick, ``(levels, pools, slots)``; jobs of another level may see other prices.
    level
        ``(jobs,)``
    moving
        Costs besides running.
    rents
        Fen a GB for the links from an origin to a site, ``(origins, sites, slots)``; None where they cost nothing, for
        which kernels are compiled without them.
    """

    step: Floats
    level: Ints
    moving: Moving
    rents: Floats | None = None


def prices_of(jobs: Jobs, board: Board, rules: Rules, reached: Reach, price_fen_per_unit_h: Floats) -> Prices:
    """Lay prices that are the same for all jobs out for the kernels.

    Parameters
    ----------
    price_fen_per_unit_h
        ``(pools, slots)``
    """
    return Prices(
        step=np.ascontiguousarray(price_fen_per_unit_h * TICK_S / 3600.0)[None],
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


class Seat(NamedTuple):
    """The seat found last, and what the search writes on.

    Attributes
    ----------
    begin, ticks
        Stretches in the order of time.
    starts, paid
        Starts to try, and what a unit costs from the window's first slot on, ``(slots + 1,)``.
    piece, order
        Ticks bought in each slot of the window, and its slots by price.
    curve
        What a unit and tick of a job costs, links included, ``(slots,)``.
    """

    begin: Floats
    ticks: Floats
    starts: Floats
    paid: Floats
    piece: Floats
    order: Ints
    curve: Floats


@numba.njit(cache=True)
def empty_seat(slots: int) -> Seat:  # pragma: no cover - compiled
    """Return room for the seat of one job."""
    return Seat(
        np.empty(slots + 2),
        np.empty(slots + 2),
        np.empty(2 * slots + 4),
        np.empty(slots + 2),
        np.empty(slots + 2),
        np.empty(slots + 2, np.int64),
        np.empty(slots),
    )


@numba.njit(cache=True)
def moving_fen(moving: Moving, sort: int, job: int, site: int) -> float:  # pragma: no cover - compiled
    """Return what serving a job at a site costs besides running it."""
    origin = moving.origin[sort]
    return float(moving.gb[job] * moving.transfer[origin, site] + moving.near[job] * moving.trip[origin, site])


@numba.njit(cache=True)
def choose(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, job: int, is_alone: bool
) -> tuple[float, int, int]:  # pragma: no cover - compiled
    """Return the least cost of a job, its pool and how many stretches the seat has; ``inf`` and -1 where none has room.

    Parameters
    ----------
    is_alone
        Whether the board is the job's alone, whatever room there is.
    """
    if ask.splits[job]:
        cost, pool, count = _choose_stretches(seat, ask, prices, room, job, is_alone)
    else:
        cost, pool, count = _choose_start(seat, ask, prices, room, job, is_alone)
    if pool >= 0 or is_alone:
        return cost, pool, count
    return _choose_earliest(seat, ask, prices, room, job)


@numba.njit(cache=True)
def _choose_start(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, job: int, is_alone: bool
) -> tuple[float, int, int]:  # pragma: no cover - compiled
    """Find the cheapest start among those that can be the cheapest."""
    width, length = room.ticks_of_slot, ask.planned[job]
    count = _fill_starts(seat.starts, ask, job, width)
    least, chosen, begin = np.inf, -1, 0.0
    first = int(seat.starts[0]) // width
    for pool in range(len(room.free)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        need = held_units(ask, job, pool)
        moved = moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
        step = _curve(seat, ask, prices, prices.rents, ask.gb, job, pool, room.pool_site[pool])
        _add_up(seat.paid, step, first, seat.starts[count - 1] + length, width)
        for i in range(count):
            start = seat.starts[i] - first * width
            paid = _paid_until(seat.paid, step, first, start + length, width)
            cost = need * (paid - _paid_until(seat.paid, step, first, start, width)) + moved
            is_even = chosen >= 0 and abs(cost - least) <= LESS * abs(least)
            is_better = seat.starts[i] < begin if is_even else cost < least
            if is_better and (is_alone or fits(room, ask, job, pool, seat.starts[i])):
                least, chosen, begin = min(cost, least), pool, seat.starts[i]
    seat.begin[0], seat.ticks[0] = begin, ask.length[job]
    return least, chosen, 1


@numba.njit(cache=True)
def _curve(
    seat: Seat, ask: Asks, prices: Prices, rents: Floats | None, gb: Any, job: int, pool: int, site: int
) -> Floats:  # pragma: no cover - compiled
    """Return what a unit and tick of a job costs in a pool, ``(slots,)``; its data pay the rents of links."""
    step: Floats = prices.step[prices.level[job], pool]
    if rents is not None:
        each = gb[job] / held_units(ask, job, pool)
        for slot in range(len(step)):
            seat.curve[slot] = step[slot] + each * rents[prices.moving.origin[ask.sort[job]], site, slot]
        return seat.curve
    return step


@numba.njit(cache=True)
def _fill_starts(starts: Floats, ask: Asks, job: int, width: int) -> int:  # pragma: no cover - compiled
    """Fill in the starts that can be the cheapest, in the order of time, and return how many there are."""
    first, length = ask.start[job], ask.planned[job]
    latest = max(first, ask.latest[job])
    starts[0] = first
    count = 1
    with_slot = (np.floor(first / width) + 1.0) * width
    to_slot = (np.floor((first + length) / width) + 1.0) * width - length
    while min(with_slot, to_slot) < latest:
        at = min(with_slot, to_slot)
        if with_slot == at:
            with_slot += width
        if to_slot == at:
            to_slot += width
        starts[count] = at
        count += 1
    if latest > first:
        starts[count] = latest
        count += 1
    return count


@numba.njit(cache=True)
def _add_up(paid: Floats, step: Floats, first: int, end: float, width: int) -> None:  # pragma: no cover - compiled
    """Add up what a unit costs slot by slot, from the first slot until a moment."""
    last = min(int(np.ceil(end / width)), len(step))
    paid[0] = 0.0
    for slot in range(first, last):
        paid[slot - first + 1] = paid[slot - first] + step[slot] * width


@numba.njit(cache=True)
def _paid_until(
    paid: Floats, step: Floats, first: int, tick: float, width: int
) -> float:  # pragma: no cover - compiled
    """Return what a unit costs from the first slot on until a tick after it."""
    slot = int(tick) // width
    if first + slot >= len(step):
        return float(paid[len(step) - first])
    if tick == slot * width:
        return float(paid[slot])
    return float(paid[slot] + (tick - slot * width) * step[first + slot])


@numba.njit(cache=True)
def _choose_stretches(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, job: int, is_alone: bool
) -> tuple[float, int, int]:  # pragma: no cover - compiled
    """Find the pool whose cheapest slots with room cost least; the dearest of them is used in part."""
    least, chosen = np.inf, -1
    for pool in range(len(room.free)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        need = held_units(ask, job, pool)
        moved = moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
        bar = (least - moved) / need
        step = _curve(seat, ask, prices, prices.rents, ask.gb, job, pool, room.pool_site[pool])
        paid = _buy(seat, ask, step, room, job, pool, bar, is_alone)
        if paid < bar:
            least, chosen = need * paid + moved, pool
    if chosen < 0 or is_alone:
        return least, chosen, 0
    step = _curve(seat, ask, prices, prices.rents, ask.gb, job, chosen, room.pool_site[chosen])
    _buy(seat, ask, step, room, job, chosen, np.inf, is_alone)
    return least, chosen, _join(seat, ask, job, room.ticks_of_slot)


@numba.njit(cache=True)
def choose_stretches_in(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, job: int, pool: int
) -> tuple[float, int]:  # pragma: no cover - compiled
    """Return the least cost of a job that stops and goes in one pool, and how many stretches; ``inf`` without room."""
    site = room.pool_site[pool]
    step = _curve(seat, ask, prices, prices.rents, ask.gb, job, pool, site)
    paid = _buy(seat, ask, step, room, job, pool, np.inf, False)
    if paid == np.inf:
        return np.inf, 0
    fen = held_units(ask, job, pool) * paid + moving_fen(prices.moving, ask.sort[job], job, site)
    return float(fen), _join(seat, ask, job, room.ticks_of_slot)


@numba.njit(cache=True)
def _buy(
    seat: Seat, ask: Asks, step: Floats, room: Timeline, job: int, pool: int, bar: float, is_alone: bool
) -> float:  # pragma: no cover - compiled
    """Buy the ticks of a job in the cheapest pieces with room; ``inf`` where they do not suffice or reach the bar."""
    width, begin, end = room.ticks_of_slot, ask.start[job], ask.latest[job] + ask.length[job]
    first, last = int(begin) // width, int(np.ceil((end - CLOCK_TICKS) / width))
    if step[first:last].min() * ask.length[job] >= bar:
        return np.inf
    count = 0
    for slot in range(first, last):
        seat.piece[slot - first] = 0.0
        from_tick = max(begin, slot * width)
        lasts = min(end, (slot + 1) * width) - from_tick
        if not is_alone and blocked(room, ask, job, pool, from_tick, lasts) >= 0:
            continue
        at = count
        while at > 0 and step[slot] < step[seat.order[at - 1]]:
            seat.order[at] = seat.order[at - 1]
            at -= 1
        seat.order[at] = slot
        count += 1
    left, paid = ask.length[job], 0.0
    for slot in seat.order[:count]:
        part = min(left, min(end, (slot + 1) * width) - max(begin, slot * width))
        seat.piece[slot - first] = part
        paid += part * step[slot]
        left -= part
        if left <= CLOCK_TICKS:
            return float(paid)
    return np.inf


@numba.njit(cache=True)
def _join(seat: Seat, ask: Asks, job: int, width: int) -> int:  # pragma: no cover - compiled
    """Write the pieces bought as stretches; what is used in part leans on the piece that follows, if it can."""
    begin, end = ask.start[job], ask.latest[job] + ask.length[job]
    first, last = int(begin) // width, int(np.ceil((end - CLOCK_TICKS) / width))
    count = 0
    for slot in range(first, last):
        part = seat.piece[slot - first]
        if part <= 0.0:
            continue
        start, stop = max(begin, slot * width), min(end, (slot + 1) * width)
        follows = slot + 1 < last and seat.piece[slot + 1 - first] > 0.0
        joins = count > 0 and seat.begin[count - 1] + seat.ticks[count - 1] >= start - CLOCK_TICKS
        if follows and not joins:
            start = stop - part
        if joins:
            seat.ticks[count - 1] += part
        else:
            seat.begin[count], seat.ticks[count] = start, part
            count += 1
    return count


@numba.njit(cache=True)
def _choose_earliest(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, job: int
) -> tuple[float, int, int]:  # pragma: no cover - compiled
    """Find the cheapest pool, each at its earliest start that has room."""
    least, chosen = np.inf, -1
    width = room.ticks_of_slot
    first = int(ask.start[job]) // width
    for pool in range(len(room.free)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        at = earliest(room, ask, job, pool)
        if at < 0.0:
            continue
        step = _curve(seat, ask, prices, prices.rents, ask.gb, job, pool, room.pool_site[pool])
        _add_up(seat.paid, step, first, at + ask.planned[job], width)
        start = at - first * width
        unit = _paid_until(seat.paid, step, first, start + ask.planned[job], width)
        unit -= _paid_until(seat.paid, step, first, start, width)
        cost = held_units(ask, job, pool) * unit + moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
        if cost < least:
            least, chosen = cost, pool
            seat.begin[0], seat.ticks[0] = at, ask.length[job]
    return least, chosen, 1
