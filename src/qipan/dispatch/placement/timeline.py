"""Room in pools, under power caps, beside the reserve and on links, and the search for a start that fits.

The kernels are compiled by numba, which takes named tuples of arrays. A job holds every tick that it touches, so what
fits here never exceeds a pool or a power cap, or takes of the reserve, at any moment. Its data move as it runs, and
never exceed a link in a slot, in either direction by itself: what runs against them makes no room.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from qipan.dispatch.jobs.classify import latest_start_in_horizon_s, planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs

TICK_S = 60.0
ROUNDING = 1e-9
CLOCK_TICKS = 1e-7
"""A moment this near to a tick is one: of seconds since 1970 the digits end at a twentieth of that."""


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
    free_gb, lane_share
        Data that each direction of each link can still carry, ``(lanes, slots)``, and `Links.lane_share`; None without
        links, for which kernels are compiled without them.
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
    free_gb: Floats | None = None
    lane_share: Floats | None = None


class Asks(NamedTuple):
    """What each job asks of the timeline, ``(jobs,)``; ticks count from the horizon's start and may be fractions.

    ``length`` is what a job holds, ``planned`` the part of it that is inside the horizon from any start on. A job that
    ``splits`` may stop and go. ``allowed`` is ``(sorts, pools)``, and so is ``units``: how many of a pool stand for one
    that is asked for; None without substitutes, for which kernels are compiled without it. ``gb`` moves in a tick of
    the job, from the ``origin`` of its sort, ``(sorts,)``; both are None without links.
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
    gb: Floats | None = None
    origin: Ints | None = None


def timeline(board: Board, *, keeps_reserve: bool = False) -> Timeline:
    """Return the timeline of a board, empty but for what is held (`Board.hold`).

    Parameters
    ----------
    keeps_reserve
        Whether as much of each kind and model is kept free as the largest site has (`Rules.keeps_reserve`).
    """
    per_slot, held, board = round(board.slot_s / TICK_S), board.held, board.whole
    cap_kw = np.maximum(board.room_kw, 0.0)
    room = Timeline(
        free=np.repeat(board.capacity, per_slot, axis=1),
        free_least=board.capacity.copy(),
        free_kw=np.repeat(cap_kw, per_slot, axis=1),
        free_kw_least=cap_kw,
        spare=np.repeat(board.spare_units, per_slot, axis=1) if keeps_reserve else None,
        pool_site=board.pool_site,
        pool_group=board.product_group[board.pool_product],
        kw_per_unit=board.kwh_per_unit_h,
        ticks_of_slot=per_slot,
        free_gb=None if board.links is None else board.links.lane_gb,
        lane_share=None if board.links is None else board.links.lane_share,
    )
    if held is not None:
        begin = (held.start_s - board.start_s) / TICK_S
        _take_all(room, held.pool, held.units, begin, held.seconds / TICK_S)
    return room


def copied_room(room: Timeline) -> Timeline:
    """Return the same room, of which changes here are none there."""
    changed = ("free", "free_least", "free_kw", "free_kw_least", "spare", "free_gb")
    arrays = {name: getattr(room, name) for name in changed}
    return room._replace(**{name: one.copy() for name, one in arrays.items() if one is not None})


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
        gb=None if board.links is None else jobs.data_gb / (jobs.requested_s / TICK_S),
        origin=None if board.links is None else reached.origin,
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
    first = int(np.floor(start + CLOCK_TICKS))
    last = int(np.ceil(start + length - CLOCK_TICKS))
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
def blocked(
    room: Timeline, ask: Asks, job: int, pool: int, start: float, length: float
) -> int:  # pragma: no cover - compiled
    """Return the last tick in which a job has no room in a pool from a start on, or -1."""
    first, last = held_ticks(start, length, room.free.shape[1])
    tick = conflict(room, pool, held_units(ask, job, pool), first, last)
    if tick >= 0:
        return tick
    return _on_links(room, ask, room.free_gb, room.lane_share, ask.gb, ask.origin, job, pool, start, length)


@numba.njit(cache=True)
def _on_links(
    room: Timeline, ask: Asks, free_gb: Floats | None, lane_share: Any, gb: Any, origin: Any,
    job: int, pool: int, start: float, length: float,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Return the last tick at which a run may not begin since a link is full in its slot, or -1."""
    if free_gb is not None:
        if gb[job] <= 0.0:
            return -1
        width = room.ticks_of_slot
        share = lane_share[origin[ask.sort[job]], room.pool_site[pool]]
        end = min(start + length, float(free_gb.shape[1] * width))
        slot = int(np.ceil(end / width)) - 1
        while slot >= int(start) // width:
            inside = min(end, (slot + 1.0) * width) - max(start, float(slot * width))
            for lane in range(len(share)):
                rate = gb[job] * share[lane]
                if rate > 0.0 and rate * inside > free_gb[lane, slot] + ROUNDING:
                    return int(np.ceil((slot + 1) * width - max(free_gb[lane, slot], 0.0) / rate)) - 1
            slot -= 1
    return -1


@numba.njit(cache=True)
def _move(
    room: Timeline, ask: Asks, free_gb: Floats | None, lane_share: Any, gb: Any, origin: Any,
    job: int, pool: int, start: float, length: float, times: float,
) -> None:  # pragma: no cover - compiled  # fmt: skip
    """Add to what links can still carry, as a job's data move while it runs; -1 times takes it off."""
    if free_gb is not None:
        width = room.ticks_of_slot
        share = lane_share[origin[ask.sort[job]], room.pool_site[pool]]
        end = min(start + length, float(free_gb.shape[1] * width))
        for slot in range(int(start) // width, int(np.ceil(end / width))):
            inside = min(end, (slot + 1.0) * width) - max(start, float(slot * width))
            for lane in range(len(share)):
                free_gb[lane, slot] += times * gb[job] * share[lane] * inside


@numba.njit(cache=True)
def fits(room: Timeline, ask: Asks, job: int, pool: int, start: float) -> bool:  # pragma: no cover - compiled
    """Tell whether a job has room in a pool from a start on."""
    return blocked(room, ask, job, pool, start, ask.length[job]) < 0


@numba.njit(cache=True)
def earliest(room: Timeline, ask: Asks, job: int, pool: int) -> float:  # pragma: no cover - compiled
    """Return the earliest start of a job in a pool that has room, or -1."""
    ticks = room.free.shape[1]
    at = float(ask.start[job])
    while at <= ask.latest[job] + CLOCK_TICKS and at < ticks:
        tick = blocked(room, ask, job, pool, at, ask.length[job])
        if tick < 0:
            return at
        at = float(tick + 1)
    return -1.0


@numba.njit(cache=True)
def hold(
    room: Timeline, ask: Asks, job: int, pool: int, start: float, length: float
) -> None:  # pragma: no cover - compiled
    """Hold what a job takes in a pool for a stretch of ticks: units, power, and what moves its data."""
    take(room, pool, held_units(ask, job, pool), start, length)
    _move(room, ask, room.free_gb, room.lane_share, ask.gb, ask.origin, job, pool, start, length, -1.0)


@numba.njit(cache=True)
def release(
    room: Timeline, ask: Asks, job: int, pool: int, start: float, length: float
) -> None:  # pragma: no cover - compiled
    """Undo `hold`, or the last part of it."""
    give_back(room, pool, held_units(ask, job, pool), start, length)
    _move(room, ask, room.free_gb, room.lane_share, ask.gb, ask.origin, job, pool, start, length, 1.0)


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
def _take_all(
    room: Timeline, pool: Ints, need: Floats, start: Floats, length: Floats
) -> None:  # pragma: no cover - compiled
    for run in range(len(pool)):
        take(room, pool[run], need[run], start[run], length[run])


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


def change(room: Timeline, pool: int, first: int, units: Floats) -> None:
    """Add to what is free of a pool, tick by tick from a first one on; less than zero takes it.

    Parameters
    ----------
    units
        ``(ticks,)`` from the first on.
    """
    if not len(units):
        return
    ticks, site, width = slice(first, first + len(units)), room.pool_site[pool], room.ticks_of_slot
    room.free[pool, ticks] += units
    room.free_kw[site, ticks] += units * room.kw_per_unit[pool]
    if room.spare is not None:
        room.spare[room.pool_group[pool], ticks] += units
    slots = slice(first // width, (ticks.stop - 1) // width + 1)
    whole = slice(slots.start * width, slots.stop * width)
    room.free_least[pool, slots] = room.free[pool, whole].reshape(-1, width).min(axis=1)
    room.free_kw_least[site, slots] = room.free_kw[site, whole].reshape(-1, width).min(axis=1)


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
