"""EARS, the early aberration reporting system of epidemiology: a value against mean and spread of a baseline before it.

Source: `hutwagner2003`. Its baseline of seven days is one year here, and its gap of two days two months: labour moves
slower.
"""

from __future__ import annotations

import numpy as np

from qipan.labour.detect.windows import earlier, over_last
from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Watch

SPREAD_LEAST = 1e-3
"""Least spread of a baseline, as a share of an event: a series that never moved is not alarmed by rounding."""


def c1(watch: Watch) -> Floats:
    """Return deviations from the baseline that ends just before, ``(cells, periods)``."""
    return _deviations(watch, gap=0)


def c2(watch: Watch) -> Floats:
    """Return deviations from a baseline that ends two months before, so that a slow onset does not hide in it."""
    return _deviations(watch, gap=watch.periods(1 / 6))


def c3(watch: Watch) -> Floats:
    """Return the sum of what the last three deviations of C2 exceed one by."""
    excess = np.maximum(0.0, c2(watch) - 1.0)
    return over_last(excess, 3, np.nansum)


def _deviations(watch: Watch, gap: int) -> Floats:
    baseline = watch.periods(1.0)
    mean = earlier(over_last(watch.losses, baseline, np.nanmean), gap + 1)
    spread = earlier(over_last(watch.losses, baseline, np.nanstd), gap + 1)
    return (watch.losses - mean) / np.maximum(spread, SPREAD_LEAST * watch.depth)
