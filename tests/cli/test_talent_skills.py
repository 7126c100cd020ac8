"""``qipan talent transitions | assess | plan``: files in, where to, who is affected, which courses."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app
from qipan.interfaces.cli.talent_skills import read_loss

FILES = {
    "skills.csv": "occupation,skill,level,importance\na,x,0.5,1\na,y,0.5,1\n"
    "b,x,0.6,1\nb,z,0.5,0.5\nc,y,0.4,1\nc,y,1,1\n",
    "tasks.csv": "occupation,task,exposure\na,t,0.5\na,u,\n",
    "outlook.csv": "occupation,wage_fen_per_month,demand,demand_low,demand_high\na,500000,,,\nc,600000,0.1,0,0.2\n",
    "persons.csv": "person,region,skills,hours,money_fen\np,640000,x:0.5,50,1000\n"
    "q,640000,x:0.5,5,1000\nr,640000,x,5,1\n",
    "modules.csv": "module,region,mode,seats,hours,skills,cost_fen,subsidy_fen\nm,640000,online,5,40,z:0.5,900,400\n",
    "jobs.csv": "job,region,occupation,skills,openings,wage_fen_per_month\nj,640000,b,x:0.5;z:0.5,2,500000\n",
}
LOSS = ("--region", "640000", "--occupation", "a", "--persons", "1000", "--loss", "0.05:0.155")


@pytest.fixture
def typed(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("QIPAN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["talent", *words])


def test_transitions_tell_where_to_what_is_lacking_and_what_it_pays(typed) -> None:
    words = ("transitions", "skills.csv", "--from", "a", "--outlook", "outlook.csv")
    told = shown(typed(*words, "--json"))
    assert [(one["occupation"], one["wage_change"]) for one in told["transitions"]] == [("c", 0.2), ("b", None)]
    assert [one["rule"] for one in told["rows_left_out"]["skills.csv"]] == ["need_twice"]
    assert [one["skill"] for one in told["transitions"][1]["lacking"]] == ["z", "x"]
    text = typed(*words, "--lang", "zh")
    assert "相似度" in text.stdout
    assert "前面已有" in text.stderr
    assert "+10% (+0% to +20%)" in typed(*words).stdout


def test_occupations_that_no_skill_is_told_of_are_told(typed, tmp_path) -> None:
    (tmp_path / "outlook.csv").write_text("occupation,wage_fen_per_month\na,500000\nB,600000\n")
    (tmp_path / "tasks.csv").write_text("occupation,task,exposure\na,t,0.5\nother,u,1\nother,v,1\n")
    told = shown(typed("assess", "skills.csv", *LOSS, "--tasks", "tasks.csv", "--outlook", "outlook.csv", "--json"))[
        "rows_left_out"
    ]
    assert [(one["rule"], one["value"]) for one in told["outlook"]] == [("occupation_unlisted", "B")]
    assert [(one["rule"], one["value"]) for one in told["tasks"]] == [("occupation_unlisted", "other")]


def test_assess_tells_who_is_affected_and_writes_a_letter(typed, tmp_path) -> None:
    words = ("assess", "skills.csv", *LOSS, "--tasks", "tasks.csv")
    told = shown(typed(*words, "--json"))
    assert (told["persons_low"], told["persons_high"], told["exposed_low"], told["exposed_high"]) == (
        50,
        155,
        0.25,
        0.75,
    )
    assert "50 至 155 人可能失去岗位" in typed(*words, "--lang", "zh").stdout
    assert "50 to 155 may lose their jobs" in typed(*words).stdout
    assert typed(*words, "-o", "letter.html").exit_code == 0
    assert "Ningxia" in (tmp_path / "letter.html").read_text()


def test_assess_takes_the_loss_of_a_warning(typed, tmp_path) -> None:
    warning = {"region": "640000", "industry": "", "occupation": "a", "low": 0.1, "high": 0.3, "expected_loss": 0.2,
               "probability": 0.6}  # fmt: skip
    told = {"as_of": "2027-03-31", "events_rule": "fall 10%", "warnings": [warning]}
    (tmp_path / "warned.json").write_text(json.dumps(told))
    found = shown(typed("assess", "skills.csv", *LOSS[:6], "--warning", "warned.json", "--json"))
    assert (found["persons_low"], found["persons_expected"], found["persons_high"]) == (100, 200, 300)
    assert (found["probability"], found["source"], found["event"]) == (0.6, "fall 10%, 2027-03-31", 0.1)
    words = ("assess", "skills.csv", *LOSS[:6], "--warning", "warned.json")
    said = typed(*words).stdout.replace("\n", " ")
    assert "A fall of at least 10 % within the horizon of the warning has a probability of 60 %." in said
    assert "在预警期内下降至少 10 % 的概率为 60 %" in typed(*words, "--lang", "zh").stdout.replace(
        "10%", "10 %"
    ).replace("60%", "60 %")


def test_what_cannot_be_assessed_is_refused(typed, tmp_path) -> None:
    assert_refused(typed("transitions", "skills.csv", "--from", "z", "--json"), 4, "occupation_unlisted")
    (tmp_path / "empty").mkdir()
    assert_refused(typed("transitions", "empty", "--from", "a", "--json"), 4, "skills_missing")
    assert_refused(typed("transitions", "tasks.csv", "--from", "a", "--json"), 3, "skills_unreadable")
    for words in (LOSS[:6], (*LOSS[:6], "--loss", "5%")):
        refused = typed("assess", "skills.csv", *words)
        assert refused.exit_code == 2
        assert "Traceback" not in refused.output
    assert read_loss("0:1") == (0.0, 1.0)


def test_plan_tells_modules_jobs_and_why_none(typed) -> None:
    words = ("plan", "persons.csv", "modules.csv", "jobs.csv")
    told = shown(typed(*words, "--json"))
    plans = {one["person"]: one for one in told["plans"]}
    assert {one["person"]: one["obstacles"] for one in told["plans"]} == {"p": [], "q": ["time"]}
    assert plans["p"]["plan"] == {
        "job": "j", "region": "640000", "occupation": "b", "wage_fen_per_month": 500_000, "modules": ["m"], "hours": 40,
        "cost_fen": 900, "subsidy_fen": 0,
    }  # fmt: skip
    assert plans["q"]["without_obstacles"]["hours"] == 40
    assert [one["rule"] for one in told["rows_left_out"]["persons"]] == ["skills_unreadable"]
    helped = shown(typed(*words, "--json", "--subsidies"))
    assert {(one["plan"]["cost_fen"], one["plan"]["subsidy_fen"]) for one in helped["plans"] if one["plan"]} == {
        (500, 400)
    }
    assert (told["seed"], shown(typed(*words, "--day", "2027-02-01", "--json"))["day"]) == (0, "2027-02-01")
    assert "时间不足；否则 j，40 学时，9 元" in typed(*words, "--lang", "zh").stdout.replace("\n", "")
    assert "1 of 2 persons have a plan" in typed(*words).stdout


def test_plan_refuses_files_without_a_good_row(typed) -> None:
    assert_refused(typed("plan", "jobs.csv", "modules.csv", "jobs.csv", "--json"), 3, "courses_unreadable")


def test_findings_of_files_that_share_a_name_are_all_told(typed, tmp_path) -> None:
    for name in ("persons", "modules", "jobs"):
        (tmp_path / name).mkdir()
        head, *rows = FILES[f"{name}.csv"].splitlines()
        text = "\n".join([head, *rows, rows[0]]) + "\n"
        (tmp_path / name / "x.csv").write_text(text)
    files = [f"{name}/x.csv" for name in ("persons", "modules", "jobs")]
    told = shown(typed("plan", *files, "--json"))["rows_left_out"]
    assert {role: [one["rule"] for one in some][-1] for role, some in told.items()} == {
        "persons": "name_twice", "modules": "name_twice", "jobs": "name_twice",
    }  # fmt: skip
    said = typed("plan", *files).stderr
    assert all(name in said for name in files)


@pytest.mark.parametrize("loss", [None, float("nan")])
def test_a_warning_that_tells_no_loss_is_refused(typed, tmp_path, loss) -> None:
    warning = {
        "region": "640000",
        "occupation": "a",
        "low": loss,
        "high": loss,
        "expected_loss": loss,
        "probability": 1,
    }
    told = {"as_of": "2027-03-31", "events_rule": "fall 10%", "warnings": [warning]}
    (tmp_path / "warned.json").write_text(json.dumps(told))
    words = ("assess", "skills.csv", *LOSS[:6], "--warning", "warned.json", "--json")
    assert_refused(typed(*words), 5, "loss_unknown")
    (tmp_path / "warned.json").write_text("[" * 100_000)
    assert_refused(typed(*words), 3, "warnings_unreadable")
