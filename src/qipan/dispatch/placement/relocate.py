"""Relocate the jobs of a filled board: each in turn moves to its cheapest seat with room, at what it really adds.

Behind a meter the first kilowatt-hours of a slot come from own plants and the rest from the grid, so what a job adds
depends on who else runs there. A job stands up, what it drew is free again, and it sits down where it adds least: its
old seat, or another one. So the cost of the board falls with each move, but for stores and peaks, which stay as the
plan has them.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.placement.choose import LESS, Prices, choose, empty_seat
from qipan.dispatch.placement.seats import Seats, hold_seat, release_seat, seat_fen, sit_found
from qipan.dispatch.placement.timeline import TICK_S, Asks, Timeline, held_units
from qipan.dispatch.programme.energy import grid_fen_per_kwh

TICKS_OF_HOUR = 3600.0 / TICK_S


class Meters(NamedTuple):
    """What energy costs behind each meter, for the kernels.

    Attributes
    ----------
    own_kwh
        What own plants could still give in each slot, less than nothing where the grid gives already,
        ``(sites, slots)``; changed in place.
    own_fen, grid_fen
        Fen for a kilowatt-hour from either, ``(sites, slots)``.
    opex
        Fen for a unit and tick besides energy, ``(pools,)``.
    """

    own_kwh: Floats
    own_fen: Floats
    grid_fen: Floats
    opex: Floats


def meters_of(board: Board, rules: Rules, planned: EnergyPlan | None) -> Meters:
    """Return the meters of a board on which nothing runs.

    Parameters
    ----------
    planned
        Of the plan: its stores, and its prices of limits and peaks.
    """
    grid_fen = grid_fen_per_kwh(board, rules)
    opex = board.opex_fen_per_unit_h * TICK_S / 3600.0
    if board.energy is None or planned is None:
        return Meters(np.zeros_like(grid_fen), grid_fen, grid_fen, opex)
    energy = board.energy
    rent = energy.areas.member.T.astype(float) @ (planned.limit_rent_fen_per_kwh + planned.peak_rent_fen_per_kwh)
    own_kwh = (energy.renewable_kw - energy.fixed_kw) * board.slot_h + planned.drain_kwh - planned.fill_kwh
    own_fen = np.repeat(energy.renewable_fen_per_kwh[:, None], board.slot_count, axis=1)
    return Meters(own_kwh, np.minimum(own_fen, grid_fen + rent), grid_fen + rent, opex)


@numba.njit(cache=True)
def relocate(
    order: Ints, ask: Asks, prices: Prices, meters: Meters, room: Timeline, seats: Seats
) -> int:  # pragma: no cover - compiled
    """Move each job of an order that has a seat to the one where it adds least; return how many moved.

    Parameters
    ----------
    meters
        With what all jobs draw taken off, from `draw_all`; not kept up where own energy costs what the grid's does.
    """
    seat = empty_seat(room.free_least.shape[1])
    step = np.empty((1, len(room.free), room.free_least.shape[1]))
    level = np.zeros(len(ask.quantity), np.int64)
    here = Prices(step, level, prices.moving, prices.rents)
    is_flat, moved = bool((meters.own_fen == meters.grid_fen).all()), 0
    if is_flat:
        fill_in_flat(step[0], meters, room)
    for job in order:
        if seats.pool[job] < 0:
            continue
        release_seat(room, ask, seats, job)
        if not is_flat:
            draw(meters, ask, room, seats, job, -1.0)
            price(step[0], ask, meters, room, job)
        before = seat_fen(ask, here, room, seats, job)
        after, pool, count = choose(seat, ask, here, room, job, False)
        if pool >= 0 and after < before - LESS * abs(before):
            sit_found(room, ask, seats, seat, job, pool, count)
            moved += 1
        else:
            hold_seat(room, ask, seats, job)
        if not is_flat:
            draw(meters, ask, room, seats, job, 1.0)
    return moved


@numba.njit(cache=True)
def draw_all(
    order: Ints, ask: Asks, meters: Meters, room: Timeline, seats: Seats
) -> None:  # pragma: no cover - compiled
    """Take off what all jobs of an order draw that have a seat."""
    for job in order:
        if seats.pool[job] >= 0:
            draw(meters, ask, room, seats, job, 1.0)


@numba.njit(cache=True)
def draw(
    meters: Meters, ask: Asks, room: Timeline, seats: Seats, job: int, times: float
) -> None:  # pragma: no cover - compiled
    """Take off what a job draws where it sits, in its planned hours; -1 times gives it back."""
    pool, width, slots = seats.pool[job], room.ticks_of_slot, room.free_least.shape[1]
    site, kwh = room.pool_site[pool], held_units(ask, job, pool) * room.kw_per_unit[pool] / TICKS_OF_HOUR * times
    left = ask.planned[job]
    for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
        begin = seats.begin[at]
        end = begin + min(seats.ticks[at], left)
        left -= end - begin
        for slot in range(int(begin) // width, min(int(np.ceil(end / width)), slots)):
            inside = min(end, (slot + 1.0) * width) - max(begin, float(slot * width))
            meters.own_kwh[site, slot] -= kwh * inside


@numba.njit(cache=True)
def fill_in_flat(step: Floats, meters: Meters, room: Timeline) -> None:  # pragma: no cover - compiled
    """Fill in what a unit and tick adds in each pool and slot, where own energy costs what the grid's does."""
    for pool in range(len(step)):
        kw, fen = room.kw_per_unit[pool], meters.grid_fen[room.pool_site[pool]]
        step[pool] = meters.opex[pool] + fen * kw / TICKS_OF_HOUR


@numba.njit(cache=True)
def price(step: Floats, ask: Asks, meters: Meters, room: Timeline, job: int) -> None:  # pragma: no cover - compiled
    """Fill in what a unit and tick of a job adds in each pool and slot: own energy while there is some."""
    for pool in range(len(step)):
        if not ask.allowed[ask.sort[job], pool]:
            continue
        site, kw = room.pool_site[pool], room.kw_per_unit[pool]
        need = max(held_units(ask, job, pool) * kw * room.ticks_of_slot / TICKS_OF_HOUR, 1e-12)
        for slot in range(step.shape[1]):
            own = min(max(meters.own_kwh[site, slot], 0.0) / need, 1.0)
            fen = own * meters.own_fen[site, slot] + (1.0 - own) * meters.grid_fen[site, slot]
            step[pool, slot] = meters.opex[pool] + fen * kw / TICKS_OF_HOUR
