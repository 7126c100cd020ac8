"""Workbooks hold numbers as numbers and every text as a text, and know no clock."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime

import openpyxl
import pytest

from qipan.interfaces.report.spreadsheet import workbook
from qipan.interfaces.report.table import Cell, Head, Table, row

MADE = datetime(2026, 4, 1, tzinfo=UTC)


def book_of(*cells: str | Cell, caption: str = "One"):
    heads = tuple(Head(f"h{at}") for at in range(len(cells)))
    data = workbook([("Sheet: 1/2", (), (Table(caption, heads, (row(*cells),)),))], MADE, "Title")
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(A1)", "+1", "-1", "@SUM(1)", "\t=1", '=cmd|"/c calc"!A0'])
def test_no_text_becomes_a_formula(text):
    cell = book_of(text).cell(3, 1)
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix


def test_numbers_are_numbers_and_shares_are_shown_in_per_cent():
    sheet = book_of(Cell("61 %", value=0.61), Cell("1.5", value=1.5), "-")
    assert [sheet.cell(3, at).value for at in (1, 2)] == [0.61, 1.5]
    assert sheet.cell(3, 1).number_format == "0.0%"


def test_signs_that_no_workbook_holds_become_a_mark():
    assert book_of("a\x01b").cell(3, 1).value == "a\N{REPLACEMENT CHARACTER}b"


def test_a_tone_is_a_colour_beside_its_word():
    assert book_of(Cell("red", tone="red")).cell(3, 1).fill.fgColor.rgb.endswith("B3261E")


def test_the_same_tables_make_the_same_bytes_at_any_time(monkeypatch):
    table = Table("One", (Head("a"),), (row("b"),))
    before = workbook([("s", ("note",), (table,))], MADE, "T")
    time.sleep(1.1)
    assert workbook([("s", ("note",), (table,))], MADE, "T") == before


def test_an_empty_table_says_so():
    data = workbook([("s", (), (Table("One", (Head("a"),), (), empty="nothing"),))], MADE, "T")
    assert openpyxl.load_workbook(io.BytesIO(data)).active.cell(3, 1).value == "nothing"
