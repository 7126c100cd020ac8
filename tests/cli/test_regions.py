"""``qipan regions``: panels in, gaps out, and every row that was left out is told, also where the answer is refused."""

from __future__ import annotations

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

PANEL = "region,year,value\n宁夏,2000,1\n广东,2000,3\n北京,2000,6\n上海,2000,8\n"
LATER = PANEL + "宁夏,2010,2\n广东,2010,5\n北京,2010,8\n上海,2010,10\n"
AMOUNTS = "region,activity,value\n宁夏,x,3\n宁夏,y,1\n广东,x,1\n广东,y,3\n"


@pytest.fixture
def typed(tmp_path):
    def typed(command: str, text: str, *words: str):
        (tmp_path / "file.csv").write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, ["regions", command, str(tmp_path / "file.csv"), *words])

    return typed


def test_disparity_tells_each_year_and_what_lies_between_groups(typed) -> None:
    (year,) = shown(typed("disparity", PANEL, "--by", "macro4", "--json"))["years"]
    assert (year["year"], year["regions"]) == (2000, 4)
    parts = year["theil_t_parts"]
    assert parts["between"]["macro4"] + parts["within"] == pytest.approx(year["theil_t"])
    assert "组间占 T" in typed("disparity", PANEL, "--by", "macro4", "--lang", "zh").stdout


def test_convergence_and_complexity_are_told(typed) -> None:
    told = shown(typed("convergence", LATER, "--classes", "2", "--json"))
    assert told["beta"]["rate"] > 0
    assert told["classes"]["counts"] == [[2, 0], [0, 2]]
    assert "β 收敛" in typed("convergence", LATER, "--classes", "2", "--lang", "zh").stdout
    assert shown(typed("complexity", AMOUNTS, "--json"))["rca"] == [[0.5, 1.5], [1.5, 0.5]]
    assert "640000" in typed("complexity", AMOUNTS).stdout


def test_rows_that_are_left_out_are_told_also_where_the_answer_is_refused(typed) -> None:
    bad = f"{PANEL}内蒙占,20x0,1\n内蒙古,2000,many\n西藏,2000,-4\n"
    answer = typed("disparity", bad)
    assert answer.exit_code == 3
    for code in ("year_unreadable", "value_unreadable", "code: value_negative"):
        assert code in answer.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--by", "nope"), "partition_unknown"), (("--where", "x"), "where_unfit"), (("--from", "2050"), "years_missing")],
)
def test_what_cannot_be_asked_is_refused(typed, words, code) -> None:
    assert_refused(typed("disparity", PANEL, *words), 3, code)
