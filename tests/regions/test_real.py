"""Known results on real panels, from the file to the printed digit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qipan.bootstrap.regions import read_panel
from qipan.facts.catalog import Catalog
from qipan.regions.tell import tell_convergence, tell_disparity

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of real panels; where it is not there, say so."""
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "regions"
    if not folder.is_dir():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return folder


@pytest.fixture(scope="module")
def provinces(folder):
    """Return GDP per head of Chinese provinces, weighed by people; the two files order provinces differently."""
    catalog = Catalog.load(None)
    gdp, people = (
        read_panel((folder / f"china_{name}_2000_2015.csv.gz").read_bytes(), catalog)[0]
        for name in ("gdp", "population")
    )
    return gdp.per(people)


def test_theil_of_chinese_provinces_is_the_known_one(provinces) -> None:
    told = {one["year"]: one for one in tell_disparity(provinces, ["macro4"])["years"]}
    for year, total, between, share, sigma in (
        (2000, 0.12151, 0.07785, 0.641, 0.529), (2015, 0.06656, 0.03640, 0.547, 0.381),
    ):  # fmt: skip
        assert told[year]["theil_t"] == pytest.approx(total, abs=5e-6)
        assert told[year]["theil_t_parts"]["between"]["macro4"] == pytest.approx(between, abs=5e-6)
        assert told[year]["theil_t_parts"]["between"]["macro4"] / told[year]["theil_t"] == pytest.approx(
            share, abs=5e-4
        )
        assert told[year]["sigma"] == pytest.approx(sigma, abs=5e-4)
    assert told[2015]["shares"]["east"]["amount"] == pytest.approx(0.525, abs=5e-4)
    assert told[2015]["shares"]["northeast"]["amount"] == pytest.approx(0.060, abs=5e-4)


@pytest.mark.parametrize(
    ("last", "rate", "error", "r_squared"), [(1988, 0.0197, 0.0036, 0.89), (2000, 0.0175, 0.0030, 0.90)]
)
def test_convergence_of_american_states_is_the_known_one(folder, last, rate, error, r_squared) -> None:
    without = ["United States", "AK", "HI", "DC"]
    panel, left_out, _ = read_panel(
        (folder / "us_state_income_1840_2024.csv.gz").read_bytes(), Catalog.load(None), without=without
    )
    assert left_out == ()
    found = tell_convergence(panel.between(1880, last))["beta"]
    assert found["rate"] == pytest.approx(rate, abs=5e-5)
    assert found["standard_error"] == pytest.approx(error, abs=6e-5)
    assert found["line"]["r_squared"] == pytest.approx(r_squared, abs=5e-3)
    assert found["line"]["count"] == 47
