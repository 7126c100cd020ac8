"""Calibrate: the lowest threshold whose false alarms, where it was quiet, keep a promise."""

from __future__ import annotations

import numpy as np

from qipan.labour.count_false import count_false
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.promise import Promise
from qipan.labour.raise_alarms import raise_alarms

THRESHOLDS = 400
"""How many are tried: as many quantiles of the quiet scores, closer together at the top."""


def calibrate(scores: Floats, is_quiet: Bools, per_year: float, promise: Promise, rest: int) -> float:
    """Return the lowest threshold at which, and above which, false alarms keep a promise.

    Parameters
    ----------
    scores
        ``(cells, periods)``; infinite where an alarm stands whatever the threshold, and does not count.
    is_quiet
        Where an alarm is false, ``(cells, periods)``.
    promise
        Where it is sure and nothing can keep it, no alarm is raised where it was quiet.

    Returns
    -------
    float
        Infinite where nothing was quiet.
    """
    heard = is_quiet & np.isfinite(scores)
    if not heard.any():
        return np.inf
    quiet = scores[heard]
    # Above all that was quiet no alarm is false; what was not quiet has no say.
    found = float(np.nextafter(quiet.max(), np.inf))
    for threshold in np.unique(np.quantile(quiet, 1.0 - np.geomspace(1.0, 1e-5, THRESHOLDS)))[::-1].tolist():
        if not promise.is_kept_by(count_false(raise_alarms(scores, threshold, rest), heard, per_year)):
            break
        found = float(threshold)
    return found
