"""Serve each tier by priority: a job without a seat turns out jobs of lower priority in its tier, if that seats it.

The seats of a tier are given back, and given anew from its highest priority down. At each priority those that had a
seat keep it while it is free. Then who has none takes its cheapest seat in what is free; else in what jobs of lower
priority hold, where the least of their work is in the way. They are left out only when their own priority's turn comes,
and then try elsewhere. All other tiers stay, and so does who has the same priority or a higher one.

So for each job without a seat there is no room, even if all jobs of lower priority in its tier were left out, and all
others stayed. What a tier frees may serve another one: they take turns until nobody finds a seat. That ends, since each
turn seats more jobs of the highest priority at which anything changes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.placement.choose import Prices, Seat, choose, empty_seat
from qipan.dispatch.placement.fill import fill, upright
from qipan.dispatch.placement.seats import Seats, hold_seat, occupants, release_seat, sit_found
from qipan.dispatch.placement.timeline import ROUNDING, TICK_S, Asks, Timeline, blocked, copied_room, held_units

LOOKED_AT: Final = 64
"""Of how many of those who hold a slot it is reckoned what their leaving would lose."""


class Lower(NamedTuple):
    """Who sat where in a tier before its seats are given anew, for the kernels.

    Attributes
    ----------
    priority
        ``(jobs,)``
    first, who
        From `seats.occupants`, those who leave first first.
    """

    priority: Ints
    slots: int
    first: Ints
    who: Ints


def contested(order: Ints, jobs: Jobs, pool: Ints) -> list[Ints]:
    """Return the jobs of each tier in which one without a seat has a higher priority than one with a seat.

    Parameters
    ----------
    order
        From `turns.urgent_order`, and so is what is returned of it.
    pool
        ``(jobs,)``, of each seat, -1 for none.
    """
    if not len(order) or np.ptp(jobs.priority) == 0:
        return []
    has_seat, found = pool[order] >= 0, []
    for tier in range(len(Tier)):
        mine = jobs.tier[order] == tier
        left, seated = (jobs.priority[order[mine & one]] for one in (~has_seat, has_seat))
        if len(left) and len(seated) and left.max() > seated.min():
            found.append(order[mine])
    return found


def serve_by_priority(
    order: Ints, jobs: Jobs, rules: Rules, *, ask: Asks, prices: Prices, room: Timeline, seats: Seats
) -> tuple[int, Bools]:
    """Let no job be left out for one of lower priority in its tier; who has room then sits, too.

    Parameters
    ----------
    order
        From `turns.urgent_order`.
    room
        What is free beside all seats.

    Returns
    -------
    seated, is_out
        How often a job found a seat by its priority, and which jobs lost theirs and have none, ``(jobs,)``.
    """
    is_out = np.zeros(len(jobs), dtype=bool)
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers]) * TICK_S / 3600.0
    seated, is_new = 0, True
    while is_new:
        is_new = False
        for ranked in contested(order, jobs, seats.pool):
            fen = float(worth[jobs.tier[ranked[0]]])
            lower = Lower(jobs.priority, room.free_least.shape[1], *occupants(ranked[::-1].copy(), room, seats))
            count = _serve_tier(ranked, ask, prices, fen, lower, copied_room(room), room, seats, is_out)
            if count:
                fill(order[seats.pool[order] < 0], ask, prices, upright(), room, seats)
                seated, is_new = seated + count, True
    return seated, is_out & (seats.pool < 0)


@numba.njit(cache=True)
def _serve_tier(
    ranked: Ints, ask: Asks, prices: Prices, worth: float, lower: Lower, base: Timeline, room: Timeline, seats: Seats,
    is_out: Bools,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Give the seats of a tier anew, from its highest priority down; return how many found one that had none.

    Parameters
    ----------
    worth
        Fen for a unit and tick of the tier that is left out.
    base, room
        What is free beside all seats. ``base`` becomes what is free beside other tiers and the priorities that had
        their turn, and ``room`` counts the seats of lower ones as well, so that it may fall below nothing.
    is_out
        Whether a job lost its seat; changed in place.
    """
    seat, none = empty_seat(room.free_least.shape[1]), np.zeros(len(ask.quantity), np.int64)
    dear = Prices(np.empty((1, len(room.free), room.free_least.shape[1])), none, prices.moving, prices.rents)
    for job in ranked:
        if seats.pool[job] >= 0:
            release_seat(base, ask, seats, job)
    seated, first = 0, 0
    while first < len(ranked):
        last = first + 1
        while last < len(ranked) and lower.priority[ranked[last]] == lower.priority[ranked[first]]:
            last += 1
        for job in ranked[first:last]:
            if seats.pool[job] < 0:
                continue
            if seated == 0 or _is_free(base, ask, seats, job):
                hold_seat(base, ask, seats, job)
            else:
                release_seat(room, ask, seats, job)
                seats.pool[job], seats.parts[job], is_out[job] = -1, 0, True
        for job in ranked[first:last]:
            if seats.pool[job] < 0 and _seat(seat, ask, prices, dear, worth, lower, base, room, seats, job):
                seated += 1
        first = last
    return seated


@numba.njit(cache=True)
def _is_free(base: Timeline, ask: Asks, seats: Seats, job: int) -> bool:  # pragma: no cover - compiled
    """Tell whether the seat of a job that does not hold it is free."""
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        if blocked(base, ask, job, seats.pool[job], seats.begin[at], seats.ticks[at]) >= 0:
            return False
    return True


@numba.njit(cache=True)
def _seat(
    seat: Seat, ask: Asks, prices: Prices, dear: Prices, worth: float, lower: Lower, base: Timeline, room: Timeline,
    seats: Seats, job: int,
) -> bool:  # pragma: no cover - compiled  # fmt: skip
    """Seat a job in what is free; else where least work of lower priority is in its way; tell whether it could be."""
    _, pool, count = choose(seat, ask, prices, room, job, False)
    if pool < 0 and choose(seat, ask, prices, base, job, False)[1] >= 0:
        _price_in(dear.step[0], ask, prices, worth, lower, room, seats, job)
        _, pool, count = choose(seat, ask, dear, base, job, False)
    if pool < 0:
        return False
    sit_found(base, ask, seats, seat, job, pool, count)
    hold_seat(room, ask, seats, job)
    return True


@numba.njit(cache=True)
def _price_in(
    step: Floats, ask: Asks, prices: Prices, worth: float, lower: Lower, room: Timeline, seats: Seats, job: int
) -> None:  # pragma: no cover - compiled
    """Fill in what a unit and tick of a job costs, with the work that leaves for it, unless some must anyway."""
    width, end = room.ticks_of_slot, max(ask.start[job], ask.latest[job]) + ask.length[job]
    for pool in range(len(step)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        site, kw, need = room.pool_site[pool], room.kw_per_unit[pool], held_units(ask, job, pool)
        for slot in range(int(ask.start[job]) // width, min(int(np.ceil(end / width)), step.shape[1])):
            free = room.free_least[pool, slot]
            if kw > 0.0:
                free = min(free, room.free_kw_least[site, slot] / kw)
            step[pool, slot] = prices.step[prices.level[job], pool, slot]
            if -ROUNDING <= free < need:
                step[pool, slot] += worth * _in_the_way(ask, lower, seats, job, pool, slot, need - free) / need


@numba.njit(cache=True)
def _in_the_way(
    ask: Asks, lower: Lower, seats: Seats, job: int, pool: int, slot: int, short: float
) -> float:  # pragma: no cover - compiled
    """Return how many units leave in a slot for those that a job is short of; of longer jobs more, for their hours."""
    cell, units = pool * lower.slots + slot, 0.0
    looked_at = lower.who[lower.first[cell] : lower.first[cell + 1]][:LOOKED_AT]
    for other in looked_at:
        if short <= 0.0:
            break
        if seats.pool[other] == pool and lower.priority[other] < lower.priority[job]:
            held = held_units(ask, other, pool)
            short -= held
            units += held * max(1.0, ask.length[other] / ask.length[job])
    return units + max(short, 0.0)
