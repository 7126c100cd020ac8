"""Read a table from CSV in UTF-8, Parquet or Excel, told apart by their first bytes; CSV may be in gzip, or have tabs.

Cells become text as a CSV would have them, so that one reader serves all forms.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from qipan.kernel.errors import BadInputError, Finding

NO_HEADS: Final[Mapping[str, str]] = {}
PACKED_MOST: Final = 2**31
"""Most bytes that a packed file may unpack to: a small file must not ask for all memory."""

_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")

_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Line:
    """A row as text.

    Attributes
    ----------
    number
        Where it stands: the line of a CSV, the row of a sheet, and in Parquet, which has no header, its number from 1.
    cells
        Text of each column; nothing where the row has more or fewer cells than the header.
    """

    number: int
    cells: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Table:
    """Names of columns, in English where they are known in Chinese, and rows that are read as one asks for them."""

    head: tuple[str, ...]
    lines: Iterator[Line]


class UnreadableError(Exception):
    """A file is none of these forms, or is torn."""


class TornError(UnreadableError):
    """What follows some row of a CSV cannot be read at all.

    Attributes
    ----------
    line
        The line on which what cannot be read begins.
    """

    def __init__(self, line: int, why: object) -> None:
        super().__init__(str(why))
        self.line = line


def read(
    data: bytes, heads: Mapping[str, str] = NO_HEADS, *, begins: Callable[[Sequence[str]], bool] | None = None
) -> Table:
    r"""Read a table.

    Parameters
    ----------
    heads
        What columns are called, by another name that they may have.
    begins
        Tells the row of heads from lines of text that stand above it; else it is the first.

    Raises
    ------
    UnreadableError
        Here or while rows are read, with what is wrong.

    Examples
    --------
    >>> table = read("地区,period\n440000,2020-01\n".encode(), {"地区": "region"})
    >>> table.head, [line.cells for line in table.lines]
    (('region', 'period'), [{'region': '440000', 'period': '2020-01'}])
    """
    if data.startswith(_GZIP):
        data = _unpacked(data)
    rows: Iterable[tuple[int, list[str]]]
    if data.startswith(_PARQUET):
        head, rows = _of_parquet(data, heads)
    elif data.startswith(_ZIP):
        head, rows = _of_sheet(data, heads, begins)
    else:
        head, rows = _of_csv(data, begins)
    names = tuple(heads.get(name.strip(), name.strip()) for name in head)
    return Table(names, _lines(names, rows))


def unreadable(error: UnreadableError, *, is_whole: bool = False) -> Finding:
    """Return the finding of a file that cannot be read.

    Parameters
    ----------
    is_whole
        Whether nothing is made of a part of a file, so that one that is torn is refused.

    Raises
    ------
    BadInputError
        ``file_torn``.
    """
    if isinstance(error, TornError):
        if is_whole:
            raise torn(error) from error
        told = f"A file must be CSV to its end, was not from line {error.line} on: {error}."
        return Finding(0, "", "file_torn", told)
    return Finding(0, "", "file_unreadable", f"A table must be CSV in UTF-8, Parquet or Excel, was not: {error}.")


def torn(error: TornError) -> BadInputError:
    """Return the refusal of a file that is torn, so that the rows before are not taken for all."""
    return BadInputError(
        f"A file must be CSV to its end, was not from line {error.line} on: {error}.",
        code="file_torn",
        hint="Look for a quote there that is not closed.",
    )


def csv_rows(lines: Any) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the line on which each row that is left of a ``csv.reader`` begins, and its cells; empty lines are none.

    Raises
    ------
    TornError
        Where what follows cannot be read at all, so that nothing is lost unsaid.

    Examples
    --------
    >>> list(csv_rows(csv.reader(["a,b\n", "\n", "1,2\n"], strict=True)))
    [(1, ['a', 'b']), (3, ['1', '2'])]
    """
    last = lines.line_num
    try:
        for cells in lines:
            begins, last = last + 1, lines.line_num
            if cells:
                yield begins, cells
    except csv.Error as error:
        raise TornError(last + 1, error) from error


def read_number(text: str) -> float:
    """Return a number, nan where it is none; commas may set thousands apart, and stand for nothing else.

    Examples
    --------
    >>> read_number("1,200.5"), read_number("1,5")
    (1200.5, nan)
    """
    told = text.strip()
    try:
        value = float(told.replace(",", "") if _THOUSANDS.fullmatch(told) else told)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _lines(head: tuple[str, ...], rows: Iterable[tuple[int, list[str]]]) -> Iterator[Line]:
    for number, cells in rows:
        yield Line(number, dict(zip(head, cells, strict=True)) if len(cells) == len(head) else None)


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            found = packed.read(PACKED_MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(str(error)) from error
    if len(found) > PACKED_MOST:
        raise UnreadableError(f"it unpacks to more than {PACKED_MOST} bytes")
    return found


def _of_csv(
    data: bytes, begins: Callable[[Sequence[str]], bool] | None
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        delimiter = "\t" if b"\t" in data.split(b"\n", 1)[0] else ","
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True)
        head = next((cells for cells in lines if begins is None or begins(cells)), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(str(error)) from error
    return head, csv_rows(lines)


def _of_parquet(data: bytes, heads: Mapping[str, str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(pa.BufferReader(data))
        columns = [
            _texts(heads.get(name, name), column.to_pylist())
            for name, column in zip(found.column_names, found, strict=True)
        ]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableError(str(error).splitlines()[0]) from error
    rows = ([str(cell) for cell in cells] for cells in zip(*columns, strict=True))
    return list(found.column_names), enumerate(rows, start=1)


def _of_sheet(
    data: bytes, heads: Mapping[str, str], begins: Callable[[Sequence[str]], bool] | None
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Read the first sheet of a workbook; formulas count with the value that was kept for them."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(data)) as packed:
            # What openpyxl leaves out of a workbook, such as its styles, is no cell.
            warnings.simplefilter("ignore")
            if sum(part.file_size for part in packed.infolist()) > PACKED_MOST:
                raise UnreadableError(f"it unpacks to more than {PACKED_MOST} bytes")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            rows = [list(cells) for cells in book.worksheets[0].iter_rows(values_only=True)]
    # A workbook is a heap of XML by anybody; openpyxl says of a torn one whatever its parts happen to raise.
    except (zipfile.BadZipFile, InvalidFileException, OSError, ValueError, KeyError, TypeError, LookupError) as error:
        raise UnreadableError(str(error)) from error
    except SyntaxError as error:  # what XML that does not parse raises
        raise UnreadableError(str(error)) from error
    above = 0 if begins is None else _lines_above(rows, begins)
    rows = rows[above:]
    head = [str(name) for name in rows[0] if name is not None] if rows else []
    wide = len(head)
    beyond = [
        number for number, cells in enumerate(rows, start=above + 1) if any(cell is not None for cell in cells[wide:])
    ]
    columns = [
        _texts(heads.get(name, name), [cells[at] if at < len(cells) else None for cells in rows[1:]])
        for at, name in enumerate(head)
    ]
    torn = frozenset(beyond)
    told = enumerate(zip(*columns, strict=True), start=above + 2)
    return head, (
        (number, [*cells, ""] if number in torn else list(cells))
        for number, cells in told
        if any(cells) or number in torn
    )


def _lines_above(rows: Sequence[Sequence[Any]], begins: Callable[[Sequence[str]], bool]) -> int:
    """Return how many rows stand above the heads; all of them where there are none."""
    told = ([str(cell) for cell in cells if cell is not None] for cells in rows)
    return next((at for at, cells in enumerate(told) if begins(cells)), len(rows))


def _texts(name: str, values: list[Any]) -> list[str]:
    """Return typed cells as text; where spreadsheets made days of months, they become months again."""
    days = [value for value in values if isinstance(value, date)]
    is_month = name in {"period", "month"} and bool(days) and all(day.day == 1 for day in days)
    return [_text(value, is_month=is_month) for value in values]


def _text(value: Any, *, is_month: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return f"{day:%Y-%m}" if is_month else day.isoformat()
    if isinstance(value, float):
        with suppress(ValueError, OverflowError):
            if value == int(value):
                return str(int(value))
    return str(value)
