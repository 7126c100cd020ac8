"""A spot market of four members between made hubs, and its requests in one line."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.market.made import Market

from qipan.accounts.model.posting import Account
from qipan.dispatch.sources import links
from qipan.facts.catalog import Catalog
from qipan.market.model.auction import Auction, Network
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel, Certification, Member
from qipan.market.service.balancing import Balancing
from qipan.market.service.margin import MONEY
from qipan.market.service.spot import Spot
from qipan.market.service.spot_audit import SpotAudit
from qipan.market.service.voucher import Vouchers
from qipan.workflows.clear_spot import SpotClearing

DAY = date(2026, 3, 3)
CLASS = "h100-80g"
GATE = datetime(2026, 3, 2, 4, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 5, tzinfo=UTC)
MEMBERS = ("east", "north", "site", "west")
HUBS = ("ningxia", "guizhou")
PLAIN = Network(HUBS, ((0, 20), (20, 0)))
"""Two hubs with carriers that ask 20 fen and carry all there is."""
NARROW = Network(HUBS, ((0, 20), (20, 0)), ("n-g",), (3,), (((0, 1), (-1, 0)),))
"""The same with a link of three lots between them."""


def auction(network=PLAIN, fee_bp=0, **more):
    return Auction(CLASS, DAY, more.get("gate", GATE), fee_bp, network)


def at(hub, hour=9):
    return f"{CLASS}@{hub}/{DAY}T{hour:02d}"


def bid(name, member, lots, fen, hub="guizhou", hour=9):
    return Order(name, member, at(hub, hour), Side.BUY, lots, fen)


def offer(name, member, lots, fen, hub="ningxia", hour=9):
    return Order(name, member, at(hub, hour), Side.SELL, lots, fen)


def back(name, member, order_id, hub="guizhou", hour=9):
    return Cancel(name, member, at(hub, hour), order_id)


class SpotMarket(Market):
    """Services on books, one unit of work a call."""

    def begin_anew(self):
        super().begin_anew()
        self.vouchers = Vouchers(self.trading, self.accounts, self.log)
        self.spot = Spot(self.trading, self.margins, self.vouchers, self.accounts, self.log)
        self.balancing = Balancing(self.spot, self.vouchers, self.accounts, self.log)
        self.workflow = SpotClearing(
            catalog=Catalog.load(None),
            spot=self.spot,
            balancing=self.balancing,
            audit=SpotAudit(self.spot, self.vouchers, self.accounts, self.log),
            read_links=links.read,
        )

    def open_spot(self, terms, now, *, cards=800, fen=10**9):
        """Admit members with money and certified cards, and open an auction."""
        self.name = terms.name
        with self.books.begin(caller="test") as unit:
            for name in MEMBERS:
                self.margins.admit(unit, Member(name), now)
            for name in ("outside", "fund"):
                self.accounts.open_account(unit, Account(name, name, MONEY.asset_id, "issued", floor=None), now)
            for name in MEMBERS:
                if fen:
                    self.margins.bring(unit, name, now, source="outside", fen=fen, transfer_id=f"in-{name}")
                for hub in terms.network.hubs:
                    step = Certification(name, terms.card_class, hub, terms.window.start, cards, "NC-1")
                    self.trading.certify(unit, step, now)
            assert self.spot.open(unit, terms, now)
            assert not self.spot.open(unit, terms, now)

    def enter(self, now, *requests, **more):
        with self.books.begin(caller="test") as unit:
            return self.spot.send(unit, self.name, requests, now, **more)

    def clear(self, now):
        with self.books.begin(caller="test") as unit:
            return self.workflow.clear(unit, self.name, now)

    def refund(self, now, name, offer_id, card_h):
        with self.books.begin(caller="test") as unit:
            return self.balancing.refund(unit, self.name, name, now, offer_id=offer_id, card_h=card_h)

    def deviate(self, now, delivered, rolling=None):
        with self.books.begin(caller="test") as unit:
            return self.balancing.deviate(unit, self.name, delivered, rolling, now)

    def issue(self, now, programme):
        with self.books.begin(caller="test") as unit:
            return self.vouchers.issue(unit, programme, now)

    def posted(self, *accounts):
        return [posted for posted, _ in self.money(*accounts)]

    def wrong(self):
        """Return all that any check finds."""
        with self.books.read() as unit:
            parts = (self.workflow, self.compute_audit, self.accounts, self.log)
            return tuple(finding for part in parts for finding in part.check(unit))
