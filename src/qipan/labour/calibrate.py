"""Calibrate: the lowest threshold whose false alarms, where it was quiet, keep a promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.labour.count_false import count_false
from qipan.labour.model.array import Floats
from qipan.labour.model.event import History
from qipan.labour.model.promise import Promise
from qipan.labour.raise_alarms import raise_alarms

THRESHOLDS = 400
"""How many are tried: as many quantiles of the quiet scores, closer together at the top."""


def calibrate(scores: Floats, history: History, per_year: float, promise: Promise, rest: int) -> float:
    """Return the lowest threshold at which, and above which, false alarms keep a promise.

    Parameters
    ----------
    scores
        ``(cells, periods)``; infinite in time that is left out.
    history
        Where an alarm would be false, and after which horizon it lapses.
    promise
        Where it is sure and nothing can keep it, no alarm is raised where it was quiet.

    Returns
    -------
    float
        Infinite where nothing was quiet.
    """
    heard = history.is_quiet & np.isfinite(scores)
    if not heard.any():
        return np.inf
    quiet, begins = scores[heard], np.zeros(scores.shape, dtype=np.bool_)
    peak = np.where(np.isfinite(scores), scores, -np.inf).max(axis=1)
    # Above all that was quiet no alarm is false; what was not quiet has no say.
    found = float(np.nextafter(quiet.max(), np.inf))
    for threshold in np.unique(np.quantile(quiet, 1.0 - np.geomspace(1.0, 1e-5, THRESHOLDS)))[::-1].tolist():
        # Cells that never reach a threshold raise no alarm; high ones are reached by few.
        reaches = peak >= threshold
        begins[reaches] = raise_alarms(
            scores[reaches], threshold, replace(history, is_quiet=history.is_quiet[reaches]), rest
        ).begins
        if not promise.is_kept_by(count_false(begins, heard, per_year)):
            break
        found = float(threshold)
    return found
