"""Check a whole day by plain arithmetic: the placement, the plan, its prices, and that the one bounds the other.

Nothing is taken from the verbs of dispatch: board, jobs, rules, plan and placement are read as the values they are.
"""

from __future__ import annotations

import numpy as np
from tests.independent.check_placement import HARD_REASONS, NO_ROOM, check_placement, sheet
from tests.independent.check_plan import TOLERANCE, check_plan, terms

from qipan.dispatch.model import Board, Floats, Jobs, Placement, Plan, Rules


def check_day(board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan) -> list[str]:
    """Return what is wrong with a planned day, one line for each rule broken; none if it is sound."""
    findings = check_placement(board, jobs, rules, found)
    if any(finding.startswith(("jobs_lost", "pool_unknown")) for finding in findings):
        return findings
    return [*findings, *check_plan(board, jobs, rules, plan), *check_bound(board, jobs, rules, found, plan)]


def check_bound(board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan) -> list[str]:
    """The plan counts every job that no hard limit shuts out, and costs no more than the placed jobs do.

    Whole jobs are placed without regard to links, so where they overrun one the plan is no bound.
    """
    findings = []
    shut_out = np.isin(found.reason.astype(str), HARD_REASONS)
    if ((plan.classes.of_job < 0) != shut_out).any():
        findings.append("plan_counts_other_jobs: those refused by a hard limit are not those left out of the plan")
    if link_overrun_gb(board, jobs, rules, found) > 0:
        return findings
    served, lost = planned_cost_fen(board, jobs, rules, found, plan)
    slack = TOLERANCE * max(1.0, abs(served) + lost)
    if not plan.objective_fen <= served + lost + slack:
        findings.append(f"bound: the plan costs {plan.objective_fen:g} fen, the placed jobs {served + lost:g} fen")
    return findings


def busy_h(board: Board, *, start_s: Floats, planned_h: Floats) -> Floats:
    """Return the planned hours of each job in each slot, ``(jobs, slots)``."""
    begin = (start_s - board.start_s)[:, None]
    edge = np.arange(board.capacity.shape[1]) * board.slot_s
    inside = np.minimum(begin + planned_h[:, None] * 3600.0, edge + board.slot_s) - np.maximum(begin, edge)
    return np.asarray(np.clip(inside, 0.0, None) / 3600.0)


def planned_cost_fen(board: Board, jobs: Jobs, rules: Rules, found: Placement, plan: Plan) -> tuple[float, float]:
    """Cost the placed jobs hour by hour as the plan costs them, and value the work that found no room, in fen."""
    known, cost = sheet(board, jobs, rules), terms(board, rules, plan)
    at = np.flatnonzero(found.pool >= 0)
    origin, site = known.origin[at], known.site[found.pool[at]]
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])[jobs.tier[at]]
    work = jobs.quantity[at] * known.planned_h[at]
    running = 0.0
    for part in np.array_split(at, max(1, len(at) // 4096)):
        hours = busy_h(board, start_s=found.start_s[part], planned_h=known.planned_h[part])
        running += float((hours * cost.running[found.pool[part]] * jobs.quantity[part][:, None]).sum())
    moved_gb = jobs.data_gb[at] * known.planned_h[at] * 3600.0 / jobs.requested_s[at]
    moving = float((moved_gb * board.transfer_fen_per_gb[origin, site]).sum())
    distance = float((near * work * board.round_trip_ms[origin, site]).sum())
    missed = (found.pool < 0) & (found.reason.astype(str) == NO_ROOM)
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    return running + moving + distance, float((worth * jobs.quantity * known.planned_h)[missed].sum())


def link_overrun_gb(board: Board, jobs: Jobs, rules: Rules, found: Placement) -> float:
    """Return the most by which the placed jobs exceed a link in a slot, 0 where they exceed none."""
    if board.links is None:
        return 0.0
    known = sheet(board, jobs, rules)
    at = np.flatnonzero(found.pool >= 0)
    hours = busy_h(board, start_s=found.start_s[at], planned_h=known.planned_h[at])
    gb_per_h = jobs.data_gb[at] * 3600.0 / jobs.requested_s[at]
    factor = board.links.factor[:, known.origin[at], known.site[found.pool[at]]]
    flow = (factor * gb_per_h) @ hours
    return float((np.abs(flow) - board.links.capacity_gb - 1e-6).max(initial=0.0))
