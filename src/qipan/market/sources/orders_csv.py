"""Read orders from CSV in UTF-8, one a row; a row that cannot be read has a finding for each bad cell.

Columns: ``id, member, instrument, side, lots, fen_per_card_h`` and, where there are such, ``entry, whole, until``. What
the numbers must be is the market's business; here they need only be whole.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import in_utc
from qipan.market.model.order import Entry, Order, Side

NEEDED: Final = ("id", "member", "instrument", "side", "lots", "fen_per_card_h")
OPTIONAL: Final = ("entry", "whole", "until")
SIDES: Final = {side.name.lower(): side for side in Side}
ENTRIES: Final = {"": Entry.STANDING} | {entry.value: entry for entry in Entry}
WHOLE: Final = {"": False, "no": False, "yes": True}

_BINARY: Final = (b"PK", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""How spreadsheets, archives and gzip begin."""

_NUMBER = re.compile(r"-?[0-9]{1,18}")


class _CellError(Exception):
    """A cell that cannot be read: the rule, and what must hold."""

    def __init__(self, rule: str, must: str) -> None:
        super().__init__(must)
        self.rule = rule


def read(data: bytes) -> tuple[tuple[Order, ...], tuple[Finding, ...]]:
    r"""Return the orders of good rows, and what is wrong with the others.

    Rules: ``file_unreadable``, ``column_missing``, ``column_unknown`` for the file; ``row_torn``, ``side_unknown``,
    ``not_whole``, ``entry_unknown``, ``whole_unknown``, ``time_unreadable``, ``time_naive`` for a row.

    Examples
    --------
    >>> head = b"id,member,instrument,side,lots,fen_per_card_h\n"
    >>> orders, findings = read(head + b"a,firm,h100@gui/2026-03,buy,2,1200\nb,firm,h100@gui/2026-03,keep,2,1200\n")
    >>> [one.order_id for one in orders], [(one.row, one.rule) for one in findings]
    (['a'], [(3, 'side_unknown')])
    """
    if data.startswith(_BINARY):
        told = "A file of orders must be CSV in UTF-8, with commas, was a spreadsheet or an archive."
        return (), (Finding(0, "", "file_unreadable", told),)
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        told = f"A file of orders must be CSV in UTF-8, with commas, was in another encoding at byte {error.start + 1}."
        return (), (Finding(0, "", "file_unreadable", told),)
    except csv.Error as error:
        told = f"A file of orders must be CSV in UTF-8, with commas, was torn: {error}."
        return (), (Finding(0, "", "file_unreadable", told),)
    head = rows[0] if rows else []
    if len(head) == 1 and ";" in head[0]:
        told = "A file of orders must be CSV in UTF-8, with commas, was separated by semicolons."
        return (), (Finding(0, "", "file_unreadable", told),)
    wrong = [
        Finding(0, name, "column_missing", f"A file of orders must have the column {name}, was without.")
        for name in NEEDED
        if name not in head
    ]
    wrong += [
        Finding(0, name, "column_unknown", f"A column must be one of {', '.join(NEEDED + OPTIONAL)}, was {name!r}.")
        for at, name in enumerate(head)
        if name not in NEEDED + OPTIONAL or name in head[:at]
    ]
    if wrong:
        return (), tuple(wrong)
    orders: list[Order] = []
    findings: list[Finding] = []
    for row, cells in enumerate(rows[1:], start=2):
        if len(cells) != len(head):
            findings.append(Finding(row, "", "row_torn", f"A row must have {len(head)} cells, was {len(cells)}."))
            continue
        values, bad = _values(row, dict(zip(head, cells, strict=True)))
        findings += bad
        if not bad:
            orders.append(Order(**values))
    return tuple(orders), tuple(findings)


def _values(row: int, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    values: dict[str, Any] = {}
    findings = []
    for name, text in cells.items():
        field = _FIELDS.get(name, name)
        try:
            values[field] = _READ[name](text) if name in _READ else text
        except _CellError as error:
            findings.append(Finding(row, name, error.rule, f"{error}, was {text!r}.", text))
    return values, findings


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _CellError("not_whole", "Lots and fen must be whole numbers")
    return int(text)


def _side(text: str) -> Side:
    if text not in SIDES:
        raise _CellError("side_unknown", f"A side must be one of {', '.join(SIDES)}")
    return SIDES[text]


def _entry(text: str) -> Entry:
    if text not in ENTRIES:
        raise _CellError("entry_unknown", f"An entry must be one of {', '.join(Entry)}, or empty")
    return ENTRIES[text]


def _whole(text: str) -> bool:
    if text not in WHOLE:
        raise _CellError("whole_unknown", "A cell of whole must be yes, no or empty")
    return WHOLE[text]


def _until(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return in_utc(datetime.fromisoformat(text))
    except BadInputError as error:
        raise _CellError("time_naive", "A moment must carry its zone, as 2026-03-01T05:00:00+08:00") from error
    except (ValueError, OverflowError) as error:
        raise _CellError("time_unreadable", "A moment must be written as 2026-03-01T05:00:00+08:00") from error


_FIELDS: Final = {"id": "order_id", "whole": "is_whole", "until": "good_until"}
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "lots": _number,
    "fen_per_card_h": _number,
    "side": _side,
    "entry": _entry,
    "whole": _whole,
    "until": _until,
}
