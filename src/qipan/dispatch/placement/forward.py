"""Bring jobs forward: each that waits starts as early as it can where that adds no more to the cost.

Where energy is free, or costs the same at several hours, prices do not say which hour to take, and waiting buys
nothing. The jobs of a filled board are gone through in the order of their starts. Each stands up, and sits down again
at the earliest start, in any pool, at which it adds no more than where it sat, as `relocate` reckons that. What stops
and goes also ends no later than it did. A job that moves leaves room behind only from its old start on, so that none
before it could use that to start earlier in its own pool: one pass is enough, but where the data of several share a
link in one slot.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.model.array import Ints
from qipan.dispatch.placement.choose import LESS, Prices, Seat, choose_stretches_in, empty_seat, moving_fen
from qipan.dispatch.placement.relocate import Meters, draw, fill_in_flat, price
from qipan.dispatch.placement.seats import Seats, hold_seat, release_seat, run_fen, seat_fen, sit_found
from qipan.dispatch.placement.timeline import CLOCK_TICKS, Asks, Timeline, blocked, held_units


def by_start(seats: Seats) -> Ints:
    """Return the positions of the jobs that have a seat, in the order of their starts."""
    seated = np.flatnonzero(seats.pool >= 0)
    return np.asarray(seated[np.argsort(seats.begin[seats.first[seated]], kind="stable")])


@numba.njit(cache=True)
def bring_forward(
    order: Ints, ask: Asks, prices: Prices, meters: Meters, room: Timeline, seats: Seats
) -> int:  # pragma: no cover - compiled
    """Move each job of an order to its earliest start that costs no more than its seat; return how many moved.

    Parameters
    ----------
    order
        Of jobs that have a seat, from `by_start`.
    meters
        With what all jobs draw taken off, from `draw_all`; not kept up where own energy costs what the grid's does.
    """
    seat = empty_seat(room.free_least.shape[1])
    step = np.empty((1, len(room.free), room.free_least.shape[1]))
    here = Prices(step, np.zeros(len(ask.quantity), np.int64), prices.moving, prices.rents)
    is_flat, moved = bool((meters.own_fen == meters.grid_fen).all()), 0
    if is_flat:
        fill_in_flat(step[0], meters, room)
    for job in order:
        if seats.begin[seats.first[job]] <= ask.start[job] + CLOCK_TICKS:
            continue
        release_seat(room, ask, seats, job)
        if not is_flat:
            draw(meters, ask, room, seats, job, -1.0)
            price(step[0], ask, meters, room, job)
        pool, count = _choose_earlier(seat, ask, here, room, seats, job)
        if pool >= 0:
            sit_found(room, ask, seats, seat, job, pool, count)
            moved += 1
        else:
            hold_seat(room, ask, seats, job)
        if not is_flat:
            draw(meters, ask, room, seats, job, 1.0)
    return moved


@numba.njit(cache=True)
def _choose_earlier(
    seat: Seat, ask: Asks, prices: Prices, room: Timeline, seats: Seats, job: int
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Find the earliest start that costs no more than a job's seat; its pool is -1 where the seat's own is that."""
    last = seats.first[job] + seats.parts[job] - 1
    until, end = seats.begin[seats.first[job]] - CLOCK_TICKS, seats.begin[last] + seats.ticks[last]
    most = seat_fen(ask, prices, room, seats, job)
    most += LESS * abs(most)
    pool, count, first = -1, 0, float(ask.start[job])
    for other in range(len(room.free)):
        by = until + ask.planned[job]
        if ask.allowed[ask.sort[job], other] and _least_fen(ask, prices, room, job, other, first, by) <= most:
            at = _earliest_within(ask, prices, room, job, other, most, until)
            if at >= 0.0:
                pool, until = other, at
    if pool >= 0:
        seat.begin[0], seat.ticks[0], count = until, ask.length[job], 1
    if ask.splits[job]:
        stops, parts, by = -1, 0, ask.latest[job] + ask.length[job]
        for other in range(len(room.free)):
            if ask.allowed[ask.sort[job], other] and _least_fen(ask, prices, room, job, other, first, by) <= most:
                fen, parts = choose_stretches_in(seat, ask, prices, room, job, other)
                if fen <= most and seat.begin[0] < until and _ends(seat, parts) <= end + CLOCK_TICKS:
                    stops, until = other, seat.begin[0]
        if stops >= 0:
            _, parts = choose_stretches_in(seat, ask, prices, room, job, stops)
            return stops, parts
        seat.begin[0], seat.ticks[0] = until, ask.length[job]
    return pool, count


@numba.njit(cache=True)
def _least_fen(
    ask: Asks, prices: Prices, room: Timeline, job: int, pool: int, begin: float, end: float
) -> float:  # pragma: no cover - compiled
    """Return what a job would cost in a pool if all of it ran in the cheapest slot between two moments, or less."""
    width, step = room.ticks_of_slot, prices.step[prices.level[job], pool]
    last = int(np.ceil((end - CLOCK_TICKS) / width))
    if last > len(step):
        return -np.inf
    paid = held_units(ask, job, pool) * ask.planned[job] * step[int(begin) // width : last].min()
    least = paid + moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
    return float(least - LESS * abs(least))


@numba.njit(cache=True)
def _ends(seat: Seat, parts: int) -> float:  # pragma: no cover - compiled
    return float(seat.begin[parts - 1] + seat.ticks[parts - 1])


@numba.njit(cache=True)
def _earliest_within(
    ask: Asks, prices: Prices, room: Timeline, job: int, pool: int, most: float, until: float
) -> float:  # pragma: no cover - compiled
    """Return the earliest start before a moment with room in a pool that costs no more than so much, or -1.

    Between the moments at which a run begins or ends with a slot its cost is linear in its start, so that the first
    whole tick is found at which it has fallen far enough.
    """
    width, length, at = room.ticks_of_slot, ask.planned[job], float(ask.start[job])
    while at < until:
        tick = blocked(room, ask, job, pool, at, ask.length[job])
        if tick >= 0:
            at = float(tick + 1)
            continue
        fen = run_fen(ask, prices, room, job, pool, at, length)
        if fen <= most:
            return at
        with_slot = (np.floor(at / width) + 1.0) * width
        to_slot = (np.floor((at + length) / width) + 1.0) * width - length
        bend = max(min(with_slot, to_slot), at + CLOCK_TICKS)
        fallen = run_fen(ask, prices, room, job, pool, bend, length)
        if fallen <= most:
            reached = np.ceil(at + (fen - most) / (fen - fallen) * (bend - at))
            bend = min(max(reached, np.floor(at) + 1.0), bend)
        at = bend
    return -1.0
