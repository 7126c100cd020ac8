"""Measures of disparity: published values, and what each must keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.regions.measure import MEASURES, measure

amounts = st.lists(st.floats(0.01, 1e6), min_size=2, max_size=12).map(np.array)


def test_measures_of_five_incomes_are_the_published_ones() -> None:
    # REAT's manual prints Theil's L, that of PySAL Theil's T.
    found = measure(np.array([10.0, 10.0, 10.0, 20.0, 50.0]), np.ones(5))
    assert round(found["theil_l"], 7) == 0.2326302
    assert round(found["theil_t"], 7) == 0.2502012
    assert set(found) == set(MEASURES)


def test_where_all_are_alike_nothing_is_unequal() -> None:
    found = measure(np.full(4, 7.0), np.array([1.0, 2.0, 3.0, 4.0]))
    assert all(abs(found[name]) < 1e-12 for name in MEASURES if name != "hhi")
    assert found["hhi"] == pytest.approx(0.3)


def test_where_one_has_all_the_measures_are_at_their_ends() -> None:
    found = measure(np.array([0.0, 0.0, 0.0, 4.0]), np.ones(4))
    assert found["gini"] == 0.75
    assert found["theil_t"] == pytest.approx(math.log(4))
    assert found["atkinson"] == 1.0
    assert math.isnan(found["theil_l"])
    assert math.isnan(found["sigma"])


@given(amounts, st.floats(0.1, 1e4))
def test_no_measure_knows_the_unit(value, times) -> None:
    one, other = measure(value, np.ones(len(value))), measure(value * times, np.ones(len(value)))
    assert all(one[name] == pytest.approx(other[name], rel=1e-6, abs=1e-9) for name in MEASURES)


@given(amounts)
def test_two_halves_of_a_region_count_as_the_whole(value) -> None:
    weight = np.arange(1.0, len(value) + 1)
    split = measure(np.append(value, value[0]), np.concatenate([[0.5], weight[1:], [0.5]]))
    whole = measure(value, weight)
    for name in ("gini", "theil_t", "theil_l", "atkinson", "cv", "hoover"):
        assert split[name] == pytest.approx(whole[name], rel=1e-9, abs=1e-9)


@given(amounts, st.integers(0, 10**6))
def test_a_gift_from_rich_to_poor_makes_none_of_them_larger(value, seed) -> None:
    order = np.sort(value)
    gift = (order[-1] - order[0]) / 2 * np.random.default_rng(seed).random()
    given_away = order.copy()
    given_away[-1] -= gift
    given_away[0] += gift
    before, after = measure(order, np.ones(len(order))), measure(given_away, np.ones(len(order)))
    for name in ("gini", "theil_t", "theil_l", "atkinson", "cv"):
        assert after[name] <= before[name] + 1e-9


@pytest.mark.parametrize(
    ("value", "aversion", "code"),
    [([1.0, -1.0], 1.0, "value_negative"), ([0.0, 0.0], 1.0, "value_nothing"), ([1.0, 2.0], 0.0, "aversion_unfit")],
)
def test_what_no_measure_is_made_for_is_refused(value, aversion, code) -> None:
    with pytest.raises(BadInputError) as caught:
        measure(np.array(value), np.ones(2), aversion)
    assert caught.value.code == code


def test_atkinson_of_another_aversion_is_its_own_formula() -> None:
    value, weight = np.array([1.0, 4.0]), np.array([3.0, 1.0])
    mean = 7 / 4
    assert measure(value, weight, 2.0)["atkinson"] == pytest.approx(1 - 1 / (0.75 / 1 + 0.25 / 4) / mean)
    assert measure(value, weight, 0.5)["atkinson"] == pytest.approx(1 - (0.75 * 1 + 0.25 * 2) ** 2 / mean)
