"""Read how many postings of an occupation asked for each skill in each period."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.skills import Asked
from qipan.labour.sources.indicator_rows import CellError, Row, read_rows

NEEDED: Final = ("occupation", "period", "skill", "postings")
OPTIONAL: Final = ("region",)
PERIOD: Final = re.compile(r"\d{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?")
DIGITS: Final = 12


def read(data: bytes) -> tuple[tuple[Asked, ...], tuple[Finding, ...]]:
    r"""Return what was asked for, and what is wrong with rows that are left out.

    Rules: those of `read_rows`; ``period_unreadable``, ``cadence_differs``, ``number_unfit`` for a row.

    Examples
    --------
    >>> found, findings = read(b"occupation,period,skill,postings\n43-9021,2019,typing,80\n43-9021,soon,typing,7\n")
    >>> found[0].postings, findings[0].rule
    (80, 'period_unreadable')
    """
    forms: list[tuple[int, bool]] = []

    def made(row: Row) -> Iterator[Asked]:
        period = row.text("period")
        if not PERIOD.fullmatch(period):
            message = f"A period must be a year, quarter or month, as 2020, 2020-Q1 or 2020-03, was {period!r}."
            raise CellError(Finding(row.line, "period", "period_unreadable", message, period))
        postings = row.text("postings")
        if not (postings.isascii() and postings.isdecimal() and len(postings) <= DIGITS):
            message = f"Postings must be a whole number of at most {DIGITS} digits, was {postings!r}."
            raise CellError(Finding(row.line, "postings", "number_unfit", message, postings))
        told = Asked(row.text_or_empty("region"), row.text("occupation"), period, row.text("skill"), int(postings))
        forms.append((len(period), "Q" in period))
        if forms[-1] != forms[0]:
            message = f"Periods of a table must all be written in one way, was {period!r}."
            forms.pop()
            raise CellError(Finding(row.line, "period", "cadence_differs", message, period))
        yield told

    return read_rows(
        data,
        made,
        needed=NEEDED,
        optional=OPTIONAL,
        about=lambda one: (one.region, one.occupation, one.period, one.skill),
    )
