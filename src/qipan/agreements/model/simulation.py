"""Nouns of a simulation: what may happen, and what each party gains by an agreement against having none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qipan.kernel.errors import BadInputError


class Component(StrEnum):
    """Where a gain comes from.

    ``compute`` is the trade at the base price, against what both would do elsewhere; ``index`` and ``limits`` are what
    the index, and floor and cap, add to it; ``aid`` is modelled, the others are money.
    """

    COMPUTE = "compute"
    INDEX = "index"
    LIMITS = "limits"
    TAKE_OR_PAY = "take_or_pay"
    RENT = "rent"
    GREEN_PREMIUM = "green_premium"
    FUND = "fund"
    AID = "aid"


@dataclass(frozen=True, slots=True)
class Case:
    """One month as it may come.

    Attributes
    ----------
    available_card_h
        What the seller has ready; ``None`` for all of the volume.
    buyer_elsewhere_fen_per_card_h
        What the buyer would pay elsewhere for what it takes.
    seller_elsewhere_fen_per_card_h, seller_elsewhere_card_h
        What the seller would get elsewhere, and for how many card-hours; ``None`` for all that it has ready.
    seller_cost_fen_per_card_h
        What a card-hour in use costs the seller more than an idle one.
    rent_fen, green_premium_fen
        What there is to share that would not be without the agreement.
    """

    month: date
    taken_card_h: int
    buyer_elsewhere_fen_per_card_h: int
    seller_elsewhere_fen_per_card_h: int
    seller_cost_fen_per_card_h: int
    index: Decimal | None = None
    rent_fen: int = 0
    green_premium_fen: int = 0
    available_card_h: int | None = None
    seller_elsewhere_card_h: int | None = None

    def __post_init__(self) -> None:
        for name in (
            "taken_card_h",
            "buyer_elsewhere_fen_per_card_h",
            "seller_elsewhere_fen_per_card_h",
            "seller_cost_fen_per_card_h",
            "rent_fen",
            "green_premium_fen",
            "available_card_h",
            "seller_elsewhere_card_h",
        ):
            told = getattr(self, name)
            if told is not None and told < 0:
                raise BadInputError(
                    f"A figure of a month must be 0 or more, was {told} in {self.month:%Y-%m}.",
                    code="case_unfit",
                    hint="Correct the figure that is named.",
                    field=name,
                )


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of months.

    Attributes
    ----------
    weight
        How much it counts beside the others; its probability is its part of all weights.
    """

    name: str
    weight: Decimal
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A component that a party loses by.

    Attributes
    ----------
    fen
        What it is in expectation, below 0.
    scenarios
        Those in which it is below 0.
    """

    component: Component
    fen: Fraction
    scenarios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """What one party gains by the agreement over all months, fen; losses are negative.

    Attributes
    ----------
    by_scenario
        By scenario and component.
    expected
        By component, over the probabilities of the scenarios.
    """

    party: str
    by_scenario: Mapping[str, Mapping[Component, int]]
    expected: Mapping[Component, Fraction]

    @property
    def expected_fen(self) -> Fraction:
        """What it gains in expectation."""
        return sum(self.expected.values(), Fraction(0))

    @property
    def totals_fen(self) -> dict[str, int]:
        """What it gains in each scenario."""
        return {name: sum(parts.values()) for name, parts in self.by_scenario.items()}

    @property
    def worst(self) -> tuple[str, int]:
        """The scenario in which it gains least, the first of several, and how much."""
        return min(self.totals_fen.items(), key=lambda one: one[1])

    @property
    def is_rational(self) -> bool:
        """Whether it may sign: in expectation it does not lose."""
        return self.expected_fen >= 0

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What it loses by, the most first."""
        lost = [
            Reason(component, fen, tuple(name for name, parts in self.by_scenario.items() if parts[component] < 0))
            for component, fen in self.expected.items()
            if fen < 0
        ]
        return tuple(sorted(lost, key=lambda one: one.fen))


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Base prices at which nobody loses, both ends included, fen a card-hour.

    Attributes
    ----------
    least_fen
        The lowest at which the seller does not lose; ``None`` where it loses at any.
    most_fen
        The highest at which the buyer does not lose; ``None`` where it loses at any. The highest that can be agreed
        where no price is too high, as under a cap.
    """

    least_fen: int | None
    most_fen: int | None

    @property
    def is_empty(self) -> bool:
        """Whether there is no such price."""
        return self.least_fen is None or self.most_fen is None or self.least_fen > self.most_fen

    def __contains__(self, fen: int) -> bool:
        return not self.is_empty and (self.least_fen or 0) <= fen <= (self.most_fen or 0)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What an agreement would bring.

    Attributes
    ----------
    gains
        Of the buyer, the seller, then the other parties of its sharing tables.
    in_expectation, in_every_scenario
        Base prices, the same in all versions, at which no party loses in expectation, or in any scenario.
    """

    gains: tuple[Gain, ...]
    in_expectation: PriceRange
    in_every_scenario: PriceRange

    @property
    def is_rational(self) -> bool:
        """Whether every party may sign."""
        return all(one.is_rational for one in self.gains)
