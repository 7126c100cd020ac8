"""Find events: where an indicator moved the bad way from a turning point by the size of a rule.

Turning points are those of a zig-zag: a loss of the size makes the last low a turning point, a recovery of the same
size makes the last high the end. Nothing here may be used by a detector: dating an event looks ahead.
"""

from __future__ import annotations

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.event import Event, History


def find_events(losses: Floats, depth: float, *, allowance: int, horizon: int, settling: int = 0) -> History:
    """Return the events of a panel, and where it was quiet.

    Where a loss goes on at the end of the panel and has not the size, nobody knows what it will be: that time is
    neither an event nor quiet. A loss of which half the size has been recovered is called off.

    Parameters
    ----------
    losses
        ``(cells, periods)``, more is worse, NaN where unknown.
    depth
        Size of an event on that scale.
    allowance
        Periods before a turning point in which an alarm counts for the event, but not before the end of the last one.
    horizon
        Periods before the crisis in which an alarm counts: a turning point may lie long before anything happens.
    settling
        Periods from a cell's first value on of which nothing is asked: no event whose crisis lies there, no quiet.

    Examples
    --------
    >>> path = np.array([[1.0, 0.0, 1.0, 2.5, 3.0, 0.5, 0.5, 0.9]])
    >>> found = find_events(path, 2.0, allowance=1, horizon=9)
    >>> found.events
    (Event(cell=0, since=0, opens=0, onset=1, crisis=3, end=4),)
    >>> found.is_quiet.astype(int).tolist()
    [[0, 0, 0, 0, 0, 1, 1, 0]]
    """
    is_quiet = ~np.isnan(losses)
    events: list[Event] = []
    for cell, path in enumerate(losses):
        spans, undecided = _spans_of(path, depth)
        is_quiet[cell, undecided:] = False
        asked = int(np.argmax(~np.isnan(path))) + settling
        is_quiet[cell, :asked] = False
        last = -1
        for onset, crisis, end in spans:
            since = max(onset - allowance, last + 1, 0)
            is_quiet[cell, since : end + 1] = False
            if crisis >= asked:
                events.append(Event(cell, since, max(since, crisis - horizon), onset, crisis, end))
            last = end
    return History(tuple(events), horizon, is_quiet)


def _spans_of(path: Floats, depth: float) -> tuple[list[tuple[int, int, int]], int]:
    """Return onset, crisis and end of each event of a cell, and from when on it is undecided if one has begun."""
    known = np.flatnonzero(~np.isnan(path)).tolist()
    if not known:
        return [], len(path)
    values = path.tolist()
    events: list[tuple[int, int, int]] = []
    low = high = known[0]
    crisis: int | None = None
    for at in known[1:]:
        if crisis is None:
            # Of equal lows the last is the turning point: nothing had been lost until then.
            low = at if values[at] <= values[low] else low
            if values[at] - values[low] >= depth:
                crisis = high = at
        elif values[at] > values[high]:
            high = at
        elif values[high] - values[at] >= depth:
            events.append((low, crisis, high))
            crisis, low = None, at
    if crisis is None:
        return events, _going_on(values, [at for at in known if at >= low], depth / 2)
    return [*events, (low, crisis, high)], high + 1


def _going_on(values: list[float], known: list[int], called_off: float) -> int:
    """Return the period behind the low from which a loss goes on at the end; behind the last where none does."""
    low = high = known[0]
    for at in known[1:]:
        if values[at] > values[high]:
            high = at
        elif values[at] <= values[low] or values[high] - values[at] >= called_off:
            low = high = at
    return low + 1 if values[known[-1]] > values[low] else known[-1] + 1
