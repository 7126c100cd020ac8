"""What the pages of the market show: books and their levels, trades, marks, what members hold, what the day pays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from qipan.interfaces.report import obligations
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, moment, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.money import yuan_from_fen
from qipan.kernel.time import BOARD_ZONE
from qipan.market.model.clearing import DayMark, Purse
from qipan.market.model.order import Order, Side, Trade
from qipan.market.model.request import Exposure, Listing

TRADES_SHOWN = 20
"""How many trades of a book its page lists, the newest."""

Levels = Sequence[tuple[int, int]]
"""Limit in fen and lots, the best first."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A book as it is listed: its terms, best limits, last trade and last mark."""

    listing: Listing
    bid_fen_per_card_h: int | None
    ask_fen_per_card_h: int | None
    last: Trade | None
    marked: DayMark | None
    held_lots: int

    @property
    def shown_fen_per_card_h(self) -> int | None:
        """What a curve shows: the last mark, else the last trade."""
        if self.marked is not None:
            return self.marked.mark.fen_per_card_h
        return None if self.last is None else self.last.fen_per_card_h


def book_address(instrument: str) -> str:
    """Return where a book is seen."""
    return f"/market/book?{urlencode({'instrument': instrument})}"


def books(quotes: Sequence[Quote], words: Words) -> Table:
    """Return books, windows in the order in which they are delivered."""
    per = words.say("yuan a card-hour")
    heads = (
        Head(words.say("Instrument"), words.say("class, hub, window"), is_number=False),
        Head(words.say("Delivery from"), "UTC+8", is_number=False),
        Head(words.say("Hours of delivery")),
        Head(words.say("Best bid"), per),
        Head(words.say("Best ask"), per),
        Head(words.say("Last trade"), per),
        Head(words.say("Mark"), per),
        Head(words.say("Open interest"), words.say("lots")),
        Head(words.say("Margin"), words.say("yuan a lot")),
        Head(words.say("Last trading"), "UTC+8", is_number=False),
    )
    return Table(
        words.say("Books"),
        heads,
        tuple(_book(one) for one in quotes),
        words.say("No book is open. Open one: qipan market forward open INSTRUMENT --margin FEN"),
    )


def _book(one: Quote) -> Row:
    listing = one.listing
    window = listing.instrument.window
    return row(
        Cell(listing.instrument.name, href=book_address(listing.instrument.name)),
        _day(window.start.isoformat()),
        grouped(window.hours),
        price(one.bid_fen_per_card_h),
        price(one.ask_fen_per_card_h),
        price(one.last.fen_per_card_h if one.last else None),
        price(one.marked.mark.fen_per_card_h if one.marked else None),
        grouped(one.held_lots),
        yuan(listing.margin_fen_per_lot),
        _day(listing.last_trading.isoformat()),
    )


def price(fen_per_card_h: int | None) -> str:
    """Write a price in yuan, to the tick."""
    return yuan(fen_per_card_h, 2)


def curve(quotes: Sequence[Quote], words: Words) -> dict[str, Any]:
    """Return the newest price of every window as lines, one a class, hub and tenor."""
    windows = sorted({one.listing.instrument.window for one in quotes})
    names = [one.name for one in windows]
    lines: dict[str, dict[str, float | None]] = {}
    for one in quotes:
        ware, fen_per_card_h = one.listing.instrument, one.shown_fen_per_card_h
        if fen_per_card_h is not None:
            tenor = label(obligations.TENOR, ware.window.tenor.value, words)
            line = lines.setdefault(f"{ware.card_class}@{ware.hub_id} · {tenor}", {})
            line[ware.window.name] = yuan_from_fen(fen_per_card_h)
    return {
        "kind": "lines",
        "unit": words.say("yuan a card-hour"),
        "digits": 2,
        "names": names,
        "series": [{"name": name, "values": [line.get(at) for at in names]} for name, line in sorted(lines.items())],
    }


def levels(asks: Levels, bids: Levels, words: Words) -> Table:
    """Return the levels of a book side by side, the best of each on top."""
    most = max((lots for _, lots in (*asks, *bids)), default=1)

    def side(tone: str, level: tuple[int, int] | None) -> tuple[Cell, Cell]:
        if level is None:
            return Cell(""), Cell("")
        fen_per_card_h, lots = level
        return Cell(price(fen_per_card_h)), Cell(grouped(lots), bar=lots / most, tone=tone)

    def both(at: int, bid: tuple[int, int] | None, ask: tuple[int, int] | None) -> Row:
        (bid_limit, bid_lots), (ask_limit, ask_lots) = side("buy", bid), side("sell", ask)
        return row(f"{at}", bid_lots, bid_limit, ask_limit, ask_lots)

    per = words.say("yuan a card-hour")
    heads = (
        Head(words.say("Level"), is_number=False),
        Head(words.say("Lots"), words.say("buy")),
        Head(words.say("Bid, limit"), per),
        Head(words.say("Ask, limit"), per),
        Head(words.say("Lots"), words.say("sell")),
    )
    rows = tuple(both(at, *pair) for at, pair in enumerate(zip_longest(bids, asks), start=1))
    return Table(words.say("Levels, the best on top"), heads, rows, words.say("Nothing stands in this book."))


def depth(asks: Levels, bids: Levels, words: Words) -> dict[str, Any]:
    """Return how many lots could be bought and sold up to each limit."""
    return {
        "kind": "depth",
        "unit": words.say("yuan a card-hour"),
        "lots": words.say("Lots"),
        "bids": {"name": words.say("can be sold"), "levels": _summed(bids)},
        "asks": {"name": words.say("can be bought"), "levels": _summed(asks)},
    }


def _summed(side: Levels) -> list[list[float]]:
    total, found = 0, []
    for fen_per_card_h, lots in side:
        total += lots
        found.append([yuan_from_fen(fen_per_card_h), total])
    return found


def trades(told: Sequence[Trade], member: str, words: Words) -> Table:
    """Return the newest trades of a book; of who traded only the member's own side is told."""
    heads = (
        Head(words.say("At"), "UTC+8", is_number=False),
        Head(words.say("Price"), words.say("yuan a card-hour")),
        Head(words.say("Lots")),
        Head(words.say("Own side"), is_number=False),
    )

    def own(one: Trade) -> str:
        names = ((mark("bought"), one.buyer), (mark("sold"), one.seller))
        sides = [words.say(side) for side, name in names if member == name]
        return ", ".join(sides) if member else NOTHING

    rows = tuple(
        row(moment(one.at.isoformat(), BOARD_ZONE), price(one.fen_per_card_h), grouped(one.lots), own(one))
        for one in reversed(told[-TRADES_SHOWN:])
    )
    return Table(words.say("Last trades"), heads, rows, words.say("Nothing was traded yet."))


def marks(told: Sequence[DayMark], words: Words) -> Table:
    """Return the marks of a book, the newest first, with the rule that gave each."""
    heads = (
        Head(words.say("Day"), is_number=False),
        Head(words.say("Mark"), words.say("yuan a card-hour")),
        Head(words.say("Rule"), is_number=False),
        Head(words.say("Lots in the closing hour")),
    )
    rows = tuple(
        row(
            f"{one.day}",
            price(one.mark.fen_per_card_h),
            label(obligations.MARK_RULE, one.mark.rule.value, words),
            grouped(one.mark.lots),
        )
        for one in reversed(told)
    )
    return Table(words.say("Marks"), heads, rows, words.say("This book has no mark yet."))


def marks_line(told: Sequence[DayMark], words: Words) -> dict[str, Any]:
    """Return the marks of a book as a line."""
    return {
        "kind": "lines",
        "unit": words.say("yuan a card-hour"),
        "digits": 2,
        "names": [f"{one.day}" for one in told],
        "series": [
            {"name": words.say("Mark"), "values": [yuan_from_fen(one.mark.fen_per_card_h) for one in told]},
        ],
    }


def exposures(told: Iterable[Exposure], marked: Mapping[str, DayMark], words: Words) -> Table:
    """Return what is at stake, book by book, in lots, and what positions are worth at the last mark."""
    heads = (
        Head(words.say("Instrument"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Position"), words.say("lots")),
        Head(words.say("Open buys"), words.say("lots")),
        Head(words.say("Open sells"), words.say("lots")),
        Head(words.say("May still sell"), words.say("lots")),
        Head(words.say("Brought"), words.say("lots")),
        Head(words.say("Mark"), words.say("yuan a card-hour")),
    )

    def of(one: Exposure) -> Row:
        last = marked.get(one.instrument)
        return row(
            Cell(one.instrument, href=book_address(one.instrument)),
            one.member,
            grouped(one.position),
            grouped(one.open_buy_lots),
            grouped(one.open_sell_lots),
            grouped(one.cover_lots),
            grouped(one.granted_lots),
            price(last.mark.fen_per_card_h if last else None),
        )

    return Table(words.say("Positions and open orders"), heads, tuple(map(of, told)), words.say("Nothing is at stake."))


def margins(
    purses: Iterable[Purse], needed: Mapping[str, int], calls: Mapping[str, int], words: Words
) -> tuple[Table, bool]:
    """Return what stands behind members, and whether any of them is called."""
    unit = words.say("yuan")
    heads = (
        Head(words.say("Member"), is_number=False),
        Head(words.say("Margin"), unit),
        Head(words.say("Margin held"), unit),
        Head(words.say("Required"), unit),
        Head(words.say("Free"), unit),
        Head(words.say("Mutual fund"), unit),
        Head(words.say("Called"), unit),
        Head(words.say("Standing"), is_number=False),
    )

    def of(one: Purse) -> Row:
        held = one.hold.fen if one.hold else 0
        called = calls.get(one.member, 0)
        standing = words.say("in default") if one.is_defaulted else words.say("called") if called else words.say("good")
        share = held / one.margin_fen if one.margin_fen > 0 else None
        return row(
            one.member,
            yuan(one.margin_fen, 2),
            Cell(yuan(held, 2), bar=share),
            yuan(needed.get(one.member, 0), 2),
            yuan(one.margin_fen - held, 2),
            yuan(one.share_fen, 2),
            yuan(called, 2),
            standing,
        )

    rows = tuple(map(of, purses))
    return Table(words.say("Margin"), heads, rows, words.say("Nobody is admitted yet.")), bool(calls)


def settlement(
    day: date, paid: Mapping[str, int], held: Mapping[str, int], calls: Mapping[str, int], words: Words
) -> Table:
    """Return what a day pays to whom, what is held from then on, and what is called for."""
    unit = words.say("yuan")
    heads = (
        Head(words.say("Member"), is_number=False),
        Head(words.say("Paid"), unit),
        Head(words.say("Margin held"), unit),
        Head(words.say("Called"), unit),
    )
    names = sorted({*paid, *held, *calls})
    rows = tuple(row(name, *(yuan(some.get(name, 0), 2) for some in (paid, held, calls))) for name in names)
    return Table(words.say("What %(day)s pays", day=day), heads, rows, words.say("Nobody is paid."))


def order_said(order: Order, words: Words) -> str:
    """Return an order in one line."""
    side = words.say("buy") if order.side is Side.BUY else words.say("sell")
    return words.say(
        "%(side)s %(lots)s at %(limit)s yuan",
        side=side,
        lots=grouped(order.lots),
        limit=price(order.fen_per_card_h),
    )


def _day(iso: str) -> str:
    return moment(iso, BOARD_ZONE).removesuffix(" 00:00")
