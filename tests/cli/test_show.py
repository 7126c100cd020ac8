from __future__ import annotations

from typing import Any

import pytest
from tests.cli.conftest import Qipan, shown

from qipan.interfaces.cli import show
from qipan.interfaces.cli.language import Language
from qipan.workflows.day import OUTLOOK_H_MAX


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
    assert "7 jobs of other days" in text


def test_show_day_says_up_and_down_honestly(document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    document["against_home_first"] = {"cost": -0.2, "location_kg": 0.123, "market_kg": None}
    text = printed(document, capsys)
    cost, location, market = (
        next(line for line in text.splitlines() if line.startswith(f"  {title}:"))
        for title in ("Cost", "Carbon, location-based", "Carbon, market-based")
    )
    assert "20.0 % lower than home-first" in cost
    assert "12.3 % higher than home-first" in location
    assert "%" not in market


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


def test_steps_name_every_step_that_a_day_tells(qipan: Qipan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(show.STEPS) >= {"read", "make", "assume", "reach", "plan", "place", "enter"}
    assert all(len(names) == 2 and all(names) for names in show.STEPS.values())
    assert OUTLOOK_H_MAX > 24
