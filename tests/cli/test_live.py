"""``qipan dispatch roll --live`` as it is typed: a drill of a day in seconds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import GOOD, Qipan, assert_refused, csv

pytestmark = pytest.mark.slow


def test_live_drill_places_every_job_of_a_day_once_and_a_second_one_goes_on(qipan: Qipan, tmp_path: Path) -> None:
    folder = tmp_path / "intake"
    folder.mkdir()
    (folder / "jobs.csv").write_bytes(csv(*GOOD))
    (folder / "bad.csv").write_bytes(b"no,such,form\n")
    (folder / "half.csv.new").write_bytes(b"")
    words = ["dispatch", "roll", "--live", "--intake", folder, "--from", "2025-01-06", "--speed", "20000"]
    done = qipan(*words, "--every", "1h", "--days", "4", "--json")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["standing"]["jobs"] == 0
    (taken,) = [one["taken_in"] for one in lines if "taken_in" in one]
    assert (taken["name"], taken["new"]) == ("jobs.csv", 12)
    decisions = [one["decision"] for one in lines if "decision" in one]
    final = [seat["job_id"] for one in decisions for seat in one["placed"] if seat["is_final"]]
    lost = [job_id for one in decisions for job_id in one["lost"]]
    assert sorted(final + lost) == [f"job-{number:02d}" for number in range(12)]
    assert len(final) >= 6
    assert "format" in done.stderr or "bad.csv" in done.stderr
    assert sorted(path.name for path in (folder / "refused").iterdir()) == ["bad.csv"]
    assert sorted(path.name for path in (folder / "taken").iterdir()) == ["jobs.csv"]
    assert (folder / "half.csv.new").exists()
    # The days are over: whoever starts again is told what stands, and decides nothing.
    again = qipan(*words, "--every", "1h", "--days", "4")
    assert again.exit_code == 0
    assert f"12 jobs so far, {len(final)} with a final seat" in again.stdout
    other = qipan(*words[:-1], "30000", "--every", "1h", "--days", "4")
    assert_refused(other, 3, "drill_differs")


def test_live_refuses_what_is_unclear(qipan: Qipan, tmp_path: Path) -> None:
    assert_refused(qipan("dispatch", "roll", "--live"), 3, "live_unclear")
    live = ["dispatch", "roll", "--live", "--intake", tmp_path]
    assert_refused(qipan(*live, "--speed", "10"), 3, "live_unclear")
    assert_refused(qipan(*live, "--from", "2026-06-01"), 3, "live_unclear", "--from 2026-06-01.")
    assert_refused(qipan(*live, "--every", "30s"), 3, "option_out_of_range")
    assert_refused(qipan(*live, "--fleet", "nowhere"), 4, "fleet_unknown")
    assert_refused(qipan(*live, "--reservations", tmp_path / "contracts.csv"), 3, "reservations_not_live")
    missing = ["dispatch", "roll", "--live", "--intake", tmp_path / "nope"]
    assert_refused(qipan(*missing), 3, "intake_missing", "nope.")
    assert not (tmp_path / "nope").exists()
    assert_refused(qipan("dispatch", "roll"), 3, "roll_incomplete", "was dispatch roll.")
