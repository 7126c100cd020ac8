"""Read employment spells from CSV in UTF-8 (plain or gzip) or Parquet, part by part: they may be hundreds of millions.

Columns ``person, region, start`` must be there; ``industry, occupation, end`` may be. Days are written ``2020-03-01``;
a spell without an end goes on. Who a person is does not get past this reader: a keyed digest stands for the name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.model.array import Ints
from qipan.labour.sources.heads import HEADS_ZH
from qipan.labour.store.spell import SPELLS_SCHEMA

NEEDED: Final = ("person", "region", "start")
OPTIONAL: Final = ("industry", "occupation", "end")
ROWS_A_PART: Final = 1_000_000
BYTES_A_PART: Final = 2**25
FINDINGS_MOST: Final = 10_000
"""So many findings are told one by one; more are counted."""


@dataclass(slots=True)
class Tally:
    """What was read so far.

    Attributes
    ----------
    rows, left_out
        Rows of the file, and those of them that are left out.
    findings
        What is wrong with these.
    """

    rows: int = 0
    left_out: int = 0
    findings: list[Finding] = field(default_factory=list)

    def leave_out(self, finding: Finding) -> None:
        """Count a row out, and tell it if not too many were told."""
        self.left_out += 1
        if len(self.findings) < FINDINGS_MOST:
            self.findings.append(finding)


def read(path: Path, key: bytes, reading: Tally, *, today: date) -> Iterator[pa.Table]:
    """Yield spells as `SPELLS_SCHEMA` has them; what is wrong with rows that are left out goes to ``reading``.

    Rules: ``row_torn``, ``cell_empty``, ``day_unreadable``, ``spell_backwards`` (ends before it has lasted a day),
    ``spell_ahead`` (starts after ``today``). Rows are counted as in `table.Line`.

    Parameters
    ----------
    key
        At least 16 secret bytes; whoever has them can tell which digest is whose.

    Raises
    ------
    BadInputError
        ``spells_unreadable``.
    """
    try:
        for part, numbers in _of_parquet(path) if _begins(path, 4) == b"PAR1" else _of_csv(path, reading):
            reading.rows += len(numbers)
            yield _checked(part, numbers, key, reading, today)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(str(error).splitlines()[0]) from error


def _begins(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _of_parquet(path: Path) -> Iterator[tuple[pa.Table, Ints]]:
    with pq.ParquetFile(path) as file:
        first = 1
        for batch in file.iter_batches(ROWS_A_PART):
            yield _named(pa.Table.from_batches([batch])), np.arange(first, first + len(batch))
            first += len(batch)


def _of_csv(path: Path, reading: Tally) -> Iterator[tuple[pa.Table, Ints]]:
    torn: list[int] = []

    def tear(row: pa_csv.InvalidRow) -> str:
        torn.append(row.number)
        reading.rows += 1
        told = f"A row must have {row.expected_columns} cells, was {row.actual_columns}."
        reading.leave_out(Finding(row.number, "", "row_torn", told))
        return "skip"

    compression = "gzip" if _begins(path, 2) == b"\x1f\x8b" else None
    one_by_one = pa_csv.ReadOptions(use_threads=False, block_size=BYTES_A_PART)
    with pa.input_stream(str(path), compression=compression) as stream:
        head = pa_csv.open_csv(
            stream, one_by_one, pa_csv.ParseOptions(invalid_row_handler=lambda _: "skip")
        ).schema.names
    as_text = pa_csv.ConvertOptions(column_types=dict.fromkeys(head, pa.string()))
    parsing = pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=tear)
    first = 2
    with pa.input_stream(str(path), compression=compression) as stream:
        for batch in pa_csv.open_csv(stream, one_by_one, parsing, as_text):
            numbers = np.arange(first, first + len(batch) + len(torn))
            numbers = numbers[~np.isin(numbers, torn)][: len(batch)]
            first = int(numbers[-1]) + 1 if len(numbers) else first
            torn = [number for number in torn if number >= first]
            yield _named(pa.Table.from_batches([batch])), numbers


def _named(part: pa.Table) -> pa.Table:
    """Return a part with every column by its English name; those that may be left out are empty."""
    part = part.rename_columns([HEADS_ZH.get(name.strip(), name.strip()) for name in part.column_names])
    names = set(part.column_names)
    if not set(NEEDED) <= names <= {*NEEDED, *OPTIONAL} or len(names) < part.num_columns:
        raise _unreadable(
            f"they have the columns {', '.join(part.column_names)}; {', '.join(NEEDED)} must be there, and "
            f"{', '.join(OPTIONAL)} may be"
        )
    for name in OPTIONAL:
        if name not in names:
            part = part.append_column(name, pa.nulls(len(part), pa.string()))
    return part


def _checked(part: pa.Table, numbers: Ints, key: bytes, reading: Tally, today: date) -> pa.Table:
    """Return the rows of a part that keep the rules; of each other row the first rule that it breaks is told."""
    text = {name: pc.fill_null(part[name].cast(pa.string()), "") for name in ("person", "region", *OPTIONAL[:2])}
    start, end = (_days(part[name]) for name in ("start", "end"))
    never = pa.scalar(date.max, pa.date32())
    is_open = pc.equal(pc.fill_null(part["end"].cast(pa.string()), ""), "")
    ahead = pc.greater(start, pa.scalar(today, pa.date32()))
    rules = (
        ("person", "cell_empty", "A spell must name its person", pc.equal(text["person"], "")),
        ("region", "cell_empty", "A spell must name its region", pc.equal(text["region"], "")),
        ("start", "day_unreadable", "A day must be written as 2020-03-01", pc.is_null(start)),
        ("end", "day_unreadable", "A day must be written as 2020-03-01", pc.and_not(pc.is_null(end), is_open)),
        ("end", "spell_backwards", "A spell must end after it starts", pc.less_equal(pc.fill_null(end, never), start)),
        ("start", "spell_ahead", f"A spell must have started by {today}", ahead),
    )
    good = np.ones(len(part), dtype=np.bool_)
    for column, rule, must, is_broken in rules:
        broken = good & pc.fill_null(is_broken, False).to_numpy()
        for at in np.flatnonzero(broken).tolist():
            value = "" if column == "person" else str(part[column][at].as_py() or "")
            reading.leave_out(Finding(int(numbers[at]), column, rule, f"{must}, was {value!r}.", value))
        good &= ~broken
    columns = [_pseudonyms(text["person"], key), text["region"], text["industry"], text["occupation"], start, end]
    return pa.table(columns, names=SPELLS_SCHEMA.names).filter(pa.array(good)).cast(SPELLS_SCHEMA)


def _days(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return days, null where none can be read."""
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return column.cast(pa.date32(), safe=False)
    text = pc.fill_null(column.cast(pa.string()), "")
    is_day = pc.match_substring_regex(text, r"^\d{4}-\d{2}-\d{2}$")
    days = pc.strptime(pc.if_else(is_day, text, None), format="%Y-%m-%d", unit="s", error_is_null=True)
    # A day that no month has runs over into the next one.
    is_same = pc.equal(pc.strftime(days, format="%Y-%m-%d"), text)
    return pc.if_else(is_same, days, None).cast(pa.date32())


def _pseudonyms(persons: pa.ChunkedArray, key: bytes) -> pa.Array:
    """Return a keyed digest of 64 bits for each person: two of a hundred million share one with a chance of 0.0003."""
    found = persons.combine_chunks().dictionary_encode()
    digest = (hashlib.blake2b(name.encode(), key=key, digest_size=8).digest() for name in found.dictionary.to_pylist())
    return pa.array(np.frombuffer(b"".join(digest), dtype="<i8")).take(found.indices)


def _unreadable(why: str) -> BadInputError:
    return BadInputError(
        f"Spells must be CSV in UTF-8 or Parquet, was not: {why}.",
        code="spells_unreadable",
        hint="Write a row for each job: person,region,industry,occupation,start,end, as docs/intake.md has them.",
    )
