"""PDF files carry their fonts, are tagged, are the same whenever they are made, and never read text as markup."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

import pytest

from qipan.interfaces.report import typeset
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.kernel.errors import EngineError

MADE = datetime(2026, 4, 1, tzinfo=UTC)


def pdf_of(*texts: str, lang: str = "zh", count: int = 3) -> bytes:
    heads = tuple(Head(f"h{at}") for at in range(count))
    cells = (*texts, *["x"] * count)[:count]
    return typeset.pdf(
        "题", "lead", [("Part", ("note",), (Table("Cap", heads, (row(*cells),)),))], lang=lang, made=MADE
    )


def plain(data: bytes) -> bytes:
    """Return a PDF with its streams unpacked."""
    found = [data]
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return b"\n".join(found)


def test_fonts_are_embedded_and_tables_are_tagged():
    told = plain(pdf_of("广东", "贵州"))
    assert told.startswith(b"%PDF-")
    assert b"/FontFile" in told
    for tag in (b"/StructTreeRoot", b"/Table", b"/TH", b"/TD", b"pdfuaid"):
        assert tag in told
    assert b"zh" in told.partition(b"/Lang")[2][:10]


def test_the_same_parts_make_the_same_bytes():
    assert pdf_of("广东") == pdf_of("广东")


@pytest.mark.parametrize("text", ["#panic()", "$x$ *b* _i_ @ref <l>", '#read("/etc/passwd")', "\\ ` // "])
def test_text_is_never_markup(text):
    assert pdf_of(text).startswith(b"%PDF-")


def test_a_sign_that_no_font_writes_is_refused_by_its_name():
    cuneiform = "\N{CUNEIFORM SIGN A}"
    with pytest.raises(EngineError, match=cuneiform) as error:
        typeset.pdf("t", "l", [(cuneiform, (), ())], lang="zh", made=MADE)
    assert error.value.code == "font_missing"


def test_pictures_and_control_signs_are_told_by_their_codes():
    assert pdf_of("help 🙂\x01").startswith(b"%PDF-")


def test_a_wide_table_is_cut_with_its_first_column_repeated():
    heads = tuple(Head(str(at)) for at in range(26))
    pieces = typeset._cut(Table("Wide", heads, (row(*map(str, range(26))),)))
    assert [len(one.heads) for one in pieces] == [11, 11, 6]
    assert all(one.rows[0].cells[0] == Cell("0") for one in pieces)
    assert [cell.text for one in pieces for cell in one.rows[0].cells[1:]] == [str(at) for at in range(1, 26)]
    assert pieces[0].caption == "Wide (1/3)"
