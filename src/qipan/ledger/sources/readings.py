"""Read and write readings as CSV and Parquet, a whole batch at a time.

Columns: ``meter_id, start, end, value`` and, where there are such, ``counter, epoch, quality``. Times carry their zone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from qipan.kernel.errors import Finding
from qipan.ledger.model.reading import BAD_EPOCH, EPOCH_MAX, NO_COUNTER, Quality, Readings, ReadingsIntake

NEEDED: Final = ("meter_id", "start", "end", "value")
OPTIONAL: Final = ("counter", "epoch", "quality")
TOLD_MAX: Final = 1000
"""Cells of one column and rule that are told one by one."""

HEADER_LINES: Final = 1
"""A row is the line of the file on which it stands; that of the header is 1, in Parquet too."""

_MOMENT = pa.timestamp("us", tz="UTC")
_ZONE = r"(Z|z|[+-]\d\d:?\d\d)$"
_WHOLE = r"^[+-]?\d{1,18}$"
_TRUTHS = NDArray[np.bool_]


def read_csv(data: bytes) -> ReadingsIntake:
    r"""Read readings from CSV; every row that cannot be read has a finding, and the others are read all the same.

    Rules: ``file_unreadable``, ``column_missing``, ``column_unknown``, ``column_unreadable`` for the file;
    ``row_torn``, ``cell_empty``, ``time_unreadable``, ``time_naive``, ``not_whole``, ``quality_unknown`` for a row.

    Examples
    --------
    >>> intake = read_csv(b"meter_id,start,end,value\nm,2026-01-01T08:00:00+08:00,2026-01-01T01:00:00Z,5\nm,now,,1.5\n")
    >>> intake.readings.value.tolist(), intake.rows_read, [finding.column for finding in intake.findings]
    ([5], 2, ['start', 'end', 'value'])
    """
    try:
        return _on_lines(data, _intake(_read_text(data, None)))
    except (pa.ArrowException, ValueError):
        # Some row has too few or too many cells: read one after the other, and set these aside.
        torn: list[pcsv.InvalidRow] = []
        try:
            data.decode()
            intake = _intake(_read_text(data, torn))
        except (pa.ArrowException, ValueError) as error:
            return _unreadable(f"A file of readings must be CSV in UTF-8, was not: {error}.")
    return _on_lines(data, _with_torn(intake, torn))


def read_parquet(data: bytes) -> ReadingsIntake:
    """Read readings from Parquet; the same rules as `read_csv`, and times are timestamps with a zone."""
    try:
        # Few names for many rows: they are never laid out row by row.
        table = pq.read_table(pa.BufferReader(data), read_dictionary=["meter_id", "quality"])
    except (pa.ArrowException, OSError, ValueError) as error:
        return _unreadable(f"A file of readings must be Parquet, was not: {error}.")
    return _intake(table)


def write_csv(readings: Readings) -> bytes:
    """Write readings as CSV; `read_csv` gives them back."""
    table = _table(readings)
    for column in ("start", "end"):
        told = pc.strftime(table[column], format="%Y-%m-%dT%H:%M:%SZ")
        table = table.set_column(table.schema.get_field_index(column), column, told)
    sink = io.BytesIO()
    pcsv.write_csv(table, sink, pcsv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def write_parquet(readings: Readings) -> bytes:
    """Write readings as Parquet; `read_parquet` gives them back."""
    sink = io.BytesIO()
    pq.write_table(_table(readings), sink, compression="zstd")
    return sink.getvalue()


def _table(readings: Readings) -> pa.Table:
    qualities = pa.array([str(quality) for quality in Quality])
    return pa.table(
        {
            "meter_id": pa.DictionaryArray.from_arrays(
                pa.array(readings.meter), pa.array(readings.meter_ids, pa.string())
            ).dictionary_decode(),
            "start": pa.array(readings.start_us).cast(_MOMENT),
            "end": pa.array(readings.end_us).cast(_MOMENT),
            "value": pa.array(readings.value),
            "counter": pa.array(readings.counter, mask=readings.counter == NO_COUNTER),
            "epoch": pa.array(readings.epoch),
            "quality": qualities.take(pa.array(readings.quality)),
        }
    )


class _Columns:
    """Reads the columns of one table and remembers which rows could not be read, and why."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.good: _TRUTHS = np.ones(table.num_rows, dtype=np.bool_)
        self.findings: list[Finding] = []

    def note(self, column: str, rule: str, broken: _TRUTHS, must: str) -> None:
        """Keep a finding for each broken row, and count the rest of them in one."""
        at = np.flatnonzero(broken)
        cells = self.table[column]
        for row in at[:TOLD_MAX].tolist():
            value = str(cells[row].as_py())
            self.findings.append(Finding(row + HEADER_LINES + 1, column, rule, f"{must}, was {value!r}.", value))
        if len(at) > TOLD_MAX:
            self.findings.append(Finding(0, column, rule, f"{must}, was not in {len(at) - TOLD_MAX} more rows."))
        self.good &= ~broken

    def names(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Return the meters' names, and the position of each row's."""
        cells = self._words("meter_id")
        names = cells.dictionary.to_pylist()
        place = _filled(cells.indices, 0).astype(np.int32, copy=False)
        is_empty = np.asarray(cells.is_null()) | np.isin(place, [i for i, name in enumerate(names) if not name])
        self.note("meter_id", "cell_empty", is_empty, "A reading must name its meter")
        return tuple(name or "" for name in names), place

    def moments(self, column: str) -> NDArray[np.int64]:
        """Return times in microseconds since 1970."""
        cells = self.table[column].combine_chunks()
        if pa.types.is_timestamp(cells.type):
            is_naive = np.full(len(cells), cells.type.tz is None)
            self.note(column, "time_naive", is_naive, "A time must carry its zone")
            self.note(column, "cell_empty", np.asarray(cells.is_null()) & ~is_naive, "A reading must have this time")
            return _filled(cells.cast(_MOMENT, safe=False).cast(pa.int64()), 0)
        text = self._text(cells)
        has_zone = np.asarray(pc.match_substring_regex(text, _ZONE))
        moments = _tried(text, lambda some: some.cast(_MOMENT))
        is_read = np.asarray(moments.is_valid())
        is_bare = ~has_zone & np.asarray(_tried(text, lambda some: some.cast(pa.timestamp("us"))).is_valid())
        self.note(column, "time_naive", is_bare, "A time must carry its zone")
        self.note(column, "time_unreadable", ~is_read & ~is_bare, "A time must be written as 2026-01-01T08:00:00+08:00")
        return _filled(moments.cast(pa.int64()), 0)

    def wholes(self, column: str, stand_in: int | None = None) -> NDArray[np.int64]:
        """Return whole numbers; an empty cell is ``stand_in``, and a finding where there is none."""
        cells = self.table[column].combine_chunks()
        if pa.types.is_integer(cells.type):
            is_empty = np.asarray(cells.is_null())
            wholes = _tried(cells, lambda some: some.cast(pa.int64()))
        else:
            text = self._text(cells)
            is_empty = np.asarray(pc.equal(text, "")) | np.asarray(cells.is_null())
            is_whole = pc.match_substring_regex(text, _WHOLE)
            plain = pc.if_else(is_whole, pc.replace_substring_regex(text, r"^\+", ""), None)
            wholes = plain.cast(pa.int64())
        is_unread = ~np.asarray(wholes.is_valid()) & ~(is_empty if stand_in is not None else np.zeros_like(is_empty))
        self.note(column, "not_whole", is_unread, "A whole number of at most 18 digits must stand here")
        return _filled(wholes, stand_in or 0)

    def qualities(self) -> NDArray[np.int8]:
        """Return the position of each quality; an empty cell is measured."""
        cells = self._words("quality")
        known = [str(quality) for quality in Quality]
        told = [word.strip() for word in cells.dictionary.to_pylist()]
        place = [0 if not word else known.index(word) if word in known else -1 for word in told]
        of_row = np.array([*place, 0], dtype=np.int8)[_filled(cells.indices, len(place))]
        self.note("quality", "quality_unknown", of_row < 0, f"A quality must be one of {', '.join(known)}")
        return np.asarray(of_row)

    def _words(self, column: str) -> pa.DictionaryArray:
        """Return a column as its different words, and the position of each row's."""
        cells = self.table[column].combine_chunks()
        if not pa.types.is_dictionary(cells.type):
            return cells.cast(pa.string()).dictionary_encode()
        return cells.cast(pa.dictionary(cells.type.index_type, pa.string()))

    @staticmethod
    def _text(cells: pa.Array) -> pa.Array:
        return pc.utf8_trim_whitespace(cells.cast(pa.string()).fill_null(""))


def _intake(table: pa.Table) -> ReadingsIntake:
    names = table.column_names
    findings = [
        Finding(0, column, "column_missing", f"A file of readings must have the column {column}, was without it.")
        for column in NEEDED
        if column not in names
    ] + [
        Finding(0, column, "column_unknown", f"A column must be one of {', '.join(NEEDED + OPTIONAL)}, was {column!r}.")
        for column in dict.fromkeys(names)
        if column not in NEEDED + OPTIONAL or names.count(column) > 1
    ]
    if findings:
        return _none(table.num_rows, findings)
    columns = _Columns(table)
    try:
        meter_ids, meter = columns.names()
        start, end = columns.moments("start"), columns.moments("end")
        value = columns.wholes("value")
        counter = _or(table, "counter", lambda: columns.wholes("counter", NO_COUNTER), NO_COUNTER, np.int64)
        epoch = _or(table, "epoch", lambda: columns.wholes("epoch", 0), 0, np.int64)
        quality = _or(table, "quality", columns.qualities, 0, np.int8)
    except pa.ArrowException as error:
        told = f"Columns must hold text, whole numbers and times, was not so: {error}."
        return _none(table.num_rows, [Finding(0, "", "column_unreadable", told)])
    # Still a row, so that every row keeps its place; the check of the batch refuses it.
    epoch = np.where((epoch < 0) | (epoch > EPOCH_MAX), BAD_EPOCH, epoch).astype(np.int32)
    readings = Readings(meter_ids, meter, start, end, value, counter, epoch, quality)
    rows = np.flatnonzero(columns.good)
    kept = readings if columns.good.all() else readings.take(rows)
    found = sorted(columns.findings, key=lambda finding: finding.row)
    return ReadingsIntake(kept, rows + HEADER_LINES + 1, table.num_rows, tuple(found))


def _or(table: pa.Table, column: str, read: Callable[[], Any], stand_in: int, dtype: type) -> NDArray[Any]:
    return np.asarray(read()) if column in table.column_names else np.full(table.num_rows, stand_in, dtype=dtype)


def _filled(cells: pa.Array, stand_in: int) -> NDArray[Any]:
    """Return numbers, with a stand-in where there is none."""
    return np.asarray(cells.fill_null(stand_in) if cells.null_count else cells)


def _tried(cells: pa.Array, cast: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Cast all cells at once; where that fails, half by half, so that only what cannot be cast is null."""
    try:
        return cast(cells)
    except pa.ArrowInvalid:
        if len(cells) == 1:
            return pa.nulls(1, cast(cells.slice(0, 0)).type)
        half = len(cells) // 2
        return pa.concat_arrays([_tried(cells.slice(0, half), cast), _tried(cells.slice(half), cast)])


def _read_text(data: bytes, torn: list[pcsv.InvalidRow] | None) -> pa.Table:
    """Read every cell as text; rows that are torn are put aside where a list for them is given (of UTF-8 only)."""

    def put_aside(row: pcsv.InvalidRow) -> str:
        assert torn is not None
        torn.append(row)
        return "skip"

    kinds = dict.fromkeys((*NEEDED, *OPTIONAL), pa.string())
    return pcsv.read_csv(
        io.BytesIO(data),
        read_options=pcsv.ReadOptions(use_threads=torn is None),
        parse_options=pcsv.ParseOptions(invalid_row_handler=None if torn is None else put_aside),
        convert_options=pcsv.ConvertOptions(column_types=kinds, strings_can_be_null=False, null_values=[]),
    )


def _with_torn(intake: ReadingsIntake, torn: list[pcsv.InvalidRow]) -> ReadingsIntake:
    """Count rows that were put aside, so that every other row keeps its number in the file."""
    whole = np.setdiff1d(np.arange(1, intake.rows_read + len(torn) + HEADER_LINES + 1), [row.number for row in torn])
    numbered = _numbered(intake, whole)
    findings = [
        *numbered.findings,
        *(
            Finding(
                row.number, "", "row_torn", f"A row must have {row.expected_columns} cells, was {row.actual_columns}."
            )
            for row in torn
        ),
    ]
    findings.sort(key=lambda finding: finding.row)
    return replace(numbered, rows_read=intake.rows_read + len(torn), findings=tuple(findings))


def _on_lines(data: bytes, intake: ReadingsIntake) -> ReadingsIntake:
    """Count lines that are empty: the reader passes over them."""
    if not re.search(rb"(^|\n)\r?\n", data):
        return intake
    return _numbered(intake, np.array([at for at, line in enumerate(data.splitlines(), start=1) if line]))


def _numbered(intake: ReadingsIntake, lines: NDArray[np.int64]) -> ReadingsIntake:
    """Return an intake whose rows have other numbers: that of row 1 comes first."""
    findings = tuple(replace(one, row=int(lines[one.row - 1])) if one.row else one for one in intake.findings)
    return replace(intake, rows=lines[intake.rows - 1], findings=findings)


def _unreadable(told: str) -> ReadingsIntake:
    return _none(0, [Finding(0, "", "file_unreadable", told)])


def _none(rows_read: int, findings: list[Finding]) -> ReadingsIntake:
    none = np.zeros(0, dtype=np.int64)
    readings = Readings((), none.astype(np.int32), none, none, none, none, none.astype(np.int32), none.astype(np.int8))
    return ReadingsIntake(readings, none, rows_read, tuple(findings))
