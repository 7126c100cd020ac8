"""Make room for jobs without a seat: turn out all who are in the way, seat them anew, and keep it where all cost less.

A job without a seat looks at the places where it would displace the least. Those who are in its way there leave, the
most tolerant first; it sits down; and they take their cheapest seats that have room, the largest first. If all of them
together then cost less than before, work without a seat at its value, they stay, else everything is put back. So the
board's whole cost only falls.

Source: `shaw1998` (large neighbourhoods: ruin a part, and recreate it).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.placement.choose import Prices, Seat, choose, empty_seat
from qipan.dispatch.placement.seats import Seats, copy_seat, hold_seat, run_fen, seat_fen, sit, sit_found, stand_up
from qipan.dispatch.placement.timeline import Asks, Timeline, blocked, earliest, held_ticks, held_units

PLACES = 8
"""How many places a job without a seat tries to make free."""
OUT_MOST = 200
"""How many others may leave for one job."""
GIVE_UP = 200
"""After so many jobs in a row for whom no room could be made the rest do not try."""
LOOKED_AT = 64
"""How many of those in the way are looked at for one who has room elsewhere."""


class Moved(NamedTuple):
    """Who left for a job, what each cost, and where each sat: as far as ``OUT_MOST``."""

    job: Ints
    fen: Floats
    seats: Seats


class Known(NamedTuple):
    """Who has room at another site, as far as it was looked up since a job was last seated.

    Attributes
    ----------
    turn
        ``(jobs,)``, in which turn it was looked up, negative for no room.
    now
        ``(1,)``, the turn; one begins with each job seated, since nothing else changes room for good.
    """

    turn: Ints
    now: Ints


@numba.njit(cache=True)
def make_room(
    order: Ints, ask: Asks, prices: Prices, unserved_fen: Floats, room: Timeline, seats: Seats, lists: tuple[Ints, Ints]
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Try to make room for each job of an order that has no seat, and return for how many it could be done.

    Parameters
    ----------
    unserved_fen
        What it costs to leave each job without a seat, ``(jobs,)``.
    lists
        From `seats.occupants`, the most tolerant first.
    """
    seat = empty_seat(room.free_least.shape[1])
    most = int((seats.first[1:] - seats.first[:-1]).max())
    old = Moved(
        np.empty(OUT_MOST, np.int64), np.empty(OUT_MOST),
        Seats(
            np.empty(OUT_MOST, np.int64), np.empty(OUT_MOST, np.int64), np.arange(OUT_MOST + 1) * most,
            np.empty(OUT_MOST * most), np.empty(OUT_MOST * most),
        ),
    )  # fmt: skip
    known = Known(np.zeros(len(ask.quantity), np.int64), np.ones(1, np.int64))
    cost, pools, starts = np.empty(PLACES), np.empty(PLACES, np.int64), np.empty(PLACES)
    seated, in_vain = 0, 0
    for job in order:
        if in_vain >= GIVE_UP:
            break
        if seats.pool[job] >= 0:
            continue
        count = _least_in_the_way(cost, pools, starts, ask, room, job)
        for i in range(count):
            if _make_room_at(seat, old, known, ask, prices, unserved_fen, room, seats, lists, job, pools[i], starts[i]):
                known.now[0] += 1
                break
        seated, in_vain = (seated + 1, 0) if seats.pool[job] >= 0 else (seated, in_vain + 1)
    return seated


@numba.njit(cache=True)
def _least_in_the_way(
    cost: Floats, pools: Ints, starts: Floats, ask: Asks, room: Timeline, job: int
) -> int:  # pragma: no cover - compiled
    """Fill in the places where a job would displace the fewest unit-ticks, in that order; return how many."""
    slots, width = room.free_least.shape[1], room.ticks_of_slot
    count = 0
    for pool in range(len(room.free)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        site, kw, need = room.pool_site[pool], room.kw_per_unit[pool], held_units(ask, job, pool)
        start, latest = ask.start[job], max(ask.latest[job], ask.start[job])
        while start <= latest:
            first, last = held_ticks(start, ask.length[job], slots * width)
            short = 0.0
            for slot in range(first // width, (last - 1) // width + 1):
                free = room.free_least[pool, slot]
                if kw > 0.0:
                    free = min(free, room.free_kw_least[site, slot] / kw)
                short += max(need - free, 0.0) * (min(last, (slot + 1) * width) - max(first, slot * width))
            if count < len(cost) or short < cost[count - 1]:
                at = count if count < len(cost) else count - 1
                count = at + 1
                while at > 0 and short < cost[at - 1]:
                    cost[at], pools[at], starts[at] = cost[at - 1], pools[at - 1], starts[at - 1]
                    at -= 1
                cost[at], pools[at], starts[at] = short, pool, start
            if start == latest:
                break
            start = min((np.floor(start / width) + 1.0) * width, latest)
    return count


@numba.njit(cache=True)
def _make_room_at(
    seat: Seat, old: Moved, known: Known, ask: Asks, prices: Prices, unserved_fen: Floats, room: Timeline, seats: Seats,
    lists: tuple[Ints, Ints], job: int, pool: int, start: float,
) -> bool:  # pragma: no cover - compiled  # fmt: skip
    """Seat a job at a place, all others that are in its way anew, or nothing; tell which."""
    gain = unserved_fen[job] - run_fen(ask, prices, room, job, pool, start, ask.planned[job])
    if gain <= 0.0:
        return False
    is_free, out = _turn_all_out(old, known, ask, prices, room, seats, lists, job, pool, start)
    if is_free:
        sit(room, ask, seats, job, pool, start)
        if _seat_anew(seat, old, ask, prices, unserved_fen, room, seats, out, gain):
            return True
        stand_up(room, ask, seats, job)
    for k in range(out):
        if seats.pool[old.job[k]] >= 0:
            stand_up(room, ask, seats, old.job[k])
    for k in range(out):
        copy_seat(old.seats, k, seats, old.job[k])
        hold_seat(room, ask, seats, old.job[k])
    return False


@numba.njit(cache=True)
def _turn_all_out(
    old: Moved, known: Known, ask: Asks, prices: Prices, room: Timeline, seats: Seats, lists: tuple[Ints, Ints],
    job: int, pool: int, start: float,
) -> tuple[bool, int]:  # pragma: no cover - compiled  # fmt: skip
    """Let all leave who are in a job's way at a place; tell whether it has room then, and how many left."""
    out = 0
    tick = blocked(room, ask, job, pool, start, ask.length[job])
    while tick >= 0:
        other = _in_the_way(known, ask, room, seats, lists, pool, tick)
        if other < 0 or out >= OUT_MOST:
            return False, out
        old.job[out], old.fen[out] = other, seat_fen(ask, prices, room, seats, other)
        copy_seat(seats, other, old.seats, out)
        stand_up(room, ask, seats, other)
        out += 1
        tick = blocked(room, ask, job, pool, start, ask.length[job])
    return True, out


@numba.njit(cache=True)
def _seat_anew(
    seat: Seat, old: Moved, ask: Asks, prices: Prices, unserved_fen: Floats, room: Timeline, seats: Seats,
    out: int, gain: float,
) -> bool:  # pragma: no cover - compiled  # fmt: skip
    """Seat those who left, the largest first, as long as something is gained; tell whether it was to the end."""
    size = np.empty(out)
    for k in range(out):
        size[k] = -ask.quantity[old.job[k]] * ask.length[old.job[k]]
    for k in np.argsort(size, kind="mergesort"):
        other = old.job[k]
        after, where, count = choose(seat, ask, prices, room, other, False)
        gain += old.fen[k] - (after if where >= 0 else unserved_fen[other])
        if where >= 0:
            sit_found(room, ask, seats, seat, other, where, count)
        if gain <= 0.0:
            return False
    return True


@numba.njit(cache=True)
def _in_the_way(
    known: Known, ask: Asks, room: Timeline, seats: Seats, lists: tuple[Ints, Ints], pool: int, tick: int
) -> int:  # pragma: no cover - compiled
    """Return the first of those listed who holds a tick of a pool and has room elsewhere; else the first; or -1."""
    slots, width = room.free_least.shape[1], room.ticks_of_slot
    cell = pool * slots + tick // width
    first, seen = -1, 0
    for other in lists[1][lists[0][cell] : lists[0][cell + 1]]:
        if seats.pool[other] != pool or not _holds(room, seats, other, tick):
            continue
        if _has_room_elsewhere(known, ask, room, other, pool):
            return int(other)
        first, seen = other if first < 0 else first, seen + 1
        if seen >= LOOKED_AT:
            break
    return int(first)


@numba.njit(cache=True)
def _has_room_elsewhere(
    known: Known, ask: Asks, room: Timeline, job: int, pool: int
) -> bool:  # pragma: no cover - compiled
    """Tell whether a job has room in any pool but its own; other sites are looked up once in a turn.

    Who leaves a pool gives power back to its site, and to the reserve, so these are looked at each time; where
    links are limited nothing is known.
    """
    site, now = room.pool_site[pool], known.now[0]
    is_known = room.spare is None and room.free_gb is None and abs(known.turn[job]) == now
    for elsewhere in range(len(room.free)):
        may = elsewhere != pool and ask.allowed[ask.sort[job], elsewhere]
        if may and (not is_known or room.pool_site[elsewhere] == site) and earliest(room, ask, job, elsewhere) >= 0.0:
            if room.pool_site[elsewhere] != site:
                known.turn[job] = now
            return True
    if is_known:
        return bool(known.turn[job] > 0)
    known.turn[job] = -now
    return False


@numba.njit(cache=True)
def _holds(room: Timeline, seats: Seats, job: int, tick: int) -> bool:  # pragma: no cover - compiled
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        hold = held_ticks(seats.begin[at], seats.ticks[at], room.free.shape[1])
        if hold[0] <= tick < hold[1]:
            return True
    return False
