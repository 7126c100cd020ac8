"""Backbone links: a table of which join what, how much each carries, and how long they are."""

from __future__ import annotations

import csv
import io
import math
from typing import Final

from qipan.dispatch.model.board import Link
from qipan.kernel.errors import BadInputError, Finding

COLUMNS: Final = ("link", "from", "to", "gb_per_h")
OPTIONAL: Final = ("km",)

_FINDINGS_MOST = 100


def read(data: bytes) -> tuple[Link, ...]:
    r"""Read a CSV table with the columns of `COLUMNS` and `OPTIONAL`, in any order.

    A link carries ``gb_per_h`` in each direction, as much as it likes where the cell is empty. ``from`` and ``to`` name
    origins, sites, codes of regions, or exchange points. ``km`` is 1 where it is left out.

    Raises
    ------
    BadInputError
        ``links_unreadable`` with findings: ``file_unreadable``, ``column_missing``, ``column_unknown``,
        ``cell_count``, ``name_missing``, ``link_repeated``, ``ends_alike``, ``number_malformed``.

    Examples
    --------
    >>> read(b"link,from,to,gb_per_h,km\nwest-east,640000,310000,900,1700\n")[0].gb_per_h
    900.0
    """
    try:
        header, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        told = f"A file of links must be CSV in UTF-8, was not: {error}."
        raise _refused([Finding(0, "", "file_unreadable", told)]) from error
    names = [name.strip() for name in header]
    findings = _of_header(names)
    read_rows: dict[str, Link] = {}
    for number, row in enumerate((row for row in rows if row), start=1):
        if findings and (number == 1 or len(findings) >= _FINDINGS_MOST):
            break
        found, bad = _of_row(number, names, row)
        findings += bad
        if found is not None and found.name in read_rows:
            told = f"A link must have one row, was two: {found.name}."
            findings.append(Finding(number, "link", "link_repeated", told, found.name))
        if found is not None:
            read_rows[found.name] = found
    if findings:
        raise _refused(findings)
    return tuple(read_rows.values())


def _of_header(names: list[str]) -> list[Finding]:
    findings = [
        Finding(0, name, "column_missing", f"A table of links must have a column {name}, was without.")
        for name in COLUMNS
        if name not in names
    ]
    for place, name in enumerate(names):
        if name not in (*COLUMNS, *OPTIONAL) or name in names[:place]:
            told = f"A column must be one of {', '.join((*COLUMNS, *OPTIONAL))}, each once, was {name!r}."
            findings.append(Finding(0, name, "column_unknown", told, name))
    return findings


def _of_row(number: int, names: list[str], row: list[str]) -> tuple[Link | None, list[Finding]]:
    """Return what a row tells, nothing where it is bad, and what is wrong with it."""
    if len(row) != len(names):
        told = f"A row must have {len(names)} cells as the header has, was {len(row)}."
        return None, [Finding(number, "", "cell_count", told)]
    cells = dict(zip(names, map(str.strip, row), strict=True))
    findings = [
        Finding(number, name, "name_missing", f"{name} must be a name, was empty.")
        for name in ("link", "from", "to")
        if not cells[name]
    ]
    if cells["from"] and cells["from"] == cells["to"]:
        told = f"A link must join two places, was one: {cells['to']}."
        findings.append(Finding(number, "to", "ends_alike", told, cells["to"]))
    numbers = {}
    for name in ("gb_per_h", "km"):
        text = cells.get(name, "")
        numbers[name] = _number(text)
        if text and numbers[name] is None:
            told = f"{name} must be a number, at least 0, was {text!r}."
            findings.append(Finding(number, name, "number_malformed", told, text))
    if findings:
        return None, findings
    km = numbers["km"]
    return Link(cells["link"], cells["from"], cells["to"], numbers["gb_per_h"], 1.0 if km is None else km), []


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value < math.inf else None


def _refused(findings: list[Finding]) -> BadInputError:
    return BadInputError(
        f"A table of links must tell each link once, was wrong in {len(findings)} places.",
        code="links_unreadable",
        hint=f"Give a CSV file with the columns {', '.join(COLUMNS)}, and km if you like; see docs/links.md.",
        findings=findings,
    )
