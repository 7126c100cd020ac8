"""Measure a placement on what happened: cost, both carbon accounts, latency, waits, peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Placement, Reason, Score, Status
from qipan.dispatch.placement.place import moved_fen
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


@dataclass(frozen=True, slots=True)
class Usage:
    """Use by slot of the horizon.

    Attributes
    ----------
    unit_h
        ``(pools, slots)``
    energy_kwh
        ``(sites, slots)``
    """

    unit_h: Floats
    energy_kwh: Floats


def ran_s(jobs: Jobs) -> Floats:
    """Return how long each job ran, ``(jobs,)``: what happened, cut at what was requested; the request if unknown."""
    return np.where(np.isfinite(jobs.actual_s), np.minimum(jobs.actual_s, jobs.requested_s), jobs.requested_s)


def score(policy: str, jobs: Jobs, board: Board, reached: Reach, found: Placement) -> Score:
    """Measure all jobs that hold a place, from start to end, on what they really ran.

    A job that runs past the horizon pays the curve of the horizon's last day again. Work refused is counted apart;
    compare costs only between policies that ran the same work.
    """
    held = found.has_place
    at = np.flatnonzero(held)
    pool = found.pool[at]
    site = board.pool_site[pool]
    origin = reached.origin[reached.of_job[at]]
    hours = ran_s(jobs)[at] / 3600.0
    work = jobs.quantity[at] * hours
    energy = work * board.kwh_per_unit_h[pool]
    paid = _energy_fen(jobs, board, found) + work * board.opex_fen_per_unit_h[pool]
    wait = (found.start_s[at] - jobs.submit_s[at]) / 3600.0
    fast = jobs.tier[at] == Tier.REALTIME
    macro_o = np.array([o.macro or o.origin_id for o in board.origins], dtype=object)[origin]
    macro_s = np.array([s.macro or s.site_id for s in board.sites], dtype=object)[site]
    lost = jobs.quantity * ran_s(jobs) / 3600.0
    total = float(work.sum())
    return Score(
        policy=policy,
        jobs_placed=int((found.status == Status.PLACED).sum()),
        jobs_carried_over=int((found.status == Status.CARRIED_OVER).sum()),
        jobs_refused=int((found.status == Status.REFUSED).sum()),
        work_unit_h=total,
        lost_unit_h=float(lost[~held].sum()),
        energy_kwh=float(energy.sum()),
        energy_fen=float(paid.sum()),
        transfer_fen=float((jobs.data_gb[at] * board.transfer_fen_per_gb[origin, site]).sum()),
        location_kg=float((energy * board.location_kg_per_kwh[site]).sum()),
        market_kg=float((energy * board.market_kg_per_kwh[site]).sum()),
        realtime_p95_ms=_weighted_quantile(board.round_trip_ms[origin, site][fast], work[fast], 0.95),
        mean_wait_h=float((wait * work).sum() / total) if total else 0.0,
        peak_kw=float((usage(jobs, board, found).energy_kwh.sum(axis=0) / board.slot_h).max(initial=0.0)),
        moved_share=float(work[macro_o != macro_s].sum() / total) if total else 0.0,
    )


def usage(jobs: Jobs, board: Board, found: Placement) -> Usage:
    """Spread what ran over the slots of the horizon."""
    runs = found.runs(ran_s(jobs))
    unit_h = np.zeros((len(board.pools), board.slot_count))
    pool, quantity = found.pool[runs.job], jobs.quantity[runs.job]
    start = runs.start_s - board.start_s
    end = start + runs.seconds
    for slot in range(board.slot_count):
        inside = np.minimum(end, (slot + 1) * board.slot_s) - np.maximum(start, slot * board.slot_s)
        busy = np.clip(inside, 0.0, None) / 3600.0 * quantity
        unit_h[:, slot] = np.bincount(pool, weights=busy, minlength=len(board.pools))
    energy = np.zeros((len(board.sites), board.slot_count))
    np.add.at(energy, board.pool_site, unit_h * board.kwh_per_unit_h[:, None])
    return Usage(unit_h=unit_h, energy_kwh=energy)


def planned_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement) -> tuple[float, float]:
    """Cost a placement as the plan costs its classes, to compare it with the bound.

    Returns
    -------
    served_fen
        Running, moving and distance of the planned hours of every job that holds a place.
    lost_fen
        Value of the work that any site could have taken and none did.
    """
    hours = planned_h(jobs, board)
    at = np.flatnonzero(found.has_place)
    served = _of_runs(running_fen_per_unit_h(board, rules), found.pool, jobs, board, found)
    served_fen = (
        served.sum() + moved_fen(jobs, board, rules, reached, at=at, site=board.pool_site[found.pool[at]]).sum()
    )
    missed = (found.pool < 0) & (found.reason == Reason.NO_ROOM)
    lost = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    return float(served_fen), float((lost * jobs.quantity * hours)[missed].sum())


def price_fen(jobs: Jobs, board: Board, reached: Reach, found: Placement, lmp_fen_per_unit_h: Floats) -> Floats:
    """Return what each job pays for its planned hours at locational prices, moving included, ``(jobs,)``.

    ``nan`` for a job without a place.

    Parameters
    ----------
    lmp_fen_per_unit_h
        ``(products, slots)``
    """
    paid = np.full(len(jobs), np.nan)
    at = np.flatnonzero(found.has_place)
    site, origin = board.pool_site[found.pool[at]], reached.origin[reached.of_job[at]]
    hours = planned_h(jobs, board)[at]
    moved_gb = jobs.data_gb[at] * hours * 3600.0 / jobs.requested_s[at]
    ran = _of_runs(lmp_fen_per_unit_h, board.pool_product[found.pool], jobs, board, found)[at]
    paid[at] = ran + moved_gb * board.transfer_fen_per_gb[origin, site]
    return paid


def _of_runs(curve: Floats, row: Ints, jobs: Jobs, board: Board, found: Placement) -> Floats:
    """Return what the planned hours of each job come to on curves for a unit-hour, ``(jobs,)``.

    Parameters
    ----------
    curve
        ``(rows, slots)``
    row
        ``(jobs,)``, the curve of each job.
    """
    runs = found.runs(planned_h(jobs, board) * 3600.0)
    first = (runs.start_s - board.start_s) / board.slot_s
    slots = _integral(curve, row[runs.job], first, runs.seconds / board.slot_s)
    paid = slots * board.slot_h * jobs.quantity[runs.job]
    return np.asarray(np.bincount(runs.job, weights=paid, minlength=len(jobs)), dtype=np.float64)


def _energy_fen(jobs: Jobs, board: Board, found: Placement) -> Floats:
    """Return what the energy of each job that holds a place costs, the last day repeated as often as needed."""
    runs = found.runs(ran_s(jobs))
    pool = found.pool[runs.job]
    day = min(board.slot_count, round(86400 / board.slot_s))
    first, length = (runs.start_s - board.start_s) / board.slot_s, runs.seconds / board.slot_s
    repeats = int(np.ceil(max(float((first + length).max(initial=0.0)) - board.slot_count, 0.0) / day)) + 1
    curve = np.concatenate([board.price_fen_per_kwh, np.tile(board.price_fen_per_kwh[:, -day:], (1, repeats))], axis=1)
    slots = _integral(curve, board.pool_site[pool], first, length)
    kw = jobs.quantity[runs.job] * board.kwh_per_unit_h[pool]
    paid = np.bincount(runs.job, weights=slots * board.slot_h * kw, minlength=len(jobs))
    return np.asarray(paid[found.has_place], dtype=np.float64)


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
