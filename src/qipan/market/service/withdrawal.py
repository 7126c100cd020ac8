"""A defaulter's bids and offers are taken back in every auction that is not cleared; what was held for them is free.

Each is a cancellation that the clearing house enters into the auction's chain, after the gate too; its id holds a
slash, as no member's does.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from qipan.accounts.service.posting import Accounts
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.market.bid import entered
from qipan.market.model.clearing import Hold
from qipan.market.model.order import Order
from qipan.market.model.request import Cancel
from qipan.market.pay import freed
from qipan.market.record import link, record
from qipan.market.service import lock
from qipan.market.store import spot as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

REQUEST_KIND: Final = "spot_request"
"""Kind of leaf of a request of an auction."""
_MARK: Final = 32


def lock_auctions(unit: UnitOfWork, member: str) -> list[str]:
    """Let nobody bid or clear where a member has bid and nothing is cleared yet; return which auctions these are."""
    found = store.uncleared(unit, member)
    for name in found:
        unit.lock(lock.of_auction(name))
    unit.lock(lock.of_cards(member))
    return found


def withdraw(unit: UnitOfWork, accounts: Accounts, log: Log, member: str, now: datetime, *, auction: str) -> int:
    """Take back all that a member bids and offers in an auction, which is locked; return how many orders."""
    standing = store.orders(unit, auction, {member})
    if not standing:
        return 0
    *_, last = store.requests(unit, auction)
    digest, at = last.digest, max(in_utc(now), last.at)
    new, payloads = [], []
    for number, order in enumerate(standing, start=last.number + 1):
        request = _cancel(order)
        text = record(request)
        payloads.append(link(text, number=number, at=at, signature="", before=digest))
        digest = sha256(payloads[-1]).hexdigest()
        new.append(entered(auction, request, text, number=number, at=at, signature="", digest=digest))
    store.enter(unit, new)
    hold = store.holds(unit, auction).get(member)
    if hold is not None:
        accounts.post_whole(unit, [freed(hold)], now)
        store.set_hold(unit, auction, Hold(member, hold.transfer_id, 0))
    log.extend(unit, REQUEST_KIND, payloads, at)
    record_action(unit, "spot_orders_withdrawn", auction, now, member=member, orders=len(new))
    return len(new)


def _cancel(order: Order) -> Cancel:
    name = sha256(order.order_id.encode()).hexdigest()[:_MARK]
    return Cancel(f"close/{name}", order.member, order.instrument, order.order_id)
