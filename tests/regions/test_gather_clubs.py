"""Clubs: planted ones are found, the test follows its formula, and settings are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.regions.made import panel

from qipan.kernel.errors import BadInputError
from qipan.regions.gather_clubs import gather, log_t, roughness, trend
from qipan.regions.model.panel import Panel


def planted(seed: int = 3, years: int = 40):
    """Return two sets of regions, each of which closes on a path of its own."""
    rng = np.random.default_rng(seed)
    time = np.arange(years)
    start = rng.uniform(-0.3, 0.3, 16)
    close = start[:, None] * np.exp(-0.08 * time)
    path = np.where(np.arange(16)[:, None] < 8, 2.0 + 0.03 * time, 1.0 + 0.01 * time)
    return panel(np.exp(close + path).T, years=range(1980, 1980 + years))


def test_planted_clubs_are_found() -> None:
    found = gather(planted())
    assert not found.whole.converges
    assert [set(one.regions) for one in found.merged] == [
        {f"r-{at}" for at in range(8)}, {f"r-{at}" for at in range(8, 16)},
    ]  # fmt: skip
    assert found.divergent == ()


def test_who_goes_its_own_way_is_in_no_club() -> None:
    given_away = planted()
    away = given_away.value * 1.0
    away[:, 0] = np.exp(2.0 + 0.09 * np.arange(40))
    found = gather(panel(away, years=given_away.years))
    assert "r-0" in found.divergent


def test_regions_that_all_converge_are_one_club() -> None:
    whole = planted()
    found = gather(panel(whole.value[:, :8], years=whole.years))
    assert len(found.merged) == 1
    assert found.whole.converges


def test_the_slope_of_a_power_of_time_is_twice_its_speed() -> None:
    # H falls as t^(-2a) over log(t)^2, so that log t is a line with slope 2a.
    time = np.arange(1.0, 61.0)
    for speed in (0.1, 0.4):
        size = time**-speed / np.log(np.maximum(time, 1.5))
        found = log_t(np.array([1 + size, 1 - size]) * 5.0)
        assert found.slope == pytest.approx(2 * speed, abs=1e-6)
        assert found.converges


def test_a_line_is_its_own_trend_and_figures_that_are_smooth_are_taken_as_they_are() -> None:
    rng = np.random.default_rng(5)
    rough = np.exp(np.cumsum(rng.normal(0.02, 0.03, (10, 40)), axis=1))
    smooth = np.exp(np.array([trend(one, 400.0) for one in np.log(rough)]))
    assert roughness(rough) > 0.5
    assert roughness(smooth) < 0.25
    years = range(1980, 2020)
    assert gather(panel(rough.T, years=years)).smoothness == 400.0
    assert gather(panel(smooth.T, years=years)).smoothness is None
    assert gather(panel(rough.T, years=years), as_is=True).smoothness is None
    assert trend(np.arange(9.0), 6.25) == pytest.approx(np.arange(9.0))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_each_region_is_in_one_club_or_in_none(seed) -> None:
    rng = np.random.default_rng(seed)
    found = gather(panel(np.exp(np.cumsum(rng.normal(0.03, 0.02, (20, 8)), axis=0)), years=range(2000, 2020)))
    for clubs in (found.found, found.merged):
        regions = [region for one in clubs for region in one.regions]
        assert sorted([*regions, *found.divergent]) == sorted(f"r-{at}" for at in range(8))
    assert [number for one in found.merged for number in one.of] == list(range(1, len(found.found) + 1))


@pytest.mark.parametrize(
    ("value", "years", "asked", "code"),
    [
        (np.ones((5, 4)), range(5), {}, "trim_unfit"),
        (np.ones((7, 4)), range(7), {"trim": 0.1}, "years_few"),
        (np.ones((9, 4)), [*range(8), 12], {}, "years_gaps"),
        (np.ones((9, 1)), range(9), {}, "points_few"),
        (-np.ones((9, 4)), range(9), {}, "value_not_positive"),
        (np.ones((9, 4)), range(9), {"trim": 2.0}, "trim_unfit"),
    ],
)
def test_what_no_club_is_seen_in_is_refused(value, years, asked, code) -> None:
    with pytest.raises(BadInputError) as caught:
        gather(panel(value, years=[2000 + year for year in years]), **asked)
    assert caught.value.code == code


def test_figures_are_not_smoothed_and_taken_as_they_are_at_once() -> None:
    made = Panel(tuple("abcd"), tuple(range(2000, 2012)), np.ones((12, 4)), np.ones((12, 4)), {})
    with pytest.raises(BadInputError) as caught:
        gather(made, smoothness=400.0, as_is=True)
    assert caught.value.code == "trend_unfit"
