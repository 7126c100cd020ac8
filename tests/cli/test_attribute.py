"""``qipan labour attribute``: a change is put down to machines and the rest, or one cannot tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.random_employment import KINDS, random_employment
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["labour", "attribute", *map(str, words)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a panel and exposures; since 2022 machines have lowered employment."""
    folder = tmp_path_factory.mktemp("attribute")
    panel, exposure = random_employment(
        np.random.default_rng(4), KINDS[0], regions=3, industries=30, months=132, effect=-0.6, since=120
    )
    rows = [
        f"{cell.region},{cell.industry},{start:%Y-%m},{value:.6f}"
        for cell, values in zip(panel.cells, panel.values, strict=True)
        for start, value in zip(panel.starts, values, strict=True)
    ]
    paths = folder / "panel.csv", folder / "exposures.csv"
    paths[0].write_text("\n".join(["region,industry,period,value", *rows]), encoding="utf-8")
    known = [f"{about.industry},{channel},{share}" for channel, about, _, share in exposure.rows]
    paths[1].write_text("\n".join(["industry,channel,exposure", *known, "s1,,2"]), encoding="utf-8")
    return paths


def test_attribute_tells_channels_and_parts(files):
    told = shown(typed(*files, "--since", "2022-01-01", "--json"))
    (channel,) = told["channels"]
    assert (channel["verdict"], channel["reason"]) == ("lowers", "")
    assert channel["interval"][0] < channel["effect"] < channel["interval"][1] < 0.0
    assert (len(told["parts"]), told["since"], told["until"]) == (90, "2022-01-01", "2023-01-01")
    one = told["parts"][0]
    parts = sum(one[name] for name in ("machines", "cycle", "region", "industry", "rest"))
    assert one["change"] == pytest.approx(np.expm1(parts), abs=1e-4)
    assert [one["rule"] for one in told["exposures_left_out"]] == ["cell_empty"]


def test_attribute_is_told_in_words_of_both_languages(files):
    english = typed(*files, "--since", "2022-01-01").stdout
    assert "90 cells" in english
    assert "lowers" in english
    chinese = typed(*files, "--since", "2022-01-01", "--lang", "zh").stdout
    assert "90 个单元" in chinese
    assert "下降" in chinese


def test_a_day_that_does_not_fit_is_refused(files):
    assert_refused(typed(*files, "--since", "2013-01-01"), 5, "attribution_short")


def test_exposures_without_a_good_row_are_refused(files, tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("industry,channel,exposure\n,x,1\n", encoding="utf-8")
    assert_refused(typed(files[0], path, "--since", "2022-01-01"), 3, "exposures_unreadable")
