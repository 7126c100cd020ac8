"""Nouns of sharing: whom which share of something goes to, from a day on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from qipan.kernel.errors import BadInputError, RuleBrokenError

PARTY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of parties from a day on; they sum to one, exactly.

    Attributes
    ----------
    parts
        Share of each party, a region's adcode or another name of up to 20 small letters, digits and hyphens; what
        rounding leaves over goes in this order.

    Raises
    ------
    BadInputError
        ``shares_unfit`` unless each is above 0 and all sum to one.

    Examples
    --------
    >>> Shares(date(2027, 1, 1), {"640000": Decimal("0.7"), "310000": Decimal("0.3")}).parts["640000"]
    Decimal('0.7')
    """

    holds_from: date
    parts: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        told = ", ".join(f"{party} {part}" for party, part in self.parts.items()) or "none"
        is_fit = all(PARTY.fullmatch(party) and part.is_finite() and part > 0 for party, part in self.parts.items())
        if not is_fit or sum(map(Fraction, self.parts.values())) != 1:
            raise BadInputError(
                f"Shares must each be above 0 and of a named party, and sum to exactly 1, was {told}.",
                code="shares_unfit",
                hint="Write decimals that sum to 1, for example 0.34, 0.33 and 0.33.",
                field="parts",
            )


@dataclass(frozen=True, slots=True)
class SharingTable:
    """Shares by the day from which they hold; a new version never changes an older one.

    Raises
    ------
    BadInputError
        ``table_out_of_order`` unless there is a version, and each holds from a later day than the one before.
    """

    versions: tuple[Shares, ...]

    def __post_init__(self) -> None:
        days = [one.holds_from for one in self.versions]
        if not days or any(later <= day for day, later in pairwise(days)):
            raise BadInputError(
                "A sharing table must have versions that each hold from a later day, was "
                f"{', '.join(map(str, days)) or 'none'}.",
                code="table_out_of_order",
                hint="Order the versions by the day from which they hold.",
                field="holds_from",
            )

    def on(self, day: date) -> Shares:
        """Return the shares that hold on a day.

        Raises
        ------
        RuleBrokenError
            ``table_not_yet`` before the first version.
        """
        held = [one for one in self.versions if one.holds_from <= day]
        if not held:
            raise RuleBrokenError(
                f"A day must not come before its sharing table, was {day} before {self.versions[0].holds_from}.",
                code="table_not_yet",
                hint="Agree on shares that hold from that day.",
            )
        return held[-1]
