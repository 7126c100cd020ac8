"""Readings in CSV and Parquet: every row is read or has a finding, and nothing makes the reader stumble."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.ledger.model.reading import NO_COUNTER, Quality, Readings, ReadingsIntake
from qipan.ledger.sources.readings import read_csv, read_parquet, write_csv, write_parquet

GOOD = "m,2026-01-01T08:00:00+08:00,2026-01-01T01:00:00Z,5"
HEADING = "meter_id,start,end,value\n"


def rules(intake: ReadingsIntake) -> list[tuple[int, str, str]]:
    return [(finding.row, finding.column, finding.rule) for finding in intake.findings]


def columns(readings: Readings) -> list[tuple[object, ...]]:
    names = [readings.meter_ids[place] for place in readings.meter]
    numbers = (readings.start_us, readings.end_us, readings.value, readings.counter, readings.epoch, readings.quality)
    return list(zip(names, *(column.tolist() for column in numbers), strict=True))


def test_read_csv_reads_times_of_any_zone() -> None:
    intake = read_csv((HEADING + GOOD).encode())
    assert columns(intake.readings) == [("m", 1767225600_000000, 1767229200_000000, 5, NO_COUNTER, 0, 0)]
    assert intake.rows.tolist() == [2]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (",2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5", "meter_id", "cell_empty"),
        ("m,2026-01-01T00:00:00,2026-01-01T01:00:00Z,5", "start", "time_naive"),
        ("m,yesterday,2026-01-01T01:00:00Z,5", "start", "time_unreadable"),
        ("m,2026-01-01T00:00:00Z,,5", "end", "time_unreadable"),
        ("m,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5.5", "value", "not_whole"),
        ("m,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,", "value", "not_whole"),
        ("m,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,99999999999999999999", "value", "not_whole"),
        ("m,2026-01-01T00:00:00Z", "", "row_torn"),
        ("m,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5,6", "", "row_torn"),
    ],
)
def test_read_csv_sets_a_bad_row_aside_and_reads_the_others(row: str, column: str, rule: str) -> None:
    intake = read_csv(f"{HEADING}{GOOD}\n{row}\n{GOOD}".encode())
    assert rules(intake) == [(3, column, rule)]
    assert intake.rows.tolist() == [2, 4]
    assert intake.rows_read == 3
    # Empty lines count: a row is where an editor shows it.
    gaps = read_csv(f"\n{HEADING}\n{GOOD}\r\n\r\n{row}\n\n{GOOD}".encode())
    assert rules(gaps) == [(6, column, rule)]
    assert gaps.rows.tolist() == [4, 8]


def test_read_csv_reads_optional_columns() -> None:
    heading = "quality,counter,epoch,meter_id,start,end,value\n"
    rest = "m,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5\n"
    intake = read_csv((heading + "estimated,70,2," + rest + ",,," + rest + "guessed,,," + rest).encode())
    assert [(c, e, q) for *_, c, e, q in columns(intake.readings)] == [(70, 2, 1), (NO_COUNTER, 0, 0)]
    assert rules(intake) == [(4, "quality", "quality_unknown")]


def test_read_csv_tells_what_is_wrong_with_the_columns() -> None:
    intake = read_csv(b"meter,start,end,value\nm,a,b,5\n")
    assert rules(intake) == [(0, "meter_id", "column_missing"), (0, "meter", "column_unknown")]
    assert intake.rows_read == 1


def test_read_parquet_refuses_times_without_a_zone() -> None:
    moments = pa.array([0, 1], pa.timestamp("us"))
    sink = io.BytesIO()
    pq.write_table(pa.table({"meter_id": ["a", "b"], "start": moments, "end": moments, "value": [1, 2]}), sink)
    intake = read_parquet(sink.getvalue())
    assert {rule for _, _, rule in rules(intake)} == {"time_naive"}
    assert len(intake.readings) == 0


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    for read in (read_csv, read_parquet):
        intake = read(data)
        assert intake.findings or intake.rows_read == len(intake.readings)


@given(st.lists(st.text(alphabet='m,"\n 2026-01T:Z+5', max_size=40), max_size=6))
def test_every_row_is_read_or_has_a_finding(rows: list[str]) -> None:
    intake = read_csv((HEADING + "\n".join([GOOD, *rows])).encode())
    told = {finding.row for finding in intake.findings if finding.row}
    if not any(finding.row == 0 for finding in intake.findings):
        assert len(intake.readings) + len(told) == intake.rows_read
        assert not told & set(intake.rows.tolist())


@pytest.mark.parametrize(("write", "read"), [(write_csv, read_csv), (write_parquet, read_parquet)])
def test_what_is_written_is_read_again(write, read) -> None:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 10**9, 50) * 1_000_000
    told = Readings(
        ("a", 'b,"', "中卫"),
        rng.integers(0, 3, 50).astype(np.int32),
        start,
        start + 60_000_000,
        rng.integers(0, 2**50, 50),
        np.where(rng.random(50) < 0.5, NO_COUNTER, rng.integers(0, 2**50, 50)),
        rng.integers(0, 3, 50).astype(np.int32),
        rng.integers(0, len(Quality), 50).astype(np.int8),
    )
    intake = read(write(told))
    assert intake.findings == ()
    assert columns(intake.readings) == columns(told)
