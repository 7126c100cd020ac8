"""What came after an auction: downtime is refunded, and what was delivered otherwise settles at the rolling price."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import numpy as np

from qipan.accounts.model.posting import Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.apportion import apportion
from qipan.kernel.errors import BadInputError, ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.market.admit import check_request
from qipan.market.clear import deviations_fen
from qipan.market.hand_over_spot import balance, give_back, sell
from qipan.market.model.auction import Award, Fill, Outcome, Redeemed, Refund
from qipan.market.model.contract import CARDS_PER_LOT
from qipan.market.model.order import MOST_FEN_PER_CARD_H
from qipan.market.model.request import Cancel
from qipan.market.pay import VOUCHERS, balanced, drafted, linked
from qipan.market.service import lock
from qipan.market.service.correctable import check_refundable, check_returned
from qipan.market.service.handing import hand
from qipan.market.service.spot import Spot
from qipan.market.service.voucher import Vouchers
from qipan.market.settle import margin_account
from qipan.market.store import spot as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

REFUND_KIND: Final = "spot_refund"
DEVIATION_KIND: Final = "spot_deviation"
"""Kinds of leaves of the log."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What a day delivered otherwise than it was cleared.

    Attributes
    ----------
    paid_fen
        Of each order, paid (above 0) or received (below).
    remainder_fen
        What the one who balances gets; below 0 what it pays.
    """

    auction: str
    paid_fen: Mapping[str, int]
    remainder_fen: int
    digest: str


class Balancing:
    """Settles what happened against what an auction had fixed."""

    def __init__(self, spot: Spot, vouchers: Vouchers, accounts: Accounts, log: Log) -> None:
        self._spot = spot
        self._vouchers = vouchers
        self._accounts = accounts
        self._log = log

    # --- downtime ------------------------------------------------------------------------------------------------

    def refund(
        self, unit: UnitOfWork, name: str, refund_id: str, now: datetime, *, offer_id: str, card_h: int
    ) -> tuple[Refund, bool]:
        """Refund the downtime of an offer to the bids that it serves; return it, and whether it is new.

        The supplier gives back what each bid paid for these card-hours, shared in proportion to what it serves; a
        voucher gets its part of it back. Fees stay.

        Raises
        ------
        BadInputError
            ``request_id_malformed``; ``downtime_unfit`` unless it is 1 to all card-hours that are left.
        NotFoundError
            ``auction_unknown``, ``auction_uncleared``; ``offer_unknown``.
        ConflictError
            ``refund_differs`` when another one stands under the id.
        RuleBrokenError
            ``deviation_settled`` after deviations; ``refund_corrected`` beyond what corrections left;
            ``transfers_refused`` where the supplier has not as much.
        """
        check_request(Cancel(refund_id, "", "", offer_id))
        unit.lock(lock.of_auction(name))
        # Whether a programme is closed stays so while what comes back to it is entered.
        unit.lock(lock.VOUCHERS)
        outcome = self._spot.outcome(unit, name)
        (stands, *_) = store.refunds(unit, refund_id=refund_id) or (None,)
        if stands is not None:
            if (stands.auction, stands.offer_id, stands.card_h) != (name, offer_id, card_h):
                raise ConflictError(
                    f"An id must name one refund for good, was {refund_id} with other content.",
                    code="refund_differs",
                    hint="Give a new refund a new id.",
                )
            hand(self._accounts, unit, now, sell(outcome), give_back(outcome, stands))
            return stands, False
        if store.deviation(unit, name) is not None:
            raise RuleBrokenError(
                f"Downtime must be refunded before deviations are settled, was after: {name}.",
                code="deviation_settled",
                hint="Correct it by a transfer of its own; what is settled is never changed.",
            )
        served = [one for one in outcome.fills if one.offer_id == offer_id]
        if not served:
            raise NotFoundError(
                f"Downtime must be that of an offer that serves a bid, was {offer_id!r}.",
                code="offer_unknown",
                hint="See what serves what with qipan market spot bill MEMBER.",
            )
        made = Refund(refund_id, name, offer_id, card_h, self._parts(unit, name, served, card_h))
        moves, back = self._moves(unit, outcome, made)
        # Who decides a dispute holds this lock alone: from here on no correction comes between.
        unit.lock("log")
        check_refundable(self._accounts, unit, self._spot.auction(unit, name), moves)
        self._accounts.post_whole(unit, linked(drafted(moves, "spot_refund")), now)
        hand(self._accounts, unit, now, sell(outcome), give_back(outcome, made))
        store.insert_refund(unit, made, in_utc(now))
        closed = self._vouchers.closings(unit)
        self._vouchers.enter(unit, [one for one in back if one.programme_id not in closed], refund_id)
        told: dict[str, Any] = {"auction": name, "offer": offer_id, "parts": dict(made.parts), "refund": refund_id}
        self._log.append(unit, REFUND_KIND, canonical(told), now)
        record_action(unit, "spot_refunded", refund_id, now, offer=offer_id, card_h=card_h)
        return made, True

    def refunds(self, unit: UnitOfWork, name: str) -> tuple[Refund, ...]:
        """Return the refunds of an auction in their order."""
        return store.refunds(unit, auction=name)

    # --- deviations ----------------------------------------------------------------------------------------------

    def deviate(
        self,
        unit: UnitOfWork,
        name: str,
        delivered_card_h: Mapping[str, int],
        rolling_fen_per_card_h: Mapping[str, int] | None,
        now: datetime,
    ) -> tuple[Deviation, bool]:
        """Settle what was delivered otherwise than cleared, once; return it, and whether it is new.

        Who takes more pays the rolling price, who takes less gets it; who supplies less pays it, who supplies more gets
        it. The account of the one who balances stands on the other side.

        Parameters
        ----------
        delivered_card_h
            Card-hours taken or supplied by the id of the order; orders that are not named went as they were cleared.
        rolling_fen_per_card_h
            Price by instrument, as it is stated; ``None`` settles at the prices of the auction itself.

        Raises
        ------
        BadInputError
            ``delivered_unfit`` with a finding for each order that is none of the auction, or beyond what it asked for.
        NotFoundError
            ``auction_unknown``, ``auction_uncleared``.
        ConflictError
            ``deviation_differs`` where another one is settled.
        RuleBrokenError
            ``rolling_missing`` with a finding for each instrument without a price; ``transfers_refused`` where a member
            has not what it must pay.
        """
        unit.lock(lock.of_auction(name))
        auction, outcome = self._spot.auction(unit, name), self._spot.outcome(unit, name)
        rolling = None if rolling_fen_per_card_h is None else dict(rolling_fen_per_card_h)
        told = canonical({"auction": name, "delivered": dict(delivered_card_h), "rolling": rolling}).decode()
        stands = store.deviation(unit, name)
        if stands is not None and stands != told:
            raise ConflictError(
                f"Deviations of an auction must be settled once, was with other content: {name}.",
                code="deviation_differs",
                hint="Correct them by transfers of their own; what is settled is never changed.",
            )
        found = self._reckon(unit, outcome, delivered_card_h, rolling, told)
        refunds = store.refunds(unit, auction=name)
        before = (sell(outcome), *(give_back(outcome, one) for one in refunds))
        hand(self._accounts, unit, now, *before, balance(outcome, refunds, delivered_card_h))
        if stands is not None:
            return found, False
        self._accounts.post_whole(unit, balanced(auction, _by_member(outcome, found.paid_fen)), now)
        store.insert_deviation(unit, name, told, found.digest, in_utc(now))
        self._log.append(unit, DEVIATION_KIND, told.encode(), now)
        record_action(unit, "spot_deviation_settled", name, now, digest=found.digest, stated_fen_per_card_h=rolling)
        return found, True

    def deviation(self, unit: UnitOfWork, name: str) -> Deviation | None:
        """Reckon settled deviations of an auction anew; none where none are settled.

        Raises
        ------
        NotFoundError
            ``auction_unknown``, ``auction_uncleared``.
        """
        outcome, told = self._spot.outcome(unit, name), store.deviation(unit, name)
        if told is None:
            return None
        words = json.loads(told)
        return self._reckon(unit, outcome, words["delivered"], words["rolling"], told)

    def payments(self, unit: UnitOfWork, name: str) -> tuple[Draft, ...]:
        """Return the transfers that follow from settled deviations of an auction; none where none are."""
        found = self.deviation(unit, name)
        if found is None:
            return ()
        return balanced(self._spot.auction(unit, name), _by_member(self._spot.outcome(unit, name), found.paid_fen))

    def refunded(self, unit: UnitOfWork, name: str) -> dict[str, tuple[str, str, int]]:
        """Return what refunds of an auction must have moved by the ids of their transfers: supplier, bidder, fen.

        What a voucher got back is part of it, under the id that follows with ``/v``.
        """
        awards = {one.order_id: one for one in self._spot.outcome(unit, name).awards}
        found = {}
        for refund in store.refunds(unit, auction=name):
            supplier = margin_account(awards[refund.offer_id].member)
            for number, (bid_id, card_h) in enumerate(refund.parts.items(), start=1):
                bid = awards[bid_id]
                moved = supplier, margin_account(bid.member), card_h * bid.fen_per_card_h
                found[f"spot/refund/{refund.refund_id}/{number}"] = moved
        return found

    def check(self, unit: UnitOfWork, name: str) -> list[Finding]:
        """Hold refunds and corrections of an auction against what was paid. Rule: ``refund_corrected``."""
        return check_returned(self._accounts, unit, self._spot.auction(unit, name))

    # --- how it is done ------------------------------------------------------------------------------------------

    def _reckon(
        self,
        unit: UnitOfWork,
        outcome: Outcome,
        delivered: Mapping[str, int],
        rolling: Mapping[str, int] | None,
        told: str,
    ) -> Deviation:
        awards = {one.order_id: one for one in outcome.awards}
        asked = {one.order_id: one.lots for one in self._spot.orders(unit, outcome.auction)}
        _check_delivered(delivered, asked)
        refunded: dict[str, int] = defaultdict(int)
        for refund in store.refunds(unit, auction=outcome.auction):
            refunded[refund.offer_id] += refund.card_h
            for bid_id, card_h in refund.parts.items():
                refunded[bid_id] += card_h
        some = [awards[name] for name in sorted(delivered)]
        scheduled = [one.side * (one.lots * CARDS_PER_LOT - refunded[one.order_id]) for one in some]
        metered = [one.side * delivered[one.order_id] for one in some]
        paid, remainder = deviations_fen(
            np.array(scheduled, dtype=np.int64),
            np.array(metered, dtype=np.int64),
            np.array(_rolling(some, scheduled, metered, rolling), dtype=np.int64),
        )
        by_order = {one.order_id: fen for one, fen in zip(some, paid.tolist(), strict=True)}
        digest = sha256(canonical({"digest": outcome.digest, "paid": by_order, "told": told})).hexdigest()
        return Deviation(outcome.auction, by_order, remainder, digest)

    def _parts(self, unit: UnitOfWork, name: str, served: Sequence[Fill], card_h: int) -> dict[str, int]:
        """Share a downtime over the bids that an offer serves, in proportion to what is not refunded yet."""
        before: dict[str, int] = defaultdict(int)
        for one in store.refunds(unit, auction=name):
            if one.offer_id == served[0].offer_id:
                for bid_id, part in one.parts.items():
                    before[bid_id] += part
        left = {one.bid_id: one.lots * CARDS_PER_LOT - before[one.bid_id] for one in served}
        if type(card_h) is not int or not 0 < card_h <= sum(left.values()):
            raise BadInputError(
                f"Downtime must be 1 to {sum(left.values())} card-hours that the offer serves, was {card_h}.",
                code="downtime_unfit",
                hint="Give card-hours that were cleared and are not refunded yet.",
            )
        parts = apportion(card_h, list(left.values()))
        return {bid_id: part for bid_id, part in zip(left, parts, strict=True) if part}

    def _moves(
        self, unit: UnitOfWork, outcome: Outcome, made: Refund
    ) -> tuple[list[tuple[str, str, str, int]], list[Redeemed]]:
        """Return what a refund moves, and what of it comes back to vouchers."""
        awards = {one.order_id: one for one in outcome.awards}
        supplier = awards[made.offer_id].member
        closed, programmes = self._vouchers.closings(unit), self._vouchers.programmes(unit)
        moves, back = [], []
        for number, (bid_id, card_h) in enumerate(made.parts.items(), start=1):
            bid, redeemed = awards[bid_id], self._back(unit, outcome, made, bid_id)
            begin = f"spot/refund/{made.refund_id}/{number}"
            if redeemed is not None:
                name = redeemed.programme_id
                to = programmes[name].fund if name in closed else VOUCHERS
                moves.append((f"{begin}/v", margin_account(supplier), to, -redeemed.fen))
                back.append(redeemed)
            fen = card_h * bid.fen_per_card_h + (redeemed.fen if redeemed else 0)
            moves.append((begin, margin_account(supplier), margin_account(bid.member), fen))
        return [one for one in moves if one[1] != one[2]], back

    def _back(self, unit: UnitOfWork, outcome: Outcome, made: Refund, bid_id: str) -> Redeemed | None:
        """Return what comes back to the voucher that paid of a purchase, as a sum below 0: its part of what is lost."""
        members = {one.order_id: one.member for one in outcome.awards}
        supplier = members[made.offer_id]
        paid = [one for one in outcome.redeemed if (one.bid_id, one.supplier) == (bid_id, supplier)]
        if not paid:
            return None
        whole = sum(
            one.lots * CARDS_PER_LOT
            for one in outcome.fills
            if one.bid_id == bid_id and members[one.offer_id] == supplier
        )
        lost = made.parts[bid_id] + sum(
            one.parts.get(bid_id, 0)
            for one in store.refunds(unit, auction=made.auction)
            if members[one.offer_id] == supplier
        )
        before = -sum(
            one.fen
            for one, _ in self._vouchers.returned(unit, made.auction)
            if (one.bid_id, one.supplier) == (bid_id, supplier)
        )
        fen = max(paid[0].fen * lost // whole - before, 0)
        return paid[0]._replace(fen=-fen) if fen else None


def _by_member(outcome: Outcome, paid_fen: Mapping[str, int]) -> dict[str, int]:
    members = {one.order_id: one.member for one in outcome.awards}
    summed: dict[str, int] = defaultdict(int)
    for order_id, fen in paid_fen.items():
        summed[members[order_id]] += fen
    return summed


def _check_delivered(delivered: Mapping[str, int], asked_lots: Mapping[str, int]) -> None:
    findings = []
    for row, (name, card_h) in enumerate(delivered.items(), start=1):
        most = asked_lots.get(name, 0) * CARDS_PER_LOT
        if name not in asked_lots or type(card_h) is not int or not 0 <= card_h <= most:
            told = f"{name} must be an order of the auction, delivered 0 to {most} card-hours, was {card_h}."
            findings.append(Finding(row, "card_h", "delivered_unfit", told, str(card_h)))
    if findings:
        raise BadInputError(
            f"What was delivered must lie within what was asked for, was not in {len(findings)} rows.",
            code="delivered_unfit",
            hint="Correct the rows that are named; nothing was settled.",
            findings=findings,
        )


def _rolling(
    awards: Sequence[Award], scheduled: Sequence[int], metered: Sequence[int], rolling: Mapping[str, int] | None
) -> list[int]:
    """Return the price of each deviation; those of the auction itself where no rolling prices are given."""
    if rolling is None:
        return [one.fen_per_card_h for one in awards]
    needed = {
        one.instrument for one, was, did in zip(awards, scheduled, metered, strict=True) if was != did
    }  # fmt: skip
    findings = [
        Finding(row, "instrument", "rolling_missing", f"{name} must have a rolling price of 0 fen or more.", name)
        for row, name in enumerate(sorted(needed), start=1)
        if not 0 <= rolling.get(name, -1) <= MOST_FEN_PER_CARD_H
    ]
    if findings:
        raise RuleBrokenError(
            f"What deviates must have a rolling price, was without in {len(findings)} instruments.",
            code="rolling_missing",
            hint="Give a price for each that is named, or settle at the prices of the auction.",
            findings=findings,
        )
    return [rolling.get(one.instrument, 0) for one in awards]
