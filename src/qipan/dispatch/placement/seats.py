"""Seats of all jobs: who sits down, stands up, holds what room, and what that costs.

The kernels are compiled by numba. A job that sits holds its room on the timeline.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.placement.choose import Prices, Seat, moving_fen
from qipan.dispatch.placement.timeline import Asks, Timeline, held_ticks, held_units, hold, release


class Seats(NamedTuple):
    """Where and when each job runs.

    Attributes
    ----------
    pool, parts
        ``(jobs,)``; the pool is -1 for none, and ``parts`` how many stretches the job has.
    first
        ``(jobs + 1,)``, where the stretches of a job begin in the arrays that follow.
    begin, ticks
        ``(stretches,)``
    """

    pool: Ints
    parts: Ints
    first: Ints
    begin: Floats
    ticks: Floats


def empty_seats(ask: Asks, width: int) -> Seats:
    """Return room for the seats of all jobs, none of which has one."""
    most = np.where(ask.splits, np.ceil(ask.length / width) + 2, 1).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(most)])
    jobs, stretches = len(most), int(first[-1])
    return Seats(np.full(jobs, -1), np.zeros(jobs, np.int64), first, np.zeros(stretches), np.zeros(stretches))


def copied(seats: Seats) -> Seats:
    """Return the same seats, of which changes here are none there."""
    return Seats(seats.pool.copy(), seats.parts.copy(), seats.first, seats.begin.copy(), seats.ticks.copy())


@numba.njit(cache=True)
def copy_seat(seats: Seats, job: int, to: Seats, at: int) -> None:  # pragma: no cover - compiled
    """Write the seat of a job down at a place among others."""
    to.pool[at], to.parts[at] = seats.pool[job], seats.parts[job]
    for part in range(seats.parts[job]):
        to.begin[to.first[at] + part] = seats.begin[seats.first[job] + part]
        to.ticks[to.first[at] + part] = seats.ticks[seats.first[job] + part]


@numba.njit(cache=True)
def sit(
    room: Timeline, ask: Asks, seats: Seats, job: int, pool: int, start: float
) -> None:  # pragma: no cover - compiled
    """Seat a job in a pool in one stretch, from a start on."""
    seats.pool[job], seats.parts[job] = pool, 1
    seats.begin[seats.first[job]], seats.ticks[seats.first[job]] = start, ask.length[job]
    hold_seat(room, ask, seats, job)


@numba.njit(cache=True)
def sit_found(
    room: Timeline, ask: Asks, seats: Seats, seat: Seat, job: int, pool: int, count: int
) -> None:  # pragma: no cover - compiled
    """Seat a job where `choose` found: in a pool, in as many stretches as the seat has."""
    seats.pool[job], seats.parts[job] = pool, count
    for k in range(count):
        at = seats.first[job] + k
        seats.begin[at], seats.ticks[at] = seat.begin[k], seat.ticks[k]
    hold_seat(room, ask, seats, job)


@numba.njit(cache=True)
def stand_up(room: Timeline, ask: Asks, seats: Seats, job: int) -> None:  # pragma: no cover - compiled
    """Take a job's seat, and give its room back."""
    release_seat(room, ask, seats, job)
    seats.pool[job], seats.parts[job] = -1, 0


@numba.njit(cache=True)
def hold_seat(room: Timeline, ask: Asks, seats: Seats, job: int) -> None:  # pragma: no cover - compiled
    """Hold the room of a job that has a seat."""
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        hold(room, ask, job, seats.pool[job], seats.begin[at], seats.ticks[at])


@numba.njit(cache=True)
def release_seat(room: Timeline, ask: Asks, seats: Seats, job: int) -> None:  # pragma: no cover - compiled
    """Undo `hold_seat`; the seat stays written down."""
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        release(room, ask, job, seats.pool[job], seats.begin[at], seats.ticks[at])


@numba.njit(cache=True)
def hold_all(order: Ints, ask: Asks, room: Timeline, seats: Seats) -> None:  # pragma: no cover - compiled
    """Hold the room of all jobs of an order that have a seat."""
    for job in order:
        if seats.pool[job] >= 0:
            hold_seat(room, ask, seats, job)


@numba.njit(cache=True)
def occupants(order: Ints, room: Timeline, seats: Seats) -> tuple[Ints, Ints]:  # pragma: no cover - compiled
    """List who sits in each slot of each pool, those that come first in the order first.

    Returns
    -------
    tuple
        Where the list of a cell begins, ``(pools * slots + 1,)``, and the jobs, cell after cell.
    """
    slots, width = room.free_least.shape[1], room.ticks_of_slot
    first = np.zeros(len(room.free) * slots + 1, np.int64)
    who = np.empty(0, np.int64)
    for is_counted in (False, True):
        at = first.copy()
        for job in order:
            for k in range(seats.first[job], seats.first[job] + seats.parts[job]):
                span = held_ticks(seats.begin[k], seats.ticks[k], slots * width)
                for slot in range(span[0] // width, (span[1] - 1) // width + 1):
                    cell = seats.pool[job] * slots + slot
                    if is_counted:
                        who[at[cell]] = job
                        at[cell] += 1
                    else:
                        first[cell + 1] += 1
        if not is_counted:
            first = np.cumsum(first)
            who = np.empty(first[-1], np.int64)
    return first, who


@numba.njit(cache=True)
def run_fen(
    ask: Asks, prices: Prices, room: Timeline, job: int, pool: int, start: float, length: float
) -> float:  # pragma: no cover - compiled
    """Return what a job costs that runs so long in a pool from a start on."""
    step, width = prices.step[prices.level[job], pool], room.ticks_of_slot
    need = held_units(ask, job, pool)
    paid = moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
    for slot in range(int(start) // width, min(int(np.ceil((start + length) / width)), len(step))):
        inside = min(start + length, (slot + 1.0) * width) - max(start, float(slot * width))
        paid += need * inside * step[slot]
    return float(paid)


@numba.njit(cache=True)
def seat_fen(ask: Asks, prices: Prices, room: Timeline, seats: Seats, job: int) -> float:  # pragma: no cover - compiled
    """Return what a job costs where it sits."""
    pool, first = seats.pool[job], seats.first[job]
    if seats.parts[job] == 1:
        return float(run_fen(ask, prices, room, job, pool, seats.begin[first], ask.planned[job]))
    moved = moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
    paid = moved
    for at in range(first, first + seats.parts[job]):
        paid += run_fen(ask, prices, room, job, pool, seats.begin[at], seats.ticks[at]) - moved
    return float(paid)


@numba.njit(cache=True)
def total_fen(
    order: Ints, ask: Asks, prices: Prices, unserved_fen: Floats, room: Timeline, seats: Seats
) -> float:  # pragma: no cover - compiled
    """Return what jobs cost where they sit, and what those without a seat lose."""
    total = 0.0
    for job in order:
        total += unserved_fen[job] if seats.pool[job] < 0 else seat_fen(ask, prices, room, seats, job)
    return total
