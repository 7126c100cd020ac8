"""How much of a payment of the market a correction may take back, so that what the market keeps still holds.

What buyers paid ahead and the pools of insurance and vouchers must be what allocations, policies and programmes say;
and what a refund gave back of an auction is not given back again, nor refunded after a correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from qipan.accounts.correct import REASON
from qipan.accounts.model.posting import Transfer
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import RuleBrokenError
from qipan.market.model.auction import Auction
from qipan.market.pay import VOUCHERS, prefix
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
    kind, *rest = transfer.transfer_id.split("/")
    if kind != "spot" or transfer.reason != "spot" or len(rest) < 3:
        return transfer.amount
    own = margin_account(rest[-1])
    given = tuple(f"spot/refund/{one.refund_id}/" for one in spot.refunds(unit, auction=f"{rest[1]}/{rest[0]}"))
    if not given or own not in {transfer.debit, transfer.credit}:
        return transfer.amount
    back = (one for one in accounts.transfers(unit, own) if one.transfer_id.startswith(given))
    refunded = sum(one.amount for one in back if (one.credit == own) == (transfer.debit == own))
    return max(transfer.amount - refunded, 0)


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
        moved = tuple(accounts.transfers(unit, own))
        begin = f"{prefix(auction)}/{word}/"
        for payment in (one for one in moved if one.transfer_id.startswith(begin)):
            reversed_fen = sum(
                one.amount for one in moved if one.reason == REASON and one.reference == payment.transfer_id
            )
            most = max(correctable(accounts, unit, payment) - reversed_fen, 0)
            if reversed_fen and fen > most:
                raise RuleBrokenError(
                    f"A refund must leave what was corrected, was {fen} fen where {most} are left: "
                    f"{payment.transfer_id}.",
                    code="refund_corrected",
                    hint="Refund fewer card-hours; see the correction with qipan accounts dispute list.",
                )
