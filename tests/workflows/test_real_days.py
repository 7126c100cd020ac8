"""Days of real traces, at their own load and where capacity binds, checked by code of its own."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.trace_days import TRACES, Trace
from tests.independent.check_day import check_day, planned_cost_fen
from tests.independent.check_placement import check_placement

from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.day import Outcome, solve_day
from qipan.dispatch.jobs.reach import refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.settings import Settings
from qipan.workflows.model import DayReport
from qipan.workflows.request import DayRequest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 5, 4, tzinfo=UTC)
BASE_LOAD = 1.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A day that was run, and what dispatch was asked and answered in it."""

    services: Services
    report: DayReport
    jobs: Jobs
    board: Board
    rules: Rules
    outcome: Outcome
    is_raised: bool


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of real traces; without it the tests are skipped, under CI they fail."""
    found = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "compute"
    if not found.is_dir():
        words = f"real data are not at {found}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return found


@pytest.fixture(scope="module", params=[(name, raised) for name in TRACES for raised in (False, True)], ids=str)
def ran(request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Run one real day through the services of a home of its own."""
    name, is_raised = request.param
    trace = TRACES[name]
    settings = Settings(home=tmp_path_factory.mktemp("real") / "home")
    initialise(settings, NOW)
    services = build(settings)
    asked = DayRequest(
        data=(folder / trace.file).read_bytes(),
        name=trace.file,
        format=trace.form,
        day=trace.day or busiest_day(services, folder, trace),
        epoch=trace.epoch,
        load=trace.probe if is_raised else BASE_LOAD,
    )
    solved: list[tuple[Jobs, Board, Rules, Outcome]] = []

    def watched(jobs: Jobs, board: Board, rules: Rules, *args: Any, **more: Any) -> Outcome:
        solved.append((jobs, board, rules, solve_day(jobs, board, rules, *args, **more)))
        return solved[-1][-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qipan.workflows.day.solve_day", watched)
        report = services.day.run(asked, NOW)
    yield Ran(services, report, *solved[-1], is_raised)
    services.books.close()


def busiest_day(services: Services, folder: Path, trace: Trace) -> date:
    data = (folder / trace.file).read_bytes()
    request = DayRequest(data=data, name=trace.file, format=trace.form, epoch=trace.epoch)
    days = services.day.import_jobs(request, NOW).days
    return date.fromisoformat(min(days, key=lambda one: (-days[one], one)))


def test_every_row_and_every_job_of_a_real_day_is_accounted_for(ran: Ran) -> None:
    account = ran.report.account
    assert account.rows_read > 0
    assert account.rows_read == account.rows_accepted + account.rows_quarantined + sum(account.out_of_scope.values())
    assert account.jobs == len(ran.jobs) == account.placed + account.carried_over + account.refused > 0
    assert account.refused == sum(account.refused_by_reason.values())
    assert all(account.refused_by_reason)


def test_checker_finds_nothing_wrong_with_a_real_day(ran: Ran) -> None:
    outcome = ran.outcome
    bound_fen = ran.report.bound.bound_fen
    assert check_day(ran.board, ran.jobs, ran.rules, outcome.found, outcome.plan, bound_fen=bound_fen) == []


def test_baselines_of_a_real_day_keep_the_same_limits(ran: Ran) -> None:
    refused = refusals(ran.jobs, ran.board, ran.outcome.posed.reached)
    for rule in Baseline:
        theirs = place_by(rule, ran.jobs, ran.board, ran.rules, ran.outcome.posed.reached, refused=refused)
        assert check_placement(ran.board, ran.jobs, ran.rules, theirs) == [], rule


def test_capacity_binds_at_the_raised_load(ran: Ran) -> None:
    plan = ran.outcome.plan
    scarce = plan.capacity_rent_fen_per_unit_h.max() + plan.power_rent_fen_per_kwh.max() + plan.unserved_unit_h.sum()
    assert (scarce > 1e-6) == ran.is_raised


def test_bound_lies_below_the_placed_jobs_by_what_the_report_says(ran: Ran) -> None:
    served, lost = planned_cost_fen(ran.board, ran.jobs, ran.rules, ran.outcome.found, ran.outcome.plan)
    bound = ran.report.bound
    assert (bound.served_fen, bound.lost_fen) == pytest.approx((served, lost), rel=1e-9)
    assert bound.plan_fen == ran.outcome.plan.objective_fen > 0
    assert bound.bound_fen >= bound.plan_fen
    assert bound.gap is not None
    assert bound.gap == pytest.approx((served + lost) / bound.bound_fen - 1.0, abs=1e-9)
    assert bound.gap >= -1e-9


def test_report_of_a_real_day_carries_both_carbon_accounts_for_every_policy(ran: Ran) -> None:
    document = ran.report.document()
    assert len(document["scores"]) == 1 + len(Baseline)
    for score in document["scores"]:
        assert 0 < score["market_kg"] < score["location_kg"]
    assert all(math.isfinite(document["against_home_first"][key]) for key in ("cost", "location_kg", "market_kg"))


def test_kept_report_and_jobs_are_those_that_were_checked(ran: Ran) -> None:
    kept = ran.services.day.report(ran.report.plan_id)
    assert kept["account"] == json.loads(json.dumps(ran.report.document()["account"]))
    page = ran.services.day.jobs(ran.report.plan_id, size=500)
    assert page.total == len(ran.jobs)
    position = {job_id: index for index, job_id in enumerate(ran.jobs.job_id)}
    for row in page.rows:
        assert_same(row, ran, position[row["job_id"]])


def assert_same(row: dict[str, Any], ran: Ran, index: int) -> None:
    found = ran.outcome.found
    assert (row["status"], row["reason"]) == (str(found.status[index]), str(found.reason[index]))
    assert bool(row["why_en"]) == bool(row["reason"]) == bool(row["why_zh"])
    if found.pool[index] < 0:
        assert row["site_id"] is None
        return
    assert row["site_id"] == ran.board.sites[ran.board.pools[found.pool[index]].site].site_id
    assert datetime.fromisoformat(row["start"]).timestamp() == pytest.approx(found.start_s[index], abs=1e-3)
