"""Nouns of privacy: what a feed may tell of a job in all, and what has been spent of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final

from qipan.kernel.errors import BadInputError, RuleBrokenError

MILLIONTHS: Final = 1_000_000
"""Parts of an epsilon in which budgets are kept, so that sums are exact."""


class Entry(StrEnum):
    """What a row of a budget says."""

    BUDGET = "budget"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class PrivacyEntry:
    """A budget that was stated, or what a release has spent.

    Attributes
    ----------
    feed
        The first feed of its holder and source: all of them have one budget.
    before
        Digest of the entry before it; empty for the first.
    data
        Digest of what the release was made of; empty for a budget.
    """

    feed: str
    number: int
    entry: Entry
    epsilon_millionths: int
    what: str
    at: datetime
    by: str
    before: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a feed may spend in all, and what it has spent, in millionths of an epsilon."""

    feed: str
    whole_millionths: int
    entries: tuple[PrivacyEntry, ...]

    @property
    def spent_millionths(self) -> int:
        """Sum of all that was spent: what releases tell of one job adds up."""
        return sum(one.epsilon_millionths for one in self.entries if one.entry is Entry.SPENT)

    @property
    def left_millionths(self) -> int:
        """What may still be spent."""
        return self.whole_millionths - self.spent_millionths

    def holds(self, data: str) -> bool:
        """Tell whether a release from it was made of what has this digest."""
        return any(one.data == data for one in self.entries)

    def check(self, asked_millionths: int) -> None:
        """Refuse to spend more than is left.

        Raises
        ------
        RuleBrokenError
            ``privacy_budget_over``.
        """
        if asked_millionths > self.left_millionths:
            raise RuleBrokenError(
                f"A release must spend at most what is left of the privacy budget of {self.feed}, epsilon "
                f"{told(self.left_millionths)}, was {told(asked_millionths)}.",
                code="privacy_budget_over",
                hint="Release fewer months, or with a smaller epsilon; what was told cannot be taken back.",
            )


def millionths(epsilon: Fraction) -> int:
    """Return an epsilon in whole millionths.

    Raises
    ------
    BadInputError
        ``epsilon_bad`` unless it is above nothing and has at most six decimal places.

    Examples
    --------
    >>> millionths(Fraction("0.05"))
    50000
    """
    found = epsilon * MILLIONTHS
    if found <= 0 or found.denominator != 1:
        raise BadInputError(
            f"An epsilon must be above 0 and have at most six decimal places, was {epsilon}.",
            code="epsilon_bad",
            hint="Write for example 0.1.",
        )
    return found.numerator


def told(epsilon_millionths: int) -> str:
    """Return an epsilon as people write it.

    Examples
    --------
    >>> told(50_000), told(2_000_000)
    ('0.05', '2')
    """
    return f"{epsilon_millionths / MILLIONTHS:.6f}".rstrip("0").rstrip(".")
