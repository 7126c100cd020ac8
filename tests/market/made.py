"""A market of three members and two books, and its requests in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qipan.accounts.model.posting import Account, Draft
from qipan.accounts.service.posting import Accounts
from qipan.log.service import Log
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.delivery import SiteStep, Supply
from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Certification, Cover, Listing, Member
from qipan.market.service.clearing import Clearing
from qipan.market.service.compute_audit import ComputeAudit
from qipan.market.service.delivery import Deliveries
from qipan.market.service.margin import MONEY, Margins
from qipan.market.service.nomination import Nominating
from qipan.market.service.spot import Spot
from qipan.market.service.trading import Trading
from qipan.market.service.voucher import Vouchers

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
        self.accounts = Accounts(self.log)
        self.begin_anew()

    def begin_anew(self):
        """Let nothing be in memory, as after a crash."""
        self.trading = Trading(self.log)
        self.margins = Margins(self.trading, self.accounts)
        self.clearing = Clearing(self.trading, self.margins, self.accounts, self.log)
        self.nominating = Nominating(self.trading, self.log)
        self.deliveries = Deliveries(self.trading, self.clearing, self.accounts, self.log)
        vouchers = Vouchers(self.trading, self.accounts, self.log)
        spot = Spot(self.trading, self.margins, vouchers, self.accounts, self.log)
        self.compute_audit = ComputeAudit(spot, self.accounts)

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

    def fund(self, margin_fen, share_fen=0, capital_fen=0):
        """Open the members' accounts and bring money from outside to them."""
        with self.books.begin(caller="test") as unit:
            for member in MEMBERS:
                self.margins.admit(unit, member, NOW)
            self.accounts.open_account(unit, Account("outside", "outside", MONEY.asset_id, "issued", floor=None), NOW)
            for member in MEMBERS:
                for name, fen, to_fund in (("m", margin_fen, False), ("f", share_fen, True)):
                    if fen:
                        told = {"source": "outside", "fen": fen, "transfer_id": f"in-{name}-{member.member_id}"}
                        self.margins.bring(unit, member.member_id, NOW, **told, to_fund=to_fund)
            if capital_fen:
                draft = Draft(
                    transfer_id="in/capital",
                    debit="outside",
                    credit="market/capital",
                    amount=capital_fen,
                    reason="capital",
                )
                self.accounts.post_whole(unit, [draft], NOW)

    def bring(self, member, fen, name, at=NOW):
        with self.books.begin(caller="test") as unit:
            return self.margins.bring(unit, member, at, source="outside", fen=fen, transfer_id=name)

    def order(self, *requests, at=NOW):
        """Send requests under margin."""
        with self.books.begin(caller="test") as unit:
            return self.margins.send(unit, requests, at)

    def mark(self, at, plan=None):
        with self.books.begin(caller="test") as unit:
            return self.clearing.mark(unit, at, plan)

    def settle(self, at):
        with self.books.begin(caller="test") as unit:
            return self.clearing.settle(unit, at)

    def default(self, member, at):
        with self.books.begin(caller="test") as unit:
            return self.clearing.default(unit, member, at)

    def site(self, member, site_id, cards, derating_percent=0):
        """Let a member certify cards at a site, of the class and hub of both books."""
        step = SiteStep(member, site_id, DAY.card_class, DAY.hub_id, WEEK.window.start, cards, derating_percent, "NC-2")
        with self.books.begin(caller="test") as unit:
            self.nominating.certify_site(unit, step, NOW)

    def supply(
        self,
        name,
        member,
        site_id,
        lots,
        ware=DAY,
        at=NOW,
        *,
        start=None,
        end=None,
        fen=None,
        at_spot=False,
        signature="",
    ):
        """Nominate lots of a book, or buy them in where a price is named."""
        span = start or ware.window.start, end or ware.window.end
        word = Supply(name, member, ware.name, site_id, *span, lots, fen, at_spot)
        with self.books.begin(caller="test") as unit:
            return self.nominating.supply(unit, word, at, signature)

    def cascade(self, ware, at):
        with self.books.begin(caller="test") as unit:
            return self.deliveries.cascade(unit, ware.name, at)

    def allocate(self, ware, at):
        with self.books.begin(caller="test") as unit:
            return self.deliveries.allocate(unit, ware.name, at)

    def deliver(self, told, at):
        with self.books.begin(caller="test") as unit:
            return self.deliveries.settle(unit, told, at)

    def money(self, *accounts):
        """Return posted and available fen of accounts."""
        with self.books.read() as unit:
            found = self.accounts.balances(unit, accounts)
        told = [found.get((name, None)) for name in accounts]
        return [(one.posted, one.available) if one else (0, 0) for one in told]

    def transfers(self):
        with self.books.read() as unit:
            return list(self.accounts.transfers(unit))

    def exposure(self, member, ware=WEEK):
        with self.books.read() as unit:
            found = self.trading.exposures(unit, member=member, instrument=ware.name)
        return found[0] if found else None

    def check(self):
        with self.books.read() as unit:
            return (
                self.trading.check(unit)
                + self.clearing.check(unit)
                + self.nominating.check(unit)
                + self.deliveries.check(unit)
                + self.compute_audit.check(unit)
                + self.accounts.check(unit)
                + self.log.check(unit)
            )


STANDING, IMMEDIATE, PASSIVE = Entry.STANDING, Entry.IMMEDIATE, Entry.PASSIVE
