"""Fill a board with whole jobs in a given order, then let those without a seat turn out others that can sit elsewhere.

While it fills, the price of a slot leans: it falls where a level of work has used less of a pool than the plan gives
it, and rises where it has used more. That decides between seats that the plan's prices hold equal. A job without a seat
afterwards turns one other job out of its way if that one, seated anew, costs less than the first is worth; the board's
whole cost only falls.

Source: `glover1996` (ejection chains, here of one link).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.placement.choose import Prices, Seat, choose, empty_seat, moving_fen
from qipan.dispatch.placement.timeline import Asks, Timeline, blocked, held_ticks, held_units, hold, release

TRIES = 24
"""How many others a job without a seat may try to turn out."""


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


class Lean(NamedTuple):
    """How prices lean towards the plan.

    Attributes
    ----------
    planned, left
        Unit-ticks that the plan gives each level of work, and those not used yet, ``(levels, pools, slots)``.
    base
        Prices that do not lean, fen for a unit and tick, ``(pools, slots)``.
    pull
        Fen for a unit and tick, where none of the plan's use is made yet; none where it is zero.
    """

    planned: Floats
    left: Floats
    base: Floats
    pull: float


def upright() -> Lean:
    """Return prices that do not lean."""
    none = np.zeros((0, 0, 0))
    return Lean(planned=none, left=none, base=np.zeros((0, 0)), pull=0.0)


def empty_seats(ask: Asks, width: int) -> Seats:
    """Return room for the seats of all jobs, none of which has one."""
    most = np.where(ask.splits, np.ceil(ask.length / width) + 2, 1).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(most)])
    jobs, stretches = len(most), int(first[-1])
    return Seats(np.full(jobs, -1), np.zeros(jobs, np.int64), first, np.zeros(stretches), np.zeros(stretches))


@numba.njit(cache=True)
def fill(
    order: Ints, ask: Asks, prices: Prices, lean: Lean, room: Timeline, seats: Seats
) -> None:  # pragma: no cover - compiled
    """Give each job in turn its cheapest seat that has room."""
    seat = empty_seat(room.free_least.shape[1])
    for job in order:
        _, pool, count = choose(seat, ask, prices, room, job, False)
        if pool >= 0:
            _sit(room, ask, seats, seat, job, pool, count)
            if lean.pull > 0.0:
                _lean(prices, lean, room, ask, seats, job)


@numba.njit(cache=True)
def _sit(
    room: Timeline, ask: Asks, seats: Seats, seat: Seat, job: int, pool: int, count: int
) -> None:  # pragma: no cover - compiled
    seats.pool[job], seats.parts[job] = pool, count
    for k in range(count):
        at = seats.first[job] + k
        seats.begin[at], seats.ticks[at] = seat.begin[k], seat.ticks[k]
    _hold(room, ask, seats, job)


@numba.njit(cache=True)
def _hold(room: Timeline, ask: Asks, seats: Seats, job: int) -> None:  # pragma: no cover - compiled
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        hold(room, ask, job, seats.pool[job], seats.begin[at], seats.ticks[at])


@numba.njit(cache=True)
def hold_all(order: Ints, ask: Asks, room: Timeline, seats: Seats) -> None:  # pragma: no cover - compiled
    """Take the room of all jobs of an order that have a seat."""
    for job in order:
        if seats.pool[job] >= 0:
            _hold(room, ask, seats, job)


@numba.njit(cache=True)
def _leave(room: Timeline, ask: Asks, seats: Seats, job: int) -> None:  # pragma: no cover - compiled
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        release(room, ask, job, seats.pool[job], seats.begin[at], seats.ticks[at])


@numba.njit(cache=True)
def _lean(
    prices: Prices, lean: Lean, room: Timeline, ask: Asks, seats: Seats, job: int
) -> None:  # pragma: no cover - compiled
    """Let prices answer to a job just seated."""
    pool, level, width = seats.pool[job], prices.level[job], room.ticks_of_slot
    slots, need = room.free_least.shape[1], held_units(ask, job, pool)
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        begin, end = seats.begin[at], min(seats.begin[at] + seats.ticks[at], float(slots * width))
        for slot in range(int(begin) // width, int(np.ceil(end / width))):
            used = need * (min(end, (slot + 1.0) * width) - max(begin, slot * width))
            lean.left[level, pool, slot] -= used
            share = lean.left[level, pool, slot] / max(lean.planned[level, pool, slot], width)
            prices.step[level, pool, slot] = lean.base[pool, slot] - lean.pull * max(share, -1.0)


@numba.njit(cache=True)
def total_fen(
    order: Ints, ask: Asks, prices: Prices, lost: Floats, room: Timeline, seats: Seats
) -> float:  # pragma: no cover - compiled
    """Return what jobs cost where they sit, and what those without a seat lose."""
    total = 0.0
    for job in order:
        total += lost[job] if seats.pool[job] < 0 else _seat_fen(ask, prices, room, seats, job)
    return total


@numba.njit(cache=True)
def turn_out(
    order: Ints, ask: Asks, prices: Prices, lost: Floats, room: Timeline, seats: Seats, lists: tuple[Ints, Ints]
) -> int:  # pragma: no cover - compiled
    """Try to seat each job of an order that has none, and return how many could be.

    Parameters
    ----------
    lost
        What it costs to leave each job without a seat, ``(jobs,)``.
    lists
        From `occupants`.
    """
    seat = empty_seat(room.free_least.shape[1])
    seated = 0
    for job in order:
        tries = TRIES
        for pool in range(len(room.free)):
            if tries <= 0 or seats.pool[job] >= 0:
                break
            if not ask.allowed[ask.sort[job], pool]:
                continue
            start = ask.start[job]
            while tries > 0 and seats.pool[job] < 0 and start <= max(ask.latest[job], ask.start[job]):
                tries -= 1 + _try(seat, ask, prices, lost, room, seats, lists, job, pool, start, tries)
                start = (np.floor(start / room.ticks_of_slot) + 1.0) * room.ticks_of_slot
        seated += seats.pool[job] >= 0
    return seated


@numba.njit(cache=True)
def _try(
    seat: Seat, ask: Asks, prices: Prices, lost: Floats, room: Timeline, seats: Seats, lists: tuple[Ints, Ints],
    job: int, pool: int, start: float, tries: int,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Turn one of those out who sit where a job would; return how many were tried."""
    need = held_units(ask, job, pool)
    tick = blocked(room, ask, job, pool, start, ask.length[job])
    cost = _run_fen(ask, prices, room, job, pool, start, ask.planned[job])
    if tick < 0 or cost >= lost[job]:
        return 0
    cell = pool * room.free_least.shape[1] + tick // room.ticks_of_slot
    tried = 0
    for other in lists[1][lists[0][cell] : lists[0][cell + 1]]:
        if tried >= tries:
            break
        if seats.pool[other] != pool or room.free[pool, tick] + held_units(ask, other, pool) < need:
            continue
        tried += 1
        before = _seat_fen(ask, prices, room, seats, other)
        _leave(room, ask, seats, other)
        if blocked(room, ask, job, pool, start, ask.length[job]) < 0:
            hold(room, ask, job, pool, start, ask.length[job])
            after, where, count = choose(seat, ask, prices, room, other, False)
            if where >= 0 and cost + after - before < lost[job]:
                _sit(room, ask, seats, seat, other, where, count)
                seats.pool[job], seats.parts[job] = pool, 1
                seats.begin[seats.first[job]], seats.ticks[seats.first[job]] = start, ask.length[job]
                return tried
            release(room, ask, job, pool, start, ask.length[job])
        _hold(room, ask, seats, other)
    return tried


@numba.njit(cache=True)
def _run_fen(
    ask: Asks, prices: Prices, room: Timeline, job: int, pool: int, start: float, length: float
) -> float:  # pragma: no cover - compiled
    step, width = prices.step[prices.level[job], pool], room.ticks_of_slot
    need = held_units(ask, job, pool)
    paid = moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
    for slot in range(int(start) // width, min(int(np.ceil((start + length) / width)), len(step))):
        inside = min(start + length, (slot + 1.0) * width) - max(start, float(slot * width))
        paid += need * inside * step[slot]
    return float(paid)


@numba.njit(cache=True)
def _seat_fen(
    ask: Asks, prices: Prices, room: Timeline, seats: Seats, job: int
) -> float:  # pragma: no cover - compiled
    """Return what a job costs where it sits."""
    pool, first = seats.pool[job], seats.first[job]
    if seats.parts[job] == 1:
        return float(_run_fen(ask, prices, room, job, pool, seats.begin[first], ask.planned[job]))
    moved = moving_fen(prices.moving, ask.sort[job], job, room.pool_site[pool])
    paid = moved
    for at in range(first, first + seats.parts[job]):
        paid += _run_fen(ask, prices, room, job, pool, seats.begin[at], seats.ticks[at]) - moved
    return float(paid)


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
                hold = held_ticks(seats.begin[k], seats.ticks[k], slots * width)
                for slot in range(hold[0] // width, (hold[1] - 1) // width + 1):
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
