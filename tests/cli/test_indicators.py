"""``qipan labour``: the indicators by command: shown in both languages, as JSON, refused with a code."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import assert_refused, shown
from tests.labour.conftest import waves
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["labour", *map(str, words)])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Return a file of exposure, of adoption, of people and of skills."""
    texts = {
        "exposure": "occupation,channel,low,likely,high\n43-9021,language_models,0.2,0.6,0.9\n",
        "adoption": "channel,year,share,standard_error\nlanguage_models,2019,0,0\nlanguage_models,2024,0.3,0.02\n",
        "employed": "occupation,year,persons\n43-9021,2019,1000\n43-9021,2024,900\n",
        "skills": "occupation,period,skill,postings\n"
        "43-9021,2019,typing,900\n43-9021,2019,prompts,100\n43-9021,2024,typing,600\n43-9021,2024,prompts,400\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return {name: tmp_path / f"{name}.csv" for name in texts}


def replaced(files, *more: object) -> Result:
    return typed("replaced", files["exposure"], "--adoption", files["adoption"], "--base", 2019, "--year", 2024, *more)


def test_occupations_of_the_paper_have_their_codes_in_both_languages():
    assert "43-9021" in typed("occupations").stdout
    assert "数据录入人员" in typed("occupations", "--lang", "zh").stdout
    assert shown(typed("occupations", "--json"))["translation"]["isco_08"] == "2643"


def test_replaced_has_a_row_for_each_occupation_with_its_interval(files):
    told = replaced(files, "--occupation", "data_entry")
    assert told.exit_code == 0, told.output
    assert "43-9021" in told.stdout
    assert "unchecked" in told.stdout
    assert "未核对" in replaced(files, "--lang", "zh").stdout
    (one,) = shown(replaced(files, "--json"))["ratios"]
    assert 0.0 < one["ratio"]["low"] < one["ratio"]["middle"] < one["ratio"]["high"] < one["at_most"] == 0.9
    assert one["by_channel"].keys() == {"language_models"}


def test_replaced_draws_the_same_with_the_same_seed(files):
    assert replaced(files, "--json").stdout == replaced(files, "--json").stdout
    assert replaced(files, "--json").stdout != replaced(files, "--json", "--seed", 1).stdout


def test_too_little_employment_leaves_the_estimate_unchecked(files):
    (one,) = shown(replaced(files, "--employed", files["employed"], "--json"))["ratios"]
    assert (one["verdict"], one["realised"]) == ("unchecked", None)


def test_occupations_that_are_not_asked_are_left_out(files):
    assert shown(replaced(files, "--occupation", "translation", "--json"))["ratios"] == []


def test_skills_tell_what_rises_and_falls(files):
    told = typed("skills", files["skills"])
    assert "prompts +30.0" in told.stdout
    assert "typing -30.0" in told.stdout
    (one,) = shown(typed("skills", files["skills"], "--json"))["changes"]
    assert one["floor"] < one["low"] < one["index"] < one["high"]
    assert "指数" in typed("skills", files["skills"], "--lang", "zh").stdout


def test_exposure_shows_what_a_file_says_and_what_is_left_out(files):
    files["exposure"].write_text(files["exposure"].read_text() + "43-9021,magic,0,0,1\n")
    told = typed("exposure", files["exposure"])
    assert "60.0 %" in told.stdout
    assert "1 rows are left out" in told.stderr
    assert shown(typed("exposure", files["exposure"], "--json"))["rows_left_out"][0]["rule"] == "channel_unknown"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_bad_question_is_refused(files, form):
    assert_refused(typed("skills", files["skills"], "--alike", 0.5, *form), 5, "alike_below_one")
    assert_refused(typed("skills", files["skills"], "--occupation", "none", *form), 5, "periods_too_few")
    assert_refused(replaced(files, "--employed", files["adoption"], *form), 3, "table_unreadable")
    words = ("--adoption", files["adoption"], "--base", 2024, "--year", 2019)
    assert_refused(typed("replaced", files["exposure"], *words, *form), 5, "years_not_in_order")


def test_agree_says_how_alarms_on_releases_agree_with_final_data(tmp_path):
    rows = [
        f"r{cell},{1995 + at // 12}-{at % 12 + 1:02},{value:.4f},percent"
        for cell, path in enumerate(waves(6, 216, seed=8))
        for at, value in enumerate(path)
    ]
    panel = tmp_path / "panel.csv"
    panel.write_text("\n".join(["region,period,value,unit", *rows, ""]))
    words = ("agree", panel, "--events", "rise 2.0", "--detector", "rise", "--synthetic")
    told = shown(typed(*words, "--json"))
    assert told["is_synthetic"]
    assert told["corrected"]["due"] == told["as_released"]["due"] > 0
    assert "合成数据" in typed(*words, "--lang", "zh").stdout
