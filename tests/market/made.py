"""A market of three members and two books, and its requests in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qipan.log.service import Log
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Certification, Cover, Listing, Member
from qipan.market.service.trading import Trading

NOW = datetime(2026, 2, 1, tzinfo=UTC)
WEEK = Instrument("h100-80g", "ningxia", Window.named("2026-W10"))
DAY = Instrument("h100-80g", "ningxia", Window.named("2026-03-03"))
LISTINGS = (
    Listing(WEEK, WEEK.window.start, 100, "assumed"),
    Listing(DAY, DAY.window.start, 130, "assumed"),
)
MEMBERS = (Member("site"), Member("firm"), Member("bank"))
CARDS = 96


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def order(name, member, side, lots, fen, ware=WEEK, **more):
    return Order(name, member, ware.name, Side[side.upper()], lots, fen, **more)


def cancel(name, member, order_id, ware=WEEK):
    return Cancel(name, member, ware.name, order_id)


def cover(name, member, lots, ware=WEEK):
    return Cover(name, member, ware.name, lots)


class Market:
    """Services on books, one unit of work a call."""

    def __init__(self, books):
        self.books = books
        self.log = Log()
        self.trading = Trading(self.log)

    def open(self):
        with self.books.begin(caller="test") as unit:
            for member in MEMBERS:
                assert self.trading.admit(unit, member, NOW)
            for listing in LISTINGS:
                assert self.trading.open_book(unit, listing, NOW)
            start = WEEK.window.start
            step = Certification("site", WEEK.card_class, WEEK.hub_id, start, CARDS, "NC-1")
            self.trading.certify(unit, step, NOW)

    def send(self, *requests, at=NOW, **more):
        with self.books.begin(caller="test") as unit:
            return self.trading.send(unit, requests, at, **more)

    def told(self, *requests, at=NOW):
        """Return state, lots left and refusal of each."""
        return [
            (
                one.entered.state and one.entered.state.value,
                one.entered.left_lots,
                one.entered.refusal and one.entered.refusal.value,
            )
            for one in self.send(*requests, at=at)
        ]

    def exposure(self, member, ware=WEEK):
        with self.books.read() as unit:
            found = self.trading.exposures(unit, member=member, instrument=ware.name)
        return found[0] if found else None

    def check(self):
        with self.books.read() as unit:
            return self.trading.check(unit)


STANDING, IMMEDIATE, PASSIVE = Entry.STANDING, Entry.IMMEDIATE, Entry.PASSIVE
