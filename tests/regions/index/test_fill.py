"""Denominators, gaps and regions with too little, by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.index.made import framework, table

from qipan.kernel.errors import BadInputError
from qipan.regions.index.fill import denominate, impute, screen
from qipan.regions.model.recipe import Step

NAN = np.nan


def filled(value, settings, **of):
    return impute(table(value, **of), Step("impute", settings)).value


def test_figures_are_divided_by_their_region_and_missing_where_the_denominator_is() -> None:
    given = table([[10.0, 1], [20.0, 1], [30.0, 1]], others={"people": [[2.0, 0.0, NAN]]})
    shape = framework(2, denominator=["people", ""])
    found = denominate(given, shape, Step("denominate", {}, {"i-0": {"scale": 100}})).value[0]
    assert found[:, 0].tolist() == pytest.approx([500.0, NAN, NAN], nan_ok=True)
    assert found[:, 1].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(BadInputError) as caught:
        denominate(table([[10.0, 1]]), shape, Step("denominate"))
    assert caught.value.code == "denominator_missing"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"method": "mean"}, 4.0),
        ({"method": "median"}, 2.0),
        ({"method": "group_mean", "group": "zone"}, 1.5),
        ({"method": "group_median", "group": "zone"}, 1.5),
        ({"method": "none"}, NAN),
    ],
)
def test_gaps_are_filled_from_the_other_regions_of_the_year(settings, expected) -> None:
    found = filled([[1.0], [2.0], [NAN], [9.0]], settings, zone=("n", "n", "n", "s"))
    assert found[0, 2, 0] == pytest.approx(expected, nan_ok=True)
    assert found[0, [0, 1, 3], 0].tolist() == [1.0, 2.0, 9.0]


def test_gaps_are_filled_along_the_years_of_a_region() -> None:
    value = [[[NAN]], [[2.0]], [[NAN]], [[NAN]], [[8.0]]]
    assert filled(value, {"method": "latest"})[:, 0, 0].tolist() == pytest.approx([NAN, 2, 2, 2, 8], nan_ok=True)
    assert filled(value, {"method": "latest", "most_years": 1})[:, 0, 0].tolist() == pytest.approx(
        [NAN, 2, 2, NAN, 8], nan_ok=True
    )
    assert filled(value, {"method": "linear"})[:, 0, 0].tolist() == [2, 2, 4, 6, 8]


def test_what_nobody_publishes_stays_missing() -> None:
    assert np.isnan(filled([[NAN, 1.0], [NAN, 3.0]], {"method": "mean"})[0, :, 0]).all()


def test_regions_with_too_little_are_left_out_and_told() -> None:
    found, told = screen(table([[1.0, NAN], [1.0, 0.0]]), Step("screen", {"least": 0.6}))
    assert told.left_out == ((2000, "r-0", 0.5),)
    assert np.isnan(found.value[0, 0]).all()
    _, told = screen(table([[1.0, NAN], [1.0, 0.0]]), Step("screen", {"least": 0.6, "by": "zero"}))
    assert [region for _, region, _ in told.left_out] == ["r-0", "r-1"]


@pytest.mark.parametrize(
    ("settings", "code"), [({"method": "guess"}, "method_unknown"), ({"method": "group_mean"}, "partition_unknown")]
)
def test_what_cannot_be_filled_is_refused(settings, code) -> None:
    with pytest.raises(BadInputError) as caught:
        filled([[1.0], [NAN]], settings)
    assert caught.value.code == code


def test_how_far_back_latest_looks_is_in_years() -> None:
    given = table([[[1.0]], [[np.nan]], [[np.nan]]], years=[2010, 2011, 2020])
    found = impute(given, Step("impute", {"method": "latest", "most_years": 2}))
    assert found.value[:2, 0, 0].tolist() == [1.0, 1.0]
    assert np.isnan(found.value[2, 0, 0])
