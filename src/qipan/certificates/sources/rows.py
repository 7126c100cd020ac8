"""Read a table from CSV in UTF-8: named columns, each cell by what its column holds, a finding for each bad one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import in_utc

WH_PER_KWH: Final = 1000

_KWH = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")


class CellError(Exception):
    """A cell that cannot be read: the rule, and what must hold."""

    def __init__(self, rule: str, must: str) -> None:
        super().__init__(must)
        self.rule = rule


def read_rows(
    data: bytes, columns: Mapping[str, Callable[[str], Any]]
) -> tuple[list[dict[str, Any]], tuple[Finding, ...]]:
    """Return the values of good rows by column, and what is wrong with the others; the first row below the head is 1.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn`` for a row; those of the cells.
    """
    try:
        head, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        return [], (Finding(0, "", "file_unreadable", f"A file must be CSV in UTF-8, was not: {error}."),)
    if sorted(head) != sorted(columns):
        told = f"A file must have the columns {', '.join(columns)}, was {', '.join(head)}."
        return [], (Finding(0, "", "columns_differ", told),)
    good: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for row, cells in enumerate(rows, start=1):
        if len(cells) != len(head):
            findings.append(Finding(row, "", "row_torn", f"A row must have {len(head)} cells, was {len(cells)}."))
            continue
        values: dict[str, Any] = {}
        for name, text in zip(head, cells, strict=True):
            try:
                values[name] = columns[name](text)
            except CellError as error:
                findings.append(Finding(row, name, error.rule, f"{error}, was {text!r}.", text))
        if len(values) == len(head):
            good.append(values)
    return good, tuple(findings)


def read_text(text: str) -> str:
    """Read a cell that names something."""
    if not text.strip():
        raise CellError("cell_empty", "A cell must name something")
    return text


def read_moment(text: str) -> datetime:
    """Read a moment with its zone."""
    try:
        return in_utc(datetime.fromisoformat(text))
    except BadInputError as error:
        raise CellError("time_naive", "A moment must carry its zone, as 2026-03-01T05:00:00+08:00") from error
    except (ValueError, OverflowError) as error:
        raise CellError("time_unreadable", "A moment must be written as 2026-03-01T05:00:00+08:00") from error


def wh_down(text: str) -> int:
    """Read kWh as whole Wh, rounded down: nothing is issued that was not made.

    Examples
    --------
    >>> wh_down("1.2349"), wh_down("7")
    (1234, 7000)
    """
    return int((_kwh(text) * WH_PER_KWH).to_integral_value(ROUND_FLOOR))


def wh_up(text: str) -> int:
    """Read kWh as whole Wh, rounded up: no use goes untold.

    Examples
    --------
    >>> wh_up("1.2341")
    1235
    """
    return int((_kwh(text) * WH_PER_KWH).to_integral_value(ROUND_CEILING))


def _kwh(text: str) -> Decimal:
    if not _KWH.fullmatch(text):
        raise CellError("kwh_unreadable", "Energy must be kWh in figures, at most 9 behind the point")
    return Decimal(text)
