"""Spot auctions: bids and offers are entered a day ahead, secured and covered; what an auction came to is posted.

Dispatch finds prices and flows, which this service is given: `qipan.workflows.clear_spot` puts the two together. Every
request is kept and is a leaf of the log; what is refused leaves nothing behind, and its id stays free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from qipan.accounts.model.posting import Account, Action, Balance, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import ConflictError, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.market.admit import HOUSE, check_auction, check_bid, check_signature
from qipan.market.auction import clear
from qipan.market.bid import (
    check_backs,
    check_own,
    check_same,
    cleared_leaf,
    elsewhere,
    entered,
    gated,
    most_fen,
    terms,
    too_early,
)
from qipan.market.hand_over_spot import sell
from qipan.market.model.auction import Auction, Clearing, Entered, Found, Outcome
from qipan.market.model.clearing import Hold
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel, id_of
from qipan.market.pay import OWN, freed, hold_id, linked, paid
from qipan.market.record import link, moment, record
from qipan.market.service import lock
from qipan.market.service.capacity import check_offers
from qipan.market.service.handing import hand
from qipan.market.service.margin import MONEY, Margins
from qipan.market.service.trading import Trading
from qipan.market.service.voucher import Vouchers
from qipan.market.service.withdrawal import REQUEST_KIND
from qipan.market.settle import HELD, margin_account
from qipan.market.store import book as books
from qipan.market.store import spot as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

AUCTION_KIND: Final = "spot_auction"
GATE_KIND: Final = "spot_gate"
CLEARING_KIND: Final = "spot_clearing"
"""Kinds of leaves of the log beside requests: terms, a gate closed early, and the digest of what an auction came to."""


class Spot:
    """Who bids and offers what for which hour, and what each auction came to."""

    def __init__(self, trading: Trading, margins: Margins, vouchers: Vouchers, accounts: Accounts, log: Log) -> None:
        self._trading = trading
        self._margins = margins
        self._vouchers = vouchers
        self._accounts = accounts
        self._log = log

    # --- terms ----------------------------------------------------------------------------------------------------

    def open(self, unit: UnitOfWork, auction: Auction, now: datetime) -> bool:
        """Open an auction and the accounts of the spot market; ``False`` when the very same is open already.

        Raises
        ------
        BadInputError
            ``auction_unfit``.
        ConflictError
            ``auction_taken`` when it stands on other terms.
        RuleBrokenError
            ``auction_past`` when its gate would be closed.
        """
        check_auction(auction)
        unit.lock(lock.of_auction(auction.name))
        stands = store.auctions(unit, auction.name).get(auction.name)
        if stands is not None:
            if stands != auction:
                raise ConflictError(
                    f"An auction must keep the terms that it was opened on, was other ones: {auction.name}.",
                    code="auction_taken",
                    hint="Use it as it is; terms never change while bids stand on them.",
                )
            return False
        if auction.gate <= in_utc(now):
            raise RuleBrokenError(
                f"An auction must be opened before its gate, was {auction.name}, whose gate closes {auction.gate}.",
                code="auction_past",
                hint="Name a day to come, or a later gate.",
            )
        self._accounts.open_asset(unit, MONEY, now)
        for name, (purpose, floor) in {HELD: ("margin_held", 0), **OWN}.items():
            self._accounts.open_account(unit, Account(name, HOUSE, MONEY.asset_id, purpose, floor=floor), now)
        store.insert_auction(unit, auction, now)
        self._log.append(unit, AUCTION_KIND, terms(auction), now)
        record_action(unit, "spot_auction_opened", auction.name, now, gate=moment(auction.gate))
        return True

    def close_gate(self, unit: UnitOfWork, name: str, now: datetime) -> datetime:
        """Close the gate of an auction before its time; return when it closed, told again if it is closed.

        Raises
        ------
        NotFoundError
            ``auction_unknown``.
        """
        unit.lock(lock.of_auction(name))
        auction = self.auction(unit, name)
        closes, last = self.gate_of(unit, auction), store.newest(unit, name)
        at = in_utc(now) if last is None else max(in_utc(now), last.at)
        if at >= closes:
            return closes
        store.insert_gate(unit, name, at)
        self._log.append(unit, GATE_KIND, canonical({"auction": name, "closed": moment(at)}), now)
        record_action(unit, "spot_gate_closed", name, now)
        return at

    def gate_of(self, unit: UnitOfWork, auction: Auction) -> datetime:
        """Return the first moment at which nothing is entered any more."""
        return store.gate(unit, auction.name) or auction.gate

    def check_gated(self, unit: UnitOfWork, auction: Auction, now: datetime) -> None:
        """Refuse to clear an auction before its gate.

        Raises
        ------
        RuleBrokenError
            ``auction_open``.
        """
        closes = self.gate_of(unit, auction)
        if in_utc(now) < closes:
            raise too_early(auction.name, closes, in_utc(now))

    def auctions(self, unit: UnitOfWork) -> dict[str, Auction]:
        """Return the terms of all auctions by name, in the order of their days."""
        return store.auctions(unit)

    def auction(self, unit: UnitOfWork, name: str) -> Auction:
        """Return the terms of an auction.

        Raises
        ------
        NotFoundError
            ``auction_unknown``.
        """
        found = store.auctions(unit, name).get(name)
        if found is None:
            raise NotFoundError(
                f"An auction must be open for class and day, was none: {name!r}.",
                code="auction_unknown",
                hint="See which are open with qipan market spot auctions.",
            )
        return found

    # --- requests ------------------------------------------------------------------------------------------------

    def send(
        self,
        unit: UnitOfWork,
        name: str,
        requests: Sequence[Order | Cancel],
        now: datetime,
        signatures: Mapping[str, str] | None = None,
    ) -> tuple[tuple[Entered, bool], ...]:
        """Enter bids, offers and cancellations of one auction; return each as it stands, and whether it is new.

        All or nothing: where one is refused the caller must let it undo the unit of work. What bids can cost is held
        of the member's margin account; offers must be certified in their hour and promised nowhere else.

        Parameters
        ----------
        signatures
            By the id of a request, where its member has a key.

        Raises
        ------
        BadInputError
            ``request_id_malformed``; ``order_negative``, ``order_out_of_grid``; ``bid_unfit``; ``order_elsewhere``,
            ``instrument_name_bad``, ``window_name_bad``.
        NotFoundError
            ``auction_unknown``, ``member_unknown``; ``order_unknown`` where nothing stands that is taken back.
        ConflictError
            ``order_differs`` when another request stands under an id.
        NotAllowedError
            ``request_forged``; ``margin_called``, ``member_defaulted`` for bids and offers.
        RuleBrokenError
            ``auction_gated`` from the gate on; ``order_self_trade``; ``offer_uncovered``; ``bid_unfunded``.
        """
        for request in requests:
            check_bid(request)
        unit.lock(lock.of_auction(name))
        auction = self.auction(unit, name)
        stands = store.known(unit, [id_of(one) for one in requests])
        members = books.members(unit, {one.member for one in requests})
        last = store.newest(unit, name)
        digest = sha256(terms(auction)).hexdigest() if last is None else last.digest
        number = 0 if last is None else last.number
        at = in_utc(now) if last is None else max(in_utc(now), last.at)
        closes = self.gate_of(unit, auction)
        told: dict[str, tuple[Entered, bool]] = {}
        payloads: list[bytes] = []
        for request in requests:
            text, request_id = record(request), id_of(request)
            before = told[request_id][0] if request_id in told else stands.get(request_id)
            if before is not None:
                told.setdefault(request_id, (before, False))
                check_same(before, text, name)
                continue
            if at >= closes:
                raise gated(name, closes, at)
            if auction.place(request.instrument) is None:
                raise elsewhere(request)
            if request.member not in members:
                self._trading.member(unit, request.member)
            signature = (signatures or {}).get(request_id, "")
            check_signature(request, members[request.member], signature)
            number += 1
            payloads.append(link(text, number=number, at=at, signature=signature, before=digest))
            digest = sha256(payloads[-1]).hexdigest()
            made = entered(name, request, text, number=number, at=at, signature=signature, digest=digest)
            told[request_id] = made, True
        new = [one for one, is_new in told.values() if is_new]
        if new:
            self._check_orders(unit, new)
            self._enter(unit, auction, new, payloads, now)
        return tuple(told[id_of(one)] for one in requests)

    def orders(self, unit: UnitOfWork, name: str) -> tuple[Order, ...]:
        """Return the bids and offers of an auction that stand, in the order in which they were entered.

        Raises
        ------
        NotFoundError
            ``auction_unknown``.
        """
        self.auction(unit, name)
        return store.orders(unit, name)

    def requests(self, unit: UnitOfWork, name: str) -> tuple[Entered, ...]:
        """Return the requests of an auction in their order."""
        return store.requests(unit, name)

    # --- what it came to -----------------------------------------------------------------------------------------

    def settle(self, unit: UnitOfWork, name: str, found: Found, now: datetime) -> Outcome:
        """Post what an auction came to, whole and once; once it is cleared, it is told again and nothing is posted.

        Raises
        ------
        NotFoundError
            ``auction_unknown``.
        RuleBrokenError
            ``auction_open`` before the gate; ``transfers_refused``.
        BadInputError
            ``volume_unbacked`` where prices and flows do not belong together.
        """
        unit.lock(lock.of_auction(name))
        auction = self.auction(unit, name)
        if name in store.clearings(unit, name):
            outcome = self.outcome(unit, name)
            hand(self._accounts, unit, now, sell(outcome))
            return outcome
        self.check_gated(unit, auction, now)
        redeemed_after = self._vouchers.newest(unit)
        outcome = self.reckon(unit, auction, found, now, redeemed_after)
        self._accounts.post_whole(unit, outcome.drafts, now)
        hand(self._accounts, unit, now, sell(outcome))
        store.clear_holds(unit, name)
        store.insert_outcome(unit, outcome, redeemed_after, in_utc(now))
        self._vouchers.enter(unit, outcome.redeemed)
        self._log.append(unit, CLEARING_KIND, cleared_leaf(name, outcome.digest), now)
        record_action(unit, "spot_cleared", name, now, digest=outcome.digest)
        return outcome

    def reckon(
        self, unit: UnitOfWork, auction: Auction, found: Found, at: datetime, redeemed_after: int | None = None
    ) -> Outcome:
        """Return what an auction comes to with prices and flows of dispatch; nothing is posted.

        Parameters
        ----------
        redeemed_after
            Vouchers count as this redemption left them.
        """
        outcome = clear(auction, store.orders(unit, auction.name), found)
        redeemed = self._vouchers.redeem(unit, outcome, in_utc(at), redeemed_after)
        last = store.newest(unit, auction.name)
        digest = sha256(terms(auction)).hexdigest() if last is None else last.digest
        return paid(auction, outcome, redeemed, list(store.holds(unit, auction.name).values()), digest)

    def clearings(self, unit: UnitOfWork) -> dict[str, Clearing]:
        """Return which auctions are cleared, in the order in which they were."""
        return store.clearings(unit)

    def outcome(self, unit: UnitOfWork, name: str) -> Outcome:
        """Return what an auction came to.

        Raises
        ------
        NotFoundError
            ``auction_unknown``; ``auction_uncleared``.
        """
        self.auction(unit, name)
        kept = store.clearings(unit, name).get(name)
        if kept is None:
            raise NotFoundError(
                f"An auction must be cleared before it is billed, was not: {name}.",
                code="auction_uncleared",
                hint="Clear it with qipan market spot clear.",
            )
        awards = store.awards(unit, name)
        return Outcome(
            name,
            store.prices(unit, name),
            awards,
            store.fills(unit, name),
            kept.transfer_fen,
            kept.rent_fen,
            kept.remainder_fen,
            self._vouchers.paid(unit, name),
            digest=kept.digest,
        )

    # --- how it is done ------------------------------------------------------------------------------------------

    def _check_orders(self, unit: UnitOfWork, new: Sequence[Entered]) -> None:
        """Refuse orders of members that may not bid, and cancellations of what does not stand."""
        self._margins.check_standing(unit, {one.member for one in new if one.side})
        backs = {one.member for one in new if one.cancels is not None}
        if backs:
            check_backs(new, store.orders(unit, new[0].auction, backs))

    def _enter(
        self, unit: UnitOfWork, auction: Auction, new: Sequence[Entered], payloads: Sequence[bytes], now: datetime
    ) -> None:
        """Enter requests, then hold them against what their members have: cover, money, their own other side."""
        for member in sorted({one.member for one in new}):
            unit.lock(lock.of_cards(member))
        store.enter(unit, new)
        orders: dict[str, list[Order]] = defaultdict(list)
        for order in store.orders(unit, auction.name, {one.member for one in new}):
            orders[order.member].append(order)
        last = {one.member: one.request_id for one in new}
        for member in sorted(last):
            check_own(orders[member])
            offered = {one.instrument for one in new if one.member == member and one.side == Side.SELL}
            check_offers(unit, auction, orders[member], offered)
        # Holds end in the log, and the log is locked last.
        for member, request_id in sorted(last.items()):
            self._hold(unit, auction, member, orders[member], hold_id(request_id), now)
        self._log.extend(unit, REQUEST_KIND, payloads, new[-1].at)

    def _hold(
        self, unit: UnitOfWork, auction: Auction, member: str, orders: Sequence[Order], name: str, now: datetime
    ) -> None:
        """Hold what a member's bids can cost, fees included, in the place of what was held before."""
        needed = sum(most_fen(one, auction.fee_bp) for one in orders if one.side is Side.BUY)
        hold = store.holds(unit, auction.name).get(member)
        held = 0 if hold is None else hold.fen
        if needed == held:
            return
        account = margin_account(member)
        free = self._accounts.balances(unit, [account]).get((account, None), Balance()).available + held
        if needed > free:
            raise RuleBrokenError(
                f"Free margin must cover what bids can cost, was {free} fen of {needed}: {member}.",
                code="bid_unfunded",
                hint="Bring margin with qipan market member bring, or bid less.",
            )
        drafts = [] if hold is None else [freed(hold)]
        if needed:
            pending = Draft(transfer_id=name, action=Action.PENDING, debit=account, credit=HELD, amount=needed,
                            reason="spot_bid")  # fmt: skip
            drafts.append(pending)
        self._accounts.post_whole(unit, linked(drafts), now)
        store.set_hold(unit, auction.name, Hold(member, name, needed))
