"""Nouns of compute vouchers (算力券): a fund pays a part of what a holder pays to eligible suppliers."""

from __future__ import annotations

from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class Programme:
    """What a fund promises to several holders on the same terms; it never changes.

    Attributes
    ----------
    fund
        Account that the money came from, and goes back to.
    rate_bp, cap_fen, suppliers
        As in `Voucher`.
    starts, ends
        When vouchers are worth something, half-open.
    holders
        What each holder's voucher may pay in all, fen by member.
    """

    programme_id: str
    fund: str
    rate_bp: int
    cap_fen: int
    suppliers: frozenset[str]
    starts: datetime
    ends: datetime
    holders: Mapping[str, int]

    @property
    def fen(self) -> int:
        """What the fund puts up in all."""
        return sum(self.holders.values())

    def voucher(self, holder: str, left_fen: int) -> Voucher:
        """Return the voucher of a holder, with what is left of it."""
        return Voucher(self.programme_id, holder, self.rate_bp, self.cap_fen, left_fen, self.suppliers, self.ends)
