"""A file that cannot be read is refused with a code; a row that does not fit stays out alone."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qipan.dispatch.sources.forms import FORMS, TableForm
from qipan.dispatch.sources.table import Table, read_table
from qipan.kernel.errors import BadInputError

PLAIN = b"a,b\n1,x\n2,y\n3,z\n"


def read(data: bytes) -> Table:
    return read_table(data, needed=["a", "b"], optional=["c"])


def refusal(data: bytes) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        read(data)
    assert caught.value.hint.endswith(".")
    return caught.value


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.rstrip(),
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        gzip.compress(PLAIN),
        gzip.compress(b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n")),
        b" a ,b\n 1 , x\n2,y \n3,z\n",
        b"\n\na,b\n1,x\n\n2,y\n\r\n3,z\n\n",
        b'"a","b"\n"1","x"\n"2","y"\n"3","z"\n',
        parquet(pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]})),
        gzip.compress(parquet(pa.table({"a": [1, 2, 3], "b": pa.array(["x", "y", "z"]).dictionary_encode()}))),
    ],
    ids=[
        "plain",
        "no_newline",
        "bom",
        "crlf",
        "gzip",
        "gzip_bom_crlf",
        "spaces",
        "blank_lines",
        "quotes",
        "parquet",
        "gzip_parquet",
    ],
)
def test_read_table_in_any_wrapping_gives_the_same_cells(data: bytes) -> None:
    table = read(data)
    assert table.cells("a").to_pylist() == ["1", "2", "3"]
    assert table.cells("b").to_pylist() == ["x", "y", "z"]
    assert table.cells("c").to_pylist() == ["", "", ""]
    assert (table.row.tolist(), table.rows_read, table.findings, table.unknown) == ([1, 2, 3], 3, (), ())


@pytest.mark.parametrize(
    "data", [b"", b" \n\r\n", b"\xef\xbb\xbf", gzip.compress(b"")], ids=["no_bytes", "blank", "bom", "gzip"]
)
def test_read_table_empty_is_refused(data: bytes) -> None:
    error = refusal(data)
    assert (error.code, error.message) == ("file_empty", "A table must hold a header and rows, was empty.")


@pytest.mark.parametrize("cut", [3, 12, -1, -9])
def test_read_table_gzip_cut_off_is_refused_as_truncated(cut: int) -> None:
    error = refusal(gzip.compress(PLAIN * 100)[:cut])
    assert error.code == "file_truncated"
    assert "cut off" in error.message
    assert "Copy the file again" in error.hint


def test_read_table_gzip_damaged_is_refused_as_unreadable() -> None:
    packed = bytearray(gzip.compress(PLAIN))
    packed[-6] ^= 0xFF
    error = refusal(bytes(packed))
    assert error.code == "file_unreadable"
    assert "damaged" in error.message


def test_read_table_quote_left_open_is_refused_as_truncated() -> None:
    error = refusal(b'a,b\n1,x\n2,"y\n3,z\n')
    assert error.code == "file_truncated"
    assert "still open at the end of the file" in error.message


def test_read_table_stray_quote_in_a_plain_field_is_text() -> None:
    assert read(b'a,b\n1,5" disk\n2,y\n').cells("b").to_pylist() == ['5" disk', "y"]


def test_read_table_quoted_field_keeps_commas_quotes_and_lines() -> None:
    table = read(b'a,b\n1,"x, ""y""\nz"\n2\n3,w\n')
    assert table.cells("b").to_pylist() == ['x, "y"\nz', "w"]
    assert (table.row.tolist(), table.line.tolist(), table.findings[0].row) == ([1, 3], [2, 5], 4)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a,b\n1,x\n2,y\n", [2, 3]),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n2,y", [2, 3]),
        (b"a,b\r1,x\r2,y\r", [2, 3]),
        (b"\n\na,b\n\n1,x\n\r\n\n2,y\n\n", [5, 8]),
        (b'a,b\n1,"x\n\n"\n\n2,y', [2, 6]),
        (parquet(pa.table({"a": [1, 2], "b": ["x", "y"]})), [2, 3]),
    ],
    ids=["plain", "crlf", "cr", "blank_lines", "fields_of_several_lines", "parquet"],
)
def test_read_table_tells_the_line_of_each_row(data: bytes, lines: list[int]) -> None:
    assert read(data).line.tolist() == lines


def test_read_table_other_encoding_is_refused_with_the_byte() -> None:
    error = refusal(b"a,b\n1,x\n2," + "宁夏".encode("gb18030") + b"\n")
    assert (error.code, error.message) == (
        "file_not_utf8",
        "A CSV file must be UTF-8 text, was not at byte 10 (line 3).",
    )
    assert "GB18030" in error.hint


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"PK\x03\x04 sheet", "file_unreadable", "a zip archive or a spreadsheet"),
        (parquet(pa.table({"a": [1], "b": [2]}))[:-4], "file_truncated", "footer"),
        (b"PAR1 not really PAR1", "file_unreadable", "Parquet"),
        (parquet(pa.table({"a": [[1]], "b": [{"k": 1}]})), "file_unreadable", "plain values"),
        (b"a,b,a\n1,2,3\n", "columns_duplicate", "a stood twice"),
        ("a,b".encode("utf-16"), "file_not_utf8", "at byte 0 (line 1)"),
    ],
    ids=["zip", "parquet_cut", "parquet_damaged", "parquet_nested", "column_twice", "utf16"],
)
def test_read_table_broken_file_is_refused(data: bytes, code: str, said: str) -> None:
    error = refusal(data)
    assert error.code == code
    assert said in error.message


def test_read_table_wrong_columns_are_refused_with_the_nearest() -> None:
    error = refusal(b"A,d\n1,2\n")
    assert error.code == "columns_missing"
    assert error.message == "The file must have the columns a, b; missing were a, b; found were A, d."
    assert error.hint == "Rename A to a."


@pytest.mark.parametrize("form", FORMS, ids=[form.title.replace(" ", "_") for form in FORMS])
def test_read_table_says_what_a_table_in_the_place_of_another_is(form: TableForm) -> None:
    error = refusal(",".join((*form.needed[::-1], "note")).encode())
    assert error.code == "columns_missing"
    assert error.hint == f"The columns are those of {form.title}: give this file with {form.option}."


def test_read_table_semicolons_are_refused_with_a_word_on_commas() -> None:
    error = refusal(b"x;yy;zzz\n1;2;3\n")
    assert error.code == "columns_missing"
    assert "commas" in error.hint


def test_read_table_rows_of_wrong_width_become_findings_and_the_rest_stays() -> None:
    table = read(b"a,b\n1,x\n2\n3,y\n4,z,9\n5,w")
    assert table.cells("a").to_pylist() == ["1", "3", "5"]
    assert (table.row.tolist(), table.rows_read) == ([1, 3, 5], 5)
    assert [(f.row, f.rule, f.value) for f in table.findings] == [(3, "row_width", "2"), (5, "row_width", "4,z,9")]
    assert table.findings[0].message == "A row must have 2 fields as the header has, was 1."


def test_read_table_row_numbers_hold_over_many_blocks() -> None:
    lines = [f"{n},{'x' * 40}" if n % 1000 else f"{n}" for n in range(1, 60_001)]
    table = read(("a,b\n" + "\n".join(lines)).encode())
    assert table.cells("a").to_pylist() == [str(n) for n in table.row.tolist()]
    assert [f.row for f in table.findings] == list(range(1001, 60_002, 1000))


def test_read_table_header_alone_has_no_rows() -> None:
    table = read(b"a,b")
    assert (len(table), table.rows_read, table.cells("a").to_pylist()) == (0, 0, [])


def test_read_table_typed_parquet_reads_as_the_csv_would() -> None:
    moment = datetime(2017, 10, 9, tzinfo=UTC)
    typed = pa.table(
        {
            "a": pa.array([0.5, None]),
            "b": pa.array([moment, None], type=pa.timestamp("us", tz="Asia/Shanghai")),
            "c": pa.array([True, False]),
        }
    )
    table = read(parquet(typed))
    assert table.cells("a").to_pylist() == ["0.5", ""]
    assert table.cells("b").to_pylist() == ["2017-10-09 00:00:00.000000Z", ""]
    assert table.cells("c").to_pylist() == ["true", "false"]


def test_read_table_names_columns_that_nobody_asked_for() -> None:
    assert read(b"a,b,colour,c\n1,2,red,3\n").unknown == ("colour",)
