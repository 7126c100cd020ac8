"""Tables as an Excel workbook: numbers are numbers, and no text is ever taken for a formula."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from qipan.interfaces.report.table import Cell, Table

FILLS: Final = {
    "blue": ("CFE2FF", "0B2A57"),
    "yellow": ("FFE89A", "3D2F00"),
    "orange": ("FFC48A", "452000"),
    "red": ("B3261E", "FFFFFF"),
    "under-way": ("4A4A52", "FFFFFF"),
}
"""Colours of the ground and of the text by tone, as the style sheet has them."""
WIDTH_MOST: Final = 60
_FORMULA = tuple("=+-@\t\r")
_TITLE_BAD = re.compile(r"[\[\]:*?/\\]")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_STAMP = (1980, 1, 1, 0, 0, 0)


def workbook(sheets: Sequence[tuple[str, Sequence[str], Sequence[Table]]], made: datetime, title: str) -> bytes:
    """Return sheets as a workbook: the same tables at the same moment make the same bytes.

    Parameters
    ----------
    sheets
        Of each its title, sentences, and tables, one below the other.
    """
    book = Workbook()
    book.remove(book.active)
    book.properties.title = title
    book.properties.creator = "Qipan 棋盘"
    book.properties.created = made.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    for name, notes, tables in sheets:
        _fill(book.create_sheet(_TITLE_BAD.sub(" ", name)[:31]), notes, tables)
    out = io.BytesIO()
    book.save(out)
    return _without_clock(out.getvalue(), book.properties.created)


def _fill(sheet: Any, notes: Sequence[str], tables: Sequence[Table]) -> None:
    widths: dict[int, int] = {}
    line = 0
    for note in notes:
        line += 1
        _write(sheet, (line, 1), note)
    for table in tables:
        line += 2 if line else 1
        _write(sheet, (line, 1), table.caption).font = Font(bold=True, size=12)
        line += 1
        for at, head in enumerate(table.heads, 1):
            made = _write(sheet, (line, at), f"{head.title} ({head.unit})" if head.unit else head.title)
            made.font, made.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        if len(tables) == 1:
            sheet.freeze_panes = sheet.cell(line + 1, 2)
        for one in table.rows:
            line += 1
            for at, cell in enumerate(one.cells, 1):
                _write_cell(sheet, line, at, cell)
                widths[at] = max(widths.get(at, 0), sum(2 if ord(sign) > 0x2E7F else 1 for sign in cell.text))
        if not table.rows:
            line += 1
            _write(sheet, (line, 1), table.empty)
    for at, width in widths.items():
        sheet.column_dimensions[get_column_letter(at)].width = min(WIDTH_MOST, max(10, width + 2))


def _write_cell(sheet: Any, line: int, at: int, cell: Cell) -> None:
    if cell.value is None:
        made = _write(sheet, (line, at), cell.text)
    else:
        made = sheet.cell(line, at, cell.value)
        made.number_format = "0.0%" if cell.text.endswith("%") else "General"
    if cell.tone in FILLS:
        ground, text = FILLS[cell.tone]
        made.fill, made.font = PatternFill("solid", fgColor=ground), Font(color=text)


def _write(sheet: Any, place: tuple[int, int], text: str) -> Any:
    """Write a text as a text, whatever it begins with; signs that no workbook can hold become a mark."""
    made = sheet.cell(*place)
    made.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
    made.data_type = "s"
    if text.startswith(_FORMULA):
        made.quotePrefix = True
    return made


def _without_clock(data: bytes, made: datetime) -> bytes:
    """Return the workbook without the moment of its writing, which would make every one differ."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>" + f"{made.isoformat()}Z".encode(), part)
            new.writestr(zipfile.ZipInfo(name, _STAMP), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
