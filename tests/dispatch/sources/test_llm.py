"""Requests become hourly demand: no token is lost on the way."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest

from qipan.dispatch.jobs.columns import assumed_bit
from qipan.dispatch.jobs.demand import Throughput
from qipan.dispatch.model.job import Tier
from qipan.dispatch.sources.llm import read

RATES = Throughput(prefill_tokens_per_s=8000.0, decode_tokens_per_s=1000.0, utilisation=0.6)
HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def test_read_trace_agrees_with_a_count_line_by_line(compute: Path) -> None:
    packed = (compute / "azure_llm_conv.csv.gz").read_bytes()
    requests = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))
    intake = read(packed, throughput=RATES)
    assert intake.rows_read == intake.rows_accepted == len(requests) == 19_366
    assert intake.findings == ()
    assert intake.jobs.job_id.tolist() == ["serving-2023-11-16T10:00Z", "serving-2023-11-16T11:00Z"]
    for hour, cards in zip(("18", "19"), intake.jobs.quantity.tolist(), strict=True):
        of_hour = [request for request in requests if request["TIMESTAMP"][11:13] == hour]
        context, generated = (sum(int(r[c]) for r in of_hour) for c in ("ContextTokens", "GeneratedTokens"))
        assert cards == pytest.approx((context / 8000 + generated / 1000) / 3600 / 0.6)


def test_read_gives_jobs_of_the_real_time_tier_that_last_their_hour() -> None:
    jobs = read((HEADER + "2023-11-16 18:59:59.9999999,1,1\n").encode(), throughput=RATES).jobs
    assert jobs.tier.tolist() == [Tier.REALTIME]
    assert jobs.assumed[0] & assumed_bit("tier")
    assert (jobs.requested_s.tolist(), jobs.actual_s.tolist(), jobs.label.tolist()) == ([3600.0], [3600.0], ["serving"])


def test_read_bad_requests_are_quarantined_and_the_good_ones_count() -> None:
    rows = ["2023-11-16 18:00:00,8000,0", "2023-11-16 18:00:00,-1,0", "now,1,1", "2023-11-16 18:10:00,,1"]
    intake = read((HEADER + "\n".join(rows)).encode(), throughput=RATES)
    assert [(f.row, f.column, f.rule) for f in intake.findings] == [
        (3, "ContextTokens", "tokens_negative"),
        (4, "TIMESTAMP", "submit_unreadable"),
        (5, "ContextTokens", "number_unreadable"),
    ]
    assert (intake.rows_read, intake.rows_accepted) == (4, 1)
    assert intake.jobs.quantity.tolist() == pytest.approx([1 / 3600 / 0.6])


def test_read_an_hour_that_names_its_offset_is_taken_by_it() -> None:
    jobs = read((HEADER + "2023-11-16T18:30:00Z,8000,0\n").encode(), throughput=RATES).jobs
    assert jobs.job_id.tolist() == ["serving-2023-11-16T18:00Z"]


def test_read_a_header_alone_gives_no_jobs() -> None:
    intake = read(HEADER.encode(), throughput=RATES)
    assert (intake.rows_read, len(intake.jobs)) == (0, 0)
