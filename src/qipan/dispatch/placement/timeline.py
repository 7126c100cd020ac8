"""Room in pools, under power caps and beside the reserve, minute by minute, and the search for a start that fits.

The kernels are compiled by numba, which takes named tuples of arrays. A job holds every tick that it touches, so what
fits here never exceeds a pool or a power cap, or takes of the reserve, at any moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.jobs.classify import latest_start_in_horizon_s, planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs

TICK_S = 60.0
ROUNDING = 1e-9


class Timeline(NamedTuple):
    """Free room, changed in place as jobs are put in.

    Attributes
    ----------
    free, free_least
        Units free in each pool, ``(pools, ticks)``, and the least of each slot, ``(pools, slots)``.
    free_kw, free_kw_least
        Power free under each site's cap beside what it draws at no load, ``(sites, ticks)`` and ``(sites, slots)``.
    spare
        Units of each kind and model that may be busy besides while the largest site is kept free, ``(groups, ticks)``;
        None where no reserve is kept, for which kernels are compiled without it.
    pool_site, pool_group, kw_per_unit
        ``(pools,)``
    """

    free: Floats
    free_least: Floats
    free_kw: Floats
    free_kw_least: Floats
    spare: Floats | None
    pool_site: Ints
    pool_group: Ints
    kw_per_unit: Floats
    ticks_of_slot: int


class Asks(NamedTuple):
    """What each job asks of the timeline, ``(jobs,)``; ticks count from the horizon's start and may be fractions.

    ``length`` is what a job holds, ``planned`` the part of it that is inside the horizon from any start on. A job that
    ``splits`` may stop and go. ``allowed`` is ``(sorts, pools)``, and so is ``units``: how many of a pool stand for one
    that is asked for; None without substitutes, for which kernels are compiled without it.
    """

    quantity: Floats
    start: Floats
    latest: Floats
    length: Floats
    planned: Floats
    splits: Bools
    sort: Ints
    allowed: Bools
    units: Floats | None = None


def timeline(board: Board, *, keeps_reserve: bool = False) -> Timeline:
    """Return the empty timeline of a board.

    Parameters
    ----------
    keeps_reserve
        Whether as much of each kind and model is kept free as the largest site has (`Rules.keeps_reserve`).
    """
    per_slot = round(board.slot_s / TICK_S)
    cap_kw = np.maximum(board.room_kw, 0.0)
    return Timeline(
        free=np.repeat(board.capacity, per_slot, axis=1),
        free_least=board.capacity.copy(),
        free_kw=np.repeat(cap_kw, per_slot, axis=1),
        free_kw_least=cap_kw,
        spare=np.repeat(board.spare_units, per_slot, axis=1) if keeps_reserve else None,
        pool_site=board.pool_site,
        pool_group=board.product_group[board.pool_product],
        kw_per_unit=board.kwh_per_unit_h,
        ticks_of_slot=per_slot,
    )


def asks(jobs: Jobs, board: Board, reached: Reach) -> Asks:
    """Express jobs in ticks of the horizon; those that are preemptible, may wait and end in the horizon may split."""
    latest_start_s = latest_start_in_horizon_s(jobs, board)
    sort, allowed = reached.of_job, reached.allowed
    start_s = np.maximum(jobs.submit_s, board.start_s)
    ends = latest_start_s + jobs.requested_s <= board.end_s + 1e-6
    return Asks(
        quantity=jobs.quantity,
        start=(start_s - board.start_s) / TICK_S,
        latest=(latest_start_s - board.start_s) / TICK_S,
        length=jobs.requested_s / TICK_S,
        planned=planned_h(jobs, board) * 3600.0 / TICK_S,
        splits=jobs.preemptible & ends & (latest_start_s > start_s),
        sort=sort,
        allowed=np.ascontiguousarray(allowed[:, board.pool_product]),
        units=None if reached.units is None else np.ascontiguousarray(reached.units[:, board.pool_product]),
    )


@numba.njit(cache=True)
def held_units(ask: Asks, job: int, pool: int) -> float:  # pragma: no cover - compiled
    """Return how many units of a pool a job holds there, as `reach.whole_units` tells."""
    return _whole(ask.units, ask.sort[job], pool, ask.quantity[job])


@numba.njit(cache=True)
def _whole(units: Floats | None, sort: int, pool: int, quantity: float) -> float:  # pragma: no cover - compiled
    if units is not None:
        each = units[sort, pool]
        if each != 1.0:
            return float(np.ceil(quantity * each - ROUNDING))
    return quantity


@numba.njit(cache=True)
def held_ticks(start: float, length: float, ticks: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """Return the ticks that a job touches, cut at the horizon's end."""
    first = int(np.floor(start + ROUNDING))
    last = int(np.ceil(start + length - ROUNDING))
    return first, min(max(last, first + 1), ticks)


@numba.njit(cache=True)
def conflict(room: Timeline, pool: int, need: float, first: int, last: int) -> int:  # pragma: no cover - compiled
    """Return the last tick of ``[first, last)`` without room, or -1; the last one lets a search leap farthest."""
    site = room.pool_site[pool]
    need_kw = need * room.kw_per_unit[pool]
    slot = (last - 1) // room.ticks_of_slot
    while slot >= first // room.ticks_of_slot:
        short = room.free_least[pool, slot] + ROUNDING < need or room.free_kw_least[site, slot] + ROUNDING < need_kw
        begin = max(first, slot * room.ticks_of_slot)
        tick = min(last, (slot + 1) * room.ticks_of_slot) - 1
        while short and tick >= begin:
            if room.free[pool, tick] + ROUNDING < need or room.free_kw[site, tick] + ROUNDING < need_kw:
                return tick
            tick -= 1
        slot -= 1
    return _reserved(room.spare, room.pool_group[pool], need, first, last)


@numba.njit(cache=True)
def _reserved(
    spare: Floats | None, group: int, need: float, first: int, last: int
) -> int:  # pragma: no cover - compiled
    """Return the last tick of ``[first, last)`` in which only the reserve is left, or -1."""
    if spare is not None:
        for tick in range(last - 1, first - 1, -1):
            if spare[group, tick] + ROUNDING < need:
                return tick
    return -1


@numba.njit(cache=True)
def fits(room: Timeline, ask: Asks, job: int, pool: int, start: float) -> bool:  # pragma: no cover - compiled
    """Tell whether a job has room in a pool from a start on."""
    first, last = held_ticks(start, ask.length[job], room.free.shape[1])
    return conflict(room, pool, held_units(ask, job, pool), first, last) < 0


@numba.njit(cache=True)
def earliest(room: Timeline, ask: Asks, job: int, pool: int) -> float:  # pragma: no cover - compiled
    """Return the earliest start of a job in a pool that has room, or -1."""
    ticks, need = room.free.shape[1], held_units(ask, job, pool)
    at = float(ask.start[job])
    while at <= ask.latest[job] + ROUNDING and at < ticks:
        first, last = held_ticks(at, ask.length[job], ticks)
        blocked = conflict(room, pool, need, first, last)
        if blocked < 0:
            return at
        at = float(blocked + 1)
    return -1.0


@numba.njit(cache=True)
def take(room: Timeline, pool: int, need: float, start: float, length: float) -> None:  # pragma: no cover - compiled
    """Hold units of a pool for a stretch of ticks."""
    first, last = held_ticks(start, length, room.free.shape[1])
    _change(room, pool, -need, first, last)
    site = room.pool_site[pool]
    for tick in range(first, last):
        slot = tick // room.ticks_of_slot
        room.free_least[pool, slot] = min(room.free_least[pool, slot], room.free[pool, tick])
        room.free_kw_least[site, slot] = min(room.free_kw_least[site, slot], room.free_kw[site, tick])


@numba.njit(cache=True)
def give_back(
    room: Timeline, pool: int, need: float, start: float, length: float
) -> None:  # pragma: no cover - compiled
    """Undo `take`."""
    first, last = held_ticks(start, length, room.free.shape[1])
    _change(room, pool, need, first, last)
    site, width = room.pool_site[pool], room.ticks_of_slot
    for slot in range(first // width, (last - 1) // width + 1):
        room.free_least[pool, slot] = room.free[pool, slot * width : (slot + 1) * width].min()
        room.free_kw_least[site, slot] = room.free_kw[site, slot * width : (slot + 1) * width].min()


@numba.njit(cache=True)
def _change(room: Timeline, pool: int, units: float, first: int, last: int) -> None:  # pragma: no cover - compiled
    site = room.pool_site[pool]
    for tick in range(first, last):
        room.free[pool, tick] += units
        room.free_kw[site, tick] += units * room.kw_per_unit[pool]
    _reserve(room.spare, room.pool_group[pool], units, first, last)


@numba.njit(cache=True)
def _reserve(
    spare: Floats | None, group: int, units: float, first: int, last: int
) -> None:  # pragma: no cover - compiled
    if spare is not None:
        spare[group, first:last] += units
