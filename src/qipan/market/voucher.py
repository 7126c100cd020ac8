"""Redeem a compute voucher: the fund pays its rate of the price, up to its caps, rounded down to the fen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.model.voucher import Redemption, Voucher

BASIS_POINTS: Final = 10_000


def redeem(voucher: Voucher, price_fen: int, *, buyer: str, supplier: str, now: datetime) -> Redemption:
    """Return who pays which part of a purchase; the parts add up to the price.

    Raises
    ------
    BadInputError
        ``purchase_negative``.
    RuleBrokenError
        ``voucher_not_held``; ``supplier_ineligible``; ``voucher_over``, by its end or since nothing is left.

    Examples
    --------
    >>> from datetime import UTC
    >>> now, ends = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    >>> guizhou = Voucher("v", "firm", 3000, 50_000, 60_000, frozenset({"site"}), ends)
    >>> paid = redeem(guizhou, 100_001, buyer="firm", supplier="site", now=now)
    >>> paid.holder_fen, paid.fund_fen, paid.voucher.left_fen
    (70001, 30000, 30000)
    """
    if price_fen < 0:
        raise BadInputError(
            f"A purchase must not have a negative price, was {price_fen} fen.",
            code="purchase_negative",
            hint="Redeem purchases, and undo one by a correction.",
        )
    if buyer != voucher.holder:
        raise RuleBrokenError(
            f"A voucher must be redeemed by its holder {voucher.holder}, was {buyer}.",
            code="voucher_not_held",
            hint="Vouchers are not traded.",
        )
    if supplier not in voucher.suppliers:
        raise RuleBrokenError(
            f"A voucher must be paid to an eligible supplier, was {supplier}.",
            code="supplier_ineligible",
            hint=f"Buy from one of: {', '.join(sorted(voucher.suppliers))}.",
        )
    if now >= voucher.ends or voucher.left_fen <= 0:
        raise RuleBrokenError(
            f"A voucher must be redeemed before {voucher.ends} and while something is left, was {voucher.left_fen} fen "
            f"at {now}.",
            code="voucher_over",
            hint="Pay the whole price, or redeem another voucher.",
        )
    fund_fen = min(price_fen * voucher.rate_bp // BASIS_POINTS, voucher.cap_fen, voucher.left_fen)
    return Redemption(price_fen - fund_fen, fund_fen, replace(voucher, left_fen=voucher.left_fen - fund_fen))
