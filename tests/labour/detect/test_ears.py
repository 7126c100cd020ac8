"""EARS against its definition, written out."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of

from qipan.labour.detect.ears import c1, c2, c3
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule


@pytest.fixture
def watch() -> Watch:
    values = np.random.default_rng(2).normal(5.0, 0.4, (2, 40))
    return Watch.over(panel_of(values), EventRule.read("rise 2.0"))


def deviation(watch: Watch, cell: int, at: int, gap: int) -> float:
    baseline = watch.losses[cell, at - gap - 12 : at - gap]
    return (watch.losses[cell, at] - baseline.mean()) / baseline.std()


def test_c1_and_c2_are_deviations_from_the_year_before(watch):
    for cell in range(2):
        assert c1(watch)[cell, 30] == pytest.approx(deviation(watch, cell, 30, 0))
        assert c2(watch)[cell, 30] == pytest.approx(deviation(watch, cell, 30, 2))


def test_c3_adds_up_what_three_of_c2_exceed_one_by(watch):
    for cell in range(2):
        wanted = sum(max(0.0, deviation(watch, cell, at, 2) - 1.0) for at in (28, 29, 30))
        assert c3(watch)[cell, 30] == pytest.approx(wanted)


def test_a_series_that_never_moved_is_not_alarmed_by_rounding():
    values = np.full((1, 40), 5.0)
    values[0, 30] += 1e-9
    assert c1(Watch.over(panel_of(values), EventRule.read("rise 2.0")))[0, 30] < 1e-5
