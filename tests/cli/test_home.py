"""``qipan labour home``: warnings of a file or of the books are carried home, in both languages."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import assert_refused, shown
from tests.labour.home.test_count_losses import outlook
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app

ORIGINS = "destination,origin,industry,share\n440000,440000,C,0.5\n440000,520000,C,0.3\n440000,540000,C,0.01\n"


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["labour", "home", *map(str, words)])


@pytest.fixture
def files(tmp_path):
    warnings, origins, bridge = (tmp_path / name for name in ("w.json", "o.csv", "b.csv"))
    warnings.write_text(json.dumps(outlook()), encoding="utf-8")
    origins.write_text(ORIGINS, encoding="utf-8")
    bridge.write_text("industry,occupation,share\nC,6-25,1\nI65,2-02,0.4\n", encoding="utf-8")
    return warnings, origins, bridge


def test_home_tells_people_by_home_region_and_what_was_left_out(files):
    warnings, origins, bridge = files
    told = shown(typed(warnings, origins, "--bridge", bridge, "--json"))
    assert told["lost"] == {"expected": 200.0, "low": 100.0, "high": 300.0}
    assert {one["region"]: one["people"]["expected"] for one in told["homes"]} == {"440000": 100.0}
    assert told["withheld"]["regions"] == ["520000", "540000"]
    assert [one["rule"] for one in told["rows_left_out"]] == ["shares_unbalanced"]
    assert told["facts"]["labour/training_share"] == 0.5


def test_home_speaks_both_languages(files):
    english, chinese = typed(*files[:2]).stdout, typed(*files[:2], "--lang", "zh").stdout
    assert "Guangdong" in english
    assert "in 3 to 9 months" in english
    assert "广东" in chinese
    assert "假定" in chinese


def test_home_takes_jobs_from_a_table_or_from_a_panel_of_employment(files, tmp_path):
    warnings, origins, _ = files
    warnings.write_text(json.dumps(outlook(unit="index")), encoding="utf-8")
    counts, panel = tmp_path / "jobs.csv", tmp_path / "employment.csv"
    counts.write_text("region,industry,jobs\n440000,C39,500\n", encoding="utf-8")
    rows = "440000,C39,2026-01,500,jobs,2026-01-02\n440000,C39,2026-06,900,jobs,2026-06-02\n"
    panel.write_text(f"region,industry,period,value,unit,released\n{rows}", encoding="utf-8")
    for jobs in (counts, panel):
        told = shown(typed(warnings, origins, "--jobs", jobs, "--json"))
        assert told["lost"]["expected"] == 100.0
    told = shown(typed(warnings, origins, "--json"))
    assert [one["code"] for one in told["uncounted"]] == ["jobs_unknown"]
    assert "岗位比例须有对应的岗位数" in typed(warnings, origins, "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "warnings_unreadable"), ("[]", "warnings_unreadable"), ("{}", "warnings_unreadable")],
)
def test_home_of_other_files_is_refused(files, text, code):
    files[0].write_text(text, encoding="utf-8")
    assert_refused(typed(*files[:2], "--json"), 3, code)


def test_home_of_tables_without_a_good_row_is_refused(files, tmp_path):
    warnings, origins, _ = files
    bad, rates = tmp_path / "bad.csv", tmp_path / "rates.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    rates.write_text("region,period,value,unit\n440000,2026-01,5,percent\n", encoding="utf-8")
    assert_refused(typed(warnings, bad, "--json"), 3, "origins_unreadable")
    assert_refused(typed(warnings, origins, "--bridge", bad, "--json"), 3, "bridge_unreadable")
    assert_refused(typed(warnings, origins, "--jobs", bad, "--json"), 3, "headcounts_unreadable")
    assert_refused(typed(warnings, origins, "--jobs", rates, "--json"), 3, "headcounts_not_counts")
