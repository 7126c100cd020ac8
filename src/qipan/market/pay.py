"""Turn an auction, a deviation or a downtime into linked transfers, all or nothing, under ids that follow from them.

Bids pay the auction's account and it pays offers, carriers, rent, fees and the remainder: it begins and ends at
nothing and never goes below. What was held of a member is freed first, so a bid that was secured is paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from qipan.accounts.model.posting import Action, Draft
from qipan.log.canonical import canonical
from qipan.market.model.auction import Auction, Outcome, Redeemed
from qipan.market.model.clearing import Hold
from qipan.market.settle import margin_account

SPOT: Final = "market/spot"
"""Account that bids pay and that offers are paid from; empty between two auctions."""
RENT: Final = "market/rent"
"""Account of congestion rent."""
FEES: Final = "market/fees"
"""Account of fees."""
CARRIERS: Final = "market/carriers"
"""Account of those who carry what one hub supplies to another."""
REMAINDER: Final = "market/remainder"
"""Account of what whole numbers leave over."""
UPLIFT: Final = "market/uplift"
"""Account that pays what whole lots cost; it stands below zero by what was paid."""
BALANCING: Final = "market/balancing"
"""Account of the one who balances: it buys what is over against the day ahead, and sells what lacks."""
VOUCHERS: Final = "market/vouchers"
"""Account of what funds have put up for vouchers and that is not spent."""

OWN: Final = {
    SPOT: ("spot", 0),
    RENT: ("congestion_rent", None),
    FEES: ("fees", 0),
    CARRIERS: ("carriers", 0),
    REMAINDER: ("remainder", None),
    UPLIFT: ("uplift", None),
    BALANCING: ("balancing", None),
    VOUCHERS: ("vouchers", 0),
}
"""Purpose and floor of each account of the spot market."""


def prefix(auction: Auction) -> str:
    """Return what the ids of an auction's transfers begin with."""
    return f"spot/{auction.day}/{auction.card_class}"


def hold_id(request_id: str) -> str:
    """Return the id of the pending transfer that a request leads to."""
    return f"spot/hold/{request_id}"


def freed(hold: Hold) -> Draft:
    """Return what ends a hold."""
    return Draft(
        transfer_id=f"free/{hold.transfer_id}", action=Action.VOID, pending_id=hold.transfer_id, reason="spot_bid"
    )


def paid(auction: Auction, outcome: Outcome, redeemed: Sequence[Redeemed], holds: Sequence[Hold], last: str) -> Outcome:
    """Return an outcome with what vouchers pay of it, its transfers and its digest.

    Parameters
    ----------
    holds
        What is held of members for the auction.
    last
        Digest of the last request of the auction.
    """
    begin = prefix(auction)
    funds: dict[str, int] = defaultdict(int)
    by_voucher: dict[str, int] = defaultdict(int)
    for one in redeemed:
        funds[one.programme_id] += one.fen
        by_voucher[one.holder] += one.fen
    pays: dict[str, int] = defaultdict(int)
    gets: dict[str, int] = defaultdict(int)
    uplift: dict[str, int] = defaultdict(int)
    for award in outcome.awards:
        pays[award.member] += max(award.paid_fen, 0)
        gets[award.member] -= min(award.paid_fen, 0)
        uplift[award.member] += award.uplift_fen
    moves = [(f"{begin}/v/{name}", VOUCHERS, SPOT, fen) for name, fen in sorted(funds.items())]
    moves += [
        (f"{begin}/pay/{one}", margin_account(one), SPOT, fen - by_voucher[one]) for one, fen in sorted(pays.items())
    ]
    kept = ((RENT, "rent", outcome.rent_fen), (REMAINDER, "remainder", outcome.remainder_fen))
    moves += [(f"{begin}/{word}", account, SPOT, -fen) for account, word, fen in kept if fen < 0]
    moves += [(f"{begin}/{word}", SPOT, account, fen) for account, word, fen in kept if fen > 0]
    moves += [
        (f"{begin}/fees", SPOT, FEES, outcome.fee_fen),
        (f"{begin}/carriers", SPOT, CARRIERS, outcome.transfer_fen),
        *((f"{begin}/get/{one}", SPOT, margin_account(one), fen) for one, fen in sorted(gets.items())),
        *((f"{begin}/uplift/{one}", UPLIFT, margin_account(one), fen) for one, fen in sorted(uplift.items())),
    ]
    drafts = drafted(moves, "spot")
    told = replace(outcome, redeemed=tuple(redeemed))
    digest = _digest(told, drafts, last)
    return replace(told, drafts=linked([*map(freed, holds), *drafts]), digest=digest)


def drafted(moves: Sequence[tuple[str, str, str, int]], reason: str) -> list[Draft]:
    """Return moves of more than nothing as drafts: id, debit, credit, fen."""
    return [
        Draft(transfer_id=name, debit=debit, credit=credit, amount=fen, reason=reason)
        for name, debit, credit, fen in moves
        if fen
    ]


def linked(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """Return drafts that stand or fall together."""
    return (*(replace(one, linked=True) for one in drafts[:-1]), *drafts[-1:])


def balanced(auction: Auction, paid_fen: Mapping[str, int]) -> tuple[Draft, ...]:
    """Return the transfers of a deviation: what each member pays the one who balances, or gets below 0.

    Those who pay come first.
    """
    begin = f"{prefix(auction)}/dev"
    ordered = sorted(paid_fen.items(), key=lambda one: (one[1] < 0, one[0]))
    moves = [
        (f"{begin}/{one}", margin_account(one), BALANCING, fen)
        if fen > 0
        else (f"{begin}/{one}", BALANCING, margin_account(one), -fen)
        for one, fen in ordered
    ]
    return linked(drafted(moves, "spot_deviation"))


def _digest(told: Outcome, drafts: Sequence[Draft], last: str) -> str:
    words: dict[str, Any] = {
        "auction": told.auction,
        "last": last,
        "prices": [[one.instrument, int(one.side), one.fen_per_card_h] for one in told.prices],
        "awards": [[one.order_id, one.lots, one.paid_fen, one.fee_fen, one.uplift_fen] for one in told.awards],
        "supplies": [list(one) for one in told.fills],
        "redeemed": [list(one) for one in told.redeemed],
        "transfers": [[one.transfer_id, one.debit, one.credit, one.amount] for one in drafts],
    }
    return sha256(canonical(words)).hexdigest()
