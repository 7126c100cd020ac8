"""Rolling operation from file to case: what a run meets is what a day would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.model.roll import Case
from qipan.settings import Settings
from qipan.workflows.request import RollRequest

NOW = datetime(2026, 6, 2, tzinfo=UTC)
DAY = date(2026, 6, 1)
HEADER = "job_id,submit,kind,quantity,requested_s\n"


@pytest.fixture
def services(tmp_path: Path) -> Services:
    settings = Settings(home=tmp_path / "home")
    initialise(settings, NOW)
    return build(settings)


def case_of(services: Services, text: str, form: str) -> Case:
    with services.books.read() as unit:
        fleet = services.ledger.fleet(unit, "national")
    return services.rolling.case(RollRequest(text.encode(), f"{form}.csv", form, DAY, 1), fleet)


def test_hours_of_requests_come_from_every_region(services: Services) -> None:
    rows = "".join(f"2026-06-01 {hour:02d}:30:00,3600000,720000\n" for hour in (9, 10))
    jobs = case_of(services, f"TIMESTAMP,ContextTokens,GeneratedTokens\n{rows}", "llm").jobs
    assert len(set(jobs.origin.tolist())) > 20
    assert len(jobs) == 2 * len(set(jobs.origin.tolist()))
    hour = [str(name) for name in jobs.job_id if str(name).startswith("serving-2026-06-01T01:00Z@")]
    assert len(hour) == len(jobs) // 2


def test_other_jobs_stay_whole(services: Services) -> None:
    rows = "".join(f"j{hour},2026-06-01T{hour:02d}:30:00+08:00,intelligent,1,3600\n" for hour in (9, 10))
    assert case_of(services, HEADER + rows, "generic").jobs.job_id.tolist() == ["j9", "j10"]
