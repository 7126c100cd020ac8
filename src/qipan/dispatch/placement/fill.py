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
from qipan.dispatch.placement.choose import Prices, Seat, choose, empty_seat
from qipan.dispatch.placement.seats import Seats, hold_seat, release_seat, run_fen, seat_fen, sit, sit_found, stand_up
from qipan.dispatch.placement.timeline import Asks, Timeline, blocked, held_units

TRIES = 24
"""How many others a job without a seat may try to turn out."""


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


@numba.njit(cache=True)
def fill(
    order: Ints, ask: Asks, prices: Prices, lean: Lean, room: Timeline, seats: Seats
) -> None:  # pragma: no cover - compiled
    """Give each job in turn its cheapest seat that has room."""
    seat = empty_seat(room.free_least.shape[1])
    for job in order:
        _, pool, count = choose(seat, ask, prices, room, job, False)
        if pool >= 0:
            sit_found(room, ask, seats, seat, job, pool, count)
            if lean.pull > 0.0:
                _lean(prices, lean, room, ask, seats, job)


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
def turn_out(
    order: Ints, ask: Asks, prices: Prices, unserved_fen: Floats, room: Timeline, seats: Seats, lists: tuple[Ints, Ints]
) -> int:  # pragma: no cover - compiled
    """Try to seat each job of an order that has none, and return how many could be.

    Parameters
    ----------
    unserved_fen
        What it costs to leave each job without a seat, ``(jobs,)``.
    lists
        From `seats.occupants`.
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
                tries -= 1 + _try(seat, ask, prices, unserved_fen, room, seats, lists, job, pool, start, tries)
                start = (np.floor(start / room.ticks_of_slot) + 1.0) * room.ticks_of_slot
        seated += seats.pool[job] >= 0
    return seated


@numba.njit(cache=True)
def _try(
    seat: Seat, ask: Asks, prices: Prices, unserved_fen: Floats, room: Timeline, seats: Seats, lists: tuple[Ints, Ints],
    job: int, pool: int, start: float, tries: int,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Turn one of those out who sit where a job would; return how many were tried."""
    need = held_units(ask, job, pool)
    tick = blocked(room, ask, job, pool, start, ask.length[job])
    cost = run_fen(ask, prices, room, job, pool, start, ask.planned[job])
    if tick < 0 or cost >= unserved_fen[job]:
        return 0
    cell = pool * room.free_least.shape[1] + tick // room.ticks_of_slot
    tried = 0
    for other in lists[1][lists[0][cell] : lists[0][cell + 1]]:
        if tried >= tries:
            break
        if seats.pool[other] != pool or room.free[pool, tick] + held_units(ask, other, pool) < need:
            continue
        tried += 1
        before = seat_fen(ask, prices, room, seats, other)
        release_seat(room, ask, seats, other)
        if blocked(room, ask, job, pool, start, ask.length[job]) < 0:
            sit(room, ask, seats, job, pool, start)
            after, where, count = choose(seat, ask, prices, room, other, False)
            if where >= 0 and cost + after - before < unserved_fen[job]:
                sit_found(room, ask, seats, seat, other, where, count)
                return tried
            stand_up(room, ask, seats, job)
        hold_seat(room, ask, seats, other)
    return tried
