"""How an expert works at a post: the mode, the months, the days a month, the pay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR

DAYS_MOST: Final = 31
"""Most days a month that anyone can give."""
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Mode(StrEnum):
    """How an expert serves a region that is not theirs."""

    VISIT = "visit"
    MIGRATORY = "migratory"  # 候鸟, part of every year
    PROJECT = "project"
    ENCLAVE = "enclave"  # 人才飞地: works for the region without moving there
    EQUITY = "equity"  # 技术入股: a share for the technology
    WORKSTATION = "workstation"  # 专家工作站
    EXCHANGE = "exchange"  # 互派


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Whole months, half-open, with so many days in each; months are counted from year 0.

    Raises
    ------
    BadInputError
        ``span_unfit`` unless it begins before it ends and has 1 to 31 days a month.

    Examples
    --------
    >>> half = Span(read_month("2027-01"), read_month("2027-07"), 5)
    >>> str(half), half.days
    ('2027-01/2027-07:5', 30)
    """

    first_month: int
    until_month: int
    days_a_month: int

    def __post_init__(self) -> None:
        if not self.first_month < self.until_month or not 1 <= self.days_a_month <= DAYS_MOST:
            raise BadInputError(
                f"Months must begin before they end, with 1 to {DAYS_MOST} days a month, was {self}.",
                code="span_unfit",
                hint="Write for example 2027-01/2027-07:5; the second month is the first that is free again.",
            )

    @property
    def months(self) -> int:
        """How many months it has."""
        return self.until_month - self.first_month

    @property
    def days(self) -> int:
        """Days over all of its months."""
        return self.months * self.days_a_month

    def holds(self, other: Span) -> bool:
        """Tell whether another lies within it, with no more days a month."""
        return (
            self.first_month <= other.first_month
            and other.until_month <= self.until_month
            and other.days_a_month <= self.days_a_month
        )

    def __str__(self) -> str:
        return f"{write_month(self.first_month)}/{write_month(self.until_month)}:{self.days_a_month}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a post offers.

    Attributes
    ----------
    number
        Which of the terms of its post, from 1.
    span
        When, and how many days a month.
    pay_fen_per_month
        Pay.
    equity_ppm
        Millionth parts of the undertaking that go to the expert.
    """

    number: int
    mode: Mode
    span: Span
    pay_fen_per_month: int = 0
    equity_ppm: int = 0


def read_month(text: str) -> int:
    """Return a month as a number.

    Raises
    ------
    BadInputError
        ``month_unreadable``.

    Examples
    --------
    >>> write_month(read_month("2027-12") + 1)
    '2028-01'
    """
    found = _MONTH.fullmatch(text)
    if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise BadInputError(
            f"A month must be written as 2026-03, in the years {FIRST_YEAR} to {LAST_YEAR}, was {text!r}.",
            code="month_unreadable",
            hint="Write year and month with a hyphen between them.",
        )
    return 12 * int(found[1]) + int(found[2]) - 1


def write_month(month: int) -> str:
    """Return a month as text."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
