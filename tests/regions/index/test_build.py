"""The whole chain on published data, to the printed digit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.regions.index.made import framework, table

from qipan.bootstrap.regions import read_index
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError
from qipan.regions.index.build import build, ranks_of
from qipan.regions.index.tell import tell_index
from qipan.regions.model.recipe import Recipe, Step

ROOT = Path(__file__).resolve().parents[3]
ASEM = """
[impute]
method = "group_mean"
group = "Group_EurAsia"
[screen]
least = 0.9
[treat]
winsorise_most = 5
[normalise]
method = "min_max"
range = [0, 100]
[aggregate]
"""
BRIEF = b"[treat]\n[normalise]\nrange = [1, 100]\n[aggregate]\n[uncertainty]\ndraws = 30\nbase = 2\n"
PRINTED = {
    "CHE": {"Political": 74.78, "Instit": 85.94, "Environ": 77.21, "SusEcFin": 56.88},
    "NLD": {"Political": 84.55, "Instit": 71.74, "Environ": 58.73, "SusEcFin": 57.78},
    "DNK": {"Political": 78.13, "Instit": 75.35, "Environ": 69.83, "SusEcFin": 61.29},
    "NOR": {"Political": 80.03, "Instit": 89.46, "Environ": 70.90, "SusEcFin": 56.59},
    "BEL": {"Political": 80.84, "Instit": 75.60, "Environ": 53.01},
    "SWE": {"Political": 80.98, "Instit": 74.51, "Environ": 66.37},
}
"""Pillars without denominators, as the vignette "Presenting Results" of COINr 1.1 prints them."""


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of real tables; where it is not there, say so."""
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "regions"
    if not folder.is_dir():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return folder


def test_pillars_of_asem_are_the_printed_ones(folder) -> None:
    read = read_index(
        (folder / "asem_raw.csv.gz").read_bytes(),
        (folder / "asem_meta.csv").read_bytes(),
        ASEM.encode(),
        Catalog.load(None),
    )
    given, shape, recipe, left_out, noted = read
    assert (left_out, [one.rule for one in noted]) == ((), ["denominators_unused"])
    assert given.value.shape == (1, 51, 49)
    told = {one["region"]: one["scores"] for one in tell_index(given, shape, recipe)["scores"]}
    for region, pillars in PRINTED.items():
        assert {name: round(told[region][name], 2) for name in pillars} == pillars
    for scores in told.values():
        assert scores["Index"] == pytest.approx((scores["Conn"] + scores["Sust"]) / 2)


def test_thirty_one_provinces_have_an_index_from_the_science_panel(folder) -> None:
    meta = (
        "code,parent,direction,weight,denominator\n"
        "v4_ztr_qd_RD,input,1,1,\nv4_zh_qsdl_hj,input,1,1,\nv4_cg_zlsq2_fm,output,1,1,\nv4_cg_jssc_je,output,1,1,\n"
        "input,all,1,1,\noutput,all,1,1,\nall,,1,1,\n"
    )
    given, shape, recipe, left_out, noted = read_index(
        (folder / "china_science_technology_2010_2019.csv.gz").read_bytes(), meta.encode(), BRIEF, Catalog.load(None)
    )
    assert len(given.regions) == 31
    assert not [one for one in left_out if one.rule not in {"value_unreadable", "value_repeated"}]
    assert any(one.rule == "nation_left_out" for one in noted)
    told = tell_index(given, shape, recipe)
    first = [one["name"] for one in told["scores"] if one["year"] == 2019 and one["rank"] and one["rank"] <= 3]
    assert first[0] == "北京"
    for one in told["scores"]:
        if one["rank"] is not None:
            assert one["ranks"]["best"] <= one["ranks"]["low"] <= one["ranks"]["high"] <= one["ranks"]["worst"]


def test_steps_are_taken_in_the_order_of_the_recipe() -> None:
    given = table([[1.0, np.nan], [3.0, 8.0], [5.0, 2.0]])
    one = build(given, framework(2), Recipe((Step("impute"), Step("normalise"), Step("aggregate"))))
    other = build(given, framework(2), Recipe((Step("normalise"), Step("impute"), Step("aggregate"))))
    assert one.scores["i-1"][0].tolist() == [50.0, 100.0, 0.0]
    assert one.scores["all"].tolist() == other.scores["all"].tolist() == [[25.0, 75.0, 50.0]]
    assert one.ranks.tolist() == [[3.0, 1.0, 2.0]]
    assert [name for name, _ in other.prepared.after] == ["normalise", "impute"]


def test_what_nobody_publishes_stays_missing_and_is_told() -> None:
    given = table([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    told = tell_index(given, framework(2), Recipe((Step("normalise"), Step("aggregate"))))
    assert told["missing"]["nobody_publishes"] == ["i-1"]
    assert told["missing"]["cells"] == 4
    assert told["scores"][-1]["rank"] is None
    assert told["scores"][0]["known"] == 0.5


@pytest.mark.parametrize("names", [(), ("normalise",), ("aggregate", "normalise"), ("weigh", "weigh", "aggregate")])
def test_a_recipe_that_does_not_end_with_one_aggregate_is_refused(names) -> None:
    with pytest.raises(BadInputError) as caught:
        build(table([[1.0], [2.0]]), framework(1), Recipe(tuple(map(Step, names))))
    assert caught.value.code == "steps_unfit"


def test_a_scale_over_years_with_several_transforms_is_refused() -> None:
    given = table([np.array([[1.0], [2.0], [3.0], [4.0], [100.0]]), np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])])
    steps = (Step("treat", {"winsorise_most": 0, "anchor": "each"}), Step("normalise"), Step("aggregate"))
    with pytest.raises(BadInputError) as caught:
        build(given, framework(1), Recipe(steps))
    assert caught.value.code == "anchor_unfit"
    build(given, framework(1), Recipe((steps[0], Step("normalise", {"anchor": "each"}), steps[2])))
    build(given, framework(1), Recipe((Step("treat", {"winsorise_most": 0}), *steps[1:])))


def test_the_order_of_adding_up_breaks_no_tie() -> None:
    assert ranks_of(np.array([[0.1 + 0.2, 0.3, 0.1, np.nan], [0.0, 0.0, 0.0, 0.0]]))[:, :3].tolist() == [
        [1.0, 1.0, 3.0], [1.0, 1.0, 1.0],
    ]  # fmt: skip


def test_what_an_indicator_without_a_scale_weighs_is_told() -> None:
    given = table([[1.0, 7.0, 3.0], [2.0, 7.0, 9.0], [3.0, 7.0, np.nan]])
    told = tell_index(given, framework(3, weight=[1.0, 2.0, 3.0]), Recipe((Step("normalise"), Step("aggregate"))))
    assert [one["effective"] for one in told["weights"]] == [0.25, 0.0, 0.75, 1.0]
    assert {one["region"]: (one["known"], one["known_used"]) for one in told["scores"]} == {
        "r-0": (1.0, 2 / 3), "r-1": (1.0, 2 / 3), "r-2": (2 / 3, 1 / 3),
    }  # fmt: skip


def test_an_indicator_whose_figures_are_all_alike_is_told() -> None:
    meta = b"code,parent\na,all\nb,all\nall,\n"
    *_, noted = read_index(b"region,a,b\nx,5,1\ny,5,2\n", meta, b"[normalise]\n[aggregate]\n", Catalog.load(None))
    assert [(one.rule, one.value) for one in noted] == [("indicator_constant", "a")]
