"""Read whole numbers by name from CSV in UTF-8, one a row: card-hours by order, rolling prices by instrument."""

from __future__ import annotations

import csv
import io
import re

from qipan.kernel.errors import Finding

_WHOLE = re.compile(r"[0-9]{1,15}")


def read(data: bytes, columns: tuple[str, str]) -> tuple[dict[str, int], tuple[Finding, ...]]:
    r"""Return numbers by name, and a finding for each cell that cannot be read.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn``, ``name_repeated``, ``not_whole`` for a
    row.

    Parameters
    ----------
    columns
        Of the names, and of the numbers.

    Examples
    --------
    >>> numbers, findings = read(b"id,card_h\nb-1,40\nb-2,-1\n", ("id", "card_h"))
    >>> numbers, [(one.row, one.rule) for one in findings]
    ({'b-1': 40}, [(3, 'not_whole')])
    """
    try:
        head, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        return {}, (Finding(0, "", "file_unreadable", f"A file must be CSV in UTF-8, was not: {error}."),)
    if tuple(head) != columns:
        told = f"A file must have the columns {', '.join(columns)}, was {', '.join(head)}."
        return {}, (Finding(0, "", "columns_differ", told),)
    numbers: dict[str, int] = {}
    findings: list[Finding] = []
    for row, cells in enumerate(rows, start=2):
        if len(cells) != len(columns):
            findings.append(Finding(row, "", "row_torn", f"A row must have {len(columns)} cells, was {len(cells)}."))
        elif cells[0] in numbers:
            told = f"{columns[0]} must stand once in the file, was again {cells[0]!r}."
            findings.append(Finding(row, columns[0], "name_repeated", told, cells[0]))
        elif not _WHOLE.fullmatch(cells[1]):
            told = f"{columns[1]} must be a whole number of 0 or more, was {cells[1]!r}."
            findings.append(Finding(row, columns[1], "not_whole", told, cells[1]))
        else:
            numbers[cells[0]] = int(cells[1])
    return numbers, tuple(findings)
