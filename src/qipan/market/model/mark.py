"""Nouns of daily marks: the settlement price of an instrument, with the rule that gave it and what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qipan.kernel.time import Interval


class MarkRule(StrEnum):
    """Which part of the written rule gave a mark, in the order in which they are tried."""

    VWAP = "vwap"
    MID = "mid"
    SPOT = "spot"
    PLAN = "plan"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Mark:
    """A settlement price and all that it is made of: whoever recomputes it gets the same.

    Attributes
    ----------
    lots, value_fen_lots
        Lots traded in the closing window, and the sum of lots x price.
    bid_fen_per_card_h, ask_fen_per_card_h
        Best limits at the end of the closing window; none where nothing stood.
    plan_fen_per_card_h
        Price of the physical plan: the mean of the cleared auction where the rule is ``spot``, else as it was stated;
        none where there is no plan of these hours.
    """

    fen_per_card_h: int
    rule: MarkRule
    closing: Interval
    lots: int
    value_fen_lots: int
    bid_fen_per_card_h: int | None
    ask_fen_per_card_h: int | None
    plan_fen_per_card_h: float | None
