"""Carbon-Time: wait, and go elsewhere, where that saves most carbon for each hour until a job is done.

Against running at once at the nearest site, a start ``t`` at a site saves ``saved`` kilograms, and the job is done
``wait + length`` hours after it was submitted; the rule takes the start and site with the largest ``saved / (wait +
length)``. Starts are tried hour by hour from submission on, as the source does; it knows one region only, so the choice
of the site by the same measure is ours. Jobs come as they are submitted, each is whole, and capacity is kept: who finds
none of its starts free waits at the site that has room first, as under the other simple rules.

Source: `hanafy2024` (the policy; the program of its authors is not used).
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Reason
from qipan.dispatch.placement.seats import Seats, empty_seats, sit
from qipan.dispatch.placement.tell import placement
from qipan.dispatch.placement.timeline import Asks, Timeline, asks, earliest, fits, held_units, timeline

TICKS_OF_HOUR = 60.0


class Air(NamedTuple):
    """What the rule sees of the air and of distance.

    Attributes
    ----------
    emitted
        Kilograms of a unit from the horizon's start to the start of each slot, ``(pools, slots + 1)``.
    trip
        Milliseconds, ``(origins, sites)``.
    origin
        ``(jobs,)``
    """

    emitted: Floats
    trip: Floats
    origin: Ints


def place_by_carbon_time(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, kg_per_kwh: Floats
) -> Placement:
    """Place jobs in order of submission by Carbon-Time.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    kg_per_kwh
        ``(sites, slots)``, carbon of a kilowatt-hour hour by hour, as the rule forecasts it.
    """
    order = np.lexsort((np.arange(len(jobs)), jobs.submit_s))
    order = order[refused[order] == Reason.NONE]
    ask, room = asks(jobs, board, reached), timeline(board, keeps_reserve=rules.keeps_reserve)
    seats = empty_seats(ask, room.ticks_of_slot)
    rate = kg_per_kwh[board.pool_site] * board.kwh_per_unit_h[:, None] * board.slot_h
    emitted = np.concatenate([np.zeros((len(rate), 1)), np.cumsum(rate, axis=1)], axis=1)
    air = Air(emitted=emitted, trip=board.round_trip_ms, origin=reached.origin[reached.of_job])
    _place_in_turn(order, ask, air, room, seats)
    return placement(jobs, board, reached, refused=refused, seats=seats)


@numba.njit(cache=True)
def _place_in_turn(
    order: Ints, ask: Asks, air: Air, room: Timeline, seats: Seats
) -> None:  # pragma: no cover - compiled
    for job in order:
        pool, begin = _choose(ask, air, room, job)
        if pool < 0:
            pool, begin = _first_room(ask, air, room, job)
        if pool >= 0:
            sit(room, ask, seats, job, pool, begin)


@numba.njit(cache=True)
def _choose(ask: Asks, air: Air, room: Timeline, job: int) -> tuple[int, float]:  # pragma: no cover - compiled
    """Return pool and start that save most carbon an hour until done, or -1; of equals the earlier, then the nearer."""
    near = _by_distance(ask, air, room, job)
    if len(near) == 0:
        return -1, 0.0
    submit, latest = ask.start[job], max(ask.latest[job], ask.start[job])
    at_once = _kg(ask, air, room, job, near[0], submit)
    best, chosen, begin = -np.inf, -1, 0.0
    start = submit
    while start <= latest:
        for pool in near:
            saved = at_once - _kg(ask, air, room, job, pool, start)
            rate = saved / (start - submit + ask.length[job])
            if rate > best and fits(room, ask, job, pool, start):
                best, chosen, begin = rate, pool, start
        start += TICKS_OF_HOUR
    return chosen, begin


@numba.njit(cache=True)
def _first_room(ask: Asks, air: Air, room: Timeline, job: int) -> tuple[int, float]:  # pragma: no cover - compiled
    chosen, begin = -1, 0.0
    for pool in _by_distance(ask, air, room, job):
        at = earliest(room, ask, job, pool)
        if at >= 0.0 and (chosen < 0 or at < begin):
            chosen, begin = pool, at
    return chosen, begin


@numba.njit(cache=True)
def _by_distance(ask: Asks, air: Air, room: Timeline, job: int) -> Ints:  # pragma: no cover - compiled
    """Return the pools that a job may use, the nearest first."""
    pools = np.flatnonzero(ask.allowed[ask.sort[job]])
    trip = np.empty(len(pools))
    for k in range(len(pools)):
        trip[k] = air.trip[air.origin[job], room.pool_site[pools[k]]]
    return pools[np.argsort(trip, kind="mergesort")]


@numba.njit(cache=True)
def _kg(ask: Asks, air: Air, room: Timeline, job: int, pool: int, start: float) -> float:  # pragma: no cover - compiled
    """Return the carbon of a job's planned hours in a pool from a start on."""
    end = start + ask.planned[job]
    return float(held_units(ask, job, pool) * (_until(air, pool, end, room) - _until(air, pool, start, room)))


@numba.njit(cache=True)
def _until(air: Air, pool: int, tick: float, room: Timeline) -> float:  # pragma: no cover - compiled
    slots, width = room.free_least.shape[1], room.ticks_of_slot
    slot = min(int(tick) // width, slots - 1)
    part = min((tick - slot * width) / width, 1.0)
    return float(air.emitted[pool, slot] + part * (air.emitted[pool, slot + 1] - air.emitted[pool, slot]))
