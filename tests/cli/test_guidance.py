"""``qipan talent effect`` and ``guide``: what a programme did, and which jobs are recommended to whom."""

from __future__ import annotations

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

PERSONS = "person,region,skills,pay_fen_per_month\n" + "".join(f"p{at:02},45,calls,200000\n" for at in range(12))
JOBS = """\
job,openings,region,employer,skills,pay_fen_per_month
desk,1,45,One,calls,500000
labels,6,45,Two,calls,480000
far,6,44,Three,calls; law,480000
"""
CHANCES = "person,job,chance,gain\np00,desk,0.5,2\np01,desk,0.5,2\np01,labels,0.5,1.9\nzz,desk,0.5,1\n"
OUTCOMES = "arm,weeks,age\n" + "".join(f"{at % 2},{1 + (7 * at) % 11 - at % 2},{20 + at % 40}\n" for at in range(160))


@pytest.fixture
def typed(tmp_path):
    def typed(*words: str, persons: str = PERSONS, jobs: str = JOBS):
        files = {"persons.csv": persons, "jobs.csv": jobs, "chances.csv": CHANCES, "outcomes.csv": OUTCOMES}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return CliRunner().invoke(app, ["talent", *(str(tmp_path / one) if one in files else one for one in words)])

    return typed


def test_guide_sends_few_to_the_one_vacancy_and_says_why(typed) -> None:
    told = shown(typed("guide", "persons.csv", "jobs.csv", "--most", "1", "--json"))
    sent = [one["recommended"][0]["job"] for one in told["lists"]]
    assert len(sent) == 12
    assert 1 <= sent.count("desk") <= 4
    assert told["expected"]["placements"] > 2 * told["expected_alone"]["placements"]
    assert told["value"] >= told["value_alone"]
    assert told["gap"] < 0.05
    assert told["assumed"] == {"fit": 0.5, "away": 0.5, "skills": 0.5}
    other = next(one for one in told["lists"] if one["recommended"][0]["job"] == "labels")
    (over,) = other["passed_over"]
    assert (over["job"], over["openings"], over["qualified"]) == ("desk", 1, 6.0)
    assert other["recommended"][0]["has_skills"] == ["calls"]
    assert not other["recommended"][0]["is_best_alone"]
    english, chinese = (typed("guide", "persons.csv", "jobs.csv", "--most", "1", "--lang", one) for one in ("en", "zh"))
    assert "others would go there too" in english.stdout
    assert "Chances and gains are assumed" in english.stdout
    assert "不推荐：他人也会前往" in chinese.stdout.replace("\n", "")


def test_guide_does_not_hang_on_the_order_of_rows_but_on_the_seed(typed) -> None:
    head, *rows = PERSONS.splitlines()
    turned = "\n".join([head, *reversed(rows)]) + "\n"
    words = ("guide", "persons.csv", "jobs.csv", "--most", "1", "--json")
    told = shown(typed(*words))
    assert told == shown(typed(*words, persons=turned))
    assert [one["person"] for one in told["lists"]] == sorted(one["person"] for one in told["lists"])
    sent = [
        tuple(one["person"] for one in shown(typed(*words, "--seed", str(seed)))["lists"]
              if one["recommended"][0]["job"] == "desk")
        for seed in range(4)
    ]  # fmt: skip
    assert len(set(sent)) > 1


def test_guide_takes_estimates_and_tells_one_person(typed) -> None:
    words = ("guide", "persons.csv", "jobs.csv", "--chances", "chances.csv", "--aim", "placements")
    told = shown(typed(*words, "--person", "p01", "--json"))
    (mine,) = told["lists"]
    assert [one["job"] for one in mine["recommended"]] == ["labels", "desk"]
    assert told["assumed"] is None
    assert [one["rule"] for one in told["rows_left_out"]["chances"]] == ["person_unlisted"]
    text = typed(*words)
    assert "no job fits" in text.stdout
    assert "A person must stand in the file of persons" in text.stderr
    assert_refused(typed(*words, "--person", "nobody", "--json"), 4, "person_unlisted")


def test_guide_refuses_files_that_say_nothing(typed) -> None:
    assert_refused(typed("guide", "persons.csv", "jobs.csv", persons="person\n"), 3, "guidance_unreadable")
    jobs = "job,openings,pay_fen_per_month\na,1,1\n"
    assert_refused(typed("guide", "persons.csv", "jobs.csv", "--json", jobs=jobs), 5, "prospects_none")


def test_effect_tells_averages_targeting_and_placebo(typed) -> None:
    words = ("effect", "outcomes.csv", "--treated", "arm", "--outcome", "weeks", "--covariate", "age")
    words += ("--less-is-better", "--placebo", "20", "--rule", "age>=40")
    told = shown(typed(*words, "--json"))
    assert (told["treated"], told["controls"], told["other_arms"]) == (80, 80, {})
    assert set(told["effects"]) == {"means", "regression", "doubly_robust"}
    low, value, high = (told["effects"]["means"][name] for name in ("low_95", "value", "high_95"))
    assert low < value < high
    assert set(told["targeting"]["pooled"]) == {"treat all", "treat none", "age>=40"}
    assert {one["draws"] for one in told["placebo"]} == {20}
    assert told == shown(typed(*words, "--json"))
    assert "双重稳健" in typed(*words, "--lang", "zh").stdout
    english = typed(*words, "--observed").stdout
    assert "Assumed: nothing but the covariates decided" in english
    assert "choosing gains over" in english


def test_effect_counts_rows_left_out_and_refuses_a_least_that_is_no_number(typed, tmp_path) -> None:
    words = ("effect", "outcomes.csv", "--treated", "arm", "--outcome", "weeks", "--covariate", "age", "--placebo", "0")
    assert shown(typed(*words, "--json"))["rows_left_out"] == {}
    refused = typed(*words, "--least", "nan")
    assert (refused.exit_code, "Traceback" in refused.output) == (2, False)


def test_effect_refuses_what_it_cannot_read(typed) -> None:
    words = ("effect", "outcomes.csv", "--treated", "arm", "--outcome")
    assert_refused(typed(*words, "month", "--json"), 3, "trial_unreadable")
    assert_refused(typed(*words, "arm", "--json"), 3, "columns_overlap")
    assert_refused(typed(*words, "weeks", "--arm", "9", "--json"), 3, "trial_small")
    assert_refused(typed(*words, "weeks", "--rule", "tall", "--json"), 3, "rule_unreadable")
