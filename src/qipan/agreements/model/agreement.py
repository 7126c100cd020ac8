"""Nouns of an agreement: two regions, what is supplied, and terms by the month from which they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from qipan.agreements.model.sharing import SharingTable
from qipan.kernel.errors import BadInputError, RuleBrokenError

MOST_CARD_H: Final = 1_000_000_000
"""Most card-hours of a month."""
MOST_FEN_PER_CARD_H: Final = 1_000_000
"""Highest base price, floor and cap."""
MOST_FEN: Final = 10**15
"""Most that may flow in a month under one heading."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
ADCODE: Final = re.compile(r"[1-8][0-9]0000")


class Pool(StrEnum):
    """What a sharing table of an agreement shares."""

    RENT = "rent"
    GREEN_PREMIUM = "green_premium"
    ENCLAVE = "enclave"


class AidKind(StrEnum):
    """What is given other than money."""

    TECHNICAL_AID = "technical_aid"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Indexation:
    """How the price follows an index.

    Attributes
    ----------
    base
        Value of the index at which the base price holds.
    pass_through
        Share of the index's relative move that passes through to the price, 0 to 1.
    """

    name: str
    base: Decimal
    pass_through: Decimal

    def __post_init__(self) -> None:
        _require(self.name != "", "An index must have a name", repr(self.name), "name")
        _require(self.base.is_finite() and self.base > 0, "A base value must be above 0", self.base, "base")
        _require(_is_share(self.pass_through), "A pass-through must lie in 0 to 1", self.pass_through, "pass_through")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one party pays each month into the other's industry-transfer fund, fen."""

    giver: str
    taker: str
    fen_per_month: int

    def __post_init__(self) -> None:
        _require(self.giver != self.taker, "A contribution must go to another", self.taker, "taker")
        _require(0 < self.fen_per_month <= MOST_FEN, f"A contribution must be 1 to {MOST_FEN} fen", self.fen_per_month,
                 "fen_per_month")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aid:
    """Technical aid or training: no money moves, both figures are modelled.

    Attributes
    ----------
    cost_fen_per_month, worth_fen_per_month
        What it costs the giver, and what it is worth to the taker.
    source
        What the two figures rest on.
    """

    kind: AidKind
    giver: str
    taker: str
    cost_fen_per_month: int
    worth_fen_per_month: int
    source: str

    def __post_init__(self) -> None:
        _require(self.giver != self.taker, "Aid must go to another", self.taker, "taker")
        for name in ("cost_fen_per_month", "worth_fen_per_month"):
            told = getattr(self, name)
            _require(0 <= told <= MOST_FEN, f"A figure of aid must be 0 to {MOST_FEN} fen", told, name)
        _require(self.source.strip() != "", "A modelled figure must say what it rests on", "nothing", "source")


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of what is agreed.

    Attributes
    ----------
    holds_from
        First day of a month; it holds until the next version does.
    card_h_per_month
        What the seller keeps available for the buyer.
    floor_fen_per_card_h, cap_fen_per_card_h
        Limits of the indexed price; no cap where ``None``.
    take_or_pay
        Share of the volume that is paid whether taken or not, 0 to 1.

    Raises
    ------
    BadInputError
        ``agreement_unfit`` with the field that breaks its rule.
    """

    holds_from: date
    card_h_per_month: int
    base_fen_per_card_h: int
    index: Indexation | None = None
    floor_fen_per_card_h: int = 0
    cap_fen_per_card_h: int | None = None
    take_or_pay: Decimal = Decimal(0)
    contributions: tuple[Contribution, ...] = ()
    aid: tuple[Aid, ...] = ()

    def __post_init__(self) -> None:
        _require(self.holds_from.day == 1, "Terms must hold from the first day of a month", self.holds_from,
                 "holds_from")  # fmt: skip
        _require(0 <= self.card_h_per_month <= MOST_CARD_H, f"A volume must be 0 to {MOST_CARD_H} card-hours",
                 self.card_h_per_month, "card_h_per_month")  # fmt: skip
        floor, cap = self.floor_fen_per_card_h, self.cap_fen_per_card_h
        for name in ("base_fen_per_card_h", "floor_fen_per_card_h", "cap_fen_per_card_h"):
            told = getattr(self, name)
            _require(told is None or 0 <= told <= MOST_FEN_PER_CARD_H,
                     f"A price must be 0 to {MOST_FEN_PER_CARD_H} fen a card-hour", told, name)  # fmt: skip
        _require(cap is None or floor <= cap, "A floor must not lie above the cap", f"{floor} above {cap}",
                 "floor_fen_per_card_h")  # fmt: skip
        _require(_is_share(self.take_or_pay), "Take-or-pay must be a share of 0 to 1", self.take_or_pay, "take_or_pay")

    @property
    def least_card_h(self) -> int:
        """Card-hours of a month that are paid whether taken or not, rounded down."""
        return int(self.card_h_per_month * Fraction(self.take_or_pay))


@dataclass(frozen=True, slots=True)
class Agreement:
    """A long-term agreement: a region buys compute of a class of cards at another's hub.

    Attributes
    ----------
    buyer, seller
        Adcodes of the two regions.
    start, end
        First days of the first month, and of the first month after the last.
    versions
        Terms, the oldest first; the first holds from the start.
    tables
        Sharing tables by what they share.

    Raises
    ------
    BadInputError
        ``agreement_unfit`` with the field that breaks its rule.
    """

    agreement_id: str
    buyer: str
    seller: str
    card_class: str
    hub_id: str
    start: date
    end: date
    versions: tuple[Terms, ...]
    tables: Mapping[Pool, SharingTable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(NAME.fullmatch(self.agreement_id), "An id must be 1 to 20 small letters, digits and hyphens",
              repr(self.agreement_id), "id")  # fmt: skip
        for name in ("buyer", "seller"):
            told = getattr(self, name)
            _require(ADCODE.fullmatch(told), "A party must be the adcode of a region, as 640000", repr(told), name)
        _require(self.buyer != self.seller, "A region must agree with another", self.seller, "seller")
        _require(self.card_class and self.hub_id, "Class of cards and hub must be named",
              f"{self.card_class!r} at {self.hub_id!r}", "card_class")  # fmt: skip
        _require(self.start.day == self.end.day == 1 and self.start < self.end,
              "A term must run from the first day of a month to that of a later one", f"{self.start} to {self.end}",
              "until")  # fmt: skip
        days = [one.holds_from for one in self.versions]
        _require(days and days[0] == self.start and all(day < later for day, later in pairwise(days))
              and days[-1] < self.end, "Versions must begin with the term, rise, and begin before its end",
              ", ".join(map(str, days)) or "none", "versions")  # fmt: skip
        for one in self.versions:
            given = [(gift.giver, gift.taker) for gift in one.contributions]
            given += [(gift.giver, gift.taker) for gift in one.aid]
            for giver, taker in given:
                _require({giver, taker} == {self.buyer, self.seller}, "Giver and taker must be the two parties",
                         f"{giver} to {taker}", "versions")  # fmt: skip

    def terms(self, month: date) -> Terms:
        """Return the terms that hold in a month, named by its first day.

        Raises
        ------
        RuleBrokenError
            ``month_outside`` the term.
        """
        if month.day != 1 or not self.start <= month < self.end:
            raise RuleBrokenError(
                f"A month must be named by its first day and lie in the term {self.start} to {self.end}, was {month}.",
                code="month_outside",
                hint="Name a month of the agreement's term.",
            )
        return [one for one in self.versions if one.holds_from <= month][-1]

    def amended(self, terms: Terms) -> Agreement:
        """Return the agreement with a new version; older ones stay as they are.

        Raises
        ------
        BadInputError
            ``agreement_unfit`` unless it holds from a later month of the term than all others.
        """
        return replace(self, versions=(*self.versions, terms))


def _is_share(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= 1


def _require(is_met: object, must: str, told: object, name: str) -> None:
    if not is_met:
        raise BadInputError(
            f"{must}, was {told}.",
            code="agreement_unfit",
            hint="Correct the agreement; docs/agreements.md has an example.",
            field=name,
        )
