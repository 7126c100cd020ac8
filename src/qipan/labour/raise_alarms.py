"""Raise alarms: a score that reaches a threshold raises one, which stands until it has stayed below for a while."""

from __future__ import annotations

import numpy as np

from qipan.labour.model.array import Bools, Floats


def stand(scores: Floats, threshold: float, rest: int) -> Bools:
    """Return in which periods an alarm stands, ``(cells, periods)``.

    Parameters
    ----------
    scores
        ``(cells, periods)``; NaN reaches nothing.
    rest
        Periods for which an alarm stands after the score has fallen below the threshold.

    Examples
    --------
    >>> stand(np.array([[0.0, 2.0, 0.0, 2.0, 0.0, 0.0, 3.0]]), 1.0, 1).astype(int).tolist()
    [[0, 1, 1, 1, 1, 0, 1]]
    """
    at = np.arange(scores.shape[1])
    last = np.maximum.accumulate(np.where(scores >= threshold, at, -rest - 1), axis=1)
    stands: Bools = at - last <= rest
    return stands


def begun(stands: Bools) -> Bools:
    """Return in which periods alarms begin that stand so, ``(cells, periods)``."""
    begins = stands.copy()
    begins[:, 1:] &= ~stands[:, :-1]
    return begins


def raise_alarms(scores: Floats, threshold: float, rest: int) -> Bools:
    """Return in which periods alarms begin, ``(cells, periods)``; the parameters are those of `stand`.

    Examples
    --------
    >>> raise_alarms(np.array([[0.0, 2.0, 0.0, 2.0, 0.0, 0.0, 3.0]]), 1.0, 1).astype(int).tolist()
    [[0, 1, 0, 0, 0, 0, 1]]
    """
    return begun(stand(scores, threshold, rest))
