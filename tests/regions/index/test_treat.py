"""Outliers: pulled in as published, transformed where that does not do, and told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regions.index.made import table

from qipan.regions.index.treat import shape, treat, winsorise
from qipan.regions.model.recipe import Step

TWELVE = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100])
LIMITS = (2.0, 3.5)


def treated(value, **settings):
    found, told = treat(table(np.array(value)[:, None]), Step("treat", settings))
    return found.value[0, :, 0], told


def test_twelve_numbers_are_pulled_in_as_published() -> None:
    # The example of COINr's winsorise(): one point, from 100 to 30.
    found, pulled = winsorise(TWELVE, 5, LIMITS)
    assert found.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 30]
    assert pulled.tolist() == [11]
    assert shape(TWELVE) == pytest.approx((3.063241, 9.741391), abs=5e-7)


def test_low_outliers_are_pulled_up() -> None:
    found, pulled = winsorise(-TWELVE, 5, LIMITS)
    assert found.min() == -30.0
    assert pulled.tolist() == [11]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"then": "log"}, np.log(TWELVE - 1.0 + 0.99)),
        ({"then": "log_shift"}, np.log(TWELVE)),
        ({"then": "log_either_way"}, np.log(TWELVE - 1.0 + 0.99)),
        ({"then": "box_cox", "power": 0.5}, (TWELVE**0.5 - 1.0) / 0.5),
        ({"then": "none"}, TWELVE),
    ],
)
def test_what_cannot_be_pulled_in_is_transformed(settings, expected) -> None:
    found, (told,) = treated(TWELVE, winsorise_most=0, **settings)
    assert found == pytest.approx(expected)
    assert told.transform == ("" if settings["then"] == "none" else settings["then"])
    assert told.winsorised == ()


def test_low_outliers_are_turned_before_their_logarithm() -> None:
    found, _ = treated(-TWELVE, winsorise_most=0, then="log_either_way")
    assert found == pytest.approx(-np.log(TWELVE - 1.0 + 0.99))


def test_an_indicator_within_limits_or_set_apart_stays_as_it_is() -> None:
    assert treated(np.arange(12.0))[1] == ()
    assert treated(TWELVE, method="none")[1] == ()
    assert treated(np.ones(12))[1] == ()


@given(st.integers(0, 10**6), st.integers(0, 6))
def test_order_is_kept_and_no_more_are_pulled_than_allowed(seed, most) -> None:
    value = np.random.default_rng(seed).pareto(0.8, 30)
    found, pulled = winsorise(value, most, LIMITS)
    assert len(pulled) <= most
    assert (np.diff(found[np.argsort(value)]) >= 0).all()
    assert (np.delete(found, pulled) == np.delete(value, pulled)).all()


def test_years_of_a_panel_are_treated_alike() -> None:
    # One year alone would need a logarithm and the other none: the same figure would be two.
    given = np.stack([TWELVE, np.minimum(TWELVE, 12.0)])[:, :, None]
    found, told = treat(table(given), Step("treat", {"winsorise_most": 0}))
    assert [one.transform for one in told] == ["log", "log"]
    assert (found.value[0, :10] == found.value[1, :10]).all()
    assert found.value[0, 0, 0] == pytest.approx(np.log(0.99))
    found, told = treat(table(given), Step("treat", {"winsorise_most": 0, "anchor": "each"}))
    assert [(one.year, one.transform) for one in told] == [(2000, "log")]


def test_what_lies_beyond_the_years_of_the_anchor_is_pulled_in() -> None:
    given = np.stack([TWELVE, np.append(TWELVE[:-2], [0.0, 50.0])])[:, :, None]
    found, told = treat(table(given), Step("treat", {"winsorise_most": 1, "anchor": [2000]}))
    assert found.value[1, -2:, 0].tolist() == [0.0, 30.0]
    assert [one.winsorised for one in told] == [(11,), (11,)]
    found, told = treat(table(given), Step("treat", {"winsorise_most": 0, "anchor": [2000]}))
    assert found.value[1, -2, 0] == found.value[0, 0, 0]
    assert told[1].winsorised == (10,)
