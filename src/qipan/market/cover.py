"""Find what a member may still grant to books: certified cards of every hour, each hour promised once.

A book keeps the cover that it was granted for itself, so that two windows of the same hour never sell one card twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from qipan.kernel.time import in_utc
from qipan.market.model.array import Ints
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Window
from qipan.market.model.request import Certification


def free_lots(
    certified_cards: Ints, first_hour: datetime, granted: Iterable[tuple[Window, int]], window: Window
) -> int:
    """Return the lots that certified capacity still covers in every hour of a window; below 0 where it was cut since.

    Parameters
    ----------
    certified_cards
        Cards of the class that the member certified at the hub, after derating, ``(hours,)``; none outside.
    first_hour
        Start of the first of these hours.
    granted
        Windows and lots that were granted before.

    Raises
    ------
    BadInputError
        ``time_naive``.

    Examples
    --------
    >>> noon, day = Window.named("2026-03-02T12"), Window.named("2026-03-02")
    >>> cards = np.full(24, 100)
    >>> free_lots(cards, day.start, [(day, 3), (noon, 8)], noon), free_lots(cards, day.start, [(day, 3)], day)
    (1, 9)
    """
    start = in_utc(first_hour)
    free = np.asarray(certified_cards, dtype=np.int64) // CARDS_PER_LOT
    for part, lots in granted:
        free[slice(*_place(part, start, len(free)))] -= lots
    place = _place(window, start, len(free))
    inside = free[slice(*place)]
    is_certified = place[1] - place[0] == window.hours
    return int(inside.min()) if is_certified else min(0, int(inside.min(initial=0)))


def certified_cards(steps: Iterable[Certification], window: Window) -> Ints:
    """Return the cards that steps certify in each hour of a window, ``(hours,)``; none before the first step.

    Of two steps that start together the later one in order counts.
    """
    cards = np.zeros(window.hours, dtype=np.int64)
    for step in sorted(steps, key=lambda one: one.start):
        cards[max((step.start - window.start) // HOUR, 0) :] = step.cards
    return cards


def _place(window: Window, start: datetime, hours: int) -> tuple[int, int]:
    """Return where the hours of a window lie among those that are certified."""
    first, end = (window.start - start) // HOUR, (window.end - start) // HOUR
    return min(max(first, 0), hours), min(max(end, 0), hours)
