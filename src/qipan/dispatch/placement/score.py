"""Measure a placement on what happened: cost, both carbon accounts, uptake, latency, waits, deadlines, peaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qipan.dispatch.jobs.add_up import by_kind
from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.model.job import KINDS, Jobs, Tier
from qipan.dispatch.model.plan import Placement, Score, Status
from qipan.dispatch.placement.choose import LESS, moving_of
from qipan.dispatch.programme.buy import buy

CLOCK_S: Final = 1e-3
"""A job that ends no later than this after its window has kept it: the rest is rounding."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Use by slot of the horizon.

    Attributes
    ----------
    unit_h
        ``(pools, slots)``
    energy_kwh
        ``(sites, slots)``, drawn by work.
    """

    unit_h: Floats
    energy_kwh: Floats


def ran_s(jobs: Jobs) -> Floats:
    """Return how long each job ran, ``(jobs,)``: what happened, cut at what was requested; the request if unknown."""
    return np.where(np.isfinite(jobs.actual_s), np.minimum(jobs.actual_s, jobs.requested_s), jobs.requested_s)


def score(policy: str, jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, found: Placement) -> Score:
    """Measure all jobs that hold a place, from start to end, on what they really ran.

    In the horizon the energy of the work is bought at least cost (`buy`), with what sites draw at no load. Nothing is
    known of plants, stores and limits past it: what runs there is drawn from the grid and pays the tariff of the
    horizon's last day again. Work refused is counted apart; compare costs only between policies that ran the same work.

    Raises
    ------
    EngineError
        ``solver_failed``, where something stands behind the meters.
    """
    is_placed = found.has_place
    at = np.flatnonzero(is_placed)
    pool = found.pool[at]
    site = board.pool_site[pool]
    origin = reached.origin[reached.of_job[at]]
    work = jobs.quantity[at] * ran_s(jobs)[at] / 3600.0
    used = usage(jobs, board, found)
    bought = buy(board, rules, used.energy_kwh).energy
    late_kwh, late_fen = _past_horizon(jobs, board, found)
    grid_kwh = bought.grid_kwh.sum(axis=1) + late_kwh
    drawn_kwh = used.energy_kwh + idle_kwh(board)
    peak_kw = float((drawn_kwh.sum(axis=0) / board.slot_h).max(initial=0.0))
    wait = (found.start_s[at] - jobs.submit_s[at]) / 3600.0
    fast = jobs.tier[at] == Tier.REALTIME
    macro_o = np.array([o.macro or o.origin_id for o in board.origins], dtype=object)[origin]
    macro_s = np.array([s.macro or s.site_id for s in board.sites], dtype=object)[site]
    lost = np.where(is_placed, 0.0, jobs.quantity * ran_s(jobs) / 3600.0)
    misses, reachable = _deadline_misses(jobs, found)
    rated_kwh = work * _rated_kw(board)[jobs.kind[at]]
    total = float(rated_kwh.sum())
    return Score(
        policy=policy,
        jobs_placed=int((found.status == Status.PLACED).sum()),
        jobs_carried_over=int((found.status == Status.CARRIED_OVER).sum()),
        jobs_refused=int((found.status == Status.REFUSED).sum()),
        work_unit_h=by_kind(jobs.kind, np.where(is_placed, jobs.quantity * ran_s(jobs) / 3600.0, 0.0)),
        lost_unit_h=by_kind(jobs.kind, lost),
        rated_kwh=total,
        energy_kwh=float(drawn_kwh.sum() + late_kwh.sum()),
        energy_fen=_money_fen(board, bought) + late_fen + _opex_fen(jobs, board, found),
        transfer_fen=float((jobs.data_gb[at] * board.transfer_fen_per_gb[origin, site]).sum()),
        planned_fen=sum(planned_fen(jobs, board, rules, reached, found)),
        location_kg=float((grid_kwh * board.location_kg_per_kwh).sum()),
        market_kg=float((grid_kwh * board.market_kg_per_kwh).sum()),
        realtime_p95_ms=_weighted_quantile(board.round_trip_ms[origin, site][fast], rated_kwh[fast], 0.95),
        mean_wait_h=float((wait * rated_kwh).sum() / total) if total else None,
        peak_kw=peak_kw,
        moved_share=float(rated_kwh[macro_o != macro_s].sum() / total) if total else None,
        tier_lost_unit_h={
            KINDS[kind].value: tuple(np.bincount(jobs.tier, lost * (jobs.kind == kind), minlength=len(Tier)).tolist())
            for kind in np.unique(jobs.kind).tolist()
        },
        deadline_misses=misses,
        deadline_miss_share=misses / reachable if reachable else 0.0,
        **_of_meters(board, bought),
    )


def usage(jobs: Jobs, board: Board, found: Placement) -> Usage:
    """Spread what ran over the slots of the horizon."""
    return _spread(board, jobs, found, ran_s(jobs))


def _opex_fen(jobs: Jobs, board: Board, found: Placement) -> float:
    """Return what units cost besides energy while they are held."""
    at = np.flatnonzero(found.has_place)
    unit_h = found.units(jobs)[at] * ran_s(jobs)[at] / 3600.0
    return float((unit_h * board.opex_fen_per_unit_h[found.pool[at]]).sum())


def _spread(board: Board, jobs: Jobs, found: Placement, seconds: Floats) -> Usage:
    """Spread what runs over the slots of the horizon.

    Parameters
    ----------
    seconds
        ``(jobs,)``, how long each runs at most.
    """
    runs = found.runs(seconds)
    unit_h = np.zeros((len(board.pools), board.slot_count))
    pool, quantity = found.pool[runs.job], found.units(jobs)[runs.job]
    start = runs.start_s - board.start_s
    end = start + runs.seconds
    for slot in range(board.slot_count):
        inside = np.minimum(end, (slot + 1) * board.slot_s) - np.maximum(start, slot * board.slot_s)
        busy = np.clip(inside, 0.0, None) / 3600.0 * quantity
        unit_h[:, slot] = np.bincount(pool, weights=busy, minlength=len(board.pools))
    energy = np.zeros((len(board.sites), board.slot_count))
    np.add.at(energy, board.pool_site, unit_h * board.kwh_per_unit_h[:, None])
    return Usage(unit_h=unit_h, energy_kwh=energy)


def _rated_kw(board: Board) -> Floats:
    """Return the mean rated power of a unit of each kind, by capacity, ``(kinds,)``; 1 of a kind without any."""
    kind = np.array([KINDS.index(pool.kind) for pool in board.pools], dtype=np.int64)
    units = board.capacity.mean(axis=1)
    count, kw = (np.bincount(kind, weights=w, minlength=len(KINDS)) for w in (units, units * board.it_kw_per_unit))
    return np.divide(kw, count, out=np.ones(len(KINDS)), where=kw > 0)


def idle_kwh(board: Board) -> Floats:
    """Return what sites draw at no load, ``(sites, slots)``."""
    if board.energy is None:
        return np.zeros((len(board.sites), board.slot_count))
    return board.energy.fixed_kw * board.slot_h


def _money_fen(board: Board, bought: EnergyPlan) -> float:
    """Return what energy costs in money: carbon has no price here."""
    paid = float((board.price_fen_per_kwh * bought.grid_kwh).sum())
    if board.energy is None:
        return paid
    areas = board.energy.areas
    paid += float((board.energy.renewable_fen_per_kwh[:, None] * bought.renewable_kwh).sum())
    paid += float((areas.over_fen_per_kwh[:, None] * bought.over_kwh).sum())
    return paid + float((areas.peak_fen_per_kw * bought.peak_kw).sum())


def _of_meters(board: Board, bought: EnergyPlan) -> dict[str, Any]:
    """Return the figures of a `Score` that only own plants and areas of the grid give rise to."""
    taken = float(bought.renewable_kwh.sum())
    told = {"renewable_kwh": taken, "curtailed_kwh": 0.0, "over_kwh": float(bought.over_kwh.sum())}
    peaks: dict[str, float | None] = {"peak_raised_kw": None, "areas_peak_kw": None}
    if board.energy is not None:
        told["curtailed_kwh"] = float((board.energy.renewable_kw * board.slot_h).sum()) - taken
    if board.energy is not None and len(board.energy.areas.names):
        raised = float(bought.peak_kw.sum())
        peaks = {
            "peak_raised_kw": raised,
            "areas_peak_kw": float(board.energy.areas.load_kw.max(axis=1).sum()) + raised,
        }
    return told | peaks


def _deadline_misses(jobs: Jobs, found: Placement) -> tuple[int, int]:
    """Return how many jobs miss their window, and how many some site could have taken."""
    runs = found.runs(ran_s(jobs))
    ends = np.full(len(jobs), -np.inf)
    np.maximum.at(ends, runs.job, runs.start_s + runs.seconds)
    is_late = ends > jobs.latest_start_s + jobs.requested_s + CLOCK_S
    had_no_room = found.had_no_room
    is_refused = had_no_room & (found.status == Status.REFUSED)
    return int((is_late | is_refused).sum()), int((found.has_place | had_no_room).sum())


def planned_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement) -> tuple[float, float]:
    """Cost a placement as the plan costs its classes, to compare it with the bound.

    Returns
    -------
    served_fen
        Running, moving and distance of the planned hours of every job that holds a place, with energy bought at least
        cost (`buy`), and what sites draw at no load.
    lost_fen
        Value of the work that any site could have taken and none did.
    """
    hours = planned_h(jobs, board)
    at = np.flatnonzero(found.has_place)
    used = _spread(board, jobs, found, hours * 3600.0)
    served_fen = buy(board, rules, used.energy_kwh).fen
    served_fen += float((used.unit_h * board.opex_fen_per_unit_h[:, None]).sum())
    served_fen += float(moved_fen(jobs, board, rules, reached, at=at, site=board.pool_site[found.pool[at]]).sum())
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])
    return served_fen, float((worth * unserved_unit_h(jobs, board, found)).sum())


def cheapest(fen: Iterable[float]) -> int:
    """Return which of some costs is least; of those that are the same but for rounding the first."""
    costs = list(fen)
    best = 0
    for at, cost in enumerate(costs):
        best = at if cost < costs[best] - LESS * abs(costs[best]) else best
    return best


def unserved_unit_h(jobs: Jobs, board: Board, found: Placement) -> Floats:
    """Return the planned hours that some site could have taken and none did, ``(kinds, tiers)``."""
    missed = found.had_no_room
    left = np.zeros((len(KINDS), len(Tier)))
    np.add.at(left, (jobs.kind[missed], jobs.tier[missed]), (jobs.quantity * planned_h(jobs, board))[missed])
    return left


def moved_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, at: Ints, site: Ints) -> Floats:
    """Return what it costs to serve jobs at their sites besides running them, ``(jobs at,)``."""
    moving = moving_of(jobs, board, rules, reached)
    origin = moving.origin[reached.of_job[at]]
    return np.asarray(
        moving.gb[at] * board.transfer_fen_per_gb[origin, site] + moving.near[at] * board.round_trip_ms[origin, site]
    )


def price_fen(
    jobs: Jobs,
    board: Board,
    reached: Reach,
    found: Placement,
    lmp_fen_per_unit_h: Floats,
    *,
    link_fen_per_gb: Floats | None = None,
) -> Floats:
    """Return what each job pays for its planned hours at locational prices, moving included, ``(jobs,)``.

    ``nan`` for a job without a place.

    Parameters
    ----------
    lmp_fen_per_unit_h
        ``(products, slots)``
    link_fen_per_gb
        ``(links, slots)``, rents of links, signed by direction; needed where the board has links.
    """
    paid = np.full(len(jobs), np.nan)
    at = np.flatnonzero(found.has_place)
    site, origin = board.pool_site[found.pool[at]], reached.origin[reached.of_job[at]]
    hours = planned_h(jobs, board)[at]
    moved_gb = jobs.data_gb[at] * hours * 3600.0 / jobs.requested_s[at]
    units = found.units(jobs)
    ran = _of_runs(lmp_fen_per_unit_h, board.pool_product[found.pool], units, jobs, board, found)[at]
    paid[at] = ran + moved_gb * board.transfer_fen_per_gb[origin, site]
    if board.links is not None and link_fen_per_gb is not None:
        rents = np.einsum("los,lt->ost", board.links.factor, link_fen_per_gb).reshape(-1, board.slot_count)
        pair = np.zeros(len(jobs), dtype=np.int64)
        pair[at] = origin * len(board.sites) + site
        gb_per_h = jobs.data_gb * 3600.0 / jobs.requested_s
        paid[at] += _of_runs(rents, pair, gb_per_h, jobs, board, found)[at]
    return paid


def _of_runs(curve: Floats, row: Ints, each: Floats, jobs: Jobs, board: Board, found: Placement) -> Floats:
    """Return what the planned hours of each job come to on curves for an hour of something, ``(jobs,)``.

    Parameters
    ----------
    curve
        ``(rows, slots)``
    row, each
        ``(jobs,)``, the curve of each job, and how much it has of that.
    """
    runs = found.runs(planned_h(jobs, board) * 3600.0)
    first = (runs.start_s - board.start_s) / board.slot_s
    slots = _integral(curve, row[runs.job], first, runs.seconds / board.slot_s)
    paid = slots * board.slot_h * each[runs.job]
    return np.asarray(np.bincount(runs.job, weights=paid, minlength=len(jobs)), dtype=np.float64)


def _past_horizon(jobs: Jobs, board: Board, found: Placement) -> tuple[Floats, float]:
    """Return what runs past the horizon draws, ``(sites,)``, and what that costs, the last day again and again."""
    runs = found.runs(ran_s(jobs))
    pool = found.pool[runs.job]
    kw, site = found.units(jobs)[runs.job] * board.kwh_per_unit_h[pool], board.pool_site[pool]
    day = min(board.slot_count, round(86400 / board.slot_s))
    begin = np.maximum(runs.start_s - board.end_s, 0.0) / board.slot_s
    end = np.maximum(runs.start_s + runs.seconds - board.end_s, 0.0) / board.slot_s
    repeats = int(np.ceil(float(end.max(initial=0.0)) / day)) + 1
    curve = np.tile(board.price_fen_per_kwh[:, -day:], (1, repeats))
    drawn = np.bincount(site, weights=kw * (end - begin) * board.slot_h, minlength=len(board.sites))
    paid = _integral(curve, site, begin, end - begin) * board.slot_h * kw
    return np.asarray(drawn, dtype=np.float64), float(paid.sum())


def _integral(curve: Floats, row: Ints, first: Floats, length: Floats) -> Floats:
    """Integrate step curves ``(rows, slots)`` over ``[first, first + length)`` in slots."""
    cumulative = np.concatenate([np.zeros((len(curve), 1)), np.cumsum(curve, axis=1)], axis=1)

    def until(position: Floats) -> Floats:
        position = np.clip(position, 0.0, curve.shape[1])
        whole = np.minimum(position.astype(np.int64), curve.shape[1] - 1)
        return np.asarray(cumulative[row, whole] + (position - whole) * curve[row, whole])

    return until(first + length) - until(first)


def _weighted_quantile(value: Floats, weight: Floats, share: float) -> float:
    """Smallest value that at least ``share`` of the weight does not exceed; ``nan`` for none."""
    if not len(value) or weight.sum() <= 0:
        return float("nan")
    order = np.argsort(value, kind="stable")
    passed = np.cumsum(weight[order])
    return float(value[order][np.searchsorted(passed, share * passed[-1])])
