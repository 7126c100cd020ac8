"""Bytes of a table as columns of text: CSV or Parquet, plain or gzip.

A file that cannot be read as a whole is refused. A row that does not fit the header is set aside as a finding; the
rows around it stay.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from qipan.dispatch.model.array import Ints
from qipan.dispatch.sources.forms import FORMS
from qipan.kernel.errors import BadInputError, Finding

UNPACKED_MAX = 4 << 30
"""Bytes that a packed file may unpack to."""
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
ZIP_MAGIC = b"PK\x03\x04"
BOM = b"\xef\xbb\xbf"
NOT_UTF8_HINT = "Save it as UTF-8; files of older Chinese systems are often GB18030."
SHOWN_CHARACTERS = 200
"""So much of an offending row is kept in its finding."""

_FIELD = re.compile(rb'"(?:[^"]++|"")*+(?P<close>"?)[^,\n]*|[^,\n]+')


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of trimmed text with the axis ``(rows,)``, and what stands beside them.

    Attributes
    ----------
    columns
        Arrow arrays of text by name; an empty cell is ``""``.
    row
        ``(rows,)``, number of each row among those of data; the first is 1.
    line
        ``(rows,)``, line of the file on which each row begins; that of the header is 1, unless blank ones stand before
        it. Rows of Parquet count as if a header stood above them.
    rows_read
        Rows of data in the file, those set aside included.
    findings
        One for each row with a wrong number of fields.
    unknown
        Names of columns that nobody asked for.
    """

    columns: dict[str, Any]
    row: Ints
    line: Ints
    rows_read: int
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.row)

    def cells(self, name: str) -> Any:
        """Return a column; one that the file does not have is empty in every row."""
        given = self.columns.get(name)
        return pa.array([""] * len(self), type=pa.string()) if given is None else given


def read_table(data: bytes, *, needed: Sequence[str], optional: Sequence[str] = ()) -> Table:
    r"""Read a file of rows with a header.

    Parameters
    ----------
    needed, optional
        Names of the columns to keep; all of ``needed`` must be there.

    Raises
    ------
    BadInputError
        ``file_empty``; ``file_truncated`` when it ends too early; ``file_not_utf8``, with the place of the first bad
        byte; ``file_unreadable``; ``columns_duplicate``; ``columns_missing``.

    Examples
    --------
    >>> table = read_table(b"a,b\n1,2\n3\n5,6\n", needed=["a", "b"])
    >>> table.cells("a").to_pylist(), table.row.tolist(), table.line.tolist(), table.rows_read
    (['1', '5'], [1, 3], [2, 4], 3)
    """
    data = _unpacked(data)
    if data.startswith(PARQUET_MAGIC):
        return _read_parquet(data, needed=needed, optional=optional)
    return _read_csv(data, needed=needed, optional=optional)


def _gunzipped(data: bytes) -> bytes:
    """Unpack gzip, but never more than `UNPACKED_MAX` bytes."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
        plain = packed.read(UNPACKED_MAX + 1)
    if len(plain) > UNPACKED_MAX:
        raise BadInputError(
            f"A table must unpack to at most {UNPACKED_MAX >> 20} MiB, was more.",
            code="file_too_large",
            hint="Split it by day.",
        )
    return plain


def _unpacked(data: bytes) -> bytes:
    if data.startswith(GZIP_MAGIC):
        try:
            data = _gunzipped(data)
        except EOFError as error:
            raise BadInputError(
                "A gzip file must end with its check sum, was cut off before.",
                code="file_truncated",
                hint="Copy the file again; the download or the disk stopped short.",
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise BadInputError(
                f"A gzip file must unpack, was damaged: {error}.",
                code="file_unreadable",
                hint="Copy the file again, or pack it again with gzip.",
            ) from error
    if not data.removeprefix(BOM).strip():
        raise BadInputError(
            "A table must hold a header and rows, was empty.",
            code="file_empty",
            hint="Check the path, and that the export had ended.",
        )
    if data.startswith(ZIP_MAGIC):
        raise BadInputError(
            "A table must be CSV or Parquet, was a zip archive or a spreadsheet.",
            code="file_unreadable",
            hint="Unpack the archive, or save the sheet as CSV UTF-8.",
        )
    return data


def _read_parquet(data: bytes, *, needed: Sequence[str], optional: Sequence[str]) -> Table:
    if not data.endswith(PARQUET_MAGIC):
        raise BadInputError(
            "A Parquet file must end with its footer, was cut off before.",
            code="file_truncated",
            hint="Copy the file again; the download or the disk stopped short.",
        )
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        names = [str(name) for name in file.schema_arrow.names]
        kept = _kept(names, needed=needed, optional=optional)
        whole = file.read(columns=list(kept.values()))
        columns = {name: _as_text(whole.column(raw)) for name, raw in kept.items()}
    except (pa.ArrowException, OSError) as error:
        raise BadInputError(
            f"A Parquet file must be readable, with plain values in its columns; reading said: {error}.",
            code="file_unreadable",
            hint="Write it again with columns of text, numbers, booleans or times.",
        ) from error
    count = int(whole.num_rows)
    row = np.arange(1, count + 1, dtype=np.int64)
    return Table(columns, row, row + 1, count, (), _unknown(names, kept))


def _as_text(column: Any) -> Any:
    """Write a typed column as the text that a CSV file would hold."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    suffix = ""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = column.cast(pa.timestamp(column.type.unit))  # the moment in UTC, as Arrow stores it
        suffix = "Z"
    text = column.cast(pa.string())
    if suffix:
        text = pc.binary_join_element_wise(text, suffix, "")
    return _trimmed(pc.fill_null(text, ""))


def _trimmed(column: Any) -> Any:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pc.utf8_trim_whitespace(whole)


def _read_csv(data: bytes, *, needed: Sequence[str], optional: Sequence[str]) -> Table:
    _check_text(data)
    names = _header(data)
    kept = _kept(names, needed=needed, optional=optional)
    too_short_or_long: list[tuple[int, int, int, str]] = []

    def set_aside(bad: Any) -> str:
        too_short_or_long.append((int(bad.number) - 1, bad.expected_columns, bad.actual_columns, bad.text))
        return "skip"

    try:
        whole = pa_csv.read_csv(
            io.BytesIO(data if data.endswith(b"\n") else data + b"\n"),
            # One thread: only then does Arrow number the rows that it skips.
            read_options=pa_csv.ReadOptions(use_threads=False),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=set_aside, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types={raw: pa.string() for raw in kept.values()},
                include_columns=list(kept.values()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowException as error:
        raise BadInputError(
            f"A CSV file must be readable as rows of fields; reading said: {error}.",
            code="file_unreadable",
            hint="Write it with commas between fields and quotes around fields that hold commas or quotes.",
        ) from error
    columns = {name: _trimmed(whole.column(raw)) for name, raw in kept.items()}
    rows_read = int(whole.num_rows) + len(too_short_or_long)
    aside = np.array([number for number, *_ in too_short_or_long], dtype=np.int64)
    row = np.setdiff1d(np.arange(1, rows_read + 1, dtype=np.int64), aside, assume_unique=True)
    lines = _lines(data, rows_read)
    findings = tuple(
        _row_width(int(lines[number - 1]), expected, actual, text)
        for number, expected, actual, text in too_short_or_long
    )
    return Table(columns, row, lines[row - 1], rows_read, findings, _unknown(names, kept))


def _lines(data: bytes, count: int) -> Ints:
    """Return on which line each of ``count`` rows of data begins, ``(rows,)``.

    Where the file cannot be told apart into so many rows, each row counts as one line.
    """
    as_rows = np.arange(2, count + 2, dtype=np.int64)
    ends = data.count(b"\n") + (not data.endswith(b"\n"))
    if ends == count + 1:
        return as_rows
    # Blank lines, or fields with lines of their own.
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    begins, line = [], 1
    try:
        for fields in reader:
            if fields:
                begins.append(line)
            line = reader.line_num + 1
    except csv.Error:
        return as_rows
    return np.array(begins[1:], dtype=np.int64) if len(begins) == count + 1 else as_rows


def _row_width(line: int, expected: int, actual: int, text: str) -> Finding:
    return Finding(
        row=line,
        column="",
        rule="row_width",
        message=f"A row must have {expected} fields as the header has, was {actual}.",
        value=text[:SHOWN_CHARACTERS],
    )


def _check_text(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInputError(
            f"A CSV file must be UTF-8 text, was not at byte {error.start} (line {line}).",
            code="file_not_utf8",
            hint=NOT_UTF8_HINT,
        ) from error
    if data.count(b'"') % 2 and _ends_in_quotes(data):
        raise BadInputError(
            "Every quote that opens a field must be closed, the last one was still open at the end of the file.",
            code="file_truncated",
            hint="Copy the file again if it was cut off; else close the quote.",
        )


def _ends_in_quotes(data: bytes) -> bool:
    return any(field[0].startswith(b'"') and not field["close"] for field in _FIELD.finditer(data.removeprefix(BOM)))


def _header(data: bytes) -> list[str]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""))
    try:
        return next(fields for fields in reader if fields)
    except csv.Error as error:
        raise BadInputError(
            f"The first line must name the columns, was unreadable: {error}.",
            code="file_unreadable",
            hint="Check that the file is a table with a short first line.",
        ) from error


def _kept(names: Sequence[str], *, needed: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    """Map each wanted column to its name as written, spaces included."""
    clean = [name.strip() for name in names]
    twice = sorted({name for name in clean if clean.count(name) > 1})
    if twice:
        raise BadInputError(
            f"A column must be named once, {', '.join(twice)} stood twice or more.",
            code="columns_duplicate",
            hint="Rename or remove one of them.",
        )
    missing = [name for name in needed if name not in clean]
    if missing:
        raise BadInputError(
            f"The file must have the columns {', '.join(needed)}; missing were {', '.join(missing)}; "
            f"found were {', '.join(clean)[:SHOWN_CHARACTERS]}.",
            code="columns_missing",
            hint=_recognised(clean) or _nearest(missing, [name for name in clean if name not in needed]),
        )
    wanted = {*needed, *optional}
    return {name: raw for name, raw in zip(clean, names, strict=True) if name in wanted}


def _recognised(found: Sequence[str]) -> str:
    """Say what a table is that stands in the place of another; empty where its columns are of no known form."""
    whole = [form for form in FORMS if set(form.needed) <= set(found)]
    if not whole:
        return ""
    form = max(whole, key=lambda one: len(one.needed))
    return f"The columns are those of {form.title}: give this file with {form.option}."


def _nearest(missing: Iterable[str], found: Sequence[str]) -> str:
    lower = {name.lower(): name for name in found}
    pairs = [
        f"{lower[near[0]]} to {name}"
        for name in missing
        if (near := difflib.get_close_matches(name.lower(), list(lower), n=1))
    ]
    if pairs:
        return f"Rename {', '.join(pairs)}."
    return "Check that the format fits the file, and that commas stand between its fields."


def _unknown(names: Sequence[str], kept: dict[str, str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in names if name.strip() not in kept)
