"""Clear the spot auction in whole numbers, at prices and volumes that dispatch found, and make the bill to the fen.

The quantity rule: better prices first; among equal prices in proportion to lots, what is left by time stamp. Whoever
would pay more or get less than its limit gets nothing. Deviations from the day ahead settle at the rolling price.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from qipan.kernel.apportion import apportion
from qipan.kernel.errors import BadInputError
from qipan.market.model.array import Ints
from qipan.market.model.contract import CARDS_PER_LOT
from qipan.market.model.order import Order
from qipan.market.model.spot import Bill, Cleared

BASIS_POINTS: Final = 10_000


def award(orders: Sequence[Order], fen_per_card_h: int, volume_lots: int) -> tuple[int, ...]:
    """Return the lots that each order of one side gets, in the order of their time stamps, as they must be given.

    Raises
    ------
    BadInputError
        ``sides_mixed``; ``volume_unbacked`` where the volume is negative, or larger than what the price lets trade.

    Examples
    --------
    >>> from qipan.market.model.order import Side
    >>> bids = [Order(str(i), "m", "x", Side.BUY, lots, 100) for i, lots in enumerate((3, 3, 3))]
    >>> award(bids, 100, 5)
    (2, 2, 1)
    """
    if len({order.side for order in orders}) > 1:
        raise BadInputError(
            "Orders that share a volume must lie on one side, was both.",
            code="sides_mixed",
            hint="Award bids and offers each by themselves.",
        )
    gains = [_gain(order, fen_per_card_h) for order in orders]
    backed = sum(order.lots for order, gain in zip(orders, gains, strict=True) if gain >= 0)
    if not 0 <= volume_lots <= backed:
        raise BadInputError(
            f"A volume must lie between 0 and the {backed} lots that trade at {fen_per_card_h} fen, was {volume_lots}.",
            code="volume_unbacked",
            hint="Round the volume down, and give the price that belongs to it.",
        )
    awarded, left = [0] * len(orders), volume_lots
    for level in sorted({gain for gain in gains if gain >= 0}, reverse=True):
        equal = [i for i, gain in enumerate(gains) if gain == level]
        lots = [orders[i].lots for i in equal]
        taken = min(left, sum(lots))
        left -= taken
        for i, part in zip(equal, apportion(taken, lots), strict=True):
            awarded[i] = part
    return tuple(awarded)


def uplift_fen(orders: Sequence[Order], awarded: Sequence[int], fen_per_card_h: int, hours: int = 1) -> int:
    """Return what orders lose that were better than the price and not filled: the cost of rounding to lots."""
    lost = (
        max(_gain(order, fen_per_card_h), 0) * (order.lots - lots) for order, lots in zip(orders, awarded, strict=True)
    )
    return sum(lost) * CARDS_PER_LOT * hours


def bill(cleared: Cleared, fee_bp: int = 0) -> Bill:
    """Return the bill of a cleared slot.

    Parameters
    ----------
    fee_bp
        Fee on the value of each award, both sides, in basis points, rounded down to the fen.

    Raises
    ------
    BadInputError
        ``fee_bad`` unless the fee lies from nothing to the whole value.
    """
    if not 0 <= fee_bp <= BASIS_POINTS:
        raise BadInputError(
            f"A fee must lie between 0 and {BASIS_POINTS} basis points, was {fee_bp}.",
            code="fee_bad",
            hint="Give 25 for a quarter of a per cent.",
        )
    price = cleared.fen_per_card_h
    value = cleared.bought_card_h * price[cleared.place]
    fee: Ints = np.abs(value) * fee_bp // BASIS_POINTS
    transfer = cleared.flow_card_h * cleared.transfer_fen_per_card_h
    rent = cleared.flow_card_h * (price[cleared.link_to] - price[cleared.link_from]) - transfer
    remainder = int(value.sum() - transfer.sum() - rent.sum())
    return Bill(value + fee, fee, transfer, rent, remainder)


def deviations_fen(scheduled_card_h: Ints, metered_card_h: Ints, rolling_fen_per_card_h: Ints) -> tuple[Ints, int]:
    """Return what each award pays for taking more, or gets for taking less, than the day ahead fixed.

    Returns
    -------
    paid
        Fen ``(awards,)``; card-hours sold count below 0, so who supplies less pays.
    remainder
        What the deviations leave with the one who balances: their sum, positive or negative.
    """
    paid = (metered_card_h - scheduled_card_h) * rolling_fen_per_card_h
    return paid, int(paid.sum())


def _gain(order: Order, fen_per_card_h: int) -> int:
    return order.side * (order.fen_per_card_h - fen_per_card_h)
