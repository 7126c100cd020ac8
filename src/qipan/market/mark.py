"""Find the settlement price of an instrument by the written rule.

(1) Mean of the prices of the closing window, each weighted by its lots, if at least so many lots were traded. (2) Else
the middle of the best bid and the best ask, if both stand. (3) Else the mean of what its hours cost in cleared
auctions, if all of them have a price. (4) Else the price of the physical plan, as it is stated. (5) Else, where
positions came from a longer window and nothing was traded since, the mark that they came at. Rounded to the fen, halves
to even.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from qipan.kernel.errors import RuleBrokenError
from qipan.kernel.money import round_fen
from qipan.kernel.time import Interval
from qipan.market.model.mark import Mark, MarkRule
from qipan.market.model.order import Trade


def mark(
    trades: Iterable[Trade],
    closing: Interval,
    *,
    bid_fen_per_card_h: int | None = None,
    ask_fen_per_card_h: int | None = None,
    spot_fen_per_card_h: float | None = None,
    plan_fen_per_card_h: float | None = None,
    carried_fen_per_card_h: int | None = None,
    least_lots: int = 1,
) -> Mark:
    """Return the mark of one instrument from its trades, its book at the end of the closing window, and the plan.

    Parameters
    ----------
    trades
        Trades of the instrument; those outside the closing window are passed over, and those of no order.
    carried_fen_per_card_h
        Mark at which positions came from a longer window; none where they came from trades here.
    least_lots
        Lots that must have been traded for their prices to count, at least 1.

    Raises
    ------
    RuleBrokenError
        ``mark_missing`` where no part of the rule gives a price.
    """
    counted = [trade for trade in trades if trade.at in closing and not trade.is_carried]
    lots = sum(trade.lots for trade in counted)
    value = sum(trade.lots * trade.fen_per_card_h for trade in counted)
    if lots >= max(least_lots, 1):
        found, rule = round(Fraction(value, lots)), MarkRule.VWAP
    elif bid_fen_per_card_h is not None and ask_fen_per_card_h is not None:
        found, rule = round(Fraction(bid_fen_per_card_h + ask_fen_per_card_h, 2)), MarkRule.MID
    elif spot_fen_per_card_h is not None:
        found, rule, plan_fen_per_card_h = round_fen(spot_fen_per_card_h), MarkRule.SPOT, spot_fen_per_card_h
    elif plan_fen_per_card_h is not None:
        found, rule = round_fen(plan_fen_per_card_h), MarkRule.PLAN
    elif carried_fen_per_card_h is not None:
        found, rule = carried_fen_per_card_h, MarkRule.CARRIED
    else:
        raise RuleBrokenError(
            f"A mark must come from {least_lots} lots traded, from a bid and an ask, or from a plan, was {lots} lots, "
            f"bid {bid_fen_per_card_h}, ask {ask_fen_per_card_h}, no plan.",
            code="mark_missing",
            hint="Clear auctions of its hours, or state the plan's price.",
        )
    return Mark(found, rule, closing, lots, value, bid_fen_per_card_h, ask_fen_per_card_h, plan_fen_per_card_h)
