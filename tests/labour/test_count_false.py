"""False alarms and their bound: shared years are one draw, and no alarm is no proof of none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from qipan.labour.count_false import count_false


def test_the_bound_of_no_false_alarm_is_that_of_poisson():
    begins = np.zeros((10, 120), dtype=bool)
    found = count_false(begins, ~begins, 12.0)
    assert (found.found, found.years) == (0, 100.0)
    assert poisson.cdf(0, found.upper * 100.0) == pytest.approx(0.05)


def test_alarms_of_one_year_are_one_draw():
    spread, together = np.zeros((2, 10, 120), dtype=bool)
    spread[np.arange(10), np.arange(10) * 12] = True
    together[:, 60] = True
    quiet = np.ones_like(spread)
    assert count_false(together, quiet, 12.0).a_year == count_false(spread, quiet, 12.0).a_year
    assert count_false(together, quiet, 12.0).upper > count_false(spread, quiet, 12.0).upper


def test_time_to_come_has_chance_of_its_own():
    begins = np.zeros((10, 120), dtype=bool)
    none = count_false(begins, ~begins, 12.0)
    # Of five that fall into one time or the other, all fall into the second in one of 32 cases.
    assert none.to_come == pytest.approx(4 / 100.0)
    begins[np.arange(10), np.arange(10) * 12] = True
    some = count_false(begins, np.ones_like(begins), 12.0)
    assert some.a_year < some.upper < some.to_come


def test_what_is_to_come_is_above_its_bound_as_seldom_as_it_says():
    rng = np.random.default_rng(5)
    quiet = np.ones((8, 360), dtype=bool)
    # Alarms are shared by all cells of a year, so years are what is drawn.
    drawn = [np.repeat(rng.random((2, 1, 30)) < 0.15, 12, axis=2) & (np.arange(360) % 12 == 5) for _ in range(400)]
    above = [
        count_false(now & quiet, quiet, 12.0).to_come < count_false(then & quiet, quiet, 12.0).a_year
        for now, then in drawn
    ]
    assert 0.01 < np.mean(above) < 0.09
