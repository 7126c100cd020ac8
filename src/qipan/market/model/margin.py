"""Nouns of what secures positions: the rule of initial margin, deals as arrays, and what a back-test says.

Axes: members; instruments; deals; days. A position is lots bought less lots sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.market.model.array import Ints

DECAY: Final = 0.94
"""Weight of the past by which the margin of a book scales moves to today's, where nobody says otherwise."""


class Measure(StrEnum):
    """What initial margin covers: the quantile of losses, or the mean of those from the quantile on."""

    QUANTILE = "quantile"
    SHORTFALL = "shortfall"


@dataclass(frozen=True, slots=True)
class MarginRule:
    """How initial margin is found from past prices.

    Attributes
    ----------
    coverage
        Share of holding periods whose loss is covered, one-sided.
    holding_days
        Days until a position of a defaulter is closed.
    decay
        Weight of the past in the mean of squared moves by which each past move is scaled to today's; none leaves the
        moves as they were.

    Raises
    ------
    BadInputError
        ``margin_rule_bad``.
    """

    coverage: float = 0.99
    measure: Measure = Measure.QUANTILE
    holding_days: int = 2
    decay: float | None = None

    def __post_init__(self) -> None:
        decays = self.decay is None or 0.0 < self.decay < 1.0
        if not (0.5 <= self.coverage < 1.0 and self.holding_days >= 1 and decays):
            raise BadInputError(
                "A rule of margin must cover at least half and not all, hold for a day or more, and decay between "
                f"0 and 1, was coverage {self.coverage}, {self.holding_days} days, decay {self.decay}.",
                code="margin_rule_bad",
                hint="Cover 0.99 of holding periods of 2 days, as markets do.",
            )


@dataclass(frozen=True, slots=True)
class Deals:
    """Trades of a day as arrays ``(deals,)``: positions of instrument, buyer and seller, lots, price."""

    instrument: Ints
    buyer: Ints
    seller: Ints
    lots: Ints
    fen_per_card_h: Ints


@dataclass(frozen=True, slots=True)
class Variation:
    """What a day's marks pay to whom, fen ``(members,)``, and positions after it ``(members, instruments)``."""

    paid_fen: Ints
    positions: Ints


@dataclass(frozen=True, slots=True)
class Kupiec:
    """What the test of the proportion of failures says.

    Attributes
    ----------
    statistic, p_value
        Likelihood ratio, and the chance of one as large where the promised coverage is true.
    p_more
        Chance of as many exceptions or more where the promised coverage is true, exact.
    is_rejected
        Whether coverage is not what was promised, above or below.
    is_short
        Whether it is rejected for too many exceptions.
    """

    exceptions: int
    trials: int
    coverage: float
    statistic: float
    p_value: float
    p_more: float
    is_rejected: bool
    is_short: bool
