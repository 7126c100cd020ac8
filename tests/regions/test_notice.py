"""Series that mix releases are noticed, and others are left in peace."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.regions.notice import breaks

YEARS = tuple(range(2010, 2020))


def grown(seed: int = 1, noise: float = 0.02):
    rng = np.random.default_rng(seed)
    return np.exp(np.cumsum(rng.normal(0.08, noise, (10, 31)), axis=0))


@pytest.mark.parametrize("seed", range(5))
def test_a_census_between_two_releases_is_noticed(seed) -> None:
    value = grown(seed)
    value[9, [1, 4, 6]] *= [0.7, 0.65, 0.72]
    assert breaks(value, YEARS) == ((9, (1, 4, 6)),)


@pytest.mark.parametrize("seed", range(5))
def test_one_release_is_left_in_peace(seed) -> None:
    assert breaks(grown(seed), YEARS) == ()


def test_one_region_alone_or_a_restless_series_or_years_apart_say_nothing() -> None:
    value = grown()
    value[9, 3] *= 0.5
    assert breaks(value, YEARS) == ()
    value = grown()
    value[2::2, [1, 4]] *= 0.6
    assert breaks(value, YEARS) == ()
    value = grown()
    value[9, [1, 4]] *= 0.6
    assert breaks(value, (*YEARS[:9], 2024)) == ()


def test_what_is_missing_says_nothing() -> None:
    assert breaks(np.full((6, 10), np.nan), YEARS[:6]) == ()
    assert breaks(np.ones((2, 10)), YEARS[:2]) == ()
