"""Raise alarms: a score that reaches a threshold raises one, which stands until it has stayed below for a while.

No alarm stands for ever: it speaks of a horizon, and where nothing has come of it by then, it lapses. What would stand
on is a new alarm, so who always shouts is wrong once in every quiet horizon.
"""

from __future__ import annotations

import numpy as np

from qipan.labour.model.alarm import NONE, Alarms
from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.event import History


def raise_alarms(scores: Floats, threshold: float | Floats, history: History, rest: int) -> Alarms:
    """Return the alarms that scores raise.

    Parameters
    ----------
    scores
        ``(cells, periods)``; NaN reaches nothing, and infinity is time that is left out.
    threshold
        One for all, or one for each period.
    history
        Where it was quiet, and the horizon after which an alarm lapses that stands there.
    rest
        Periods for which an alarm stands after the score has fallen below the threshold.

    Examples
    --------
    >>> history = History((), 2, np.ones((1, 7), dtype=np.bool_))
    >>> found = raise_alarms(np.array([[0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 3.0]]), 1.0, history, rest=1)
    >>> found.since.tolist()
    [[-1, 1, 1, 3, 3, -1, 6]]
    >>> found.begins.astype(int).tolist()
    [[0, 1, 0, 1, 0, 0, 1]]
    """
    at = np.arange(scores.shape[1])
    is_left_out = np.isposinf(scores)
    is_said = ~np.isnan(scores) & ~is_left_out
    last = np.maximum.accumulate(np.where((scores >= threshold) & is_said, at, -rest - 1), axis=1)
    stands = (at - last <= rest) & ~is_left_out
    opened = _opened(stands)
    waited = at - np.maximum(opened, _opened(history.is_quiet))
    lapses = stands & history.is_quiet & (waited > 0) & (waited % history.horizon == 0)
    begins = lapses | (stands & (opened == at))
    since = np.where(stands, np.maximum.accumulate(np.where(begins, at, NONE), axis=1), NONE)
    return Alarms(since, begins & ~_speaks_first(is_said, is_left_out))


def _opened(holds: Bools) -> Ints:
    """Return when the last stretch opened in which something holds, ``(cells, periods)``; 0 before the first."""
    opens = holds.copy()
    opens[:, 1:] &= ~holds[:, :-1]
    found: Ints = np.maximum.accumulate(np.where(opens, np.arange(holds.shape[1]), 0), axis=1)
    return found


def _speaks_first(is_said: Bools, is_left_out: Bools) -> Bools:
    """Return where something is said of a cell for the first time, or the first time after time that is left out."""
    said = is_said.cumsum(axis=1)
    before = np.maximum.accumulate(np.where(is_left_out, said, 0), axis=1)
    found: Bools = is_said & (said - before == 1)
    return found
