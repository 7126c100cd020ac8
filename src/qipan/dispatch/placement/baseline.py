"""Simple rules, as people use them today: take jobs as they come and try sites in a fixed order.

Every rule keeps the same hard limits as the plan; jobs that find no room at once wait at the site that has room first.
Only ``cheapest_start`` waits for a better price, and lets preemptible jobs stop and go.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Reason
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.fill import fill, upright
from qipan.dispatch.placement.seats import Seats, empty_seats, sit
from qipan.dispatch.placement.tell import placement
from qipan.dispatch.placement.timeline import Asks, Timeline, asks, earliest, held_units, timeline
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


class Baseline(StrEnum):
    """A simple rule of placement, named by the order in which it tries sites."""

    HOME_FIRST = "home_first"
    CHEAPEST = "cheapest_site"
    GREENEST = "greenest_site"
    MOST_AVAILABLE = "most_available"
    CHEAPEST_START = "cheapest_start"


class Ranks(NamedTuple):
    """Keys by which pools are tried, the smallest first: ``(rows, pools)``, and the row of each job, ``(jobs,)``.

    ``by_room`` ranks by the share of units free instead. Of pools with one key that which takes fewest units of a job
    comes first; keys that are ``by_unit`` are for each of them.
    """

    keys: Floats
    row: Ints
    by_room: bool
    by_unit: bool


def place_by(rule: Baseline, jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts) -> Placement:
    """Place jobs in order of submission by one simple rule.

    ``home_first`` tries the own province, then the own macro-region, then by round trip; ``cheapest_site`` by the
    energy cost of an hour at submission; ``greenest_site`` by location-based carbon; ``most_available`` by the share
    of units free at submission; ``cheapest_start`` may wait as the plan may: it takes the start and site that cost
    least to run and still have room, but knows no job that comes after and no price of scarcity.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    _, seats = seats_by(rule, jobs, board, rules, reached, refused=refused)
    return placement(jobs, board, reached, refused=refused, seats=seats)


def seats_by(
    rule: Baseline, jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts
) -> tuple[Timeline, Seats]:
    """Return the room that a simple rule leaves, and the seats that it gives, as `place_by` does.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not tried.
    """
    order = np.lexsort((np.arange(len(jobs)), jobs.submit_s))
    order = order[refused[order] == Reason.NONE]
    ask, room = asks(jobs, board, reached), timeline(board, keeps_reserve=rules.keeps_reserve)
    seats = empty_seats(ask, room.ticks_of_slot)
    if rule is Baseline.CHEAPEST_START:
        prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules))
        fill(order, ask, prices, upright(), room, seats)
    else:
        keys, row = _ranks(rule, jobs, board, reached)
        ranks = Ranks(
            keys=np.ascontiguousarray(keys),
            row=row,
            by_room=rule is Baseline.MOST_AVAILABLE,
            by_unit=rule in (Baseline.CHEAPEST, Baseline.GREENEST),
        )
        _place_in_turn(order, ask, ranks, board.whole.capacity, room, seats)
    return room, seats


def _ranks(rule: Baseline, jobs: Jobs, board: Board, reached: Reach) -> tuple[Floats, Ints]:
    """Return keys of the pools, smallest first, ``(rows, pools)``, and the row of each job, ``(jobs,)``."""
    site = board.pool_site
    origin = reached.origin[reached.of_job]
    if rule is Baseline.HOME_FIRST:
        return _home_keys(board)[:, site], origin
    if rule is Baseline.CHEAPEST:
        slot = np.clip((jobs.submit_s - board.start_s) // board.slot_s, 0, board.slot_count - 1).astype(np.int64)
        return (board.price_fen_per_kwh[site] * board.kwh_per_unit_h[:, None]).T, slot
    if rule is Baseline.GREENEST:
        return (board.location_kg_per_kwh[site] * board.kwh_per_unit_h)[None, :], np.zeros(len(jobs), dtype=np.int64)
    return np.zeros((1, len(board.pools))), np.zeros(len(jobs), dtype=np.int64)


def _home_keys(board: Board) -> Floats:
    """Return how far from home each site is, ``(origins, sites)``: province, macro-region, then milliseconds."""
    keys = board.round_trip_ms.copy()
    for o, origin in enumerate(board.origins):
        for s, site in enumerate(board.sites):
            if origin.adcode and origin.adcode == site.adcode:
                keys[o, s] -= 2e6
            elif origin.macro and origin.macro == site.macro:
                keys[o, s] -= 1e6
    return keys


@numba.njit(cache=True)
def _place_in_turn(
    order: Ints, ask: Asks, ranks: Ranks, capacity: Floats, room: Timeline, seats: Seats
) -> None:  # pragma: no cover - compiled
    pools, ticks = room.free.shape
    key = np.empty(pools)
    for job in order:
        tick = min(int(ask.start[job]), ticks - 1)
        for pool in range(pools):
            whole = capacity[pool, tick // room.ticks_of_slot]
            key[pool] = ranks.keys[ranks.row[job], pool]
            if ranks.by_room:
                key[pool] = -room.free[pool, tick] / whole if whole > 0 else 0.0
        chosen, begin = -1, 0.0
        for pool in _in_order(key, ask.units, ask, job, ranks.by_unit):
            at = earliest(room, ask, job, pool) if ask.allowed[ask.sort[job], pool] else -1.0
            if at >= 0.0 and (chosen < 0 or at < begin):
                chosen, begin = pool, at
            if chosen >= 0 and begin <= ask.start[job]:
                break
        if chosen >= 0:
            sit(room, ask, seats, job, chosen, begin)


@numba.njit(cache=True)
def _in_order(
    key: Floats, units: Floats | None, ask: Asks, job: int, by_unit: bool
) -> Ints:  # pragma: no cover - compiled
    """Return the pools in the order of their keys."""
    if units is not None:
        need = np.empty(len(key))
        for pool in range(len(key)):
            need[pool] = held_units(ask, job, pool)
        fewest = np.argsort(need, kind="mergesort")
        return fewest[np.argsort((key * need if by_unit else key)[fewest], kind="mergesort")]
    return np.argsort(key, kind="mergesort")
