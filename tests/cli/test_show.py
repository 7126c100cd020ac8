from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import GOOD, Qipan, csv, shown

from qipan.interfaces.cli import session, show
from qipan.interfaces.cli.language import Language
from qipan.interfaces.cli.large import large
from qipan.workflows.request import DayRequest


@pytest.fixture
def document(qipan: Qipan) -> dict[str, Any]:
    return dict(shown(qipan("day", "show", "--json")))


def printed(document: dict[str, Any], capsys: pytest.CaptureFixture[str], language: Language = Language.EN) -> str:
    show.show_day(document, language)
    return capsys.readouterr().out


def test_show_day_adds_up_rows_and_jobs_and_says_why(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    document["account"] |= {
        "rows_read": 1360,
        "rows_accepted": 1352,
        "rows_quarantined": 3,
        "import_sequence": 7,
        "out_of_scope": {"without_cards": 5},
        "jobs": 1352,
        "placed": 1300,
        "carried_over": 40,
        "refused": 12,
        "refused_by_reason": {"too_far": 2, "no_room": 10},
        "jobs_outside_day": 7,
    }
    text = printed(document, capsys)
    assert "1,360 = 1,352 accepted + 3 quarantined + 5 out of scope" in text
    assert "1,352 = 1,300 placed + 40 carried over + 12 refused" in text
    assert text.index("10  no site had room") < text.index("2  no site is within its latency limit")
    assert "5  without_cards" in text
    assert "Accepted jobs of other days, left for their own day: 7." in text
    assert "The next day does not take them up by itself" in text
    assert "Lower is better in cost" in text
    assert "The plan minimises the planned cost" in text
    document["account"]["carried_over"] = 0
    assert "The next day does not take them up" not in printed(document, capsys)


def test_show_day_says_up_and_down_honestly(document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    document["against_home_first"] = {"cost": -0.2, "location_kg": 0.123, "market_kg": None}
    text = printed(document, capsys)
    cost, location, market = (
        next(line for line in text.splitlines() if line.startswith(f"  {title}:"))
        for title in ("Cost", "Carbon, location-based", "Carbon, market-based")
    )
    assert "20.0 % lower for an hour of work than home-first" in cost
    assert "12.3 % higher for an hour of work than home-first" in location
    assert "%" not in market


def test_show_day_on_a_terminal_prints_the_three_numbers_large(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document["against_home_first"] = {"cost": -0.2, "location_kg": 0.123, "market_kg": None}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    text = printed(document, capsys)
    for figure in ("-20.0%", "+12.3%"):
        assert all(line.rstrip() in text for line in large(figure))
    assert all(line not in text for line in large("–%"))


def test_show_day_labels_a_generated_workload(document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    document["is_generated"] = True
    assert "not real jobs" in printed(document, capsys)
    assert "并非真实作业" in printed(document, capsys, Language.ZH)


def test_show_day_without_a_real_time_job_prints_a_dash(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for score in document["scores"]:
        score["realtime_p95_ms"] = None
    assert "–" in printed(document, capsys)


@pytest.mark.slow
def test_steps_name_every_step_that_a_day_tells(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIPAN_HOME", str(home))
    services, told = session.services(), []
    request = DayRequest(data=csv(*GOOD), name="jobs.csv", format="generic", fleet_id="national", no_worse_than="any")
    services.day.run(request, session.now(), told.append)
    services.day.demo(session.now(), date(2025, 1, 6), 0, told.append)
    assert set(told) == set(show.steps())
    assert list(dict.fromkeys(told[: told.index("make")])) == [step for step in show.steps() if step != "make"]
    assert all(en and zh for en, zh in show.steps().values())
