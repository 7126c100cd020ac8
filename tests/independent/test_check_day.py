"""The independent checker passes a sound day and catches every injected violation."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.independent.check_day import check_bound, check_day, link_overrun_gb, planned_cost_fen, priced_alone_fen
from tests.independent.check_plan import measure, terms
from tests.independent.conftest import START_S, PlannedDay

from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.plan import Placement, Plan
from qipan.dispatch.placement.bound import bound_fen
from qipan.dispatch.placement.score import planned_fen

CHECKERS = sorted(Path(__file__).parent.glob("check_*.py"))
NEAR_CARDS, FAR_CARDS, FAR_CORES, DARK_NODES = range(4)
PLACED, CARRIED, REFUSED = "placed", "carried_over", "refused"
NAN = float("nan")


def moved(day: PlannedDay, job_id: str, **changes: Any) -> Placement:
    """Return the placement with one job changed: pool, start (``start_h`` after the board's start), status, reason."""
    at = int(np.flatnonzero(day.jobs.job_id == job_id)[0])
    columns = {name: getattr(day.found, name).copy() for name in ("pool", "start_s", "status", "reason")}
    if "start_h" in changes:
        changes["start_s"] = START_S + 3600.0 * changes.pop("start_h")
    for name, value in changes.items():
        columns[name][at] = value
    return Placement(**columns)


def raised(plan: Plan, name: str, by: float, at: Any) -> Plan:
    """Return the plan with one number of an array raised."""
    values = getattr(plan, name).copy()
    values[at] += by
    return replace(plan, **{name: values})


def column_of(plan: Plan) -> int:
    """Return a work column that is used; the last one, so that it is not that of the job which fills a pool."""
    return int(np.flatnonzero(plan.work_unit_h > 0.5)[-1])


def rules_named(findings: list[str]) -> set[str]:
    return {finding.split(":")[0] for finding in findings}


def test_day_that_dispatch_planned_has_no_findings(day: PlannedDay) -> None:
    assert check_day(day.board, day.jobs, day.rules, day.found, day.plan) == []
    assert set(day.found.status.astype(str)) == {PLACED, CARRIED, REFUSED}
    assert len(set(day.found.reason.astype(str))) == 9


WRONG_PLACEMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "pool_over_capacity": ("too-large", {"pool": FAR_CARDS, "start_h": 0.0, "status": PLACED, "reason": ""}),
    "site_over_power_cap": ("by-the-hour", {"pool": FAR_CARDS, "start_h": 1.5, "status": PLACED, "reason": ""}),
    "too_far_away": ("at-once", {"pool": NEAR_CARDS}),
    "data_left": ("data", {"pool": FAR_CORES, "start_h": 0.0, "status": PLACED, "reason": ""}),
    "wrong_kind_or_model": ("moves", {"pool": FAR_CORES}),
    "without_power": ("no-power", {"pool": DARK_NODES, "start_h": 0.0, "status": PLACED, "reason": ""}),
    "started_before_submission": ("at-once", {"start_h": 1.2}),
    "started_after_start_by": ("moves", {"start_h": 2.1}),
    "deadline_missed": ("too-short", {"pool": FAR_CARDS, "start_h": 0.0, "status": PLACED, "reason": ""}),
    "past_the_horizon": ("later", {"start_h": 5.5}),
    "outside_the_horizon": ("waits", {"pool": NEAR_CARDS, "start_h": 6.0, "reason": "later_is_better"}),
    "placed_outside_day": ("later", {"status": PLACED, "reason": ""}),
    "placed_with_reason": ("moves", {"reason": "no_room"}),
    "carried_inside_day": ("moves", {"status": CARRIED, "reason": "later_is_better"}),
    "carried_without_reason": ("later", {"reason": ""}),
    "waiting_without_window": ("no-room", {"status": CARRIED}),
    "waiting_without_reason": ("waits", {"reason": ""}),
    "refused_with_place": ("moves", {"status": REFUSED, "reason": "no_room"}),
    "refused_without_reason": ("no-room", {"reason": ""}),
    "refused_though_it_can_wait": ("waits", {"status": REFUSED}),
    "status_unknown": ("moves", {"status": "forgotten"}),
    "start_without_pool": ("moves", {"pool": -1}),
    "pool_unknown": ("moves", {"pool": 9}),
    "room_was_left": ("fraction", {"pool": -1, "start_s": NAN, "status": REFUSED, "reason": "no_room"}),
    "reason_untrue_too_far": ("no-room", {"reason": "too_far"}),
    "reason_untrue_too_large": ("no-room", {"reason": "too_large"}),
    "reason_untrue_no_power": ("too-large", {"reason": "no_power"}),
    "reason_untrue_no_such_resource": ("no-power", {"reason": "no_such_resource"}),
    "reason_untrue_window_too_short": ("too-large", {"reason": "window_too_short"}),
    "reason_untrue_data_may_not_leave": ("too-far", {"reason": "data_may_not_leave"}),
    "hard_limit_not_named": ("too-large", {"reason": "no_room"}),
    "plan_counts_other_jobs": ("no-room", {"reason": "too_far"}),
}


@pytest.mark.parametrize("rule", WRONG_PLACEMENTS)
def test_check_finds_the_injected_wrong_placement(day: PlannedDay, rule: str) -> None:
    job_id, changes = WRONG_PLACEMENTS[rule]
    wrong = moved(day, job_id, **changes)
    assert rule in rules_named(check_day(day.board, day.jobs, day.rules, wrong, day.plan))


def test_check_finds_a_job_that_was_lost(day: PlannedDay) -> None:
    short = Placement(*(getattr(day.found, name)[:-1] for name in ("pool", "start_s", "status", "reason")))
    assert rules_named(check_day(day.board, day.jobs, day.rules, short, day.plan)) == {"jobs_lost"}


def with_classes(plan: Plan, **changes: Any) -> Plan:
    return replace(plan, classes=replace(plan.classes, **changes))


def gathered_in_one_slot(plan: Plan) -> Plan:
    """Move an hour of the long job, and its supply, into another hour, where it is not wide enough for both."""
    of_near = (plan.work_product == NEAR_CARDS) & (plan.work_stream == plan.classes.stream[plan.classes.of_job[0]])
    first, second = np.flatnonzero(of_near & (plan.work_slot < 2)).tolist()
    plan = raised(raised(plan, "work_unit_h", -4.0, first), "work_unit_h", 4.0, second)
    plan = raised(plan, "supply_unit_h", -4.0, (NEAR_CARDS, plan.work_slot[first]))
    return raised(plan, "supply_unit_h", 4.0, (NEAR_CARDS, plan.work_slot[second]))


WRONG_PLANS: dict[str, Callable[[Plan], Plan]] = {
    "effort": lambda plan: raised(plan, "unserved_unit_h", -1.0, int(np.argmax(plan.unserved_unit_h))),
    "balance": lambda plan: raised(plan, "work_unit_h", 1.0, column_of(plan)),
    "plan_over_capacity": lambda plan: raised(plan, "supply_unit_h", 5.0, (NEAR_CARDS, 0)),
    "plan_over_power_cap": lambda plan: raised(plan, "supply_unit_h", 6.0, (FAR_CARDS, 1)),
    "unserved_above_demand": lambda plan: raised(plan, "unserved_unit_h", 99.0, 0),
    "negative_work": lambda plan: raised(plan, "work_unit_h", -5.0, column_of(plan)),
    "work_where_it_may_not_go": lambda plan: replace(plan, work_product=(plan.work_product + 1) % 4),
    "objective": lambda plan: replace(plan, objective_fen=plan.objective_fen * (1 - 1e-6)),
    "moving_cost": lambda plan: replace(plan, transfer_fen=plan.transfer_fen * 2),
    "nearness_cost": lambda plan: replace(plan, nearness_fen=plan.nearness_fen + 1),
    "link_flow": lambda plan: raised(plan, "link_flow_gb", 1.0, (0, 0)),
    "class_demand": lambda plan: with_classes(plan, demand_unit_h=plan.classes.demand_unit_h * 1.01),
    "class_width": lambda plan: with_classes(plan, width=plan.classes.width * 0.5),
    "class_window": lambda plan: with_classes(plan, end_slot=plan.classes.first_slot + 1),
    "stream_data": lambda plan: with_classes(
        plan, streams=replace(plan.classes.streams, gb_per_unit_h=plan.classes.streams.gb_per_unit_h + 0.01)
    ),
    "money_payments": lambda plan: raised(plan, "lmp_fen_per_unit_h", 0.01, (FAR_CARDS, 1)),
    "money_revenue": lambda plan: raised(plan, "capacity_rent_fen_per_unit_h", 0.01, (FAR_CARDS, 1)),
    "money_slackness": lambda plan: raised(plan, "power_rent_fen_per_kwh", 0.01, (1, 5)),
    "money_duality": lambda plan: raised(plan, "class_price_fen_per_unit_h", -0.01, 0),
    "dual_infeasible": lambda plan: raised(plan, "delivered_fen_per_unit_h", 1.0, 0),
    "bound": lambda plan: replace(plan, objective_fen=plan.objective_fen * 2),
}


@pytest.mark.parametrize("rule", WRONG_PLANS)
def test_check_finds_the_injected_wrong_plan(day: PlannedDay, rule: str) -> None:
    wrong = WRONG_PLANS[rule](day.plan)
    assert rule in rules_named(check_day(day.board, day.jobs, day.rules, day.found, wrong))


def test_check_finds_work_beyond_the_width_of_its_class(day: PlannedDay) -> None:
    board = replace(day.board, capacity=day.board.capacity * 2)
    assert rules_named(check_day(board, day.jobs, day.rules, day.found, gathered_in_one_slot(day.plan))) >= {"effort"}


def test_check_finds_a_price_of_a_link_that_has_room(day: PlannedDay) -> None:
    wrong = raised(day.plan, "link_rent_fen_per_gb", 1.0, (0, 3))
    found = rules_named(check_day(day.board, day.jobs, day.rules, day.found, wrong))
    assert {"money_payments", "money_slackness"} <= found


def test_check_finds_a_plan_over_a_link(day: PlannedDay) -> None:
    assert day.board.links is not None
    narrow = replace(day.board, links=replace(day.board.links, capacity_gb=day.board.links.capacity_gb / 10))
    assert "plan_over_link" in rules_named(check_day(narrow, day.jobs, day.rules, day.found, day.plan))


def test_bound_is_not_claimed_where_placed_jobs_overrun_a_link(day: PlannedDay) -> None:
    assert day.board.links is not None
    assert link_overrun_gb(day.board, day.jobs, day.rules, day.found) == 0.0
    closed = replace(day.board, links=replace(day.board.links, capacity_gb=day.board.links.capacity_gb * 0))
    assert link_overrun_gb(closed, day.jobs, day.rules, day.found) == pytest.approx(10.0, abs=1e-3)
    dear_fen = day.plan.objective_fen * 2
    high = check_bound(day.board, day.jobs, day.rules, day.found, day.plan, bound_fen=dear_fen)
    assert rules_named(high) == {"bound"}
    assert check_bound(closed, day.jobs, day.rules, day.found, day.plan, bound_fen=dear_fen) == []


def test_certified_bound_is_what_the_prices_of_the_plan_say(day: PlannedDay) -> None:
    reached = reach(day.jobs, day.board, day.rules)
    refused = refusals(day.jobs, day.board, reached)
    certified = bound_fen(day.jobs, day.board, day.rules, reached, refused=refused, plan=day.plan)
    alone = priced_alone_fen(day.board, day.jobs, day.rules, day.found, day.plan)
    assert certified == pytest.approx(max(alone, day.plan.objective_fen), rel=1e-12)
    checked = (day.board, day.jobs, day.rules, day.found, day.plan)
    assert check_day(*checked, bound_fen=certified) == []
    assert rules_named(check_day(*checked, bound_fen=certified * 1.0001)) == {"bound_uncertified"}
    assert rules_named(check_day(*checked, bound_fen=day.plan.objective_fen * 0.9)) == {"bound_uncertified"}


def test_planned_cost_of_hour_by_hour_arithmetic_is_what_dispatch_reports(day: PlannedDay) -> None:
    reported = planned_fen(day.jobs, day.board, day.rules, reach(day.jobs, day.board, day.rules), day.found)
    worked_out = planned_cost_fen(day.board, day.jobs, day.rules, day.found, day.plan)
    assert worked_out == pytest.approx(reported, rel=1e-12)
    assert min(worked_out) > 0


def test_measure_of_a_sound_plan_is_within_rounding(day: PlannedDay) -> None:
    errors = measure(day.board, day.plan, terms(day.board, day.rules, day.plan))
    assert max(errors.payments, errors.revenue, errors.slackness, errors.duality) < 1e-12
    assert errors.dual_infeasible_fen < 1e-9


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda path: path.stem)
def test_checker_takes_nothing_from_the_verbs_that_it_checks(checker: Path) -> None:
    tree = ast.parse(checker.read_text(encoding="utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    ours = {name for name in imported if name.startswith("qipan")}
    assert ours
    assert all(name.startswith("qipan.dispatch.model.") for name in ours)
    derived = {"pool_site", "kwh_per_unit_h", "products", "pool_product", "day_end_s", "end_s", "latest_start_s"}
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"board", "jobs"}
    }
    assert asked & derived == set()
