"""How much of a payment of the market a correction may take back, so that what the market keeps still holds.

What buyers paid ahead and the pools of insurance and vouchers must be what allocations, policies and programmes say;
and what a refund gave back of an auction is not given back again.
"""

from __future__ import annotations

from typing import Final

from qipan.accounts.model.posting import Transfer
from qipan.accounts.service.posting import Accounts
from qipan.market.pay import VOUCHERS
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
