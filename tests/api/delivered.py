"""A market in which a day that is over was sold and waits to be allocated, and another day can be nominated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from qipan.accounts.model.posting import Account
from qipan.bootstrap.services import Services
from qipan.market.model.contract import MARKET_ZONE, Instrument
from qipan.market.model.delivery import SiteStep, Supply
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Certification, Cover, Listing, Member

AHEAD = "h100-80g@ningxia/2198-03-08"
"""A day to come, of which the seller sold three lots."""
SITE = "zhongwei"


def past_day() -> date:
    """Return a day that is over since a day or more."""
    return datetime.now(UTC).astimezone(MARKET_ZONE).date() - timedelta(days=3)


def over() -> str:
    """Return the book of that day."""
    return f"h100-80g@ningxia/{past_day()}"


def sell_days(made: Services, seller: str, buyer: str, spare: str) -> None:
    """Let a seller sell three lots of both days; of the past one a site was nominated for two, and a mark settled."""
    ware = Instrument.named(over())
    then = ware.window.start - timedelta(days=1)
    ends, hour = ware.window.start - timedelta(hours=12), then.replace(minute=0, second=0, microsecond=0)
    with made.books.begin() as unit:
        for member in (seller, buyer, spare):
            made.margins.admit(unit, Member(member), then)
        made.accounts.open_account(unit, Account("bank", "bank", "fen", "issued", None), then)
        for member in (seller, buyer, spare):
            made.margins.bring(unit, member, then, source="bank", fen=20_000_000, transfer_id=f"in-{member}")
            made.trading.certify(unit, Certification(member, "h100-80g", "ningxia", hour, 80, "NC-7"), then)
            step = SiteStep(member, SITE if member == seller else "wulan", "h100-80g", "ningxia", hour, 40, 0, "NC-8")
            made.nominating.certify_site(unit, step, then)
    for name, last in ((ware.name, ends), (AHEAD, None)):
        listing = Listing(Instrument.named(name), last or Instrument.named(name).window.start, 150, "assumed")
        with made.books.begin() as unit:
            made.trading.open_book(unit, listing, then)
            stem = name[-2:]
            made.margins.send(unit, [Cover(f"c-{stem}", seller, name, 3)], then)
            made.margins.send(unit, [Order(f"s-{stem}", seller, name, Side.SELL, 3, 1200)], then)
            made.margins.send(unit, [Order(f"b-{stem}", buyer, name, Side.BUY, 3, 1200)], then)
    start, end = ware.window.start, ware.window.end
    with made.books.begin() as unit:
        made.nominating.supply(unit, Supply("n-0", seller, ware.name, SITE, start, end, 2), then)
    marked = ends + timedelta(minutes=1)
    with made.books.begin() as unit:
        made.clearing.mark(unit, marked, {AHEAD: 1200, ware.name: 1200})
        made.clearing.settle(unit, marked)
