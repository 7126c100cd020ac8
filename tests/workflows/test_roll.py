"""Rolling operation from file to case: what a run meets is what a day would."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.model.roll import Case
from qipan.settings import Settings
from qipan.workflows.choose import day_starts_s
from qipan.workflows.request import RollRequest
from qipan.workflows.roll import board_of

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


def test_days_begin_by_the_clocks_of_the_zone(services: Services) -> None:
    with services.books.read() as unit:
        fleet = replace(services.ledger.fleet(unit, "national"), zone_name="Europe/Berlin")
    # On the last Sunday of March an hour is left out.
    request = RollRequest(b"", "jobs.csv", "generic", date(2026, 3, 28), 3)
    starts_s = day_starts_s(board_of(request, fleet, services.catalog), fleet.zone_name)
    assert np.diff(starts_s).tolist() == [24 * 3600.0, 23 * 3600.0]
