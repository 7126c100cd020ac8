"""Slurm's accounting becomes unit-seconds of pools, exactly, and a row that cannot be read is named."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import Interval
from qipan.ledger.sources.slurm import COLUMNS, read, read_map

HEADING = "|".join(COLUMNS)
PLAN = read_map(b"""
zone: Asia/Shanghai
period_s: 3600
pools:
  - { cluster: a, partition: main, resource: gres/gpu, allocated: given, used: used, queued: waited }
""")
START = datetime(2026, 1, 1, tzinfo=UTC)
THREE_HOURS = Interval(START, START + timedelta(hours=3))
TRES = "billing=8,cpu=8,gres/gpu:sim=2,gres/gpu=2,mem=1G,node=1"


def told(*rows: str) -> dict[str, list[int]]:
    readings = read("\n".join((HEADING, *rows)).encode(), PLAN, THREE_HOURS)
    found: dict[str, list[int]] = {}
    for place, value in zip(readings.meter.tolist(), readings.value.tolist(), strict=True):
        found.setdefault(readings.meter_ids[place], []).append(value)
    return found


def job(eligible: str, start: str, end: str, given_: str = TRES, name: str = "7") -> str:
    return f"{name}|a|main|{eligible}|{start}|{end}|{TRES}|{given_}"


def test_job_over_hours_is_split_exactly() -> None:
    found = told(job("2026-01-01T08:10:00", "2026-01-01T08:30:01", "2026-01-01T10:00:30"))
    assert found["given"] == found["used"] == [2 * 1799, 2 * 3600, 2 * 30]
    assert found["waited"] == [2 * 1201, 0, 0]


def test_job_that_runs_or_waits_counts_until_the_end() -> None:
    found = told(
        job("2026-01-01T07:00:00", "2026-01-01T07:30:00", "Unknown"),
        job("2026-01-01T10:00:00", "Unknown", "Unknown", ""),
        job("2026-01-01T08:00:00", "None", "2026-01-01T08:00:05", ""),
        job("Unknown", "Unknown", "Unknown", ""),
    )
    assert found["given"] == [7200, 7200, 7200]
    assert found["waited"] == [10, 0, 7200]


def test_steps_do_not_count_twice_and_no_job_is_nothing() -> None:
    row = job("2026-01-01T08:00:00", "2026-01-01T08:00:00", "2026-01-01T08:00:10")
    assert told(row, row.replace("7|a|main", "7.batch|a|", 1)) == told(row)
    assert told()["given"] == [0, 0, 0]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("7|a|main", "row_torn"),
        (job("x", "Unknown", "Unknown"), "time_unreadable"),
        (job("Unknown", "2026-01-01T09:00:00", "2026-01-01T08:00:00"), "time_disordered"),
        (job("Unknown", "Unknown", "Unknown", "gres/gpu=1.5K"), "resource_unreadable"),
        (job("Unknown", "Unknown", "Unknown").replace("main", "other"), "partition_unmapped"),
    ],
)
def test_row_that_cannot_be_read_is_named(row: str, rule: str) -> None:
    with pytest.raises(BadInputError) as caught:
        told(job("Unknown", "Unknown", "Unknown"), row)
    assert caught.value.code == "accounting_unreadable"
    assert [(finding.row, finding.rule) for finding in caught.value.findings] == [(3, rule)]


def test_map_names_every_line_that_breaks_a_rule() -> None:
    with pytest.raises(BadInputError) as caught:
        read_map(b"zone: Mars\nperiod_s: 0\npools: []\n")
    assert [finding.row for finding in caught.value.findings] == [1, 2]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for some in (data, HEADING.encode() + b"\n" + data):
        with suppress(BadInputError):
            read(some, PLAN, THREE_HOURS)
