"""``qipan regions index``, ``template``, ``clubs`` and ``neighbours``: files in, answers out, refusals told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

RAW = "region,year,gdp,patents\n北京,2018,10,5\n天津,2018,4,1\n内蒙占,2018,6,\n上海,2018,8,4\n全国,2018,99,9\n"
META = "IndCode,Direction,IndWeight,Agg1\ngdp,1,1,all\npatents,1,1,all\n"
RECIPE = {"Impute": {"f_i": "i_mean"}, "Normalise": {"f_n": "n_minmax", "f_n_para": {"l_u": [0, 100]}}, "Aggregate": {}}


def run(*words: str):
    return CliRunner().invoke(app, ["regions", *words])


@pytest.fixture
def typed(tmp_path):
    def typed(raw: str, recipe: object, *words: str):
        (tmp_path / "raw.csv").write_text(raw, encoding="utf-8")
        (tmp_path / "meta.csv").write_text(META, encoding="utf-8")
        (tmp_path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
        files = [f"--{name}={tmp_path / file}" for name, file in (("data", "raw.csv"), ("meta", "meta.csv"))]
        return run("index", *files, f"--recipe={tmp_path / 'recipe.json'}", *words)

    return typed


def test_an_index_is_told_with_every_step_and_what_was_mended(typed) -> None:
    told = shown(typed(RAW, RECIPE, "--json"))
    assert [one["rule"] for one in told["noted"]] == ["name_mended", "nation_left_out"]
    assert [(one["name"], one["rank"]) for one in told["scores"]] == [
        ("北京", 1),
        ("上海", 2),
        ("内蒙古", 3),
        ("天津", 4),
    ]
    assert told["scores"][2]["scores"]["all"] == pytest.approx((100 / 3 + 175 / 3) / 2)
    assert [one["step"] for one in told["steps"]] == ["raw", "impute", "normalise"]
    assert told["steps"][1]["values"]["2018"]["150000"]["patents"] == pytest.approx(10 / 3)
    assert told["missing"]["indicators"] == {"patents": [{"year": 2018, "region": "150000"}]}
    assert told["uncertainty"] is None


def test_ranks_are_told_as_intervals_and_in_chinese(typed) -> None:
    recipe = {**RECIPE, "uncertainty": {"draws": 20, "base": 4, "weights_noise": 0.2}}
    told = shown(typed(RAW, recipe, "--json"))
    assert {one["choice"] for one in told["uncertainty"]["indices"]} >= {"normalise.method", "weights.noise"}
    assert all(one["ranks"]["best"] <= one["ranks"]["worst"] for one in told["scores"])
    answer = typed(RAW, recipe, "--lang", "zh")
    assert "名次（90% 的抽样）" in answer.stdout
    assert "8 个单元格中缺 1 个" in answer.stdout


@pytest.mark.parametrize(
    ("raw", "recipe", "code"),
    [
        ("gdp,patents\n1,2\n3,4\n", RECIPE, "regions_unnamed"),
        ("region,gdp\n1,1\n2,2\n3,3\n4,4\n", RECIPE, "regions_unnamed"),
        ("region,other\na,1\n", RECIPE, "indicators_unreadable"),
        (RAW, {"bake": {}}, "recipe_unreadable"),
        (RAW, {"normalise": {}}, "steps_unfit"),
        (RAW, {"denominate": {}, "normalise": {}, "aggregate": {"method": "geometric"}}, "aggregate_not_positive"),
    ],
)
def test_what_makes_no_index_is_refused(typed, raw, recipe, code) -> None:
    assert typed(raw, recipe).exit_code == 3
    answer = typed(raw, recipe, "--json")
    assert json.loads(answer.stderr[answer.stderr.index("{") :])["code"] == code


def test_a_template_is_written_once_and_makes_an_index(tmp_path) -> None:
    folder = tmp_path / "divide"
    assert run("template", str(folder), "--year", "2025").exit_code == 0
    assert_refused(run("template", str(folder)), 3, "template_there")
    (folder / "short.toml").write_text("[normalise]\n[aggregate]\n", encoding="utf-8")
    files = [f"--data={folder / 'divide-data.csv'}", f"--meta={folder / 'divide-meta.csv'}"]
    told = shown(run("index", *files, f"--recipe={folder / 'short.toml'}", "--json"))
    assert len(told["missing"]["nobody_publishes"]) > 15
    assert told["scores"][0]["region"] == "110000"


@pytest.fixture
def clubs(tmp_path):
    """Return a table of two sets of provinces, each on a path of its own: regions in rows, years in columns."""
    names = ["北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏"]
    time = np.arange(30)
    start = np.linspace(-0.3, 0.3, 10)
    rows = [
        [
            name,
            *(f"{np.exp(2 - at % 2 + (0.03 - 0.02 * (at % 2)) * t + start[at] * np.exp(-0.08 * t)):.9f}" for t in time),
        ]
        for at, name in enumerate(names)
    ]
    lines = [",".join(["省份", *(str(1990 + t) for t in time)]), *(",".join(row) for row in rows)]
    (tmp_path / "panel.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(tmp_path / "panel.csv")


def test_clubs_are_told_with_their_settings(clubs) -> None:
    told = shown(run("clubs", clubs, "--smooth", "400", "--json"))
    assert told["settings"] == {
        "years": [1990, 2019], "smoothness": 400.0, "trim": 1 / 3, "sieve": 0.0, "converges_above": -1.65,
    }  # fmt: skip
    assert [one["count"] for one in told["merged"]] == [5, 5]
    assert "110000" in told["merged"][0]["regions"]
    assert "取对数，趋势平滑参数 400" in run("clubs", clubs, "--smooth", "400", "--lang", "zh").stdout
    assert_refused(run("clubs", clubs, "--to", "1994"), 3, "trim_unfit")


def test_neighbours_are_told_by_year_and_region(clubs, tmp_path) -> None:
    told = shown(run("neighbours", clubs, "--classes", "2", "--json"))
    assert len(told["moran"]) == 30
    assert told["regions"] == 10
    assert -1.5 < told["beta"]["error"]["space"] < 1
    assert "莫兰指数" in run("neighbours", clubs, "--lang", "zh").stdout
    (tmp_path / "beside.csv").write_text("region,neighbour\nx,y\n", encoding="utf-8")
    assert_refused(run("neighbours", clubs, "--neighbours", str(tmp_path / "beside.csv")), 3, "neighbours_none")
