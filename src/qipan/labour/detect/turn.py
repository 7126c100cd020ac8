"""Loss since the last turning point that could be known by then.

Where a value is compared with the best of a year, it looks lost for a year after a deep fall, however fast it recovers.
Here a recovery by a part of an event ends the loss, and what is lost after it counts anew: a zig-zag as that of the
events, but one that never looks ahead.

Source: `harding2002` (turning points).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Watch

RECOVERED: Final = 0.25
"""Share of an event whose recovery ends a loss."""


def turn(watch: Watch) -> Floats:
    """Return what was lost since the last turning point, ``(cells, periods)``."""
    return lost_since_turn(watch.losses, RECOVERED * watch.depth)


def lost_since_turn(losses: Floats, recovered: float) -> Floats:
    """Return what was lost since a recovery of a size, or since the least value after it, ``(cells, periods)``.

    Examples
    --------
    >>> lost_since_turn(np.array([[1.0, 3.0, 2.5, 1.5, 2.0, 1.0]]), 1.0)
    array([[0. , 2. , 1.5, 0. , 0.5, 0. ]])
    """
    found = np.full_like(losses, np.nan)
    low, high = np.full(len(losses), np.inf), np.full(len(losses), -np.inf)
    for at, now in enumerate(losses.T):
        # Comparisons with NaN are false: what is not known turns nothing.
        turns = (now <= low) | (np.fmax(high, now) - now >= recovered)
        low = np.where(turns, now, low)
        high = np.where(turns, now, np.fmax(high, now))
        found[:, at] = now - low
    return found
