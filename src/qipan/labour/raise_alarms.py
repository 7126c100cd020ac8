"""Raise alarms: a score that reaches a threshold raises one, which stands until it has stayed below for a while."""

from __future__ import annotations

import numpy as np

from qipan.labour.model.array import Bools, Floats, Ints


def raise_alarms(scores: Floats, threshold: float, rest: int) -> Bools:
    """Return in which periods alarms begin, ``(cells, periods)``.

    Parameters
    ----------
    scores
        ``(cells, periods)``; NaN reaches nothing.
    rest
        Periods for which a score must stay below the threshold before it can raise another alarm.

    Examples
    --------
    >>> raise_alarms(np.array([[0.0, 2.0, 0.0, 2.0, 0.0, 0.0, 3.0]]), 1.0, 2).astype(int).tolist()
    [[0, 1, 0, 0, 0, 0, 1]]
    """
    reaches = scores >= threshold
    at = np.arange(scores.shape[1])
    before = np.maximum.accumulate(np.where(reaches, at, -rest - 1), axis=1)
    last: Ints = np.full_like(before, -rest - 1)
    last[:, 1:] = before[:, :-1]
    begins: Bools = reaches & (at - last > rest)
    return begins
