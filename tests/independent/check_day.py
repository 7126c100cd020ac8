"""Check a whole day by plain arithmetic: the placement, the plan, its prices, and that the one bounds the other.

Nothing is taken from the verbs of dispatch: board, jobs, rules, plan and placement are read as the values they are.
"""

from __future__ import annotations

import numpy as np
from tests.independent.check_placement import HARD_REASONS, WITHOUT_ROOM, check_placement, sheet
from tests.independent.check_plan import TOLERANCE, check_plan, terms

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Plan


def check_day(
    board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan, *, bound_fen: float | None = None
) -> list[str]:
    """Return what is wrong with a planned day, one line for each rule broken; none if it is sound.

    Parameters
    ----------
    bound_fen
        The certified lower bound for whole jobs; without it, the plan's optimum is held to be the bound.
    """
    findings = check_placement(board, jobs, rules, found)
    if any(finding.startswith(("jobs_lost", "pool_unknown")) for finding in findings):
        return findings
    findings += check_plan(board, jobs, rules, plan)
    if ((plan.classes.of_job < 0) != np.isin(found.reason.astype(str), HARD_REASONS)).any():
        findings.append("plan_counts_other_jobs: those refused by a hard limit are not those left out of the plan")
    findings += check_bound(board, jobs, rules, found, plan, bound_fen=plan.objective_fen)
    if bound_fen is None:
        return findings
    least = max(plan.objective_fen, priced_alone_fen(board, jobs, rules, found, plan))
    slack = TOLERANCE * max(1.0, abs(least))
    if not plan.objective_fen - slack <= bound_fen <= least + slack:
        findings.append(f"bound_uncertified: {bound_fen:g} fen, the prices certify {least:g} fen")
    return [*findings, *check_bound(board, jobs, rules, found, plan, bound_fen=bound_fen)]


def check_bound(board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan, *, bound_fen: float) -> list[str]:
    """The bound is no more than what the placed jobs cost.

    A placement that overruns a link keeps not all limits, so it may cost less.
    """
    if link_overrun_gb(board, jobs, rules, found) > 0:
        return []
    served, lost = planned_cost_fen(board, jobs, rules, found, plan)
    if bound_fen <= served + lost + TOLERANCE * max(1.0, abs(served) + lost):
        return []
    return [f"bound: {bound_fen:g} fen, the placed jobs cost {served + lost:g} fen"]


def priced_alone_fen(board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan) -> float:
    """Bound the cost of whole jobs by the plan's prices: each takes its cheapest start alone, scarce limits earn.

    The cost of a run is piecewise linear in its start, so only starts where it begins or ends with a slot are tried.
    """
    known, cost = sheet(board, jobs, rules), terms(board, rules, plan)
    rent = plan.capacity_rent_fen_per_unit_h
    power = plan.power_rent_fen_per_kwh
    edge_h = np.arange(board.capacity.shape[1] + 1) * cost.slot_h
    price = cost.running + rent + power[known.site] * cost.kwh_per_unit_h[:, None]
    spent = np.concatenate([np.zeros((len(price), 1)), np.cumsum(price * cost.slot_h, axis=1)], axis=1)
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])
    lost = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])
    rents = _rents_of_links(board, plan)
    total = 0.0
    at = np.flatnonzero(~np.isin(found.reason.astype(str), HARD_REASONS))
    for part in np.array_split(at, max(1, len(at) // 1024)):
        first = (known.earliest_s[part] - board.start_s)[:, None] / 3600.0
        latest = np.maximum(first, (known.horizon_latest_s[part] - board.start_s)[:, None] / 3600.0)
        hours, units, origin = known.planned_h[part], jobs.quantity[part], known.origin[part]
        tried = np.clip(np.concatenate([edge_h + 0 * first, edge_h - hours[:, None]], axis=1), first, latest)
        least = lost[jobs.tier[part]] * units * hours
        splits = jobs.preemptible[part] & (hours * 3600.0 >= jobs.requested_s[part] - 1e-6)
        moved_gb = jobs.data_gb[part] * hours * 3600.0 / jobs.requested_s[part]
        for p, site in enumerate(known.site):
            run = np.interp(tried + hours[:, None], edge_h, spent[p]) - np.interp(tried, edge_h, spent[p])
            alone = np.where(splits, _cheapest_hours(first, latest, hours, edge_h, price[p]), run.min(axis=1))
            if board.links is not None:
                gb = jobs.data_gb[part] * 3600.0 / jobs.requested_s[part] / units
                alone = _with_links(
                    first, latest, hours, edge_h, tried, splits, price[p] + gb[:, None] * rents[origin, site]
                )
            whole = alone * units + moved_gb * board.transfer_fen_per_gb[origin, site]
            whole += near[jobs.tier[part]] * units * hours * board.round_trip_ms[origin, site]
            least = np.where(known.allowed[known.sort[part], p], np.minimum(least, whole), least)
        total += float(least.sum())
    cap_kwh = np.where(np.isfinite(cost.cap_kwh), cost.cap_kwh, 0.0)[:, None]
    earned = 0.0 if board.links is None else float((np.abs(plan.link_rent_fen_per_gb) * board.links.capacity_gb).sum())
    return total - earned - float((rent * board.capacity).sum() * cost.slot_h + (power * cap_kwh).sum())


def _rents_of_links(board: Board, plan: Plan) -> Floats:
    """Return what a GB pays by origin, site and slot: only what runs with the flow pays."""
    rents = np.zeros((len(board.origins), len(board.sites), board.capacity.shape[1]))
    if board.links is not None:
        for factor, rent in zip(board.links.factor, plan.link_rent_fen_per_gb, strict=True):
            rents += np.maximum(factor[:, :, None] * rent, 0.0)
    return rents


def _with_links(
    first: Floats, latest: Floats, hours: Floats, edge_h: Floats, tried: Floats, splits: Bools, price: Floats
) -> Floats:
    """Return what a unit of each job costs at its cheapest start or in its cheapest hours, each at its own prices."""
    least = np.zeros(len(hours))
    for job, own in enumerate(price):
        of = slice(job, job + 1)
        spent = np.concatenate([[0.0], np.cumsum(own * np.diff(edge_h))])
        run = np.interp(tried[job] + hours[job], edge_h, spent) - np.interp(tried[job], edge_h, spent)
        least[job] = _cheapest_hours(first[of], latest[of], hours[of], edge_h, own)[0] if splits[job] else run.min()
    return least


def _cheapest_hours(first: Floats, latest: Floats, hours: Floats, edge_h: Floats, price: Floats) -> Floats:
    """Return what the cheapest hours of each window cost, wherever in it they lie, ``(jobs,)``."""
    inside = np.minimum(latest + hours[:, None], edge_h[1:]) - np.maximum(first, edge_h[:-1])
    order = np.argsort(price, kind="stable")
    open_h = np.clip(inside, 0.0, None)[:, order]
    used = np.clip(hours[:, None] - (np.cumsum(open_h, axis=1) - open_h), 0.0, open_h)
    return np.asarray(used @ price[order])


def busy_h(board: Board, found: Placement, *, at: Ints, planned_h: Floats) -> Floats:
    """Return the planned hours of jobs in each slot, ``(jobs at, slots)``."""
    edge = board.start_s + np.arange(board.capacity.shape[1]) * board.slot_s
    busy = np.zeros((len(at), len(edge)))
    for row, (job, hours) in enumerate(zip(at.tolist(), planned_h.tolist(), strict=True)):
        of = found.stretches.job == job
        begin = found.stretches.start_s[of] if of.any() else found.start_s[job : job + 1]
        lasts = found.stretches.seconds[of] if of.any() else np.array([hours * 3600.0])
        inside = np.minimum((begin + lasts)[:, None], edge + board.slot_s) - np.maximum(begin[:, None], edge)
        busy[row] = np.clip(inside, 0.0, None).sum(axis=0) / 3600.0
    return busy


def planned_cost_fen(board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan) -> tuple[float, float]:
    """Cost the placed jobs hour by hour as the plan costs them, and value the work that found no room, in fen."""
    known, cost = sheet(board, jobs, rules), terms(board, rules, plan)
    at = np.flatnonzero(found.pool >= 0)
    origin, site = known.origin[at], known.site[found.pool[at]]
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])[jobs.tier[at]]
    work = jobs.quantity[at] * known.planned_h[at]
    running = 0.0
    for part in np.array_split(at, max(1, len(at) // 4096)):
        hours = busy_h(board, found, at=part, planned_h=known.planned_h[part])
        running += float((hours * cost.running[found.pool[part]] * jobs.quantity[part][:, None]).sum())
    moved_gb = jobs.data_gb[at] * known.planned_h[at] * 3600.0 / jobs.requested_s[at]
    moving = float((moved_gb * board.transfer_fen_per_gb[origin, site]).sum())
    distance = float((near * work * board.round_trip_ms[origin, site]).sum())
    missed = (found.pool < 0) & np.isin(found.reason.astype(str), WITHOUT_ROOM)
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    return running + moving + distance, float((worth * jobs.quantity * known.planned_h)[missed].sum())


def link_overrun_gb(board: Board, jobs: Jobs, rules: Rules, found: Placement) -> float:
    """Return the most by which the placed jobs exceed a link in a slot, 0 where they exceed none."""
    if board.links is None:
        return 0.0
    known = sheet(board, jobs, rules)
    at = np.flatnonzero(found.pool >= 0)
    hours = busy_h(board, found, at=at, planned_h=known.planned_h[at])
    gb_per_h = jobs.data_gb[at] * 3600.0 / jobs.requested_s[at]
    factor = board.links.factor[:, known.origin[at], known.site[found.pool[at]]]
    flow = (factor * gb_per_h) @ hours
    return float((np.abs(flow) - board.links.capacity_gb - 1e-6).max(initial=0.0))
