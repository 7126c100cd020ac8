"""Read job titles from a table: column ``title`` must be there; of postings ``region`` and ``month`` too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from qipan.kernel.errors import Finding
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})(-\d{2})?")


@dataclass(frozen=True, slots=True)
class Posting:
    """A job that somebody offers."""

    title: str
    region: str
    month: date


def read(data: bytes) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return titles, and what is wrong with rows that are left out; other columns are passed over.

    Rules: ``file_unreadable``, ``columns_differ``, ``row_torn``, ``cell_empty``.
    """
    lines, findings = _lines(data, ("title",))
    return tuple(line.cells["title"].strip() for line in lines if line.cells), findings


def read_postings(data: bytes, *, today: date) -> tuple[tuple[Posting, ...], tuple[Finding, ...]]:
    """Return postings; their ``month`` is ``2020-03``, or a day of it.

    Rules: those of `read`, ``month_unreadable``, ``month_ahead``.
    """
    lines, findings = _lines(data, ("title", "region", "month"))
    told = list(findings)
    found = []
    for line in lines:
        cells = line.cells or {}
        month = _month(cells["month"].strip())
        if month is None or month > today:
            rule, must = (
                ("month_unreadable", "A month must be written as 2020-03, or as a day of it")
                if month is None
                else ("month_ahead", f"A month must have begun by {today}")
            )
            told.append(Finding(line.number, "month", rule, f"{must}, was {cells['month']!r}.", cells["month"]))
            continue
        found.append(Posting(cells["title"].strip(), cells["region"].strip(), month))
    return tuple(found), tuple(told)


def _lines(data: bytes, needed: Sequence[str]) -> tuple[list[table.Line], tuple[Finding, ...]]:
    """Return rows that have something in each of these columns."""
    found: list[table.Line] = []
    findings: list[Finding] = []
    try:
        whole = table.read(data, HEADS_ZH)
        if not set(needed) <= set(whole.head):
            told = f"A table of titles must have the columns {', '.join(needed)}, was {', '.join(whole.head)}."
            return [], (Finding(0, "", "columns_differ", told),)
        for line in whole.lines:
            if line.cells is None:
                told = f"A row must have {len(whole.head)} cells, had more or fewer."
                findings.append(Finding(line.number, "", "row_torn", told))
                continue
            empty = next((name for name in needed if not line.cells[name].strip()), None)
            if empty is None:
                found.append(line)
            else:
                findings.append(Finding(line.number, empty, "cell_empty", f"A row must have its {empty}, was empty."))
    except table.UnreadableError as error:
        findings.append(table.unreadable(error))
    return found, tuple(findings)


def _month(text: str) -> date | None:
    found = _MONTH.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), 1) if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR else None
    except ValueError:
        return None
