"""Turn a longer contract into shorter ones: months into weeks and days, weeks into days, days into hours.

The written rule for weeks that cross the end of a month: a month becomes the ISO weeks that lie wholly in it, and
single days for what is left before and after them. The parts tile the whole, each carries the same lots at the same
mark, so card-hours, value and cover of every hour stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qipan.kernel.errors import RuleBrokenError
from qipan.market.model.contract import DAY, HOUR, MARKET_ZONE, Tenor, Window
from qipan.market.model.position import Position


def parts(window: Window) -> tuple[Window, ...]:
    """Return the next shorter windows that tile a window, in order.

    Raises
    ------
    RuleBrokenError
        ``window_indivisible`` for an hour.

    Examples
    --------
    >>> [part.name for part in parts(Window.named("2026-08"))]
    ['2026-08-01', '2026-08-02', '2026-W32', '2026-W33', '2026-W34', '2026-W35', '2026-08-31']
    """
    if window.tenor is Tenor.HOUR:
        raise RuleBrokenError(
            f"A window must be longer than an hour to become shorter ones, was {window.name}.",
            code="window_indivisible",
            hint="Hours are delivered.",
        )
    tenor, step = (Tenor.HOUR, HOUR) if window.tenor is Tenor.DAY else (Tenor.DAY, DAY)
    found = []
    start = window.start
    while start < window.end:
        is_monday = start.astimezone(MARKET_ZONE).weekday() == 0
        if window.tenor is Tenor.MONTH and is_monday and start + 7 * DAY <= window.end:
            found.append(Window(start, Tenor.WEEK))
        else:
            found.append(Window(start, tenor))
        start += 7 * step if found[-1].tenor is Tenor.WEEK else step
    return tuple(found)


def pairs(positions: Mapping[str, int]) -> tuple[tuple[str, str, int], ...]:
    """Return who is long, who is short and how many lots, until positions that sum to zero are used up; by name.

    Examples
    --------
    >>> pairs({"a": 3, "b": -1, "c": -2})
    (('a', 'b', 1), ('a', 'c', 2))
    """
    left = {member: lots for member, lots in sorted(positions.items()) if lots > 0}
    found = []
    for short, lots in sorted(positions.items()):
        owed = -lots
        for long, most in left.items():
            taken = min(owed, most)
            if taken > 0:
                found.append((long, short, taken))
                left[long] = most - taken
                owed -= taken
    return tuple(found)


def cascade(position: Position) -> tuple[Position, ...]:
    """Return the positions that a position becomes, in the order of their windows.

    Raises
    ------
    RuleBrokenError
        ``window_indivisible`` for an hour.
    """
    return tuple(
        replace(position, instrument=replace(position.instrument, window=part))
        for part in parts(position.instrument.window)
    )
