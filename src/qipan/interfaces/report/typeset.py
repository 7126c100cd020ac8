"""Tables as a PDF, set by Typst: fonts are embedded, and who reads by ear finds heads, rows and titles."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report.spreadsheet import FILLS
from qipan.interfaces.report.table import Table
from qipan.kernel.errors import EngineError

if TYPE_CHECKING:
    import typst

CHINESE: Final = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "PingFang SC",
    "Microsoft YaHei",
    "DengXian",
    "SimHei",
    "SimSun",
    "HarmonyOS Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
"""Families that write Chinese, the first that is there is taken."""
LATIN: Final = "Libertinus Serif"
"""The family that Typst brings along."""
COLUMNS_MOST: Final = 11
"""Columns that fit a page; a wider table is cut, its first column repeated."""


def pdf(
    title: str,
    lead: str,
    parts: Iterable[tuple[str, Sequence[str], Sequence[Table]]],
    *,
    lang: str,
    made: datetime,
    fonts: Path | None = None,
) -> bytes:
    """Return parts, each a title, sentences and tables, as a PDF (PDF/UA-1); the same ones make the same bytes.

    Parameters
    ----------
    fonts
        A folder with more fonts than the machine has.

    Raises
    ------
    EngineError
        ``font_missing`` when no font on the machine can write one of its signs; ``pdf_failed``.
    """
    import typst

    told = {
        "title": _plain(title),
        "lead": _plain(lead),
        "lang": lang,
        "parts": [
            {
                "title": _plain(name),
                "notes": [_plain(note) for note in notes],
                "tables": [_table(one) for table in tables for one in _cut(table)],
            }
            for name, notes, tables in parts
        ],
        "fills": {tone: list(colours) for tone, colours in FILLS.items()},
    }
    known = _fonts(fonts)
    families = set(known.families())
    chosen = [*[name for name in CHINESE if name in families][:1], LATIN]
    source = resources.files("qipan.interfaces") / "report" / "templates" / "bulletin.typ"
    try:
        return typst.compile(
            source.read_bytes(),
            font_paths=known,
            sys_inputs={"told": json.dumps(told, ensure_ascii=False), "fonts": json.dumps(chosen)},
            pdf_standards=["ua-1"],
            timestamp=int(made.timestamp()),
        )
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise EngineError(
                f"Typst must set the pages of a PDF, was refused: {error.message}.",
                code="pdf_failed",
                hint="Ask for html or xlsx, and tell the developers.",
            ) from error
        raise EngineError(
            f"A font must write every sign of a PDF, was missing: {error.message.partition(': ')[2]}.",
            code="font_missing",
            hint="Install a font for Chinese such as Noto Sans CJK, or name a folder with one in QIPAN_FONTS.",
        ) from error


@cache
def _fonts(folder: Path | None) -> typst.Fonts:
    import typst

    return typst.Fonts(font_paths=[folder] if folder else [])


def _cut(table: Table) -> list[Table]:
    """Return a table in pieces that fit a page."""
    count = len(table.heads)
    if count <= COLUMNS_MOST:
        return [table]
    starts = range(1, count, COLUMNS_MOST - 1)

    def piece(cells: Sequence[Any], start: int) -> tuple[Any, ...]:
        return (cells[0], *cells[start : start + COLUMNS_MOST - 1])

    return [
        replace(
            table,
            caption=f"{table.caption} ({number}/{len(starts)})",
            heads=piece(table.heads, start),
            rows=tuple(replace(row, cells=piece(row.cells, start)) for row in table.rows),
        )
        for number, start in enumerate(starts, 1)
    ]


def _table(table: Table) -> Mapping[str, Any]:
    return {
        "caption": _plain(table.caption),
        "heads": [_plain(f"{head.title} ({head.unit})" if head.unit else head.title) for head in table.heads],
        "numbers": [head.is_number for head in table.heads],
        "rows": [[{"text": _plain(cell.text), "tone": cell.tone} for cell in row.cells] for row in table.rows],
        "empty": _plain(table.empty),
    }


def _plain(text: str) -> str:
    """Return a text without signs that no font writes: control, private and pictures; their codes stand for them.

    Examples
    --------
    >>> _plain("help 🙂")
    'help <U+1F642>'
    """
    return "".join(f"<U+{ord(sign):04X}>" if _is_odd(sign) else sign for sign in text)


def _is_odd(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind in {"Cc", "Co", "Cn", "Cs"} or (kind == "So" and ord(sign) > 0xFFFF)
