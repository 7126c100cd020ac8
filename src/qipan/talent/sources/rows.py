"""Read the rows of a CSV file, and say of one that cannot be read why."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from qipan.kernel.errors import Finding, QipanError
from qipan.storage import table

ZEROS: Final = 10
"""Figures that a number may have beyond those of the largest: zeros before it."""
WIDTHS: Final = str.maketrans("：；", ":;")
"""Full-width marks that part skills, fields, quotas and portions, read as the plain ones."""
SHOWN: Final = 40
"""Characters of a cell that are told."""


class RowError(Exception):
    """A row that is left out, with its finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


Row = tuple[int, Mapping[str, str]]


def read(
    data: bytes,
    needed: Sequence[str],
    optional: Sequence[str],
    findings: list[Finding],
    *,
    is_foreign: bool = False,
    has_tabs: bool = False,
) -> Iterator[Row]:
    """Yield the line on which each row begins and its cells by column; what cannot be read goes to ``findings``.

    Parameters
    ----------
    is_foreign
        Whether the file is somebody else's, which may have columns that are not used, and lack optional ones.
    has_tabs
        Whether tabs part the cells, and quotes mean nothing.

    Rules: ``file_unreadable``, ``column_missing``, ``column_unknown``, ``columns_duplicate`` for the file, ``row_torn``
    for a row.

    Raises
    ------
    BadInputError
        ``file_torn`` where what follows some row cannot be read at all, so that nothing is lost unsaid.
    """
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        if has_tabs:
            lines = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        else:
            lines = csv.reader(text, strict=True)
        head = [name.strip() for name in next(lines, [])]
        wrong = list(_of_head(head, needed, optional, is_foreign=is_foreign))
        findings += wrong
        if wrong:
            return
        for begins, cells in table.csv_rows(lines):
            if len(cells) == len(head):
                yield begins, {name: cell.strip() for name, cell in zip(head, cells, strict=True)}
            else:
                told = f"A row must have {len(head)} cells, was {len(cells)}."
                findings.append(Finding(begins, "", "row_torn", told))
    except table.TornError as error:
        raise table.torn(error) from error
    except (UnicodeDecodeError, csv.Error) as error:
        findings.append(Finding(0, "", "file_unreadable", f"A file must be CSV in UTF-8, was not: {error}."))


def _of_head(
    head: Sequence[str], needed: Sequence[str], optional: Sequence[str], *, is_foreign: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the names of columns."""
    known = [*needed, *optional]
    for name in dict.fromkeys(known):
        if head.count(name) > 1:
            told = f"A column must be named once, {name} stood twice or more."
            yield Finding(0, name, "columns_duplicate", told, name)
    for name in needed:
        if name not in head:
            yield Finding(0, name, "column_missing", f"The column {name} must be there.")
    for name in () if is_foreign else head:
        if name not in known:
            told = f"A column must be one of {', '.join(known)}, was {name!r}."
            yield Finding(0, name, "column_unknown", told, name)


def must(row: Row, column: str, *, is_so: bool, rule: str, message: str, value: str = "") -> None:
    """Leave a row out unless something is so.

    Raises
    ------
    RowError
        With the rule.
    """
    if not is_so:
        raise RowError(Finding(row[0], column, rule, message, value))


def filled(row: Row, *columns: str) -> list[str]:
    """Return cells that must be filled.

    Raises
    ------
    RowError
        With ``cell_empty``.
    """
    line, cells = row
    for column in columns:
        if not cells[column]:
            told = f"A row must fill {column}, was empty."
            raise RowError(Finding(line, column, "cell_empty", told))
    return [cells[column] for column in columns]


def whole(row: Row, column: str, least: int, most: int) -> int:
    """Return a whole number.

    Raises
    ------
    RowError
        With ``whole_unfit``.
    """
    line, cells = row
    text = cells.get(column, "") or "0"
    if not text.isdecimal() or len(text) > len(str(most)) + ZEROS or not least <= int(text) <= most:
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        told = f"{column} must be a whole number of {least} to {most}, was {shown!r}."
        raise RowError(Finding(line, column, "whole_unfit", told, shown))
    return int(text)


def share(row: Row, column: str, *, low: float = 0.0, high: float = 1.0) -> float:
    """Return a number of a scale as the share of the scale that it is, from 0 to 1.

    Raises
    ------
    RowError
        With ``scale_unfit``.
    """
    line, cells = row
    try:
        found = float(cells[column])
    except ValueError:
        found = math.nan
    if not low <= found <= high:
        told = f"{column} must be a number from {low:g} to {high:g}, was {cells[column]!r}."
        raise RowError(Finding(line, column, "scale_unfit", told, cells[column]))
    return (found - low) / (high - low)


def levels(row: Row, column: str) -> dict[str, float]:
    """Return levels of skills, written ``typing:0.6; filing:0.4``; empty where the cell is, or says ``-``.

    Raises
    ------
    RowError
        With ``skills_unreadable``, ``skill_twice``.
    """
    line, cells = row
    found: dict[str, float] = {}
    text = cells.get(column, "").translate(WIDTHS)
    for part in filter(None, (part.strip() for part in ("" if text == "-" else text).split(";"))):
        name, _, text = (piece.strip() for piece in part.rpartition(":"))
        try:
            level = float(text)
        except ValueError:
            level = math.nan
        if not name or not 0.0 < level <= 1.0:
            told = f"Skills must be written as typing:0.6; filing:0.4, with levels above 0 up to 1, was {part!r}."
            raise RowError(Finding(line, column, "skills_unreadable", told, part))
        if name in found:
            told = f"A skill must have one level, had two: {name}."
            raise RowError(Finding(line, column, "skill_twice", told, name))
        found[name] = level
    return found


def points(row: Row, column: str) -> float | None:
    """Return points, or nothing where the side does not accept the contract.

    Raises
    ------
    RowError
        With ``points_unreadable``.
    """
    line, cells = row
    if not cells[column]:
        return None
    try:
        found = float(cells[column])
    except ValueError:
        found = math.nan
    if not 0.0 < found <= 1e9:
        told = f"Points must be a number above 0, up to 1e9, or be left out, was {cells[column]!r}."
        raise RowError(Finding(line, column, "points_unreadable", told, cells[column]))
    return found


def of_row(row: Row, column: str, error: QipanError) -> RowError:
    """Return the finding of an error that a noun raised."""
    line, cells = row
    return RowError(Finding(line, column, error.code, error.message, cells.get(column, "")))
