"""Tables of three forms: the same cells come from each, and torn files are told."""

from __future__ import annotations

import gzip
import io
from datetime import date

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.sources import panel
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

HEAD = ["region", "period", "value"]
ROWS = [["440000", "2020-01", "1.5"], ["440000", "2020-02", "2"], ["110000", "2020-01", ""]]


def workbook(rows) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def parquet(columns) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def cells(data: bytes) -> list[tuple[int, list[str]]]:
    return [(line.number, list(line.cells.values())) for line in table.read(data, HEADS_ZH).lines]


TEXT = "\n".join(",".join(row) for row in [HEAD, *ROWS]).encode()


@pytest.mark.parametrize(
    ("data", "first"),
    [
        (TEXT, 2),
        (gzip.compress(TEXT, mtime=0), 2),
        (workbook([HEAD, [440000, "2020-01", 1.5], [440000.0, "2020-02", 2], [110000, "2020-01", None]]), 2),
        (workbook([HEAD, [440000, date(2020, 1, 1), 1.5], [440000, date(2020, 2, 1), 2.0],
                   [110000, date(2020, 1, 1), None]]), 2),
        (parquet({"region": ["440000", "440000", "110000"], "value": [1.5, 2.0, None],
                  "period": [date(2020, 1, 1), date(2020, 2, 1), date(2020, 1, 1)]}), 1),
    ],
    ids=["csv", "gzip", "sheet", "sheet_of_days", "parquet"],
)  # fmt: skip
def test_every_form_gives_the_same_cells(data, first):
    found = table.read(data, HEADS_ZH)
    told = [(line.number, [line.cells[name] for name in HEAD]) for line in found.lines]
    assert told == list(enumerate(ROWS, start=first))


def test_weeks_stay_days():
    data = workbook([HEAD, ["a", date(2020, 1, 6), 1], ["a", date(2020, 1, 13), 1]])
    assert [row[1] for _, row in cells(data)] == ["2020-01-06", "2020-01-13"]


def test_rows_of_a_sheet_keep_their_numbers_where_some_are_empty_or_too_wide():
    data = workbook([HEAD, ["a", "2020-01", 1], [None, None, None], ["a", "2020-02", 2, "more"]])
    assert [(line.number, line.cells is None) for line in table.read(data, HEADS_ZH).lines] == [(2, False), (4, True)]


def test_columns_may_have_their_chinese_names():
    data = workbook([["地区", "行业", "时期", "数值", "方向"], ["广东", "零售", date(2020, 1, 1), 1, "下降"]])
    made, findings = panel.read(data)
    assert (findings, made.direction, str(made.cells[0])) == ((), "fall", "广东/零售")


def test_a_formula_counts_with_its_kept_value_else_as_empty():
    (_, row), = cells(workbook([HEAD, ["a", "2020-01", "=1+1"]]))  # fmt: skip
    assert row == ["a", "2020-01", ""]


@pytest.mark.parametrize("data", [b"PAR1", b"PK\x03\x04rest", b"\x1f\x8b\x08rest", b"\xff\xfe", workbook([HEAD])[:900]])
def test_a_torn_file_is_told(data):
    made, findings = panel.read(data)
    assert (made, [one.rule for one in findings]) == (None, ["file_unreadable"])


def test_a_quote_that_is_not_closed_is_told_with_the_line_on_which_it_begins():
    text = "region,value\n" + "a,1\n" * 10 + 'b,"2\nc,3\n'
    lines = table.read(text.encode()).lines
    assert [next(lines).number for _ in range(10)] == list(range(2, 12))
    with pytest.raises(table.TornError) as caught:
        next(lines)
    told = "A file must be CSV to its end, was not from line 12 on: unexpected end of data."
    assert table.unreadable(caught.value) == Finding(0, "", "file_torn", told)
    with pytest.raises(BadInputError) as refused:
        table.unreadable(caught.value, is_whole=True)
    assert (refused.value.code, refused.value.message) == ("file_torn", told)


def test_a_workbook_without_cells_has_no_columns():
    assert [one.rule for one in panel.read(workbook([]))[1]] == ["columns_differ"]


@given(st.sampled_from([b"PAR1", b"PK\x03\x04", b"\x1f\x8b"]), st.binary(max_size=200))
def test_bytes_that_begin_like_a_form_are_read_or_told(start, rest):
    made, findings = panel.read(start + rest)
    assert made is None
    assert findings
