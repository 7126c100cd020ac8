"""Learn revisions: how much values still change after their first release, from releases known by a day alone.

A value is final a year after the period that follows its own, in which it usually is first released. What was known of
it at each age before is held against that, for all periods whose values are final by the day. The mean of a cell is
shrunk towards that of all cells as far as its own says no more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.panel import Releases
from qipan.labour.model.revision import Revisions

FINAL_YEARS: Final = 1.0
"""How long after the period that follows its own a value counts as final."""
FEWEST_YEARS: Final = 1.0
"""How much final time must be known before anything is corrected."""
OWN_FROM: Final = 24
"""Periods of a cell of its own whose spread weighs as much as that of all cells."""


def age_values(releases: Releases, ages: int) -> Floats:
    """Return each value as known at the end of its period, one period later, and so on, ``(ages, cells, periods)``.

    The last of the ages is taken as final. NaN where nothing was known yet, or the panel ends before.
    """
    count = len(releases.starts)
    found = np.full((ages, len(releases.cells), count), np.nan)
    first = releases.released.min()
    for at, start in enumerate(releases.starts):
        last_day = releases.cadence.after(start, 1) - timedelta(days=1)
        if first > np.datetime64(last_day):
            continue
        values = releases.as_of(last_day).values
        for age in range(min(ages, at + 1)):
            if at - age < values.shape[1]:
                found[age, :, at - age] = values[:, at - age]
    return found


def learn_revisions(aged: Floats, period: int, fewest: int) -> Revisions:
    """Return how values of each age are still to change, as could be known at the end of a period.

    Parameters
    ----------
    aged
        As `age_values` has it, on the scale on which events are read; the last age is final.
    fewest
        Periods that must be final; with fewer nothing is corrected.

    Examples
    --------
    >>> aged = np.array([[[9.0, 9.5, 9.0, 9.5]], [[10.0, 10.0, 10.0, np.nan]]])
    >>> learn_revisions(aged, 3, fewest=2).bias.round(2).tolist()
    [[0.83, 0.0]]
    """
    until = max(0, period - len(aged) + 2)
    # What is still unknown at the period is never looked at.
    still = aged[-1, :, :until] - aged[:, :, :until]
    is_known = ~np.isnan(still)
    counts = is_known.sum(axis=2)
    if until < fewest or not is_known[:-1].any():
        nothing = np.zeros((aged.shape[1], len(aged)))
        return Revisions(nothing, nothing, 0)
    sums = np.where(is_known, still, 0.0).sum(axis=2)
    own = sums / np.maximum(counts, 1)
    together = (sums.sum(axis=1) / np.maximum(counts.sum(axis=1), 1))[:, None]
    off = np.where(is_known, still - own[:, :, None], 0.0)
    variance = (off**2).sum(axis=2) / np.maximum(counts - 1, 1)
    error = variance / np.maximum(counts, 1)
    heard = counts > 0
    between = np.where(heard, (own - together) ** 2 - error, 0.0).sum(axis=1, keepdims=True)
    between = np.maximum(between / np.maximum(heard.sum(axis=1, keepdims=True), 1), 0.0)
    whole = between + error
    weight = np.where(heard & (whole > 0.0), between / np.where(whole > 0.0, whole, 1.0), 0.0)
    bias = weight * own + (1.0 - weight) * together
    pooled = (off**2).sum(axis=(1, 2)) / np.maximum(counts.sum(axis=1) - 1, 1)
    share = counts / (counts + OWN_FROM)
    spread = np.sqrt(share * variance + (1.0 - share) * pooled[:, None])
    return Revisions(bias.T, spread.T, until)
