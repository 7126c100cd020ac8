"""Find what a member may still grant to books: certified cards of every hour, each hour promised once.

A book keeps the cover that it was granted for itself, so that two windows of the same hour never sell one card twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from qipan.kernel.time import Interval
from qipan.market.model.array import Bools, Ints
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Window
from qipan.market.model.delivery import SiteStep, Supply
from qipan.market.model.request import Certification


def free_cards(certified_cards: Ints, first_hour: datetime, granted: Iterable[tuple[Window, int]]) -> Ints:
    """Return the cards of each hour that no window and its lots were granted, ``(hours,)``; below 0 where they lack.

    Examples
    --------
    >>> noon, day = Window.named("2026-03-02T12"), Window.named("2026-03-02")
    >>> free_cards(np.full(24, 100), day.start, [(day, 3), (noon, 8)])[11:14].tolist()
    [76, 12, 76]
    """
    free = np.array(certified_cards, dtype=np.int64)
    for part, lots in granted:
        free[slice(*_place(part, first_hour, len(free)))] -= lots * CARDS_PER_LOT
    return free


def certified_cards(steps: Iterable[Certification], sites: Iterable[Sequence[SiteStep]], span: Interval) -> Ints:
    """Return the cards that a member may promise at a hub in each hour of a span, ``(hours,)``.

    What the hub's certificate says, and no more than its sites there have together, after derating. Where there is only
    one of the two it alone counts; where there is neither, nothing. Of two steps that start together the later one in
    order counts.

    Parameters
    ----------
    steps
        Of the hub, in the order in which they were entered.
    sites
        Steps of each site, likewise.
    """
    of_hub, is_hub = _stepped([(one.start, one.cards) for one in steps], span)
    of_sites, is_site = np.zeros_like(of_hub), np.zeros_like(is_hub)
    for some in sites:
        cards, is_known = _stepped([(one.start, one.usable_cards) for one in some], span)
        of_sites += cards
        is_site |= is_known
    return np.where(is_hub & is_site, np.minimum(of_hub, of_sites), of_hub + of_sites)


def usable_cards(steps: Iterable[SiteStep], span: Interval) -> Ints:
    """Return the cards of a site that may be promised in each hour of a span, derated, ``(hours,)``."""
    return _stepped([(one.start, one.usable_cards) for one in steps], span)[0]


def told_cards(words: Iterable[Supply], span: Interval) -> dict[tuple[str, bool], Ints]:
    """Return the cards that words of one member promise in each hour of a span, ``(hours,)``; the last word counts.

    By site, and whether they are bought in.
    """
    told: dict[tuple[str, str, bool], Ints] = {}
    for one in words:
        key = one.instrument, one.site_id, one.is_bought_in
        cards = told.setdefault(key, np.zeros((span.end - span.start) // HOUR, dtype=np.int64))
        cards[slice(*_place(Interval(one.start, one.end), span.start, len(cards)))] = one.lots * CARDS_PER_LOT
    found: dict[tuple[str, bool], Ints] = {}
    for (_, site_id, is_bought_in), cards in told.items():
        place = site_id, is_bought_in
        found[place] = found.get(place, np.zeros_like(cards)) + cards
    return found


def _stepped(steps: Sequence[tuple[datetime, int]], span: Interval) -> tuple[Ints, Bools]:
    """Return the cards of each hour of a span, and in which hours a step says so."""
    hours = (span.end - span.start) // HOUR
    cards, is_known = np.zeros(hours, dtype=np.int64), np.zeros(hours, dtype=bool)
    for start, count in sorted(steps, key=lambda one: one[0]):
        first = max((start - span.start) // HOUR, 0)
        cards[first:], is_known[first:] = count, True
    return cards, is_known


def _place(window: Window | Interval, start: datetime, hours: int) -> tuple[int, int]:
    """Return where the hours of a window lie among so many from a start on."""
    first, end = (window.start - start) // HOUR, (window.end - start) // HOUR
    return min(max(first, 0), hours), min(max(end, 0), hours)
