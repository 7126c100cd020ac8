"""How much of a payment of the market a correction may take back, so that what the market keeps still holds.

What buyers paid ahead, the pools of insurance and vouchers, and credit of the compute bank must be what allocations,
policies, programmes and draws say; and what a refund gave back of an auction is not given back again, nor
refunded after a correction that stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from qipan.accounts.correct import REASON
from qipan.accounts.model.posting import Transfer
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import Finding, RuleBrokenError
from qipan.market.hand_over import COMPUTE
from qipan.market.model.auction import Auction
from qipan.market.pay import SPOT, VOUCHERS, prefix
from qipan.market.service.bank import CREDIT
from qipan.market.service.delivery import ESCROW
from qipan.market.service.insurance import POOL
from qipan.market.settle import margin_account
from qipan.market.store import spot
from qipan.storage.books import UnitOfWork

KEPT: Final = frozenset({ESCROW, POOL, VOUCHERS})
"""Accounts that must hold what the market keeps on record."""


def correctable(accounts: Accounts, unit: UnitOfWork, transfer: Transfer) -> int:
    """Return how much of a transfer may go back, in units of its asset: all where the market keeps nothing of it."""
    if transfer.reason == "delivery_price" or not KEPT.isdisjoint({transfer.debit, transfer.credit}):
        return 0
    # Credit of the compute bank follows from its draws alone, compute from allocations and deliveries.
    if transfer.asset_id == CREDIT.asset_id or transfer.asset_id.startswith(COMPUTE):
        return 0
    own = _payer(transfer)
    if own is not None:
        return _left(accounts, unit, transfer, own).fen
    if transfer.reason != REASON:
        return transfer.amount
    # An appeal of an appeal takes the payment back once more; an appeal alone gives it again.
    root, takes_back, moved = transfer, True, {one.transfer_id: one for one in accounts.transfers(unit, transfer.debit)}
    while root.reason == REASON and root.reference in moved:
        root, takes_back = moved[root.reference], not takes_back
    own = _payer(root)
    if own is None or not takes_back:
        return transfer.amount
    return min(transfer.amount, _left(accounts, unit, root, own).fen)


def check_refundable(
    accounts: Accounts, unit: UnitOfWork, auction: Auction, moves: Iterable[tuple[str, str, str, int]]
) -> None:
    """Refuse a refund of what a correction has taken back already, of who gives or of who gets.

    Parameters
    ----------
    moves
        What the refund would move: id, debit, credit, fen.

    Raises
    ------
    RuleBrokenError
        ``refund_corrected``.
    """
    asked: dict[tuple[str, str], int] = {}
    for _, debit, credit, fen in moves:
        for word, own in (("get", debit), ("pay", credit)):
            asked[word, own] = asked.get((word, own), 0) + fen
    for (word, own), fen in asked.items():
        begin = f"{prefix(auction)}/{word}/"
        for payment in (one for one in accounts.transfers(unit, own) if one.transfer_id.startswith(begin)):
            left = _left(accounts, unit, payment, own)
            if left.corrected_fen and fen > left.fen:
                raise RuleBrokenError(
                    f"A refund must leave what was corrected, was {fen} fen where {left.fen} are left: "
                    f"{payment.transfer_id}.",
                    code="refund_corrected",
                    hint="Refund fewer card-hours; see the correction with qipan accounts dispute list.",
                )


def check_returned(accounts: Accounts, unit: UnitOfWork, auction: Auction) -> list[Finding]:
    """Hold what refunds and corrections gave back of an auction against what was paid. Rule: ``refund_corrected``."""
    found = []
    if spot.refunds(unit, auction=auction.name):
        for payment in accounts.transfers(unit, SPOT):
            own = _payer(payment) if payment.transfer_id.startswith(f"{prefix(auction)}/") else None
            left = _left(accounts, unit, payment, own) if own else None
            if left and left.corrected_fen and left.owed_fen < 0:
                told = f"Refunds and corrections must give back what was paid at most, was {-left.owed_fen} fen more: "
                told += f"{payment.transfer_id}."
                found.append(Finding(0, "transfers", "refund_corrected", told, payment.transfer_id))
    return found


class _Left(NamedTuple):
    """What of a payment of an auction nobody has given back; below 0 where more was given back than paid."""

    owed_fen: int
    corrected_fen: int

    @property
    def fen(self) -> int:
        return max(self.owed_fen, 0)


def _payer(transfer: Transfer) -> str | None:
    """Return the account of the member that a payment of an auction is of; none where it is no such payment."""
    kind, *rest = transfer.transfer_id.split("/")
    if kind != "spot" or transfer.reason != "spot" or len(rest) != 4 or rest[2] not in {"pay", "get"}:
        return None
    own = margin_account(rest[-1])
    return own if own in {transfer.debit, transfer.credit} else None


def _left(accounts: Accounts, unit: UnitOfWork, payment: Transfer, own: str) -> _Left:
    """Return what refunds, and corrections that were not themselves taken back, left of a payment."""
    _, day, card_class, *_ = payment.transfer_id.split("/")
    given = tuple(f"spot/refund/{one.refund_id}/" for one in spot.refunds(unit, auction=f"{card_class}/{day}"))
    moved = tuple(accounts.transfers(unit, own))
    back = (one for one in moved if given and one.transfer_id.startswith(given))
    refunded = sum(one.amount for one in back if (one.credit == own) == (payment.debit == own))
    corrections: dict[str, list[Transfer]] = defaultdict(list)
    for one in moved:
        if one.reason == REASON:
            corrections[one.reference].append(one)

    def corrected(name: str) -> int:
        return sum(one.amount - corrected(one.transfer_id) for one in corrections[name])

    fen = corrected(payment.transfer_id)
    return _Left(payment.amount - refunded - fen, fen)
