"""A month's price: the base price moved by a share of the index's move, then held between floor and cap."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from qipan.agreements.model.agreement import Terms
from qipan.agreements.model.bill import Price
from qipan.kernel.errors import BadInputError


def price(terms: Terms, index: Decimal | None = None) -> Price:
    """Return the price of a month, in whole fen a card-hour, halves to even.

    Parameters
    ----------
    index
        Value of the index in the month; not looked at where the terms have none.

    Raises
    ------
    BadInputError
        ``index_missing`` where the terms follow an index; ``index_unfit`` below 0.

    Examples
    --------
    >>> from datetime import date
    >>> from qipan.agreements.model.agreement import Indexation
    >>> half = Indexation("electricity", Decimal(100), Decimal("0.5"))
    >>> terms = Terms(date(2027, 1, 1), 72_000, 1200, half, floor_fen_per_card_h=1000, cap_fen_per_card_h=1400)
    >>> price(terms, Decimal(150))
    Price(base_fen=1200, indexed_fen=1500, fen_per_card_h=1400)
    """
    indexed = round(terms.base_fen_per_card_h * factor(terms, index))
    return Price(terms.base_fen_per_card_h, indexed, limited(terms, indexed))


def factor(terms: Terms, index: Decimal | None) -> Fraction:
    """Return what the base price is multiplied by: one, and the share that passes through of the index's move.

    Raises
    ------
    BadInputError
        ``index_missing``, ``index_unfit``, as `price`.
    """
    if terms.index is None:
        return Fraction(1)
    if index is None:
        raise BadInputError(
            f"A month must have a value of the index {terms.index.name}, was without.",
            code="index_missing",
            hint="Give the index of the month, as it was published.",
            field="index",
        )
    if not (index.is_finite() and index >= 0):
        raise BadInputError(
            f"An index must be 0 or more, was {index}.",
            code="index_unfit",
            hint="Give the index of the month, as it was published.",
            field="index",
        )
    return 1 + Fraction(terms.index.pass_through) * (Fraction(index) / Fraction(terms.index.base) - 1)


def limited(terms: Terms, fen: int) -> int:
    """Return a price held between floor and cap."""
    least = max(fen, terms.floor_fen_per_card_h)
    return least if terms.cap_fen_per_card_h is None else min(least, terms.cap_fen_per_card_h)
