"""What stands in the log behind a payment of the market: the orders that led to it, terms and outcome of an auction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from qipan.accounts.model.posting import Transfer
from qipan.log.service import Log
from qipan.market.bid import cleared_leaf, terms
from qipan.market.model.auction import Entered as SpotEntered
from qipan.market.model.request import Entered
from qipan.market.record import link
from qipan.market.settle import fund_account, margin_account
from qipan.market.store import book as books
from qipan.market.store import clearing as days
from qipan.market.store import spot
from qipan.storage.books import UnitOfWork


def behind(unit: UnitOfWork, transfer: Transfer) -> tuple[bytes, ...]:
    """Return what was entered in the log that a payment follows from; nothing where it is not of the market.

    Variation margin follows from the orders of the member's trades since the marks before; payments of an auction from
    its terms, the member's requests and what it came to. What others bear of a default shows them no order of the
    member that defaulted.
    """
    kind, *rest = transfer.transfer_id.split("/")
    if kind in {"vm", "default"} and len(rest) >= 2 and transfer.reason in {"variation_margin", "default"}:
        # What a delivery moves bears the name of that in place of the day.
        settled = {str(day): day for day in days.days(unit)}
        member, own = rest[1], {margin_account(rest[1]), fund_account(rest[1])}
        is_own = not own.isdisjoint({transfer.debit, transfer.credit})
        return tuple(_orders(unit, settled[rest[0]], member)) if rest[0] in settled and is_own else ()
    if kind == "spot" and len(rest) >= 3 and transfer.reason.startswith("spot"):
        return tuple(_auction(unit, f"{rest[1]}/{rest[0]}", rest[-1]))
    return ()


def requests_of(unit: UnitOfWork, request_ids: Iterable[str]) -> dict[str, bytes]:
    """Return what was entered in the log of requests of books, by their id."""
    found = books.known(unit, list(request_ids))
    return {name: _linked(one, books.digest(unit, one.instrument, one.number - 1)) for name, one in found.items()}


def leaves_of(unit: UnitOfWork, log: Log, names: Iterable[str]) -> tuple[int, ...]:
    """Return the places in the log of requests, and of those that trades came of.

    Parameters
    ----------
    names
        Ids of requests of books or auctions; trades as ``instrument#sequence``.
    """
    ids: dict[str, None] = {}
    for name in names:
        instrument, is_trade, sequence = name.rpartition("#")
        found = books.trades(unit, instrument, after=int(sequence) - 1, until=int(sequence)) if is_trade else ()
        ids |= (
            dict.fromkeys(one for trade in found for one in (trade.buy_id, trade.sell_id)) if is_trade else {name: None}
        )
    digests = [one.digest for one in books.known(unit, list(ids)).values()]
    digests += [one.digest for one in spot.known(unit, list(ids)).values()]
    return tuple(sorted(leaf.seq for one in digests for leaf in log.find_digest(unit, one)))


def _orders(unit: UnitOfWork, day: date, member: str) -> Iterable[bytes]:
    marks, before = days.marks(unit, day), days.marks_before(unit, day)
    ids: dict[str, None] = {}
    for one in marks:
        since = before[one.instrument].last_trade if one.instrument in before else 0
        for trade in books.trades(unit, one.instrument, after=since, until=one.last_trade):
            if trade.buyer == member:
                ids[trade.buy_id] = None
            if trade.seller == member:
                ids[trade.sell_id] = None
    return requests_of(unit, ids).values()


def _auction(unit: UnitOfWork, name: str, member: str) -> Iterable[bytes]:
    before = ""
    for auction in spot.auctions(unit, name).values():
        yield terms(auction)
        before = sha256(terms(auction)).hexdigest()
    for one in spot.requests(unit, name):
        if one.member == member:
            yield _linked(one, before)
        before = one.digest
    for clearing in spot.clearings(unit, name).values():
        yield cleared_leaf(name, clearing.digest)


def _linked(one: Entered | SpotEntered, before: str | None) -> bytes:
    return link(one.record, number=one.number, at=one.at, signature=one.signature, before=before or "")
