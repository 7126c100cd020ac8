"""Calibrate: the lowest threshold whose false alarms, where it was quiet, are no more than promised."""

from __future__ import annotations

import numpy as np

from qipan.labour.model.array import Bools, Floats
from qipan.labour.raise_alarms import raise_alarms

THRESHOLDS = 400
"""How many are tried: as many quantiles of the quiet scores, closer together at the top."""


def calibrate(scores: Floats, is_quiet: Bools, per_year: float, promised: float, rest: int) -> float:
    """Return the lowest threshold at which, and above which, no more false alarms a quiet cell-year are raised.

    Parameters
    ----------
    scores
        ``(cells, periods)``; infinite where an alarm stands whatever the threshold, and does not count.
    is_quiet
        Where an alarm is false, ``(cells, periods)``.
    promised
        False alarms a year of one cell.

    Returns
    -------
    float
        Infinite where nothing was quiet.
    """
    heard = is_quiet & np.isfinite(scores)
    years = heard.sum() / per_year
    if not years:
        return np.inf
    quiet = scores[heard]
    # Above all that was quiet no alarm is false; what was not quiet has no say.
    found = float(np.nextafter(quiet.max(), np.inf))
    for threshold in np.unique(np.quantile(quiet, 1.0 - np.geomspace(1.0, 1e-5, THRESHOLDS)))[::-1].tolist():
        if (raise_alarms(scores, threshold, rest) & heard).sum() / years > promised:
            break
        found = float(threshold)
    return found
