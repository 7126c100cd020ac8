"""``qipan labour``: a panel is back-tested without a home, bad rows are told, refusals end with a code."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.cli.conftest import assert_refused, shown
from tests.labour.conftest import waves
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app
from qipan.labour.model.panel import Cadence


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["labour", *map(str, words)])


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a panel of twelve regions over twenty-five years."""
    path = tmp_path_factory.mktemp("panel") / "panel.csv"
    starts = [Cadence.MONTH.after(date(1995, 1, 1), at) for at in range(300)]
    rows = [
        f"r{cell:02},{start:%Y-%m},{value:.4f},percent"
        for cell, values in enumerate(waves(12, 300, seed=8))
        for start, value in zip(starts, values, strict=True)
    ]
    path.write_text("\n".join(["region,period,value,unit", *rows, ""]))
    return path


def test_backtest_has_a_row_for_each_detector_that_was_asked(panel):
    told = typed("backtest", panel, "--events", "rise 2.0", "--detector", "hazard", "--detector", "sahm")
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0].startswith("12 cells by the month, 1995-01-01 to 2020-01-01: ")
    assert [line.split()[0] for line in lines[-2:]] == ["hazard", "sahm"]
    assert all(line.endswith("kept") for line in lines[-2:])


def test_backtest_as_json_has_every_event_with_its_lead(panel):
    told = shown(typed("backtest", panel, "--events", "rise 2.0", "--detector", "rise", "--json"))
    (one,) = told["detectors"]
    leads = np.array([event["lead"] if event["lead"] is not None else -np.inf for event in one["leads"]])
    assert len(leads) == one["events"] > 10
    assert one["warned_ahead"] == pytest.approx((leads >= 6).mean(), abs=1e-4)
    assert one["false_alarms"]["promised_a_year"] == 0.05
    assert one["false_alarms"]["is_kept"] == (one["false_alarms"]["upper_95_a_year"] <= 0.06)
    assert one["discoveries"]["false_rate"] <= 0.1
    assert one["folds"][0]["from"] == "1995-01-01"


def test_backtest_draws_what_it_tells_and_writes_its_numbers_beside(panel, tmp_path):
    words = ("backtest", panel, "--events", "rise 2.0", "--detector", "rise", "--detector", "turn")
    told = typed(*words, "--picture", tmp_path / "told.svg")
    assert told.exit_code == 0, told.output
    root = ET.parse(tmp_path / "told.svg").getroot()
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"rise", "turn", "Share warned 6 periods ahead", "How often what was foretold came"} <= set(texts)
    with (tmp_path / "told.numbers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["part"] for row in rows} == {
        "lead", "late_or_missed", "frontier", "chance", "chance_bin", "interval"
    }  # fmt: skip
    # Only what warns tells chances; the terminal has a row for each stretch of time.
    chances = [row for row in rows if row["part"] == "chance"]
    assert {row["detector"] for row in chances} == {"turn"}
    assert sum(line.startswith("turn ") for line in told.stdout.splitlines()) == 1 + len(chances)
    assert all(0.0 <= float(row["x"]) <= 1.0 and 0.0 <= float(row["y"]) <= 1.0 for row in chances)
    chinese = typed(*words, "--picture", tmp_path / "zh.svg", "--lang", "zh")
    assert "自预警至危机的期数" in (tmp_path / "zh.svg").read_text(encoding="utf-8")
    assert "已预警" in chinese.stdout


def test_a_picture_in_a_folder_that_is_not_there_is_refused(panel, tmp_path):
    words = ("backtest", panel, "--events", "rise 2.0", "--detector", "rise", "--picture", tmp_path / "no/told.svg")
    assert_refused(typed(*words), 3, "file_not_written")


def test_as_released_is_never_earlier_than_with_all_corrections(panel):
    words = ("backtest", panel, "--events", "rise 2.0", "--detector", "rise", "--json")
    final, real = (shown(typed(*words, *more))["detectors"][0] for more in ((), ("--releases",)))
    assert real["median_lead"] <= final["median_lead"]


def test_bad_rows_are_told_and_the_rest_is_tested(panel, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_text(panel.read_text() + "r00,1995-01,7,percent\nr00,soon,7,percent\n")
    told = typed("backtest", broken, "--events", "rise 2.0", "--detector", "rise", "--json")
    assert [one["rule"] for one in shown(told)["rows_left_out"]] == ["value_repeated", "period_unreadable"]
    assert "2 rows are left out" in told.stderr


def test_backtest_speaks_chinese(panel):
    told = typed("backtest", panel, "--events", "rise 2.0", "--detector", "rise", "--lang", "zh")
    assert "12 个单元，月数据" in told.stdout


@pytest.mark.parametrize(
    ("text", "words", "exit_code", "code"),
    [
        ("region,period,value\n", ("--events", "rise 2.0"), 3, "panel_unreadable"),
        ("region,period,value\na,2020,1\n", ("--events", "drop 2"), 3, "event_rule_bad"),
        ("region,period,value\na,2020,1\n", ("--events", "rise 2"), 5, "panel_without_events"),
        ("region,period,value\na,2020,0\n", ("--events", "fall 10%"), 5, "panel_not_positive"),
        ("region,period,value\na,2020,1\n", ("--events", "rise 2", "--detector", "oracle"), 4, "detector_unknown"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_bad_question_is_refused(tmp_path, text, words, exit_code, code, form):
    path = tmp_path / "panel.csv"
    path.write_text(text)
    assert_refused(typed("backtest", path, *words, *form), exit_code, code)


def test_findings_of_an_unreadable_panel_are_told_as_json(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text("region,period,value\na,soon,1\n")
    refused = typed("backtest", path, "--events", "rise 2", "--json")
    assert [one["rule"] for one in json.loads(refused.stderr)["findings"]] == ["period_unreadable"]


def test_rows_that_were_left_out_are_told_with_what_is_refused(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text("region,period,value\na,2020-01,1\na,soon,1\na,2020-02,many\n")
    refused = typed("backtest", path, "--events", "rise 2", "--json")
    assert_refused(refused, 5, "panel_without_events")
    assert [one["rule"] for one in json.loads(refused.stderr)["findings"]] == ["period_unreadable", "value_unreadable"]
