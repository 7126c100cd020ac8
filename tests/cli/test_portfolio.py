"""``qipan regions portfolio``: a table for people, JSON for machines; what is wrong with files is told."""

from __future__ import annotations

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

VALUES = {"北京": (60, 30, 5), "520000": (5, 20, 40), "640000": (1, 30, 35)}
SEGMENTS = ("chips", "mining", "farming")
AMOUNTS = "region,segment,value\n" + "".join(
    f"{region},{segment},{value}\n"
    for region, row in VALUES.items()
    for segment, value in zip(SEGMENTS, row, strict=True)
)
ACTIVITIES = "segment,demand,power\nchips,2,1\nmining,1,0.2\nfarming,1,0.1\n"
REGIONS = "region,picks,power\n110000,1,2\n520000,2,0.5\n640000,1,0\n"


@pytest.fixture
def typed(tmp_path):
    def typed(*words: str, amounts: str = AMOUNTS, **files: str):
        options = []
        for name, text in {"amounts": amounts, **files}.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            options += [str(path)] if name == "amounts" else [f"--{name}={path}"]
        return CliRunner().invoke(app, ["regions", "portfolio", *options, "--draws=3", *words])

    return typed


def test_portfolio_is_told_with_its_price_and_what_is_assumed(typed) -> None:
    told = shown(typed("--picks=1", "--json"))
    assert [one["region"] for one in told["regions"]] == ["110000", "520000", "640000"]
    assert all(len(one["picks"]) == 1 for one in told["regions"])
    assert told["assumed"] == ["demand", "picks", "limits"]
    assert told["price"]["worth_given_up"] >= 0.0
    assert [one["weight"] for one in told["frontier"]] == [0.0, 0.25, 0.5, 1.0, 2.0, 4.0]


def test_limits_keep_a_region_from_what_it_has_no_power_for(typed) -> None:
    told = shown(typed("--json", activities=ACTIVITIES, regions=REGIONS))
    picks = {one["region"]: {pick["activity"] for pick in one["picks"]} for one in told["regions"]}
    assert told["assumed"] == []
    assert picks["640000"] == set()
    assert "chips" not in picks["520000"]
    assert len(picks["110000"]) == 1


def test_table_says_what_nobody_told_in_both_languages(typed) -> None:
    english, chinese = typed("--lang=en"), typed("--lang=zh")
    assert "Assumed, since no table tells it: demand, picks, limits." in english.stdout
    assert "统筹" in chinese.stdout
    assert "无表说明" in chinese.stdout


@pytest.mark.parametrize(
    ("files", "code"),
    [({"amounts": "region,segment,value\n"}, "activities_unreadable"),
     ({"activities": "segment,power\n"}, "columns_unreadable"),
     ({"activities": ACTIVITIES}, "resources_differ")],
)  # fmt: skip
def test_files_that_tell_nothing_are_refused(typed, files, code) -> None:
    assert_refused(typed("--json", **files), 3, code)
