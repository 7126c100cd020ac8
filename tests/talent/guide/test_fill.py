"""Openings that are filled: the Poisson formula against its own sum, and never more than the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qipan.talent.guide.fill import below, filled


@pytest.mark.parametrize("qualified", [1e-9, 0.3, 2.0, 17.0, 400.0, 3000.0])
@pytest.mark.parametrize("openings", [1, 2, 9, 400, 2900])
def test_filled_is_the_mean_of_the_smaller_of_both(qualified, openings) -> None:
    many = np.arange(openings + 1)
    exact = stats.poisson.sf(many[:-1], qualified).sum()
    assert filled(qualified, openings) == pytest.approx(exact, rel=1e-9, abs=1e-12)
    assert below(qualified, openings) == pytest.approx(stats.poisson.cdf(openings - 1, qualified), abs=1e-9)


def test_nothing_is_filled_without_people_or_openings() -> None:
    assert (filled(0.0, 3), filled(5.0, 0), below(0.0, 3), below(0.0, 0), below(5.0, 0)) == (0.0, 0.0, 1.0, 0.0, 0.0)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12), st.integers(1, 4))
def test_filled_is_never_more_than_what_single_chances_fill(chances, openings) -> None:
    exact = np.ones(1)
    for chance in chances:
        exact = np.convolve(exact, (1.0 - chance, chance))
    truth = float(np.minimum(np.arange(len(exact)), openings) @ exact)
    assert filled(sum(chances), openings) <= truth + 1e-12


@given(st.floats(0.0, 30.0), st.floats(0.0, 5.0), st.integers(0, 6))
def test_filled_rises_ever_less(qualified, more, openings) -> None:
    first = filled(qualified + more, openings) - filled(qualified, openings)
    second = filled(qualified + 2 * more, openings) - filled(qualified + more, openings)
    assert -1e-12 <= second <= first + 1e-12 <= more + 1e-9
