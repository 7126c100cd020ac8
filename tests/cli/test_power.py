"""Compute and grid from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import GOOD, Qipan, assert_refused, csv, shown


@pytest.fixture
def plan_id(qipan: Qipan, trace: Callable[..., Path]) -> str:
    """Plan a small day with what the facts assume of plants, stores and areas."""
    words = ("day", "run", "--jobs", trace(csv(*GOOD)), "--fleet", "national", "--power", "--json")
    return str(shown(qipan(*words))["plan_id"])


def test_power_tells_peaks_and_uptake(qipan: Qipan, plan_id: str) -> None:
    told = shown(qipan("dispatch", "power", plan_id, "--json"))
    assert {area["area_id"] for area in told["areas"]} >= {"640000", "440000"}
    assert told["uptake"][0]["available_kwh"] > 0
    text = qipan("dispatch", "power", "--lang", "en").output
    assert "Peaks of the grid" in text
    assert "Renewable energy taken up" in text
    assert "of what own plants could give" in qipan("day", "show", plan_id, "--lang", "en").output


def test_call_names_one_place_and_answers(qipan: Qipan, plan_id: str) -> None:
    words = ("dispatch", "call", plan_id, "--mw", "0.0001", "--from", "10:00", "--hours", "1")
    told = shown(qipan(*words, "--region", "Ningxia", "--json"))
    assert told["site_ids"] == ["zhongwei"]
    assert shown(qipan(*words, "--area", "640000", "--json"))["cost_fen"] == pytest.approx(told["cost_fen"])
    text = qipan(*words, "--site", "zhongwei", "--lang", "en").output
    assert "draws nothing from the grid in these hours" in text
    assert "Where the work went" in text
    assert_refused(qipan(*words), 3, "call_unclear", "--region")
    assert_refused(qipan(*words, "--region", "Ningxia", "--site", "zhongwei"), 3, "call_unclear")
    assert_refused(qipan(*words, "--area", "nowhere"), 4, "place_unknown", "Ningxia 宁夏 (640000)")
    assert_refused(qipan(*words, "--region", "Nigxia"), 4, "region_unknown", "Ningxia 宁夏 (640000)")


def test_flexibility_prints_a_row_for_each_tier(qipan: Qipan, plan_id: str) -> None:
    rows = shown(qipan("dispatch", "flexibility", plan_id, "--json"))["rows"]
    assert [row["tier"] for row in rows] == ["realtime", "interactive", "batch", "offline"]
    text = qipan("dispatch", "flexibility", plan_id, "--lang", "en").output
    assert text.count("Real-time") == 1


def test_a_day_refuses_a_broken_file_of_load(qipan: Qipan, trace: Callable[..., Path], tmp_path: Path) -> None:
    load = tmp_path / "load.csv"
    load.write_text("hour,NX\n1,2\n")
    words = ("day", "run", "--jobs", trace(csv(*GOOD)), "--fleet", "national", "--power", "--grid-load", load)
    assert_refused(qipan(*words), 3, "grid_load_unreadable", "8760")
