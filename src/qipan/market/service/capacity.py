"""What a member may still promise of its cards at a hub: each card of an hour once, whatever the promise is made to.

Promised are cover that books were granted, offers and awards of spot auctions, words on supply, deposits of the compute
bank, and leases that run. Own lots that are nominated are part of the cover; what is bought in is not. Whoever promises
holds the lock `of_cards` of the member.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from qipan.kernel.time import Interval, in_utc
from qipan.market.bid import uncovered
from qipan.market.cover import certified_cards, free_cards, told_cards, usable_cards
from qipan.market.model.array import Ints
from qipan.market.model.auction import Auction
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, Instrument, Window
from qipan.market.model.delivery import Supply
from qipan.market.model.lease import Leased
from qipan.market.model.order import Order, Side
from qipan.market.store import book, delivery, product, spot
from qipan.storage.books import UnitOfWork


class Holding(NamedTuple):
    """Whose cards of which class at which hub."""

    member: str
    card_class: str
    hub_id: str


def certified_at_hub(unit: UnitOfWork, whose: Holding, span: Interval) -> Ints:
    """Return the cards that are certified at the hub, derated, by the hours of a span, ``(hours,)``."""
    return certified_cards(book.certifications(unit, *whose), delivery.sites(unit, *whose).values(), span)


def lent_at_hub(unit: UnitOfWork, whose: Holding, span: Interval) -> Ints:
    """Return the cards that are in the compute bank or leased, by the hours of a span, ``(hours,)``."""
    nothing = np.zeros((span.end - span.start) // HOUR, dtype=np.int64)
    return sum(_lent(unit, whose, span).values(), nothing)


def free_at_hub(
    unit: UnitOfWork, whose: Holding, span: Interval, *, book_besides: str = "", word_besides: Supply | None = None
) -> Ints:
    """Return the cards that are certified at the hub and promised to nobody, by the hours of a span, ``(hours,)``.

    Below 0 where the certificate was cut since.

    Parameters
    ----------
    book_besides, word_besides
        A book whose cover is left out; a word on supply that is about to take the place of the one before.
    """
    granted = _granted(unit, whose, besides=book_besides) + spot.offered(unit, *whose)
    free = free_cards(certified_at_hub(unit, whose, span), span.start, granted)
    for lent in _lent(unit, whose, span).values():
        free -= lent
    for (_, is_bought_in), told in told_cards(_words(unit, whose, span, word_besides), span).items():
        free -= told if is_bought_in else 0
    return free


def free_at_site(
    unit: UnitOfWork, whose: Holding, site_id: str, span: Interval, *, besides: Supply | None = None
) -> Ints:
    """Return the cards of a site that are promised to nobody, by the hours of a span, ``(hours,)``.

    What was awarded on spot names no site: all sites of the member together keep room for it.

    Parameters
    ----------
    besides
        A word on supply that is about to take the place of the one before.
    """
    free = free_of_sites(unit, whose, span, besides=besides)
    free.setdefault(site_id, np.zeros((span.end - span.start) // HOUR, dtype=np.int64))
    together = np.sum([np.maximum(cards, 0) for cards in free.values()], axis=0)
    return np.minimum(free[site_id], free_cards(together, span.start, spot.offered(unit, *whose)))


def free_of_sites(
    unit: UnitOfWork, whose: Holding, span: Interval, *, besides: Supply | None = None
) -> dict[str, Ints]:
    """Return the cards of sites that nothing was promised of by the site's name, ``(hours,)``; spot names none.

    Parameters
    ----------
    besides
        A word on supply that is left out.
    """
    free = {name: usable_cards(steps, span) for name, steps in delivery.sites(unit, *whose).items()}
    for name, lent in _lent(unit, whose, span).items():
        free[name] = free.get(name, np.zeros_like(lent)) - lent
    for (name, _), told in told_cards(_words(unit, whose, span, besides), span).items():
        free[name] = free.get(name, np.zeros_like(told)) - told
    return free


def span_of_promises(unit: UnitOfWork, whose: Holding, now: datetime) -> Interval:
    """Return the hours from now on until no promise begins or ends and no certificate changes."""
    start = in_utc(now).replace(minute=0, second=0, microsecond=0)
    ends = [start]
    ends += [window.end for window, _ in _granted(unit, whose) + spot.offered(unit, *whose)]
    ends += [one.end for one in delivery.supplies(unit, member=whose.member)]
    ends += [Instrument.named(one.instrument).window.end for one in product.deposits(unit, member=whose.member)]
    ends += [one.since for one in product.leased(unit, whose.member)]
    ends += [one.start for one in book.certifications(unit, *whose)]
    ends += [one.start for steps in delivery.sites(unit, *whose).values() for one in steps]
    return Interval(start, max(ends) + HOUR)


def free_lots_in(free: Ints) -> int:
    """Return the whole lots that every hour still holds."""
    return int(free.min()) // CARDS_PER_LOT


def check_offers(unit: UnitOfWork, auction: Auction, orders: Sequence[Order], offered: Collection[str]) -> None:
    """Refuse new offers of a member that certified capacity does not bear in their hour beside all that was promised.

    Raises
    ------
    RuleBrokenError
        ``offer_uncovered``.
    """
    offers = [one for one in orders if one.side is Side.SELL and one.instrument in offered]
    by_hub: dict[str, dict[int, Order]] = defaultdict(dict)
    for order in offers:
        ware = Instrument.named(order.instrument)
        by_hub[ware.hub_id][(ware.window.start - auction.window.start) // HOUR] = order
    for hub_id, by_hour in sorted(by_hub.items()):
        whose = Holding(offers[0].member, auction.card_class, hub_id)
        free = free_at_hub(unit, whose, Interval(auction.window.start, auction.window.end))
        for hour, order in by_hour.items():
            if free[hour] < 0:
                raise uncovered(order, -(int(free[hour]) // CARDS_PER_LOT))


def _granted(unit: UnitOfWork, whose: Holding, *, besides: str = "") -> list[tuple[Window, int]]:
    """Return windows and lots of cover that books were granted."""
    found = []
    for one in book.exposures(unit, member=whose.member):
        ware = Instrument.named(one.instrument)
        if one.instrument != besides and one.granted_lots and _is_of(ware, whose):
            found.append((ware.window, one.granted_lots))
    return found


def _lent(unit: UnitOfWork, whose: Holding, span: Interval) -> dict[str, Ints]:
    """Return the cards of each site that are in the compute bank or leased, by hour."""
    hours = (span.end - span.start) // HOUR
    found: dict[str, Ints] = {}
    for one in product.deposits(unit, member=whose.member):
        ware = Instrument.named(one.instrument)
        at = (ware.window.start - span.start) // HOUR
        if _is_of(ware, whose) and 0 <= at < hours:
            found.setdefault(one.site_id, np.zeros(hours, dtype=np.int64))[at] += one.card_h
    for lease in product.leased(unit, whose.member):
        leased = Leased.named(lease.ware)
        if leased is not None and (leased.card_class, leased.hub_id) == whose[1:]:
            cards = found.setdefault(leased.site_id, np.zeros(hours, dtype=np.int64))
            cards[max((lease.since - span.start) // HOUR, 0) :] += leased.cards
    return found


def _words(unit: UnitOfWork, whose: Holding, span: Interval, besides: Supply | None) -> list[Supply]:
    """Return the words of a member that hold at some time in a span, but for those that one takes the place of."""
    left_out = None if besides is None else _place(besides)
    told = delivery.supplies(unit, member=whose.member, start=span.start, end=span.end)
    return [one for one in told if _is_of(Instrument.named(one.instrument), whose) and _place(one) != left_out]


def _place(word: Supply) -> tuple[str, str, bool]:
    return word.instrument, word.site_id, word.is_bought_in


def _is_of(ware: Instrument, whose: Holding) -> bool:
    return (ware.card_class, ware.hub_id) == (whose.card_class, whose.hub_id)
