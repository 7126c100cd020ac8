"""Scales by their formulas, turned by direction, and anchored over years."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.index.made import framework, table

from qipan.kernel.errors import BadInputError
from qipan.regions.index.normalise import lift, normalise
from qipan.regions.model.recipe import Step

VALUE = [2.0, 4.0, 10.0, np.nan, 4.0]


def scaled(settings, value=VALUE, **of):
    given = table(np.array(value)[:, None]) if np.ndim(value) == 1 else table(value)
    return normalise(given, framework(1, **of), Step("normalise", settings)).value[..., 0]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0, 25, 100, np.nan, 25]),
        ({"method": "min_max", "range": [1, 9]}, [1, 3, 9, np.nan, 3]),
        ({"method": "z_score", "mean": 5, "deviation": 2}, None),
        ({"method": "rank"}, [1, 2, 4, np.nan, 2]),
        ({"method": "borda"}, [0, 1, 3, np.nan, 1]),
        ({"method": "percent_rank"}, [0, 1 / 3, 1, np.nan, 1 / 3]),
        ({"method": "distance_to_max"}, [0, 0.25, 1, np.nan, 0.25]),
        ({"method": "distance_to_reference", "reference": "r-1"}, [0, 1, 4, np.nan, 1]),
        ({"method": "distance_to_reference", "reference": "r-1", "cap": True}, [0, 1, 1, np.nan, 1]),
        ({"method": "distance_to_target", "target": 6}, [0, 0.5, 2, np.nan, 0.5]),
        ({"method": "fraction_of_max"}, [0.2, 0.4, 1, np.nan, 0.4]),
        ({"method": "goalposts", "goalposts": [3, 5, 10]}, [0, 5, 10, np.nan, 5]),
        ({"method": "goalposts", "goalposts": [3, 5], "cap": False}, [-0.5, 0.5, 3.5, np.nan, 0.5]),
        ({"method": "scaled", "range": [0, 20]}, [10, 20, 50, np.nan, 20]),
        ({"method": "none"}, VALUE),
    ],
)
def test_scales_follow_their_formulas(settings, expected) -> None:
    found = scaled(settings)[0]
    if expected is None:
        known = found[np.isfinite(found)]
        assert (known.mean(), known.std(ddof=1)) == pytest.approx((5.0, 2.0))
    else:
        assert found == pytest.approx(np.array(expected, dtype=float), nan_ok=True)


def test_where_less_is_better_the_least_has_most() -> None:
    assert scaled({}, direction=[-1])[0] == pytest.approx([100, 75, 0, np.nan, 75], nan_ok=True)
    assert scaled({"method": "rank"}, direction=[-1])[0] == pytest.approx([4, 2, 1, np.nan, 2], nan_ok=True)
    posts = {"method": "goalposts", "goalposts": [2, 10]}
    assert scaled(posts, direction=[-1])[0] == pytest.approx([1, 0.75, 0, np.nan, 0.75], nan_ok=True)
    found = scaled({"method": "distance_to_target"}, direction=[-1], target=[2.0])[0]
    assert found == pytest.approx([1, 0.75, 0, np.nan, 0.75], nan_ok=True)


def test_scores_compare_over_years_where_scales_are_anchored_in_all_of_them() -> None:
    panel = [[[0.0], [10.0]], [[10.0], [20.0]]]
    assert scaled({}, panel).tolist() == [[0, 50], [50, 100]]
    assert scaled({"anchor": "each"}, panel).tolist() == [[0, 100], [0, 100]]
    assert scaled({"anchor": [2000]}, panel).tolist() == [[0, 100], [100, 200]]


def test_a_lifted_scale_is_above_zero_and_keeps_the_order() -> None:
    given = table(np.array([[-2.0, np.nan], [0.0, np.nan], [2.0, np.nan]]))
    assert lift(given).value[0, :, 0].tolist() == [1.0, 50.5, 100.0]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"method": "guess"}, "method_unknown"),
        ({"anchor": [1990]}, "anchor_unfit"),
        ({"method": "distance_to_reference", "reference": "x"}, "scale_unfit"),
        ({"method": "distance_to_target"}, "scale_unfit"),
        ({"method": "goalposts"}, "scale_unfit"),
        ({"range": [1, 1]}, "scale_unfit"),
    ],
)
def test_scales_that_do_not_fit_are_refused(settings, code) -> None:
    with pytest.raises(BadInputError) as caught:
        scaled(settings)
    assert caught.value.code == code


def test_a_fraction_of_the_best_turns_where_less_is_better() -> None:
    found = scaled({"method": "fraction_of_max"}, direction=[-1])[0]
    assert found == pytest.approx([1, 0.5, 0.2, np.nan, 0.5], nan_ok=True)
    for value, direction in (([-3.0, -1.0, 0.0], 1), ([0.0, 1.0, 2.0], -1), ([-1.0, 1.0], -1)):
        with pytest.raises(BadInputError) as caught:
            scaled({"method": "fraction_of_max"}, value, direction=[direction])
        assert caught.value.code == "scale_unfit"
