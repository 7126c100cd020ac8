"""Compare a site with sites of its kind, by statistics that a few liars cannot move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PEERS_LEAST: Final = 5
NORMAL: Final = 1.4826
"""Deviation of a normal distribution over its median absolute deviation."""


def compare_peers(value: Floats, kinds: Sequence[str]) -> Floats:
    """Return how many robust deviations each site is away from the median of its kind.

    NaN where a site is silent, or fewer than `PEERS_LEAST` sites of its kind have told.

    Examples
    --------
    >>> compare_peers(np.array([10.0, 11.0, 9.0, 10.5, 9.5, 4.0]), ["a"] * 6).round(1).tolist()
    [0.2, 1.1, -0.7, 0.7, -0.2, -5.2]
    """
    found = np.full(len(value), np.nan)
    kind = np.array(kinds)
    for one in dict.fromkeys(kinds):
        rows = np.flatnonzero((kind == one) & ~np.isnan(value))
        if len(rows) < PEERS_LEAST:
            continue
        centre = np.median(value[rows])
        spread = NORMAL * np.median(np.abs(value[rows] - centre))
        found[rows] = (value[rows] - centre) / max(spread, 1e-12)
    return found
