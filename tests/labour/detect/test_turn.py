"""Loss since the last turn, against its definition, and where a fall of the year before hides nothing."""

from __future__ import annotations

import numpy as np
from tests.labour.conftest import panel_of

from qipan.labour.detect.sahm import rise
from qipan.labour.detect.turn import lost_since_turn, turn
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule


def by_hand(path, recovered: float) -> list[float]:
    low = high = path[0]
    found = []
    for now in path:
        high = max(high, now)
        if now <= low or high - now >= recovered:
            low = high = now
        found.append(now - low)
    return found


def test_a_recovery_of_the_size_ends_a_loss():
    paths = np.random.default_rng(1).normal(0.0, 1.0, (5, 60)).cumsum(axis=1)
    for recovered in (0.5, 2.0):
        wanted = [by_hand(path, recovered) for path in paths.tolist()]
        np.testing.assert_allclose(lost_since_turn(paths, recovered), wanted)


def test_after_a_deep_fall_a_recovering_cell_is_quiet_long_before_a_year_is_over():
    values = np.full((1, 40), 5.0)
    values[0, 20:] = 15.0 - 0.6 * np.arange(20).clip(max=12)
    watch = Watch.over(panel_of(values), EventRule.read("rise 2.0"))
    assert (turn(watch)[0, 22:] == 0.0).all()
    assert (rise(watch)[0, 22:30] > 2.0).all()


def test_gaps_turn_nothing():
    found = lost_since_turn(np.array([[np.nan, 1.0, np.nan, 3.0, np.nan, 2.5]]), 1.0)
    np.testing.assert_array_equal(found, [[np.nan, 0.0, np.nan, 2.0, np.nan, 1.5]])
