"""Nouns of a month: what was taken, its price, and what is owed for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qipan.kernel.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Use:
    """What a buyer took of its volume in a month.

    Attributes
    ----------
    available_card_h
        What the seller had ready; ``None`` for all of the volume. What was not ready need not be paid.

    Raises
    ------
    BadInputError
        ``use_unfit`` for less than nothing, or more taken than was ready.
    """

    month: date
    taken_card_h: int
    available_card_h: int | None = None

    def __post_init__(self) -> None:
        most = self.taken_card_h if self.available_card_h is None else self.available_card_h
        if not 0 <= self.taken_card_h <= most:
            raise BadInputError(
                f"A month's use must be 0 or more and at most what was ready, was {self.taken_card_h} of {most} "
                f"card-hours in {self.month:%Y-%m}.",
                code="use_unfit",
                hint="Give card-hours as they were metered.",
                field="taken_card_h",
            )


@dataclass(frozen=True, slots=True)
class Price:
    """A month's price on its way, fen a card-hour: base, after the index, after floor and cap."""

    base_fen: int
    indexed_fen: int
    fen_per_card_h: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a month owes.

    Attributes
    ----------
    untaken_card_h
        Card-hours that were ready and not taken, and are paid since the take-or-pay share reaches so far.
    """

    month: date
    price: Price
    taken_card_h: int
    untaken_card_h: int

    @property
    def taken_fen(self) -> int:
        """What is owed for what was taken."""
        return self.taken_card_h * self.price.fen_per_card_h

    @property
    def untaken_fen(self) -> int:
        """What is owed for what was not taken."""
        return self.untaken_card_h * self.price.fen_per_card_h

    @property
    def due_fen(self) -> int:
        """What is owed in all."""
        return self.taken_fen + self.untaken_fen
