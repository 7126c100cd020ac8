"""Nouns of monitoring: what is watched, the bounds it is held to, and flags: things to look at, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from qipan.log.canonical import canonical
from qipan.market.model.order import Order


class FlagKind(StrEnum):
    """What somebody should look at."""

    CONCENTRATION = "concentration"
    PIVOTAL = "pivotal"
    PHYSICAL = "physical_withholding"
    ECONOMIC = "economic_withholding"
    WASH = "wash_trades"


class Measure(StrEnum):
    """Of what shares are taken; card-hours, of certified capacity cards."""

    SOLD = "sold"
    BOUGHT = "bought"
    LONG = "long"
    SHORT = "short"
    CERTIFIED = "certified"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is flagged; each is a fact with its source.

    Attributes
    ----------
    hhi
        Herfindahl-Hirschman index above which a market is highly concentrated, 0 to 10,000.
    residual_supply
        Supply without one offerer, of the demand, below which that offerer is pivotal.
    withheld_share
        Part of certified capacity that may stay out of the market.
    conduct_share, impact_share
        How far an offer may lie above its reference, and a price above what it would be with that offer at reference.
    reference_days, reference_offers
        How far back awarded offers make a reference, and how many there must be.
    like_price_share
        How far apart the prices of trades that undo each other may lie.
    false_flag_share
        Chance at most that a market whose counterparties meet at random has any flag of wash trades.
    permutations
        Drawn to find that chance.
    """

    hhi: int
    residual_supply: float
    withheld_share: float
    conduct_share: float
    impact_share: float
    reference_days: int
    reference_offers: int
    like_price_share: float
    false_flag_share: float
    permutations: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """How a market is shared out.

    Attributes
    ----------
    market
        Class and hub, as h100-80g@ningxia.
    hhi
        Sum of squared shares in percent, 0 to 10,000.
    largest
        Members with the largest shares, and these, the largest first.
    """

    market: str
    measure: Measure
    total: int
    hhi: int
    largest: tuple[tuple[str, float], ...]


class Deal(NamedTuple):
    """A trade as it is watched: its name in the books, the day of the market, who sold to whom."""

    name: str
    market: str
    instrument: str
    day: str
    seller: str
    buyer: str
    lots: int
    fen_per_card_h: int


@dataclass(frozen=True, slots=True)
class Hour:
    """One hub in one hour of a cleared auction.

    Attributes
    ----------
    fen_per_card_h
        What offers got.
    awarded
        Lots by the id of an order.
    certified, forward
        Lots by member: of certified capacity; of it sold or on offer in books, or lent.
    """

    market: str
    start: datetime
    fen_per_card_h: int
    bids: tuple[Order, ...]
    offers: tuple[Order, ...]
    awarded: Mapping[str, int]
    certified: Mapping[str, int]
    forward: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at, with what it rests on; it says what was seen, not why.

    Attributes
    ----------
    figures
        What was measured, by name.
    chance
        How likely as much is without any intent, under the stated rule; ``None`` where no rule promises a chance.
    evidence
        Trades as ``instrument#sequence``, and ids of orders.
    leaves
        Places in the log of the requests that these are or came of.
    since, until
        The stretch that was watched; ``None`` before it is told.
    """

    kind: FlagKind
    market: str
    members: tuple[str, ...]
    figures: Mapping[str, float]
    chance: float | None = None
    evidence: tuple[str, ...] = ()
    leaves: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def flag_id(self) -> str:
        """Name by which it is cited; only the same stretch, figures, trades and orders have the same one.

        Examples
        --------
        >>> Flag(FlagKind.PIVOTAL, "h100-80g@ningxia", ("west",), {}).flag_id
        'pivotal/b3c87475ecaf'
        """
        seen: list[Any] = [self.kind.value, self.market, list(self.members), list(self.evidence)]
        seen += [str(self.since), str(self.until), {name: str(value) for name, value in self.figures.items()}]
        told = canonical(seen)
        return f"{self.kind}/{sha256(told).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Watch:
    """What was watched, and what is to be looked at.

    Attributes
    ----------
    trades, hours
        How many were looked through.
    unjudged
        Members and hours of which cannot be told whether they withheld, for want of a reference.
    """

    since: datetime
    until: datetime
    trades: int
    hours: int
    unjudged: int
    concentrations: tuple[Concentration, ...]
    flags: tuple[Flag, ...]
