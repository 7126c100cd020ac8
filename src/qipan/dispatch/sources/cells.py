"""Cells of text as numbers, moments and words; what cannot be read puts its row in quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.job import Intake, Jobs
from qipan.dispatch.sources.table import SHOWN_CHARACTERS, Table
from qipan.kernel.errors import Finding
from qipan.kernel.time import zone

QUARTER_S = 900.0
"""Offsets of civil time change on quarters of an hour at the finest."""

LARGEST = 1e15
"""No amount of work, time or data is larger; a number beyond is a slip."""

_NUMBER = r"^[+-]?(\d{1,200}\.?\d{0,200}|\.\d{1,200})([eE][+-]?\d{1,3})?$"
_MOMENT = (
    r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})[Tt ](?P<hour>\d{2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2}(?:\.\d{1,9})?))?(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)?$"
)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def texts(cells: Any) -> Texts:
    """Return cells as an array of ``str``, ``(rows,)``."""
    return np.array(cells.to_pylist(), dtype=object)


def is_empty(cells: Any) -> Bools:
    """Tell which cells hold nothing, ``(rows,)``."""
    return _bools(pc.equal(cells, ""))


def numbers(cells: Any) -> tuple[Floats, Bools]:
    """Read cells as numbers up to `LARGEST`.

    Returns
    -------
    values
        ``(rows,)``, ``nan`` where the cell is empty or no number.
    unreadable
        ``(rows,)``, where the cell holds anything else.

    Examples
    --------
    >>> values, unreadable = numbers(pa.array(["1e3", "", "inf", "twelve"]))
    >>> values.tolist(), unreadable.tolist()
    ([1000.0, nan, nan, nan], [False, False, True, True])
    """
    written = pc.match_substring_regex(cells, _NUMBER)
    values = pc.if_else(written, cells, None).cast(pa.float64())
    plain = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    plain[~(np.abs(plain) <= LARGEST)] = np.nan
    return plain, np.asarray(np.isnan(plain) & ~is_empty(cells))


def moments(cells: Any) -> tuple[Floats, Floats]:
    """Read cells as ISO 8601 dates with a time of day.

    Returns
    -------
    wall_s
        ``(rows,)``, what the clock shows, in seconds since 1970-01-01 00:00 on that clock; ``nan`` where the cell
        is empty or no moment.
    offset_s
        ``(rows,)``, seconds by which that clock is ahead of UTC; ``nan`` where the cell names no offset.

    Examples
    --------
    >>> wall_s, offset_s = moments(pa.array(["1970-01-01T08:00:00.5+08:00", "1970-01-02 00:00", "1970-02-30T00:00Z"]))
    >>> wall_s.tolist(), offset_s.tolist()
    ([28800.5, 86400.0, nan], [28800.0, nan, nan])
    """
    parts = pc.extract_regex(cells, pattern=_MOMENT)
    year, month, day, hour, minute = (
        _part(parts, name, pa.int64()) for name in ("year", "month", "day", "hour", "minute")
    )
    second = _part(parts, "second", pa.float64())
    # 0 where nothing was matched fails the test for the month, so unmatched cells fall out here as well.
    months = (year.astype(np.int64) - 1970) * 12 + month.astype(np.int64) - 1
    first = months.astype("datetime64[M]")
    days = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
    sound = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= days.astype(np.int64))
    sound &= (hour <= 23) & (minute <= 59) & (second < 60)
    offset_s = _offsets_s(parts)
    sound &= ~np.isinf(offset_s)
    midnight_s = first.astype("datetime64[D]").astype(np.int64) * 86400.0 + (day - 1) * 86400.0
    wall_s = np.where(sound, midnight_s + hour * 3600.0 + minute * 60.0 + second, np.nan)
    return wall_s, np.where(sound, offset_s, np.nan)


def from_wall_clock(wall_s: Floats, *, zone_name: str) -> Floats:
    """Return seconds since 1970-01-01 UTC of what the clocks of a zone showed, ``(rows,)``.

    An hour that happens twice is the first one, an hour that is skipped counts on from before (PEP 495, fold 0).

    Raises
    ------
    BadInputError
        ``zone_unknown`` when there is no such zone.

    Examples
    --------
    >>> from_wall_clock(np.array([28800.0]), zone_name="Asia/Shanghai").tolist()
    [0.0]
    """
    here = zone(zone_name)
    start = datetime(1970, 1, 1, tzinfo=here)
    known = np.isfinite(wall_s)
    quarter, inverse = np.unique(np.floor(wall_s[known] / QUARTER_S), return_inverse=True)
    ahead_s = [
        wall - (start + timedelta(seconds=wall)).timestamp()
        for wall in (float(q) * QUARTER_S for q in quarter.tolist())
    ]
    result = np.full(wall_s.shape, np.nan)
    result[known] = wall_s[known] - np.array(ahead_s, dtype=np.float64)[inverse.reshape(-1)]
    return result


class Quarantine:
    """Reads the columns of a table and keeps a finding for each cell that breaks a rule.

    Nothing is dropped: a row with at least one finding stays out of the jobs and in the findings.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.bad: Bools = np.zeros(len(table), dtype=bool)
        self.out_of_scope: dict[str, int] = {}
        self._out: Bools = np.zeros(len(table), dtype=bool)
        self._findings = list(table.findings)

    @property
    def good(self) -> Bools:
        """Rows that are jobs, ``(rows,)``."""
        return np.asarray(~self.bad & ~self._out)

    def leave_out(self, mask: Bools, *, reason: str) -> None:
        """Count rows as out of scope; they are no errors and are not judged any further."""
        mask = mask & ~self.bad & ~self._out
        self._out |= mask
        if mask.any():
            self.out_of_scope[reason] = self.out_of_scope.get(reason, 0) + int(mask.sum())

    def refuse(self, mask: Bools, broken: Finding) -> None:
        """Put the rows of ``mask`` in quarantine.

        Parameters
        ----------
        broken
            The rule that they broke: its column, and a message that says what must hold; row, value and what was
            found are filled in.
        """
        mask = mask & ~self._out
        cells = self.table.cells(broken.column)
        for index in np.flatnonzero(mask).tolist():
            value = cells[index].as_py()[:SHOWN_CHARACTERS]
            was = f"'{value}'" if value else "empty"
            message = f"{broken.message}, was {was}."
            self._findings.append(replace(broken, row=int(self.table.line[index]), message=message, value=value))
        self.bad |= mask

    def name_unknown_columns(self) -> None:
        """Keep one finding, on row 0, for the columns that nobody asked for; no row is refused for them."""
        if self.table.unknown:
            names = ", ".join(self.table.unknown)
            self._findings.append(
                Finding(
                    row=0,
                    column=self.table.unknown[0],
                    rule="column_unknown",
                    message=f"A column must be one of the form's, was {names}; it is not read, its rows are.",
                    value=names,
                )
            )

    def refuse_unknown_columns(self, known: Sequence[str]) -> None:
        """Keep one finding for each column that is not ``known``, in a table that is refused as a whole for it."""
        self._findings += [
            Finding(0, name, "column_unknown", f"A column must be one of {', '.join(known)}, was '{name}'.", name)
            for name in self.table.unknown
        ]

    def number(self, column: str, *, required: bool = False) -> Floats:
        """Read a column of numbers, ``(rows,)``; ``nan`` where empty or refused."""
        cells = self.table.cells(column)
        values, unreadable = numbers(cells)
        if required:
            unreadable = unreadable | is_empty(cells)
        self.refuse(unreadable, Finding(0, column, "number_unreadable", f"{column} must be a number up to 1e15"))
        return values

    def amount(self, column: str) -> Floats:
        """Read a column of optional numbers that are not negative, ``(rows,)``."""
        values = self.number(column)
        self.refuse(values < 0, Finding(0, column, "number_negative", f"{column} must be zero or more"))
        return values

    def submit(self, column: str, *, zone_name: str = "") -> Floats:
        """Read when jobs were handed in, in seconds since 1970-01-01 UTC, ``(rows,)``; ``nan`` where refused.

        Parameters
        ----------
        zone_name
            Zone of a moment that names no offset; without one such a moment is refused.
        """
        wall_s, offset_s = moments(self.table.cells(column))
        form = "2017-10-09 08:00:00" if zone_name else "2017-10-09T08:00:00+08:00"
        unreadable = Finding(0, column, "submit_unreadable", f"{column} must be a time such as {form}")
        self.refuse(np.isnan(wall_s), unreadable)
        naive = np.isfinite(wall_s) & np.isnan(offset_s)
        if zone_name:
            return np.where(naive, from_wall_clock(wall_s, zone_name=zone_name), wall_s - offset_s)
        self.refuse(naive, Finding(0, column, "submit_naive", f"{column} must carry its zone, for example {form}"))
        return np.asarray(wall_s - offset_s)

    def deadline(self, column: str, *, submit_s: Floats) -> Floats:
        """Read an optional deadline, in seconds since 1970-01-01 UTC, ``(rows,)``; ``nan`` where empty or refused."""
        cells = self.table.cells(column)
        wall_s, offset_s = moments(cells)
        form = "2017-10-09T08:00:00+08:00"
        unreadable = Finding(0, column, "deadline_unreadable", f"{column} must be a time such as {form}")
        self.refuse(np.isnan(wall_s) & ~is_empty(cells), unreadable)
        naive = Finding(0, column, "deadline_naive", f"{column} must carry its zone, for example {form}")
        self.refuse(np.isfinite(wall_s) & np.isnan(offset_s), naive)
        deadline_s = np.asarray(wall_s - offset_s)
        before = Finding(0, column, "deadline_before_submit", f"{column} must not lie before submit")
        self.refuse(deadline_s < submit_s, before)
        return deadline_s

    def choice(self, words: Sequence[str], unknown: Finding, *, required: bool = False) -> Ints:
        """Read a column of words as their positions in ``words``, ``(rows,)``; -1 where empty or refused.

        Parameters
        ----------
        unknown
            The rule that a word outside of ``words`` breaks; its column is the one to read.
        """
        cells = self.table.cells(unknown.column)
        found = pc.fill_null(pc.index_in(cells, value_set=pa.array(words, type=pa.string())), -1)
        position = np.array(found.to_numpy(zero_copy_only=False), dtype=np.int64)
        self.refuse((position < 0) & (required | ~is_empty(cells)), unknown)
        return position

    def boolean(self, column: str) -> tuple[Bools, Bools]:
        """Read a column of booleans: the values, and which cells are empty; each ``(rows,)``."""
        cells = self.table.cells(column)
        words = pa.array(list(_BOOLEANS), type=pa.string())
        found = pc.fill_null(pc.index_in(pc.utf8_lower(cells), value_set=words), -1)
        position = np.array(found.to_numpy(zero_copy_only=False), dtype=np.int64)
        empty = is_empty(cells)
        broken = Finding(0, column, "boolean_unreadable", f"{column} must be true or false")
        self.refuse((position < 0) & ~empty, broken)
        return np.array([*_BOOLEANS.values(), False])[position], empty

    def unique_ids(self, column: str) -> Texts:
        """Read the ids, ``(rows,)``; call it last: of rows that are good so far, the first of an id stays."""
        cells = self.table.cells(column)
        self.refuse(is_empty(cells), Finding(0, column, "job_id_missing", f"{column} must be given"))
        message = f"{column} must be unique in the file, and the first row with it stays"
        self.refuse(self.repeated(column), Finding(0, column, "job_id_duplicate", message))
        return texts(cells)

    def repeated(self, *columns: str, among: Bools | None = None) -> Bools:
        """Tell which rows hold the same in some columns as an earlier one, ``(rows,)``.

        Parameters
        ----------
        among
            ``(rows,)``, the rows that are looked at; those that are good so far, if none are named.
        """
        code: Ints = np.zeros(len(self.table), dtype=np.int64)
        for column in columns:
            indices = self.table.cells(column).dictionary_encode().indices
            one = np.array(indices.to_numpy(zero_copy_only=False), dtype=np.int64)
            code = code * (one.max(initial=0) + 1) + one
        repeated = self.good if among is None else among.copy()
        candidates = np.flatnonzero(repeated)
        repeated[candidates[np.unique(code[candidates], return_index=True)[1]]] = False
        return repeated

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the rows, in their order."""
        return tuple(sorted(self._findings, key=lambda finding: finding.row))

    def intake(self, jobs: Jobs) -> Intake:
        """Put jobs, counts and findings together; the findings in the order of the rows."""
        good = self.good
        return Intake(
            jobs=jobs,
            rows_read=self.table.rows_read,
            rows_accepted=int(good.sum()),
            out_of_scope=dict(self.out_of_scope),
            findings=self.findings,
            line=self.table.line[good] if len(jobs) == good.sum() else np.zeros(0, dtype=np.int64),
        )


def _bools(array: Any) -> Bools:
    return np.array(array.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _part(parts: Any, name: str, kind: Any) -> Floats:
    """Return one part of a split moment as numbers, 0 where it is absent."""
    text = pc.fill_null(pc.struct_field(parts, name), "")
    value = pc.if_else(pc.equal(text, ""), "0", text).cast(kind)
    return np.array(value.to_numpy(zero_copy_only=False), dtype=np.float64)


def _offsets_s(parts: Any) -> Floats:
    """Return the offset of each moment in seconds, ``nan`` where it names none, ``inf`` where an impossible one."""
    encoded = pc.fill_null(pc.struct_field(parts, "offset"), "").dictionary_encode()
    seconds = np.array([_offset_s(text) for text in encoded.dictionary.to_pylist()], dtype=np.float64)
    return np.asarray(seconds[np.array(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)])


def _offset_s(text: str) -> float:
    if not text:
        return float("nan")
    if text in {"Z", "z"}:
        return 0.0
    hours, minutes = int(text[1:3]), int(text[3:].replace(":", "") or 0)
    if hours > 23 or minutes > 59:
        return float("inf")
    return (hours * 3600.0 + minutes * 60.0) * (-1.0 if text[0] == "-" else 1.0)
