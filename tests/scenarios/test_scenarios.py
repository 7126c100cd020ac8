"""Every folder beside this file is a story: a fleet, jobs, and what must come of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from qipan.bootstrap.services import build, initialise
from qipan.settings import Settings
from qipan.workflows.request import DayRequest

HERE = Path(__file__).parent
NOW = datetime(2024, 6, 11, tzinfo=UTC)


@pytest.mark.parametrize("story", sorted(p.parent for p in HERE.glob("*/expected.yaml")), ids=lambda path: path.name)
def test_day_of_a_story_ends_as_it_says(story: Path, tmp_path: Path) -> None:
    expected = yaml.safe_load((story / "expected.yaml").read_text(encoding="utf-8"))
    settings = Settings(home=tmp_path / "home")
    initialise(settings, NOW)
    services = build(settings)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, (story / "fleet.yaml").read_bytes(), NOW)
    report = services.day.run(DayRequest((story / "jobs.csv").read_bytes(), "jobs.csv", "generic"), NOW)
    document = services.day.report(report.plan_id)
    assert {key: document["account"][key] for key in expected["account"]} == expected["account"]
    rows = {row["job_id"]: row for row in services.day.jobs(report.plan_id, size=100).rows}
    assert {job: rows[job]["site_id"] for job in expected["sites"]} == expected["sites"]
    assert {job: row["reason"] for job, row in rows.items() if row["status"] == "refused"} == expected["reasons"]
    assert report.ours.energy_fen / 100 == pytest.approx(expected["energy_yuan"])
