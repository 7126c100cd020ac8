"""Nouns of insurance: against failed delivery, and against prices on the wrong side of a strike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qipan.market.model.contract import Instrument


class Risk(StrEnum):
    """What a policy answers to."""

    FAILURE = "failure"
    PRICE_ABOVE = "price_above"
    PRICE_BELOW = "price_below"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is insured, and how much of it.

    Attributes
    ----------
    card_h
        Card-hours that are insured.
    fen_per_card_h
        Of a failure, the sum for a card-hour that was not delivered; of a price, the strike.
    limit_fen
        Most that the policy pays in all.
    """

    policy_id: str
    insured: str
    risk: Risk
    instrument: Instrument
    card_h: int
    fen_per_card_h: int
    limit_fen: int


@dataclass(frozen=True, slots=True)
class Payout:
    """What each claim gets out of a fund, fen in the order of the claims, and what the fund keeps."""

    paid_fen: tuple[int, ...]
    left_fen: int
