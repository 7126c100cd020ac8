"""Redeem a compute voucher: the fund pays its rate of the price, up to its caps, rounded down to the fen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.model.auction import Outcome, Redeemed
from qipan.market.model.contract import CARDS_PER_LOT
from qipan.market.model.voucher import Redemption, Voucher

BASIS_POINTS: Final = 10_000


def pays_to(voucher: Voucher, supplier: str) -> bool:
    """Tell whether a voucher may pay a supplier: one of its own, but never its holder for work that it gives itself."""
    return supplier in voucher.suppliers and supplier != voucher.holder


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
    if not pays_to(voucher, supplier):
        raise RuleBrokenError(
            f"A voucher must be paid to an eligible supplier other than its holder, was {supplier}.",
            code="supplier_ineligible",
            hint=f"Buy from one of: {', '.join(sorted(voucher.suppliers - {voucher.holder}))}.",
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


def redeem_all(outcome: Outcome, vouchers: Sequence[Voucher], now: datetime) -> tuple[Redeemed, ...]:
    """Return what vouchers pay of an auction: of each bid what each of its suppliers is paid for is one purchase.

    A purchase is paid by one voucher, of those that may the first to end; bids come in the order in which they were
    entered. Fees are the member's own.

    Parameters
    ----------
    vouchers
        Those of all holders, whose `Voucher.voucher_id` names the programme.
    """
    awards = {one.order_id: one for one in outcome.awards}
    prices: dict[tuple[str, str], int] = defaultdict(int)
    for one in outcome.fills:
        supplier = awards[one.offer_id].member
        prices[one.bid_id, supplier] += one.lots * CARDS_PER_LOT * awards[one.bid_id].fen_per_card_h
    standing: dict[str, list[Voucher]] = defaultdict(list)
    for voucher in sorted(vouchers, key=lambda one: (one.ends, one.voucher_id)):
        standing[voucher.holder].append(voucher)
    place = {name: at for at, name in enumerate(awards)}
    found = []
    for (bid_id, supplier), fen in sorted(prices.items(), key=lambda one: (place[one[0][0]], one[0][1])):
        own = standing[awards[bid_id].member]
        for at, voucher in enumerate(own):
            if not pays_to(voucher, supplier) or now >= voucher.ends or not voucher.left_fen:
                continue
            paid = redeem(voucher, fen, buyer=awards[bid_id].member, supplier=supplier, now=now)
            own[at] = paid.voucher
            found.append(Redeemed(voucher.voucher_id, voucher.holder, bid_id, supplier, paid.fund_fen))
            break
    return tuple(one for one in found if one.fen)
