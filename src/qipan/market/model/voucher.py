"""Nouns of compute vouchers (算力券): a fund pays a part of what a holder pays to eligible suppliers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Voucher:
    """A promise of a fund to a holder.

    Attributes
    ----------
    rate_bp
        Part of a price that the fund pays, in basis points.
    cap_fen
        Most that it pays for one purchase.
    left_fen
        Most that it still pays in all.
    suppliers
        Who may be paid with it.
    ends
        First moment at which it is worth nothing.
    """

    voucher_id: str
    holder: str
    rate_bp: int
    cap_fen: int
    left_fen: int
    suppliers: frozenset[str]
    ends: datetime


@dataclass(frozen=True, slots=True)
class Redemption:
    """Who pays which part of a price, fen, and the voucher afterwards."""

    holder_fen: int
    fund_fen: int
    voucher: Voucher
