"""Read scenarios from CSV in UTF-8, one row for each month of each; a row that cannot be read has its findings.

Columns: ``scenario, weight, month, taken_card_h, buyer_elsewhere_fen_per_card_h, seller_elsewhere_fen_per_card_h,
seller_cost_fen_per_card_h`` and, where there are such, ``index, rent_fen, green_premium_fen, available_card_h,
seller_elsewhere_card_h``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from qipan.agreements.model.simulation import Case, Scenario
from qipan.agreements.sources.form import decimal
from qipan.kernel.errors import Finding
from qipan.storage import table

FEN: Final = ("buyer_elsewhere_fen_per_card_h", "seller_elsewhere_fen_per_card_h", "seller_cost_fen_per_card_h")
NEEDED: Final = ("scenario", "weight", "month", "taken_card_h", *FEN)
OPTIONAL: Final = ("index", "rent_fen", "green_premium_fen", "available_card_h", "seller_elsewhere_card_h")

_WHOLE = re.compile(r"[0-9]{1,15}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class _CellError(Exception):
    """A cell that cannot be read: the rule, and what must hold."""

    def __init__(self, rule: str, must: str) -> None:
        super().__init__(must)
        self.rule = rule


def read(data: bytes) -> tuple[tuple[Scenario, ...], tuple[Finding, ...]]:
    r"""Return the scenarios in the order in which they begin, and what is wrong with the file.

    Rules: ``file_unreadable``, ``column_missing``, ``column_unknown`` for the file; ``row_torn``, ``name_missing``,
    ``not_whole``, ``not_decimal``, ``month_unreadable``, ``weight_differs`` for a row, by the line on which it begins.

    Raises
    ------
    BadInputError
        ``file_torn``.

    Examples
    --------
    >>> head = ",".join(NEEDED) + "\n"
    >>> told, findings = read((head + "boom,1,2027-01,900,1500,900,400\nslump,3,2027-01,0,700,900,400\n").encode())
    >>> [(one.name, one.weight, one.cases[0].taken_card_h) for one in told], findings
    ([('boom', Decimal('1'), 900), ('slump', Decimal('3'), 0)], ())
    """
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = list(table.csv_rows(reader))
    except table.TornError as error:
        raise table.torn(error) from error
    except UnicodeDecodeError as error:
        return (), (Finding(0, "", "file_unreadable", f"A file of scenarios must be CSV in UTF-8, was not: {error}."),)
    head = rows[0][1] if rows else []
    findings = _head(head)
    if findings:
        return (), tuple(findings)
    weights: dict[str, Decimal] = {}
    cases: dict[str, list[Case]] = {}
    for line, cells in rows[1:]:
        if len(cells) != len(head):
            findings.append(Finding(line, "", "row_torn", f"A row must have {len(head)} cells, was {len(cells)}."))
            continue
        values, bad = _values(line, dict(zip(head, cells, strict=True)))
        findings += bad
        if bad:
            continue
        name, weight = values.pop("scenario"), values.pop("weight")
        if weights.setdefault(name, weight) != weight:
            told = f"A scenario must have one weight, was {weight} after {weights[name]}."
            findings.append(Finding(line, "weight", "weight_differs", told, str(weight)))
        cases.setdefault(name, []).append(Case(**values))
    return tuple(Scenario(name, weights[name], tuple(some)) for name, some in cases.items()), tuple(findings)


def _head(head: list[str]) -> list[Finding]:
    known = NEEDED + OPTIONAL
    found = [
        Finding(0, name, "column_missing", f"A file of scenarios must have the column {name}, was without.")
        for name in NEEDED
        if name not in head
    ]
    return found + [
        Finding(0, name, "column_unknown", f"A column must be one of {', '.join(known)}, was {name!r}.")
        for at, name in enumerate(head)
        if name not in known or name in head[:at]
    ]


def _values(line: int, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    values: dict[str, Any] = {}
    findings = []
    for name, text in cells.items():
        if name in OPTIONAL and not text:
            continue
        try:
            values[name] = _READ.get(name, _whole)(text)
        except _CellError as error:
            findings.append(Finding(line, name, error.rule, f"{error}, was {text!r}.", text))
    return values, findings


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _CellError("not_whole", "Card-hours and fen must be whole numbers of 0 or more")
    return int(text)


def _decimal(text: str) -> Decimal:
    found = decimal(text)
    if found is None:
        raise _CellError("not_decimal", "A weight or index must be a decimal, as 0.8")
    return found


def _month(text: str) -> date:
    try:
        if _MONTH.fullmatch(text):
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise _CellError("month_unreadable", "A month must be written as 2027-01")


def _name(text: str) -> str:
    if not text.strip():
        raise _CellError("name_missing", "A scenario must have a name")
    return text


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "scenario": _name,
    "weight": _decimal,
    "month": _month,
    "index": _decimal,
}
