"""Nouns of what is kept: signed texts, bills and shares that were posted, pledges of revenue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from qipan.agreements.model.agreement import NAME, Agreement, Pool
from qipan.agreements.model.bill import Bill, Use
from qipan.agreements.model.enclave import Event
from qipan.kernel.errors import BadInputError

REVENUE_PARTS: Final = 1_000_000
"""Parts of each month's revenue that can be pledged, each once at a time."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One text of an agreement, and who has signed it when.

    Attributes
    ----------
    number
        Of the text, from 1; a later one holds all earlier versions.
    digest
        SHA-256 of its record, in hex: what is signed.
    """

    agreement: Agreement
    number: int
    digest: str
    at: Mapping[str, datetime]

    @property
    def is_in_force(self) -> bool:
        """Whether both parties have signed."""
        return {self.agreement.buyer, self.agreement.seller} <= set(self.at)


@dataclass(frozen=True, slots=True)
class PostedBill:
    """A month's bill, what it follows from, and the number of the text that it was billed under."""

    agreement_id: str
    number: int
    use: Use
    index: Decimal | None
    bill: Bill


@dataclass(frozen=True, slots=True)
class PostedShare:
    """What of a pool was shared out for a month, and the account that it came from."""

    agreement_id: str
    pool: Pool
    month: date
    fen: int
    source: str


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """An event of an enclave as it was split, and the account that its money came from; empty where it had none."""

    agreement_id: str
    event: Event
    source: str


@dataclass(frozen=True, slots=True)
class Pledge:
    """A share of an agreement's revenue that is promised to a holder, as the trustee of a bond, for some months.

    Attributes
    ----------
    start, end
        First days of the first month, and of the first month after the last.

    Raises
    ------
    BadInputError
        ``pledge_unfit``.
    """

    pledge_id: str
    agreement_id: str
    holder: str
    share: Decimal
    start: date
    end: date

    def __post_init__(self) -> None:
        parts = Fraction(self.share) * REVENUE_PARTS if self.share.is_finite() else Fraction(0)
        is_named = NAME.fullmatch(self.pledge_id) and NAME.fullmatch(self.holder)
        is_long = self.start.day == self.end.day == 1 and self.start < self.end
        if not (is_named and is_long and parts.denominator == 1 and 0 < parts <= REVENUE_PARTS):
            raise BadInputError(
                "A pledge must name id and holder in small letters, digits and hyphens, whole millionths up to 1, and "
                f"months, was {self.pledge_id!r} to {self.holder!r} of {self.share} from {self.start} to "
                f"{self.end}.",
                code="pledge_unfit",
                hint="Pledge for example 0.6 from 2027-01 until 2030-01.",
            )

    @property
    def parts(self) -> int:
        """How many parts of each month's revenue."""
        return int(Fraction(self.share) * REVENUE_PARTS)
