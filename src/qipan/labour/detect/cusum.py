"""CUSUM: changes add up as far as they exceed what is usual, and never fall below nothing.

Source: `page1954`; scaled by median and median deviation of the past, which single shocks do not move.
"""

from __future__ import annotations

import numpy as np

from qipan.labour.detect.ears import SPREAD_LEAST
from qipan.labour.detect.windows import earlier
from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Watch

SLACK = 0.5
"""Deviations of a change that are taken as usual."""
NORMAL_OF_MEDIAN_DEVIATION = 1.4826
PAST_YEARS, PAST_MOST_YEARS = 0.5, 10.0
"""Years of changes that a scale needs, and how many it looks back at."""


def cusum(watch: Watch) -> Floats:
    """Return the sum of excessive changes, in deviations, ``(cells, periods)``."""
    changes = watch.losses - earlier(watch.losses, 1)
    needed, most = watch.periods(PAST_YEARS), watch.periods(PAST_MOST_YEARS)
    sums = np.full_like(changes, np.nan)
    total = np.zeros(len(changes))
    for at in range(needed + 1, changes.shape[1]):
        past = changes[:, max(1, at - most) : at]
        scaled = np.full(len(changes), np.nan)
        has_past = (~np.isnan(past)).sum(axis=1) >= needed
        usual = np.nanmedian(past[has_past], axis=1, keepdims=True)
        spread = NORMAL_OF_MEDIAN_DEVIATION * np.nanmedian(np.abs(past[has_past] - usual), axis=1)
        scaled[has_past] = (changes[has_past, at] - usual[:, 0]) / np.maximum(spread, SPREAD_LEAST * watch.depth)
        # A change that is not known adds nothing.
        total = np.maximum(0.0, total + np.where(np.isnan(scaled), 0.0, scaled - SLACK))
        sums[:, at] = np.where(np.isnan(watch.losses[:, at]) | ~has_past, np.nan, total)
    return sums
