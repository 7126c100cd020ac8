"""Notice: how far ahead a warning counts as early, and of what time it speaks."""

from __future__ import annotations

from typing import Final

from qipan.labour.model.panel import Cadence

AHEAD: Final = {Cadence.WEEK: 8, Cadence.MONTH: 6, Cadence.QUARTER: 2, Cadence.YEAR: 1}
"""Periods of notice that count as early where nothing else is asked."""
HORIZON: Final = 4
"""How many times the notice an alarm speaks of: two years by the month, 32 weeks by the week."""
SETTLING_YEARS: Final = 0.5
"""How long after a cell's first value nothing is asked: half of the year that most detectors look back at."""


def horizon_of(ahead: int) -> tuple[int, int]:
    """Return the periods, half-open, in which a loss is foretold: from half the notice to one and a half.

    Examples
    --------
    >>> horizon_of(6)
    (3, 10)
    """
    return max(1, ahead // 2), ahead + ahead // 2 + 1
