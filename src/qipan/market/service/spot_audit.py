"""What follows from the requests of auctions is held against the books, the log and the accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256

from qipan.accounts.model.posting import Balance, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import Finding
from qipan.log.service import Log
from qipan.market.bid import cleared_leaf, terms
from qipan.market.model.auction import Auction, Entered, Outcome
from qipan.market.pay import BALANCING, SPOT, UPLIFT
from qipan.market.record import link
from qipan.market.service.spot import AUCTION_KIND, Spot
from qipan.market.service.voucher import Vouchers
from qipan.market.service.withdrawal import REQUEST_KIND
from qipan.storage.books import UnitOfWork


class SpotAudit:
    """Holds auctions against what they rest on; prices are found anew by who asks."""

    def __init__(self, spot: Spot, vouchers: Vouchers, accounts: Accounts, log: Log) -> None:
        self._spot = spot
        self._vouchers = vouchers
        self._accounts = accounts
        self._log = log

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold chains of requests against the log, the auction's account against nothing, vouchers against their money.

        Rules: ``request_differs``, ``auction_differs``, ``spot_not_empty``; those of `Vouchers.check`.
        """
        kinds = (AUCTION_KIND, REQUEST_KIND)
        leaves = {kind: {leaf.digest for leaf in self._log.leaves(unit, kind=kind)} for kind in kinds}
        found: list[Finding] = []
        for auction in self._spot.auctions(unit).values():
            begin = sha256(terms(auction)).hexdigest()
            if begin not in leaves[AUCTION_KIND]:
                told = f"The terms of {auction.name} must be in the log, was not."
                found.append(Finding(0, "auction", "auction_differs", told, auction.name))
            found += _broken(auction, begin, self._spot.requests(unit, auction.name), leaves[REQUEST_KIND])
        own = self._accounts.balances(unit, [SPOT]).get((SPOT, None), Balance())
        if own.posted:
            told = f"{SPOT} must hold nothing between auctions, was {own.posted} fen."
            found.append(Finding(0, "account", "spot_not_empty", told))
        return (*found, *self._vouchers.check(unit))

    def is_cleared(self, unit: UnitOfWork, outcome: Outcome) -> bool:
        """Tell whether the payments of an outcome stand as they follow, and its digest is in the log."""
        leaf = cleared_leaf(outcome.auction, outcome.digest)
        return self.are_posted(unit, outcome.drafts) and bool(self._log.find(unit, leaf))

    def are_refunded(self, unit: UnitOfWork, moved: Mapping[str, tuple[str, str, int]]) -> bool:
        """Tell whether refunds stand as they follow: what bidder and voucher got is what the bidder had paid."""
        given: dict[str, int] = defaultdict(int)
        for account in {debit for debit, _, _ in moved.values()}:
            for one in self._accounts.transfers(unit, account):
                if one.debit == account:
                    given[one.transfer_id.removesuffix("/v")] += one.amount
        return all(given[name] == fen for name, (debit, credit, fen) in moved.items() if debit != credit)

    def are_posted(self, unit: UnitOfWork, drafts: Sequence[Draft]) -> bool:
        """Tell whether payments stand as they follow; what frees a hold is none."""
        wanted = {one.transfer_id: (one.debit, one.credit, one.amount) for one in drafts if one.amount}
        stands = {
            one.transfer_id: (one.debit, one.credit, one.amount)
            for account in (SPOT, UPLIFT, BALANCING)
            for one in self._accounts.transfers(unit, account)
            if one.transfer_id in wanted
        }
        return stands == wanted


def _broken(auction: Auction, digest: str, requests: tuple[Entered, ...], leaves: Collection[str]) -> list[Finding]:
    for number, one in enumerate(requests, start=1):
        payload = link(one.record, number=number, at=one.at, signature=one.signature, before=digest)
        digest = sha256(payload).hexdigest()
        if (one.number, one.digest) != (number, digest) or digest not in leaves:
            told = f"Request {number} of {auction.name} must be that of the log, was not: {one.request_id}."
            return [Finding(number, "request", "request_differs", told, one.request_id)]
    return []
