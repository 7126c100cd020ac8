"""What the pages of delivery show: books that are delivered, words on supply, reservations and their use, outcomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from urllib.parse import urlencode

from qipan.interfaces.report.market import price
from qipan.interfaces.report.numbers import NOTHING, grouped, moment, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.time import BOARD_ZONE
from qipan.market.deliver import gate_of
from qipan.market.model.clearing import DayMark
from qipan.market.model.contract import HOUR, Tenor
from qipan.market.model.delivery import Outturn, Reserved, SiteStep, Supply, Use
from qipan.market.model.request import Listing

SECONDS_PER_H = 3600


@dataclass(frozen=True, slots=True)
class Due:
    """A book that is to be delivered, and how far it is."""

    listing: Listing
    held_lots: int
    is_allocated: bool
    is_settled: bool

    def state(self, now: datetime, words: Words) -> str:
        """Return how its delivery stands."""
        window = self.listing.instrument.window
        if self.is_settled:
            return words.say("settled")
        if self.is_allocated:
            return words.say("allocated") if now < window.end else words.say("waits to be settled")
        if window.tenor not in {Tenor.DAY, Tenor.HOUR}:
            return words.say("to be cascaded")
        return words.say("nominations open") if now < gate_of(window) else words.say("waits to be allocated")


def delivery_address(instrument: str) -> str:
    """Return where the delivery of a book is seen."""
    return f"/market/delivery/book?{urlencode({'instrument': instrument})}"


def dues(found: Sequence[Due], now: datetime, words: Words) -> Table:
    """Return the books that are to be delivered, by their windows."""
    heads = (
        Head(words.say("Instrument"), words.say("class, hub, window"), is_number=False),
        Head(words.say("Delivery from"), "UTC+8", is_number=False),
        Head(words.say("Gate"), "UTC+8", is_number=False),
        Head(words.say("Lots sold")),
        Head(words.say("State"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(one.listing.instrument.name, href=delivery_address(one.listing.instrument.name)),
            _at(one.listing.instrument.window.start),
            _at(gate_of(one.listing.instrument.window)),
            grouped(one.held_lots),
            one.state(now, words),
        )
        for one in found
    )
    return Table(words.say("Books to deliver"), heads, rows, words.say("Nothing is to be delivered."))


def sites(found: Sequence[SiteStep], hubs: Mapping[str, str], words: Words) -> Table:
    """Return what is certified at sites, the newest word first; ``hubs`` names hubs by their ids."""
    heads = (
        Head(words.say("Site"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Class"), is_number=False),
        Head(words.say("Hub"), is_number=False),
        Head(words.say("Begins"), "UTC+8", is_number=False),
        Head(words.say("Number of cards")),
        Head(words.say("Kept back"), "%"),
        Head(words.say("May be promised"), words.say("cards")),
        Head(words.say("Certificate"), is_number=False),
    )
    rows = tuple(
        row(
            one.site_id,
            one.member,
            one.card_class,
            hubs.get(one.hub_id, one.hub_id),
            _at(one.start),
            grouped(one.cards),
            grouped(one.derating_percent),
            grouped(one.usable_cards),
            one.certificate,
        )
        for one in reversed(found)
    )
    return Table(words.say("Certified sites"), heads, rows, words.say("No site is certified yet."))


def supplies(found: Sequence[Supply], words: Words) -> Table:
    """Return words on supply, the newest first; a buy-in has a price, or that of the auction."""
    heads = (
        Head(words.say("Id"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Site"), is_number=False),
        Head(words.say("Begins"), "UTC+8", is_number=False),
        Head(words.say("Until"), "UTC+8", is_number=False),
        Head(words.say("Lots")),
        Head(words.say("Bought in at"), words.say("yuan a card-hour")),
    )
    rows = tuple(
        row(
            one.supply_id,
            one.member,
            one.site_id,
            _at(one.start),
            _at(one.end),
            grouped(one.lots),
            words.say("price of the auction") if one.at_spot else price(one.fen_per_card_h),
        )
        for one in reversed(found)
    )
    return Table(words.say("Nominations, the last on an hour counts"), heads, rows, words.say("Nothing was nominated."))


def lacking(found: Mapping[datetime, Mapping[str, int]], shown: Collection[str], words: Words) -> Table:
    """Return what was sold and not nominated; hours that follow each other alike are one row, others are not named."""
    heads = (
        Head(words.say("Begins"), "UTC+8", is_number=False),
        Head(words.say("Until"), "UTC+8", is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Lots lacking")),
    )
    rows: list[Row] = []
    for member in sorted({name for gaps in found.values() for name in gaps}):
        told = [(hour, gaps.get(member, 0)) for hour, gaps in sorted(found.items())]
        starts = [told[0], *(after for before, after in pairwise(told) if before[1] != after[1])]
        ends = [*(hour for hour, _ in starts[1:]), told[-1][0] + HOUR]
        rows += [
            row(_at(start), _at(end), member if member in shown else NOTHING, grouped(lots))
            for (start, lots), end in zip(starts, ends, strict=True)
            if lots
        ]
    return Table(words.say("Sold and not nominated"), heads, tuple(rows), words.say("Nothing lacks."))


def reservations(found: Iterable[tuple[Reserved, Use | None]], words: Words) -> Table:
    """Return what holders may use at which sites, and what of it was used."""
    unit = words.say("card-hours")
    heads = (
        Head(words.say("Reservation"), is_number=False),
        Head(words.say("Holder"), is_number=False),
        Head(words.say("Site"), is_number=False),
        Head(words.say("Begins"), "UTC+8", is_number=False),
        Head(words.say("Until"), "UTC+8", is_number=False),
        Head(words.say("Lots")),
        Head(words.say("Used"), unit),
        Head(words.say("Unused"), unit),
        Head(words.say("Used beyond it"), unit),
    )

    def of(one: Reserved, used: Use | None) -> Row:
        told = (None,) * 3 if used is None else (used.used_card_s, used.unused_card_s, used.beyond_card_s)
        hours = (grouped(None if one is None else one / SECONDS_PER_H, 2) for one in told)
        return row(one.reservation_id, one.member, one.site_id, _at(one.start), _at(one.end), grouped(one.lots), *hours)

    rows = tuple(of(*one) for one in found)
    return Table(words.say("Reservations"), heads, rows, words.say("Nothing is reserved."))


def outturn(found: Outturn, shown: Collection[str], words: Words) -> Table:
    """Return what a delivered book came to for some members."""
    heads = (
        Head(words.say("Member"), is_number=False),
        Head(words.say("Paid"), words.say("yuan")),
        Head(words.say("Did not deliver"), words.say("card-hours")),
        Head(words.say("Did not get"), words.say("card-hours")),
    )
    rows = tuple(
        row(
            name,
            yuan(fen, 2),
            grouped(found.failed_card_h.get(name, 0)),
            grouped(found.unserved_card_h.get(name, 0)),
        )
        for name, fen in sorted(found.paid_fen.items())
        if name in shown
    )
    return Table(words.say("What came of it"), heads, rows, words.say("Nobody is paid."))


def particulars(
    listing: Listing, gate: datetime, marked: DayMark | None, hubs: Mapping[str, str], words: Words
) -> list[tuple[str, str]]:
    """Return what is delivered when, until when it can be nominated, and at which mark it is paid."""
    ware = listing.instrument
    return [
        (words.say("Class"), ware.card_class),
        (words.say("Hub"), hubs.get(ware.hub_id, ware.hub_id)),
        (words.say("Delivery"), f"{_at(ware.window.start)} – {_at(ware.window.end)}"),
        (words.say("Gate"), _at(gate)),
        (
            words.say("Last mark"),
            NOTHING
            if marked is None
            else words.say("%(yuan)s yuan a card-hour", yuan=price(marked.mark.fen_per_card_h)),
        ),
    ]


def _at(at: datetime) -> str:
    return moment(at.isoformat(), BOARD_ZONE)
