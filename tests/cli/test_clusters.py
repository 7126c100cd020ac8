"""``qipan labour clusters``: adjoining regions that lose work together are told, without a home."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.cli.conftest import assert_refused, shown
from tests.labour.test_scan_clusters import BESIDE, CELLS, SIDE, WEEKS, losses
from typer.testing import CliRunner, Result

from qipan.facts.catalog import Catalog
from qipan.interfaces.cli.app import app
from qipan.labour.model.panel import Cadence, Cell

PROVINCES = [one.adcode for one in Catalog.load().regions()][: SIDE**2]


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["labour", "clusters", *map(str, words)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory):
    """Return a panel in which three adjoining regions have lost a fifth, and who adjoins whom."""
    from datetime import date

    folder = tmp_path_factory.mktemp("clusters")
    values = losses(3)
    values[[CELLS.index(Cell(name, "a")) for name in ("22", "23", "33")], WEEKS - 2 :] += 0.20
    starts = [Cadence.WEEK.after(date(2020, 1, 6), at) for at in range(WEEKS)]
    rows = [
        f"{cell.region},{cell.industry},{start},{100 * np.exp(-value):.4f}"
        for cell, some in zip(CELLS, values, strict=True)
        for start, value in zip(starts, some, strict=True)
    ]
    panel, beside = folder / "panel.csv", folder / "beside.csv"
    panel.write_text("\n".join(["region,industry,period,value", *rows]), encoding="utf-8")
    pairs = [f"{one},{other}" for one, others in BESIDE.items() for other in others]
    beside.write_text("\n".join(["region,neighbour", *pairs]), encoding="utf-8")
    return panel, beside


def test_clusters_are_told_in_numbers_and_in_words_of_both_languages(files):
    told = shown(typed(*files, "--events", "fall 10%", "--json"))
    (one,) = told["clusters"]
    assert (one["industries"], len({"22", "23", "33"} & set(one["regions"])) >= 2) == (["a"], True)
    assert (told["regions"], told["noted"]) == (25, [])
    words = typed(*files, "--events", "fall 10%").stdout
    assert "1 clusters in the week" in words
    assert "1 处聚集" in typed(*files, "--events", "fall 10%", "--lang", "zh").stdout


def test_what_was_not_known_yet_tells_nothing(files):
    told = shown(typed(*files, "--events", "fall 10%", "--as-of", "2022-01-20", "--json"))
    assert told["clusters"] == []


def test_neighbours_without_a_good_row_are_refused(files, tmp_path):
    path = tmp_path / "n.csv"
    path.write_text("region,neighbour\n,x\n", encoding="utf-8")
    refused = typed(files[0], path, "--events", "fall 10%", "--json")
    assert_refused(refused, 3, "neighbours_unreadable")
    assert json.loads(refused.stderr)["findings"][0]["rule"] == "cell_empty"


def test_provinces_need_no_neighbours_and_other_regions_do(files, tmp_path):
    names = dict(zip(sorted(BESIDE), PROVINCES, strict=True))
    text = files[0].read_text(encoding="utf-8")
    lines = [line.split(",", 1) for line in text.splitlines()]
    path = tmp_path / "provinces.csv"
    path.write_text("\n".join(f"{names.get(one, one)},{rest}" for one, rest in lines), encoding="utf-8")
    told = shown(typed(path, "--events", "fall 10%", "--json"))
    assert (told["regions"], told["neighbours_left_out"]) == (25, [])
    # What lost a fifth in three regions is no whole any more, since other regions adjoin.
    assert {name for one in told["clusters"] for name in one["regions"]} >= {names["22"]}
    assert_refused(typed(files[0], "--events", "fall 10%", "--json"), 3, "neighbours_unknown")
