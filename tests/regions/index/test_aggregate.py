"""Means, who beats whom, and the best light."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.regions.index.made import framework, table

from qipan.kernel.errors import BadInputError
from qipan.regions.index.aggregate import aggregate, copeland, in_best_light
from qipan.regions.index.weigh import Weights
from qipan.regions.model.recipe import Step

WEIGHTS = [2.0, 1.0, 1.0]
# The example of COINr's tests: columns 1:4, c(3:1, 5), c(2, 3, 1, 4).
FOUR = np.array([[1.0, 3, 2], [2, 2, 3], [3, 1, 1], [4, 5, 4]])


def added(value, weights=(1.0, 1.0, 1.0), **settings):
    share = np.array(weights) / sum(weights)
    of = Weights({**{f"i-{at}": one for at, one in enumerate(share)}, "all": 1.0})
    return aggregate(table(value), framework(len(weights)), of, Step("aggregate", settings))["all"][0]


def test_means_of_one_two_three_are_the_published_ones() -> None:
    value = [[1.0, 2.0, 3.0]]
    assert added(value, WEIGHTS)[0] == pytest.approx(7 / 4)
    assert added(value, method="geometric")[0] == pytest.approx(6 ** (1 / 3))
    assert added(value, [1, 1, 2], method="geometric")[0] == pytest.approx(18 ** (1 / 4))
    assert added(value, WEIGHTS, method="harmonic")[0] == pytest.approx(4 / (2 / 1 + 1 / 2 + 1 / 3))


def test_the_weights_of_the_rest_count_where_something_is_missing() -> None:
    value = [[1.0, np.nan, 3.0], [np.nan] * 3]
    assert added(value, [1, 5, 3]) == pytest.approx([2.5, np.nan], nan_ok=True)
    assert np.isnan(added(value, least=0.7)).all()


def test_who_beats_whom_is_that_of_coinr() -> None:
    assert copeland(FOUR, np.ones(3)).tolist() == [-1, 1, -3, 3]
    assert added(FOUR, method="outranking") == pytest.approx([1.0, 4 / 3, 2 / 3, 3.0])


@given(st.integers(0, 10**6))
def test_wins_and_losses_cancel(seed) -> None:
    rng = np.random.default_rng(seed)
    value = rng.integers(0, 4, (7, 4)).astype(float)
    assert copeland(value, rng.random(4) + 0.1).sum() == 0.0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_no_other_weights_show_a_region_in_a_better_light(seed) -> None:
    rng = np.random.default_rng(seed)
    value = rng.random((6, 3)) + 0.01
    found = in_best_light(value)
    assert found.max() == pytest.approx(1)
    for weights in rng.random((20, 3)):
        reached = value @ weights
        assert (reached / reached.max() <= found + 1e-9).all()


def test_bounds_of_shares_keep_every_indicator_in() -> None:
    value = np.array([[9.0, 1.0], [1.0, 9.0], [5.0, 5.0]])
    assert in_best_light(value).tolist() == pytest.approx([1, 1, 1])
    assert (in_best_light(value, (0.5, 0.5)) <= [0.4, 0.4, 1.0 + 1e-9]).all()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"method": "sum"}, "method_unknown"),
        ({"method": ["arithmetic", "geometric"]}, "levels_differ"),
        ({"method": "geometric"}, "aggregate_not_positive"),
        ({"method": "harmonic"}, "aggregate_not_positive"),
        ({"method": "benefit_of_doubt"}, "aggregate_not_positive"),
        ({"method": "benefit_of_doubt", "bounds": [0.5, 0.6]}, "aggregate_not_positive"),
    ],
)
def test_what_cannot_be_added_is_refused(asked, code) -> None:
    with pytest.raises(BadInputError) as caught:
        added([[1.0, 2.0, -1.0], [1, 1, 1], [1, 0, 1]], **asked)
    assert caught.value.code == code


def test_bounds_that_cannot_add_up_are_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        in_best_light(np.ones((2, 3)), (0.5, 0.6))
    assert caught.value.code == "bounds_unfit"
