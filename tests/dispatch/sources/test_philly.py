"""The Philly trace is read whole; what is bad in it stays out alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from qipan.dispatch.jobs.columns import assumed_bit
from qipan.dispatch.model.job import Intake
from qipan.dispatch.sources.philly import read
from qipan.kernel.errors import BadInputError

HEADER = "timestamp,duration,num_gpus,gpu_time,cluster\n"


@pytest.fixture(scope="module")
def packed(compute: Path) -> bytes:
    return (compute / "philly.csv.gz").read_bytes()


@pytest.fixture(scope="module")
def trace(packed: bytes) -> Intake:
    return read(packed)


def test_read_trace_agrees_with_a_count_line_by_line(trace: Intake, packed: bytes) -> None:
    written = gzip.decompress(packed).decode().splitlines()[1:]
    lines = [line.split(",") for line in written if line]
    assert trace.rows_read == trace.rows_accepted == len(trace.jobs) == len(lines) == 82_247
    assert (trace.findings, trace.out_of_scope) == ((), {})
    assert trace.jobs.quantity.sum() == sum(int(line[2]) for line in lines)
    assert (trace.jobs.quantity * trace.jobs.actual_s).sum() == pytest.approx(sum(float(line[3]) for line in lines))


def test_read_trace_puts_a_day_where_its_own_clock_puts_it(trace: Intake, packed: bytes) -> None:
    of_day = sum(line.startswith("2017-10-09") for line in gzip.decompress(packed).decode().splitlines())
    start_s = 1_507_478_400.0  # 2017-10-08T16:00Z, midnight in Shanghai
    mask = (trace.jobs.submit_s >= start_s) & (trace.jobs.submit_s < start_s + 86_400)
    assert mask.sum() == of_day == 1_352


def test_read_trace_leaves_missing_what_it_does_not_say(trace: Intake) -> None:
    jobs = trace.jobs
    assert np.isnan(jobs.requested_s).all()
    assert np.isnan(jobs.start_by_s).all()
    assert (jobs.tier == -1).all()
    assert (jobs.data_class == -1).all()
    assert set(jobs.origin) == {""}
    assert set(jobs.label) == {"training"}
    assert set(jobs.assumed) == {assumed_bit("preemptible")}
    assert len(set(jobs.job_id)) == len(jobs)


def test_read_bad_rows_are_quarantined_and_the_good_ones_stay() -> None:
    rows = [
        "2017-10-09 07:01:55,66.0,1,66.0,a",
        "2017-10-09 07:01:55,-5,1,1,a",
        "2017-10-09 07:01:55,66.0,0,1,a",
        "yesterday,66.0,x,1,a",
        "2017-10-09 07:01:55,66.0",
        "2017-10-09 08:00:00,0,8,0,a",
    ]
    intake = read((HEADER + "\n".join(rows)).encode())
    assert intake.jobs.job_id.tolist() == ["philly-1", "philly-6"]
    assert [(f.row, f.column, f.rule, f.message) for f in intake.findings] == [
        (3, "duration", "actual_negative", "duration must be zero or more, was '-5'."),
        (4, "num_gpus", "quantity_not_positive", "num_gpus must be above zero, was '0'."),
        (5, "timestamp", "submit_unreadable", "timestamp must be a time such as 2017-10-09 08:00:00, was 'yesterday'."),
        (5, "num_gpus", "number_unreadable", "num_gpus must be a number up to 1e15, was 'x'."),
        (6, "", "row_width", "A row must have 5 fields as the header has, was 2."),
    ]
    assert (intake.rows_read, intake.rows_accepted) == (6, 2)


def test_read_in_another_zone_moves_the_moments() -> None:
    data = (HEADER + "2017-10-09 00:00:00,1,1,1,a\n").encode()
    assert read(data).jobs.submit_s[0] + 8 * 3600 == read(data, zone_name="UTC").jobs.submit_s[0]


def test_read_another_format_is_refused_by_its_columns() -> None:
    with pytest.raises(BadInputError) as caught:
        read(b"name,num_gpu\na,1\n")
    assert caught.value.code == "columns_missing"
    assert caught.value.hint == "Rename num_gpu to num_gpus."
