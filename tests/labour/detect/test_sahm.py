"""Sahm's rule against its definition, written out."""

from __future__ import annotations

import numpy as np
from tests.labour.conftest import panel_of

from qipan.labour.detect.sahm import rise, sahm
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule


def test_sahm_is_the_mean_of_three_months_over_the_least_of_a_year():
    values = np.random.default_rng(1).normal(5.0, 0.4, (2, 40))
    watch = Watch.over(panel_of(values), EventRule.read("rise 2.0"))
    means = np.array([[path[at - 2 : at + 1].mean() for at in range(2, 40)] for path in values])
    wanted = [means[cell, 30] - means[cell, 18:31].min() for cell in range(2)]
    np.testing.assert_allclose(sahm(watch)[:, 32], wanted)
    np.testing.assert_allclose(rise(watch)[:, 32], values[:, 32] - values[:, 20:33].min(axis=1))
