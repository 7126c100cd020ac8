"""Sahm's rule: a quarter's mean against the least of such means within the year before.

Source: `sahm2019`.
"""

from __future__ import annotations

import numpy as np

from qipan.labour.detect.windows import over_last
from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Watch


def sahm(watch: Watch) -> Floats:
    """Return by how much the mean of a quarter lies above its least value of a year, ``(cells, periods)``."""
    mean = over_last(watch.losses, watch.periods(0.25), np.nanmean)
    return mean - over_last(mean, watch.periods(1.0) + 1, np.nanmin)


def rise(watch: Watch) -> Floats:
    """Return by how much the last value lies above the least of a year: Sahm's rule without the mean."""
    return watch.losses - over_last(watch.losses, watch.periods(1.0) + 1, np.nanmin)
