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
