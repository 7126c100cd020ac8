"""``qipan policy``: a study in, paths, parts of levers, back-tests and calibration out, and what they rest on."""

from __future__ import annotations

import pytest
from tests.cli.conftest import assert_refused, shown
from tests.policy.made import history
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

pytestmark = pytest.mark.slow

TABLE = "region,population,output\n北京,2171,23015\n河北,7425,29806\n广东,10849,72813\n贵州,3530,10503\n宁夏,668,2912\n"
STUDY = """
name = "a test"
panel = "regions.csv"
start = 2025
periods = 4
members = 40

[levers.talent]
cost_100m_yuan_a_year = 20
where = ["west"]

[levers.support]
cost_100m_yuan_a_year = 20
"""


@pytest.fixture
def typed(tmp_path):
    def typed(command: str, *words: str, study: str = STUDY, table: str = TABLE):
        (tmp_path / "study.toml").write_text(study, encoding="utf-8")
        (tmp_path / "regions.csv").write_text(table, encoding="utf-8")
        return CliRunner().invoke(app, ["policy", command, str(tmp_path / "study.toml"), *words])

    return typed


@pytest.fixture
def panel(tmp_path):
    made = history(years=12)
    rows = [
        f"{region},{year},{made.per_head[row, column]}"
        for row, year in enumerate(made.years)
        for column, region in enumerate(made.regions)
    ]
    path = tmp_path / "panel.csv"
    path.write_text("\n".join(["region,year,value", *rows, ""]), encoding="utf-8")
    return path


def test_run_tells_the_nation_with_levers_and_without_and_what_it_rests_on(typed) -> None:
    told = shown(typed("run", "--json"))
    assert told["standing"] == "assumption-driven"
    assert told["costs_100m_yuan"] == {"by_lever": {"talent": 80.0, "support": 80.0}, "total": 160.0}
    assert len(told["with_levers"]["times"]) == 5
    assert len(told["effects"]) == 7
    assert {one["region"] for one in told["regions"]} == {"110000", "130000", "440000", "520000", "640000"}
    assert told == shown(typed("run", "--json"))
    said = typed("run", "--lang", "zh").stdout
    assert "假定驱动" in said
    assert "普惠性不足" in said
    assert "Assumption-driven: 50 parameters are assumed" in typed("run").stdout


def test_compare_tells_parts_of_levers_and_choices_that_stand_out(typed) -> None:
    told = shown(typed("compare", "--json"))
    assert len(told["combinations"]) == 4
    assert [one["lever"] for one in told["levers"]] == ["talent", "support"]
    assert "预警与支持" in typed("compare", "--lang", "zh").stdout
    assert "Assumption-driven" in typed("compare").stdout


def test_backtest_and_calibrate_tell_what_a_panel_allows(panel) -> None:
    words = ["policy", "backtest", str(panel), "--members", "50"]
    told = shown(CliRunner().invoke(app, [*words, "--json"]))
    assert {one["name"] for one in told["ways"]} == {"simulation", "persistence", "drift", "autoregressive_panel"}
    said = CliRunner().invoke(app, words).stdout
    assert ("does not win" in said) == (not told["is_simulation_best"])
    assert "无人工智能路径采用" in CliRunner().invoke(app, [*words, "--lang", "zh"]).stdout
    told = shown(CliRunner().invoke(app, ["policy", "calibrate", str(panel), "--json"]))
    assert len(told["parameters"]) == 7
    assert len(told["not_in_history"]) == 43
    assert "假定驱动" in CliRunner().invoke(app, ["policy", "calibrate", str(panel), "--lang", "zh"]).stdout


def test_template_is_a_table_with_a_row_for_each_province() -> None:
    lines = CliRunner().invoke(app, ["policy", "template"]).stdout.splitlines()
    assert lines[0].startswith("region,population,output,knowledge")
    assert len(lines) == 32
    assert {line.count(",") for line in lines} == {lines[0].count(",")}


def test_what_cannot_be_asked_is_refused(typed, panel) -> None:
    assert_refused(typed("run", study=STUDY.replace("20", "-20")), 3, "study_unreadable")
    assert_refused(typed("run", table="region,output\n"), 3, "regions_unreadable")
    assert_refused(typed("run", study=STUDY.replace("west", "atlantis")), 3, "lever_nowhere")
    assert_refused(typed("run", study=STUDY.replace("regions.csv", "none.csv")), 4, "file_not_found")
    assert_refused(CliRunner().invoke(app, ["policy", "backtest", str(panel), "--ahead", "20"]), 5, "origins_none")
    words = ["policy", "calibrate", str(panel), "--from", "2050"]
    assert_refused(CliRunner().invoke(app, words), 3, "years_missing")
    short = panel.with_name("short.csv")
    short.write_text("".join(panel.read_text("utf-8").splitlines(keepends=True)[: 1 + 2 * 31]), encoding="utf-8")
    assert_refused(CliRunner().invoke(app, ["policy", "calibrate", str(short)]), 5, "policy_history_short")
