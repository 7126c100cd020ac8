"""On what else work may run: a table of what is asked for, what stands for it, and how many units of that."""

from __future__ import annotations

import csv
import io
import math
from typing import Final

from qipan.dispatch.model.board import Substitute
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind

COLUMNS: Final = ("kind", "card_model", "by_kind", "by_card_model", "units")

_FINDINGS_MOST = 100
_KINDS = tuple(kind.value for kind in Kind)


def read(data: bytes) -> tuple[Substitute, ...]:
    r"""Read a CSV table with the columns of `COLUMNS`, in any order.

    ``units`` of the substitute stand for one that is asked for, and may be a fraction: a faster card takes fewer. An
    empty model asks for any of its kind, or is that of pools that state none. What fits without a table takes one unit
    for one, and cannot be told another number.

    Raises
    ------
    BadInputError
        ``substitutes_unreadable`` with findings: ``file_unreadable``, ``column_missing``, ``column_unknown``,
        ``cell_count``, ``kind_unknown``, ``units_malformed``, ``pair_repeated``, ``fits_itself``.

    Examples
    --------
    >>> read(b"kind,card_model,by_kind,by_card_model,units\nintelligent,A,intelligent,B,2.5\n")[0].units
    2.5
    """
    try:
        header, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        told = f"A file of substitutes must be CSV in UTF-8, was not: {error}."
        raise _refused([Finding(0, "", "file_unreadable", told)]) from error
    names = [name.strip() for name in header]
    findings = _of_header(names)
    read_rows: list[Substitute] = []
    for number, row in enumerate((row for row in rows if row), start=1):
        if findings and (number == 1 or len(findings) >= _FINDINGS_MOST):
            break
        found, bad = _of_row(number, names, row)
        findings += bad
        if found is None:
            continue
        pair = (found.kind, found.card_model, found.by_kind, found.by_card_model)
        if any(pair == (one.kind, one.card_model, one.by_kind, one.by_card_model) for one in read_rows):
            told = f"A pair must have one row, was two: {_told(*pair[:2])} by {_told(*pair[2:])}."
            findings.append(Finding(number, "by_card_model", "pair_repeated", told, found.by_card_model))
        read_rows.append(found)
    if findings:
        raise _refused(findings)
    return tuple(read_rows)


def _of_header(names: list[str]) -> list[Finding]:
    findings = [
        Finding(0, name, "column_missing", f"A table of substitutes must have a column {name}, was without.")
        for name in COLUMNS
        if name not in names
    ]
    for place, name in enumerate(names):
        if name not in COLUMNS or name in names[:place]:
            told = f"A column must be one of {', '.join(COLUMNS)}, each once, was {name!r}."
            findings.append(Finding(0, name, "column_unknown", told, name))
    return findings


def _of_row(number: int, names: list[str], row: list[str]) -> tuple[Substitute | None, list[Finding]]:
    """Return what a row tells, nothing where it is bad, and what is wrong with it."""
    if len(row) != len(names):
        told = f"A row must have {len(names)} cells as the header has, was {len(row)}."
        return None, [Finding(number, "", "cell_count", told)]
    cells = dict(zip(names, map(str.strip, row), strict=True))
    findings = [
        Finding(
            number,
            name,
            "kind_unknown",
            f"{name} must be one of {', '.join(_KINDS)}, was {cells[name]!r}.",
            cells[name],
        )
        for name in ("kind", "by_kind")
        if cells[name] not in _KINDS
    ]
    try:
        units = float(cells["units"])
    except ValueError:
        units = math.nan
    if not 0.0 < units < math.inf:
        told = f"units must be a number above 0, was {cells['units']!r}."
        findings.append(Finding(number, "units", "units_malformed", told, cells["units"]))
    if findings:
        return None, findings
    kind, by_kind = Kind(cells["kind"]), Kind(cells["by_kind"])
    model, by_model = cells["card_model"], cells["by_card_model"]
    if kind == by_kind and (model == by_model or not model or not by_model) and units != 1.0:
        told = (
            f"{_told(by_kind, by_model)} is what {_told(kind, model)} asks for, so its units must be 1, was {units:g}."
        )
        return None, [Finding(number, "units", "fits_itself", told, cells["units"])]
    return Substitute(kind, model, by_kind, by_model, units), []


def _told(kind: str, card_model: str) -> str:
    return f"{kind}/{card_model}".rstrip("/")


def _refused(findings: list[Finding]) -> BadInputError:
    return BadInputError(
        f"A table of substitutes must tell each pair once, was wrong in {len(findings)} places.",
        code="substitutes_unreadable",
        hint=f"Give a CSV file with the columns {', '.join(COLUMNS)}; see docs/substitutes.md.",
        findings=findings,
    )
