"""Read tables of indicators a row at a time; what cannot be read gets a finding."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from qipan.kernel.errors import Finding
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

Made = TypeVar("Made")


class CellError(Exception):
    """A cell that cannot be read, with its finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Row:
    """One row, by the names of its columns.

    Attributes
    ----------
    line
        Where it stands, as `table` counts.
    """

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return the text of a cell that must be filled; raises `CellError` else."""
        told = self.text_or_empty(column)
        if not told:
            message = f"A row must fill {column}, was empty."
            raise CellError(Finding(self.line, column, "cell_empty", message))
        return told

    def text_or_empty(self, column: str) -> str:
        """Return the text of a cell, empty where there is none."""
        return self.cells.get(column, "").strip()

    def number(self, column: str, most: float = math.inf) -> float:
        """Return a number from 0 to some most; raises `CellError` else."""
        told = self.text_or_empty(column)
        try:
            value = float(told)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and 0.0 <= value <= most):
            message = f"A number must be from 0 to {most:g}, was {told!r}."
            raise CellError(Finding(self.line, column, "number_unfit", message, told))
        return value

    def year(self, column: str) -> int:
        """Return a year; raises `CellError` where it is none."""
        told = self.text_or_empty(column)
        if not (len(told) == 4 and told.isdecimal() and FIRST_YEAR <= int(told) <= LAST_YEAR):
            message = f"A year must be from {FIRST_YEAR} to {LAST_YEAR}, was {told!r}."
            raise CellError(Finding(self.line, column, "year_unreadable", message, told))
        return int(told)


def header(data: bytes) -> tuple[str, ...]:
    """Return the names of a table's columns, nothing where it cannot be read."""
    try:
        return table.read(data, HEADS_ZH).head
    except table.UnreadableError:
        return ()


def read_rows(
    data: bytes,
    make: Callable[[Row], Iterable[Made]],
    *,
    needed: tuple[str, ...],
    optional: tuple[str, ...] | None = None,
    about: Callable[[Made], Hashable] | None = None,
) -> tuple[tuple[Made, ...], tuple[Finding, ...]]:
    """Return what is made of each row, and what is wrong with those that are left out.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; for a row ``row_torn``, ``row_repeated``, and those of
    `Row`.

    Parameters
    ----------
    make
        May raise `CellError`.
    optional
        Columns that may be there beside those that must; any others where nothing is said.
    about
        What a row speaks of; a second row about the same is left out.
    """
    made: list[Made] = []
    findings: list[Finding] = []
    seen: dict[Hashable, int] = {}
    try:
        found = table.read(data, HEADS_ZH)
        head = found.head
        strange = set(head) - {*needed, *optional} if optional is not None else set()
        if not set(needed) <= set(head) or strange or len(set(head)) < len(head):
            may = f", and may have {', '.join(optional)}" if optional else ""
            message = f"A table must have the columns {', '.join(needed)}{may}, was {', '.join(head)}."
            return (), (Finding(0, "", "columns_differ", message),)
        for line in found.lines:
            if line.cells is None:
                message = f"A row must have {len(head)} cells, had more or fewer."
                findings.append(Finding(line.number, "", "row_torn", message))
                continue
            try:
                for one in make(Row(line.number, line.cells)):
                    first = seen.setdefault(about(one), line.number) if about else line.number
                    if first == line.number:
                        made.append(one)
                        continue
                    message = f"A row must not say again what line {first} says, was the same."
                    findings.append(Finding(line.number, "", "row_repeated", message))
            except CellError as error:
                findings.append(error.finding)
    except table.UnreadableError as error:
        return (), (table.unreadable(error),)
    return tuple(made), tuple(findings)
