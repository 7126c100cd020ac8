"""Check a placement of whole jobs by plain arithmetic; nothing here comes from the verbs that made it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.model.reservation import Reservation

CLOCK_S = 1e-5
"""How exactly moments compare: two hundred times the spacing of floats at today's seconds since 1970."""
ROOM = 1e-6
EXACTLY = 1e-10
"""What just fits has room: units are short by no more than the rounding of their sums."""
TICK_S = 60.0
NO_ROOM_CHECKED_MAX = 400

PLACED, CARRIED, REFUSED = "placed", "carried_over", "refused"
NO_ROOM, LATER, COVERED = "no_room", "later_is_better", "covered"
WITHOUT_ROOM = (NO_ROOM, "outranked", "turned_out")
HARD_REASONS = (
    "no_such_resource",
    "no_power",
    "data_may_not_leave",
    "too_far",
    "too_large",
    "window_too_short",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What follows from board and jobs, worked out again from the stated figures.

    ``latest_s`` is the latest start by the job's own window, ``horizon_latest_s`` the latest that also leaves it inside
    the horizon, ``planned_h`` the hours that any such start leaves there; all ``(jobs,)``. ``fits``, ``powered``,
    ``within_data`` and ``within_latency`` are ``(sorts, pools)``, `sort` ``(jobs,)``. ``group`` is the kind and model
    of each pool, ``(pools,)``, and ``spare`` what may be busy of it while the largest site is kept free,
    ``(groups, slots)``, without limit where no reserve is kept. ``units`` of a pool stand for one that is asked for,
    ``(sorts, pools)``.
    """

    site: Ints
    kw_per_unit: Floats
    origin: Ints
    end_s: float
    day_end_s: float
    earliest_s: Floats
    latest_s: Floats
    horizon_latest_s: Floats
    planned_h: Floats
    sort: Ints
    fits: Bools
    powered: Bools
    within_data: Bools
    within_latency: Bools
    units: Floats
    group: Ints
    spare: Floats

    @property
    def allowed(self) -> Bools:
        """Pools that no hard limit but size forbids, ``(sorts, pools)``."""
        return np.asarray(self.fits & self.powered & self.within_data & self.within_latency)

    def need(self, jobs: Jobs, at: Ints, pool: Ints) -> Floats:
        """Return how many units jobs hold of their pools: as many as they ask for, whole ones of a substitute."""
        each = self.units[self.sort[at], pool]
        whole = [math.ceil(round(q * u, 8)) for q, u in zip(jobs.quantity[at].tolist(), each.tolist(), strict=True)]
        return np.where(each == 1.0, jobs.quantity[at], whole)


def sheet(board: Board, jobs: Jobs, rules: Rules) -> Sheet:
    """Work out limits, windows and hours from the stated figures alone."""
    site = np.array([pool.site for pool in board.pools], dtype=np.int64)
    place = {origin.origin_id: index for index, origin in enumerate(board.origins)}
    origin = np.array([place[name] for name in jobs.origin], dtype=np.int64)
    end_s = board.start_s + board.capacity.shape[1] * board.slot_s
    day_end_s = board.start_s + board.day_slots * board.slot_s
    earliest_s = np.maximum(jobs.submit_s, board.start_s)
    latest_s = np.minimum(jobs.start_by_s, jobs.finish_by_s - jobs.requested_s)
    fits_in = jobs.requested_s <= end_s - earliest_s
    # What cannot end in the horizon starts by the end of the day, and leaves a slot of itself inside the horizon.
    longest_wait_s = min(day_end_s, end_s - board.slot_s)
    last_s = np.where(fits_in, end_s - jobs.requested_s, np.maximum(jobs.submit_s, longest_wait_s))
    horizon_latest_s = np.minimum(latest_s, last_s)
    sort, limits = _limits(board, jobs, rules, site=site, origin=origin)
    return Sheet(
        site=site,
        kw_per_unit=board.it_kw_per_unit * board.pue[site],
        origin=origin,
        end_s=end_s,
        day_end_s=day_end_s,
        earliest_s=earliest_s,
        latest_s=latest_s,
        horizon_latest_s=horizon_latest_s,
        planned_h=np.minimum(jobs.requested_s, end_s - horizon_latest_s) / 3600.0,
        sort=sort,
        fits=limits[0],
        powered=limits[1],
        within_data=limits[2],
        within_latency=limits[3],
        units=_units(board, jobs, sort, limits[0]),
        **_reserve(board, rules),
    )


def _reserve(board: Board, rules: Rules) -> dict[str, Any]:
    """Add up the units of each kind and model at every site, and leave the largest site out."""
    kinds = sorted({(pool.kind.value, pool.card_model) for pool in board.pools})
    group = [kinds.index((pool.kind.value, pool.card_model)) for pool in board.pools]
    at_site = np.zeros((len(kinds), len(board.sites), board.capacity.shape[1]))
    for pool, of, units in zip(board.pools, group, board.capacity, strict=True):
        at_site[of, pool.site] += units
    spare = at_site.sum(axis=1) - at_site.max(axis=1)
    spare = spare if rules.keeps_reserve else np.full_like(spare, np.inf)
    return {"group": np.array(group, dtype=np.int64), "spare": spare}


def _units(board: Board, jobs: Jobs, sort: Ints, fits: Bools) -> Floats:
    """Look up what stands for what each sort asks for, and let it fit; ``(sorts, pools)``."""
    table = {(one.kind, one.card_model, one.by_kind, one.by_card_model): one.units for one in board.substitutes}
    units = fits.astype(float)
    for job, row in zip(range(len(jobs)), sort.tolist(), strict=True):
        for p, pool in enumerate(board.pools):
            asked = (KINDS[jobs.kind[job]], jobs.card_model[job])
            if units[row, p] == 0.0:
                units[row, p] = table.get((*asked, pool.kind, pool.card_model), 0.0)
    fits |= units > 0.0
    return units


def under_cap_kw(board: Board) -> Floats:
    """Return what the power cap of each site leaves for work beside the draw at no load, ``(sites, slots)``."""
    cap = np.tile(board.power_cap_kw, (board.capacity.shape[1], 1)).T
    return np.maximum(cap if board.energy is None else cap - board.energy.fixed_kw, 0.0)


def _limits(board: Board, jobs: Jobs, rules: Rules, *, site: Ints, origin: Ints) -> tuple[Ints, Bools]:
    """Test each sort of job against each pool: kind and model, power, data, latency; ``(4, sorts, pools)``."""
    keys: dict[tuple[Any, ...], int] = {}
    columns = (origin, jobs.tier, jobs.data_class, jobs.kind, jobs.card_model)
    sort = [keys.setdefault(key, len(keys)) for key in zip(*(column.tolist() for column in columns), strict=True)]
    limits = np.zeros((4, len(keys), len(board.pools)), dtype=bool)
    for (o, tier, data_class, kind, model), row in keys.items():
        home = board.origins[o]
        for p, pool in enumerate(board.pools):
            there = board.sites[site[p]]
            same_code = (home.adcode or home.origin_id) == (there.adcode or there.site_id)
            same_macro = bool(home.macro) and home.macro == there.macro
            limits[0, row, p] = pool.kind == KINDS[kind] and (
                not model or not pool.card_model or model == pool.card_model
            )
            limits[1, row, p] = under_cap_kw(board)[site[p]].max() > 0 and board.capacity[p].max() > 0
            limits[2, row, p] = data_class == 0 or same_code or (data_class == 1 and same_macro)
            limits[3, row, p] = board.round_trip_ms[o, site[p]] <= rules.tiers[tier].round_trip_ms_max + ROOM
    return np.array(sort, dtype=np.int64), limits


def check_placement(
    board: Board, jobs: Jobs, rules: Rules, found: Placement, reservations: Sequence[Reservation] = ()
) -> list[str]:
    """Return what is wrong with a placement, one line for each rule broken; none if it is sound."""
    lengths = {len(found.pool), len(found.start_s), len(found.status), len(found.reason)}
    if lengths != {len(jobs)}:
        return [f"jobs_lost: {len(jobs)} jobs, placement of {sorted(lengths)}"]
    if not ((found.pool >= -1) & (found.pool < len(board.pools))).all():
        return ["pool_unknown: a job holds a pool that the board does not have"]
    known = sheet(board, jobs, rules)
    return [
        *check_status(jobs, known, found),
        *check_held(jobs, known, found),
        *check_limits(jobs, known, found),
        *check_windows(jobs, known, found),
        *check_stretches(jobs, known, found),
        *check_room(board, jobs, known, found),
        *check_reasons(board, jobs, known, found),
        *check_no_room(board, jobs, known, found),
        *check_reservations(board, jobs, known, found, reservations),
    ]


def _name(rule: str, broken: NDArray[Any], jobs: Jobs) -> list[str]:
    at = np.flatnonzero(broken)
    return [f"{rule}: {len(at)} jobs, the first {jobs.job_id[at[0]]}"] if len(at) else []


def check_status(jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """Every job is placed, carried over or refused, and its start and reason agree with that."""
    status, reason = found.status.astype(str), found.reason.astype(str)
    held, started = found.pool >= 0, np.isfinite(found.start_s)
    placed, carried, refused = status == PLACED, status == CARRIED, status == REFUSED
    today = held & (found.start_s < known.day_end_s)
    can_wait = known.latest_s > known.horizon_latest_s + 1.0 - CLOCK_S
    must_wait = known.latest_s > known.horizon_latest_s + 1.0 + CLOCK_S
    waits = carried & ~held
    return [
        *_name("status_unknown", ~(placed | carried | refused), jobs),
        *_name("start_without_pool", held != started, jobs),
        *_name("placed_outside_day", placed & ~today, jobs),
        *_name("placed_with_reason", placed & ~np.isin(reason, ("", COVERED)), jobs),
        *_name("carried_inside_day", carried & held & today, jobs),
        *_name("carried_without_reason", carried & held & (reason != LATER), jobs),
        *_name("waiting_without_window", waits & ~can_wait, jobs),
        *_name("waiting_without_reason", waits & ~np.isin(reason, WITHOUT_ROOM), jobs),
        *_name("refused_with_place", refused & held, jobs),
        *_name("refused_without_reason", refused & ~np.isin(reason, (*HARD_REASONS, *WITHOUT_ROOM)), jobs),
        *_name("refused_though_it_can_wait", refused & np.isin(reason, WITHOUT_ROOM) & must_wait, jobs),
    ]


def check_held(jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """Every job holds as many units of its pool as stand for what it asks for."""
    at = np.flatnonzero(found.pool >= 0)
    wrong = np.zeros(len(jobs), dtype=bool)
    wrong[at] = np.abs(found.units(jobs)[at] - known.need(jobs, at, found.pool[at])) > ROOM
    return _name("wrong_units", wrong, jobs)


def check_limits(jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """No job stands where kind, model, power, data or latency forbid it."""
    at = np.flatnonzero(found.pool >= 0)
    rules = {
        "wrong_kind_or_model": known.fits,
        "without_power": known.powered,
        "data_left": known.within_data,
        "too_far_away": known.within_latency,
    }
    findings = []
    for rule, mask in rules.items():
        broken = np.zeros(len(jobs), dtype=bool)
        broken[at] = ~mask[known.sort[at], found.pool[at]]
        findings += _name(rule, broken, jobs)
    return findings


def check_windows(jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """No job starts before it is submitted or after its window, or runs past a horizon that it fits into."""
    held, start = found.pool >= 0, np.nan_to_num(found.start_s, nan=np.inf)
    return [
        *_name("started_before_submission", held & (start < known.earliest_s - CLOCK_S), jobs),
        *_name("started_after_start_by", held & (start > jobs.start_by_s + CLOCK_S), jobs),
        *_name("deadline_missed", held & (start + jobs.requested_s > jobs.finish_by_s + CLOCK_S), jobs),
        *_name("past_the_horizon", held & (start > known.horizon_latest_s + CLOCK_S), jobs),
        *_name("outside_the_horizon", held & (start > known.end_s - CLOCK_S), jobs),
    ]


def stretches_of(jobs: Jobs, found: Placement) -> list[tuple[int, float, float]]:
    """Return job, start and end of every stretch that anything runs, job by job."""
    several: dict[int, list[tuple[float, float]]] = {}
    part = found.stretches
    for job, start, seconds in zip(part.job.tolist(), part.start_s.tolist(), part.seconds.tolist(), strict=True):
        several.setdefault(job, []).append((start, start + seconds))
    return [
        (job, begin, end)
        for job in np.flatnonzero(found.pool >= 0).tolist()
        for begin, end in several.get(job, [(found.start_s[job], found.start_s[job] + jobs.requested_s[job])])
    ]


def check_stretches(jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """Who stops and goes may; its stretches do not overlap, last what it requests, and end by its deadline."""
    asked = np.zeros((4, len(jobs)), dtype=bool)
    part = found.stretches
    for job in np.unique(part.job).tolist():
        of = part.job == job
        begin, end = part.start_s[of], part.start_s[of] + part.seconds[of]
        asked[0, job] = not jobs.preemptible[job] or found.pool[job] < 0 or of.sum() < 2
        asked[1, job] = abs(begin[0] - found.start_s[job]) > CLOCK_S or bool((begin[1:] < end[:-1] - CLOCK_S).any())
        asked[2, job] = abs(part.seconds[of].sum() - jobs.requested_s[job]) > CLOCK_S or bool(
            (part.seconds[of] <= 0).any()
        )
        asked[3, job] = end[-1] > min(known.horizon_latest_s[job] + jobs.requested_s[job], known.end_s) + CLOCK_S
    names = ("stopped_though_it_may_not", "stretches_overlap", "stretches_do_not_add_up", "stretches_end_late")
    return [finding for name, broken in zip(names, asked, strict=True) for finding in _name(name, broken, jobs)]


def check_room(board: Board, jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """No pool is above its capacity and no site above its power cap at any moment of the horizon."""
    run = stretches_of(jobs, found)
    at = np.array([job for job, _, _ in run], dtype=np.int64)
    begin = np.array([start for _, start, _ in run])
    end = np.minimum(np.array([stop for _, _, stop in run]), known.end_s)
    pool = found.pool[at]
    units = known.need(jobs, at, pool)
    kw = units * known.kw_per_unit[pool]
    findings = []
    for p, limit in enumerate(board.capacity):
        of = pool == p
        excess = _worst_excess(board, begin[of], end[of], units[of], limit)
        if excess > ROOM * max(1.0, float(limit.max())):
            findings.append(f"pool_over_capacity: {board.pools[p].pool_id} by {excess:g} units")
    for g, limit in enumerate(known.spare):
        of = known.group[pool] == g
        excess = _worst_excess(board, begin[of], end[of], units[of], limit)
        if excess > ROOM * max(1.0, float(limit.max())):
            findings.append(f"reserve_not_kept: group {g} by {excess:g} units")
    for s, cap_kw in enumerate(under_cap_kw(board)):
        of = known.site[pool] == s
        excess = _worst_excess(board, begin[of], end[of], kw[of], cap_kw)
        if excess > ROOM * max(1.0, float(cap_kw.max())):
            findings.append(f"site_over_power_cap: {board.sites[s].site_id} by {excess:g} kW")
    return findings + _check_links(board, jobs, known, found)


def _check_links(board: Board, jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """No link carries more than it can in a slot, in either direction by itself; data move evenly as a job runs."""
    if board.links is None:
        return []
    moved = link_flow_gb(board, jobs, known, found)
    over = (moved - board.links.capacity_gb).max(axis=2)
    return [
        f"link_over_capacity: {board.links.names[link]} {('forward', 'backward')[way]} by {over[way, link]:g} GB"
        for way, link in np.argwhere(over > ROOM * np.maximum(1.0, board.links.capacity_gb.max(axis=1))).tolist()
    ]


def link_flow_gb(board: Board, jobs: Jobs, known: Sheet, found: Placement) -> Floats:
    """Return what crosses each link forward and backward in each slot, ``(2, links, slots)``."""
    assert board.links is not None
    moved = np.zeros((2, *board.links.capacity_gb.shape))
    for job, begin, end in stretches_of(jobs, found):
        factor = board.links.factor[:, known.origin[job], known.site[found.pool[job]]]
        gb_per_s = jobs.data_gb[job] / jobs.requested_s[job]
        for slot in range(moved.shape[2]):
            opens = board.start_s + slot * board.slot_s
            gb = gb_per_s * max(min(end, opens + board.slot_s) - max(begin, opens), 0.0)
            moved[0, :, slot] += np.where(factor > 0, factor, 0.0) * gb
            moved[1, :, slot] += np.where(factor < 0, -factor, 0.0) * gb
    return moved


def _worst_excess(board: Board, begin: Floats, end: Floats, size: Floats, limit: Floats) -> float:
    """Sweep over every start and end, ends first, and return the most by which what is held exceeds the limit."""
    edges = np.arange(len(limit)) * board.slot_s
    moments = np.round(np.concatenate([begin - board.start_s, end - board.start_s, edges]), 5)
    changes = np.concatenate([size, -size, np.zeros(len(edges))])
    moment, where = np.unique(moments, return_inverse=True)
    held = np.cumsum(np.bincount(where.reshape(-1), weights=changes, minlength=len(moment)))
    slot = np.floor(moment / board.slot_s).astype(np.int64)
    inside = (slot >= 0) & (slot < len(limit))
    return float((held[inside] - limit[slot[inside]]).max(initial=-np.inf))


def check_reasons(board: Board, jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """Each reason is true, and a job that a hard limit shuts out is given no other reason."""
    reason = found.reason.astype(str)
    steps = [known.fits, known.fits & known.powered]
    steps.append(steps[-1] & known.within_data)
    steps.append(steps[-1] & known.within_latency)
    some = [np.asarray(step.any(axis=1))[known.sort] for step in steps]
    per_unit = np.where(known.kw_per_unit > 0, known.kw_per_unit, 1.0)
    by_power = np.where(known.kw_per_unit > 0, under_cap_kw(board).max(axis=1)[known.site] / per_unit, np.inf)
    largest = np.minimum(board.capacity.max(axis=1), by_power)
    over = np.array([_least_over(jobs, known, job, largest) for job in range(len(jobs))])
    truth = {
        "no_such_resource": ~some[0],
        "no_power": some[0] & ~some[1],
        "data_may_not_leave": some[1] & ~some[2],
        "too_far": some[2] & ~some[3],
        "too_large": some[3] & (over > 0.0),
        "window_too_short": known.latest_s < jobs.submit_s,
    }
    findings = []
    for why, is_true in truth.items():
        findings += _name(f"reason_untrue_{why}", (reason == why) & ~is_true, jobs)
    shut_out = ~some[3] | (over > ROOM) | (known.latest_s < jobs.submit_s - CLOCK_S)
    return [*findings, *_name("hard_limit_not_named", shut_out & ~np.isin(reason, HARD_REASONS), jobs)]


def _least_over(jobs: Jobs, known: Sheet, job: int, largest: Floats) -> float:
    """Return by how much a job exceeds the pool that comes nearest to carrying it."""
    pools = np.flatnonzero(known.allowed[known.sort[job]])
    need = known.need(jobs, np.full(len(pools), job), pools)
    return float((need - largest[pools]).min(initial=np.inf))


def check_no_room(board: Board, jobs: Jobs, known: Sheet, found: Placement, *, stops: bool = False) -> list[str]:
    """No job that found no room could still be put in, whole minutes held; a sample where there are many alike.

    Room only shrinks while jobs are placed, so what has room at the end had room when its turn came. Simple rules run
    all jobs through; where ``stops`` is said, those that may stop and go are also put in so.
    """
    ticks_of_slot = round(board.slot_s / TICK_S)
    ticks = board.capacity.shape[1] * ticks_of_slot
    free, free_kw, spare = _free(board, jobs, known, found, ticks=ticks)
    left_gb = np.zeros(0)
    if board.links is not None:
        left_gb = board.links.capacity_gb - link_flow_gb(board, jobs, known, found)
    waiting = np.flatnonzero(np.isin(found.reason.astype(str), WITHOUT_ROOM))
    alike = {
        (
            known.sort[job],
            jobs.quantity[job],
            jobs.requested_s[job],
            jobs.data_gb[job],
            known.earliest_s[job],
            known.horizon_latest_s[job],
            jobs.preemptible[job],
        ): job
        for job in waiting.tolist()
    }
    broken = np.zeros(len(jobs), dtype=bool)
    for job in list(alike.values())[:NO_ROOM_CHECKED_MAX]:
        first = (known.earliest_s[job] - board.start_s) / TICK_S
        latest = (known.horizon_latest_s[job] - board.start_s) / TICK_S
        starts = np.concatenate([[first], np.arange(np.ceil(first), np.floor(latest + 1e-9) + 1.0)])
        starts = starts[(starts <= latest + 1e-9) & (starts < ticks)]
        begin = np.floor(starts + 1e-9).astype(np.int64)
        end = np.clip(np.ceil(starts + jobs.requested_s[job] / TICK_S - 1e-9).astype(np.int64), begin + 1, ticks)
        for p in np.flatnonzero(known.allowed[known.sort[job]]):
            need = float(known.need(jobs, np.array([job]), np.array([p]))[0])
            need_kw = need * known.kw_per_unit[p]
            short = (free[p] < need - EXACTLY) | (free_kw[known.site[p]] < need_kw + ROOM)
            short |= spare[known.group[p]] < need - EXACTLY
            passed = np.concatenate([[0], np.cumsum(short)])
            has_room = passed[end] == passed[begin]
            if board.links is not None:
                has_room &= _fits_links(board, jobs, known, left_gb, job=job, pool=int(p), starts=starts)
            elif (
                stops
                and jobs.preemptible[job]
                and _fits_in_parts(jobs, known, short, job, first, latest, ticks_of_slot)
            ):
                broken[job] = True
            broken[job] |= bool(has_room.any())
    return _name("room_was_left", broken, jobs)


def _fits_in_parts(
    jobs: Jobs, known: Sheet, short: Bools, job: int, first: float, latest: float, ticks_of_slot: int
) -> bool:
    """Tell whether a job that may stop and go has clearly enough slots with room in a pool, the first and last cut."""
    length = jobs.requested_s[job] / TICK_S
    if latest <= first or known.horizon_latest_s[job] + jobs.requested_s[job] > known.end_s:
        return False
    left = length
    for begin in range(0, len(short), ticks_of_slot):
        opens, closes = max(first, begin), min(latest + length, begin + ticks_of_slot)
        if closes > opens and not short[math.floor(opens) : math.ceil(closes)].any():
            left -= closes - opens
    return left < -ROOM


def _fits_links(
    board: Board, jobs: Jobs, known: Sheet, left_gb: Floats, *, job: int, pool: int, starts: Floats
) -> Bools:
    """Tell from which starts, in minutes, the data of a job find clearly more than enough room, ``(starts,)``."""
    assert board.links is not None
    factor = board.links.factor[:, known.origin[job], known.site[pool]]
    share = np.stack([np.maximum(factor, 0.0), np.maximum(-factor, 0.0)])
    begin = board.start_s + starts * TICK_S
    end = begin + jobs.requested_s[job]
    has_room = np.ones(len(starts), dtype=bool)
    for slot in range(left_gb.shape[2]):
        opens = board.start_s + slot * board.slot_s
        inside = np.clip(np.minimum(end, opens + board.slot_s) - np.maximum(begin, opens), 0.0, None)
        gb = jobs.data_gb[job] / jobs.requested_s[job] * inside
        need = share[:, :, None] * gb
        has_room &= ((need <= left_gb[:, :, slot, None] - ROOM) | (need <= 0.0)).all(axis=(0, 1))
    return has_room


def _free(board: Board, jobs: Jobs, known: Sheet, found: Placement, *, ticks: int) -> tuple[Floats, Floats, Floats]:
    """Return units free in each pool, kilowatts at each site and units beside the reserve, minute by minute."""
    run = [one for one in stretches_of(jobs, found) if one[1] < known.end_s - CLOCK_S]
    at = np.array([job for job, _, _ in run], dtype=np.int64)
    begin = (np.array([start for _, start, _ in run]) - board.start_s) / TICK_S
    end = (np.array([stop for _, _, stop in run]) - board.start_s) / TICK_S
    first = np.floor(begin + 1e-9).astype(np.int64)
    last = np.minimum(np.ceil(end - 1e-9).astype(np.int64), ticks)
    pool = found.pool[at]
    units = known.need(jobs, at, pool)
    change = np.zeros((len(board.pools), ticks + 1))
    np.add.at(change, (pool, first), units)
    np.add.at(change, (pool, np.maximum(last, first + 1)), -units)
    busy = np.cumsum(change, axis=1)[:, :ticks]
    kw = np.zeros((len(board.sites), ticks))
    np.add.at(kw, known.site, busy * known.kw_per_unit[:, None])
    taken = np.zeros((len(known.spare), ticks))
    np.add.at(taken, known.group, busy)
    capacity, cap_kw, spare = (
        np.repeat(limit, ticks // board.capacity.shape[1], axis=1)
        for limit in (board.capacity, under_cap_kw(board), known.spare)
    )
    return capacity - busy, cap_kw - kw, spare - taken


def check_reservations(
    board: Board, jobs: Jobs, known: Sheet, found: Placement, reservations: Sequence[Reservation]
) -> list[str]:
    """Who a reservation covers, worked out minute by minute, runs on its product from its arrival on; nobody else does.

    Minutes count from a moment before the horizon, as far as the last end.
    """
    by_name = {one.reservation_id: one for one in reservations}
    ends = known.earliest_s + jobs.requested_s
    minutes = int(np.ceil((max(ends.max(initial=board.start_s), board.start_s) - board.start_s) / TICK_S)) + 1
    used = {name: np.zeros(minutes) for name in by_name}
    shut_out = np.isin(found.reason.astype(str), HARD_REASONS)
    broken = np.zeros((4, len(jobs)), dtype=bool)
    for job in sorted(range(len(jobs)), key=lambda job: (known.earliest_s[job], job)):
        one = by_name.get(jobs.reservation[job])
        is_covered = False
        if one is not None and not shut_out[job]:
            product = [
                board.sites[pool.site].site_id == one.site_id
                and (pool.kind, pool.card_model) == (one.kind, one.card_model)
                for pool in board.pools
            ]
            first = int(np.floor((known.earliest_s[job] - board.start_s) / TICK_S + 1e-9))
            last = max(int(np.ceil((ends[job] - board.start_s) / TICK_S - 1e-9)), first + 1)
            is_covered = (
                bool(known.allowed[known.sort[job], product].any())
                and one.from_s <= known.earliest_s[job]
                and ends[job] <= one.to_s + 1e-3
                and bool((used[one.reservation_id][first:last] + jobs.quantity[job] <= one.units + 1e-9).all())
            )
            if is_covered:
                used[one.reservation_id][first:last] += jobs.quantity[job]
                broken[0, job] = found.pool[job] < 0 or not product[found.pool[job]]
                broken[1, job] = not abs(found.start_s[job] - known.earliest_s[job]) <= CLOCK_S
                broken[2, job] = job in found.stretches.job
        broken[3, job] = is_covered != (found.reason[job] == COVERED)
    names = ("not_on_its_reservation", "covered_but_late", "covered_but_stopped", "covered_or_not")
    return [finding for name, row in zip(names, broken, strict=True) for finding in _name(name, row, jobs)]


def check_priority(board: Board, jobs: Jobs, known: Sheet, found: Placement) -> list[str]:
    """No job without room would find any if all of lower priority in its tier were left out and all others stayed."""
    left = (found.pool < 0) & np.isin(found.reason.astype(str), WITHOUT_ROOM)
    findings = []
    for tier, priority in sorted(set(zip(jobs.tier[left].tolist(), jobs.priority[left].tolist(), strict=True))):
        mine = jobs.tier == tier
        pool = np.where(mine & (jobs.priority < priority), -1, found.pool)
        reason = np.where(left & mine & (jobs.priority == priority), NO_ROOM, "")
        without = replace(found, pool=pool, reason=reason.astype(object))
        for finding in check_no_room(board, jobs, known, without, stops=True):
            findings.append(f"left_out_for_a_lower_priority: tier {tier}, priority {priority}, {finding}")
    return findings
