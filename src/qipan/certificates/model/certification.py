"""Green certification of a compute centre: dated criteria, evidence, an audit, a grade that expires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final


class Measure(StrEnum):
    """What a criterion looks at.

    Both shares are those of `qipan.certificates.model.score.Score`, of retired certificates; PUE comes as evidence.
    """

    GREEN_SHARE = "green_share"
    HOURLY_SHARE = "hourly_share"
    PUE = "pue"


PPM: Final = 1_000_000
"""Millionths of one."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A bound that a measure must keep.

    Attributes
    ----------
    is_least
        The value is the least that will do; else the most.
    value_ppm
        In millionths, as the log holds no fractions.
    """

    measure: Measure
    is_least: bool
    value_ppm: int

    def is_met(self, found_ppm: int | None) -> bool:
        """Tell whether what was found keeps the bound; nothing found does not.

        Examples
        --------
        >>> Criterion(Measure.PUE, is_least=False, value_ppm=1_300_000).is_met(1_300_000)
        True
        """
        if found_ppm is None:
            return False
        return found_ppm >= self.value_ppm if self.is_least else found_ppm <= self.value_ppm


@dataclass(frozen=True, slots=True)
class Criteria:
    """One dated release of the criteria.

    Attributes
    ----------
    since
        First day on which it is audited by.
    grades
        Criteria of each grade, the best grade first.
    period_months
        Least months that an audit looks at.
    stale_months
        Most months between the end of that period and the audit.
    valid_months
        How long a certification is valid, the month of the audit counted.
    """

    version: str
    since: date
    grades: tuple[tuple[str, tuple[Criterion, ...]], ...]
    period_months: int
    stale_months: int
    valid_months: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a document says of a site over some months.

    Attributes
    ----------
    first, last
        Months of UTC+8, as 2026-03, both counted.
    value_ppm
        In millionths.
    document
        What says so: a report, or the digest of a file.
    """

    evidence_id: str
    site: str
    measure: Measure
    first: str
    last: str
    value_ppm: int
    document: str


@dataclass(frozen=True, slots=True)
class Certification:
    """The grade that an audit has found.

    Attributes
    ----------
    found
        What the audit has found, by measure.
    expires
        First moment at which it is no longer valid.
    revoked
        When it was revoked, if it was, and why.
    """

    certification_id: str
    site: str
    version: str
    first: str
    last: str
    grade: str
    found_ppm: Mapping[str, int]
    auditor: str
    audited: datetime
    expires: datetime
    revoked: datetime | None = None
    reason: str = ""

    def is_valid(self, at: datetime) -> bool:
        """Tell whether it is valid at a moment."""
        return self.audited <= at < self.expires and (self.revoked is None or at < self.revoked)
