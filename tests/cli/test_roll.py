"""``qipan dispatch roll`` as it is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import GOOD, Qipan, assert_refused, csv, shown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    jobs: Path = tmp_path_factory.mktemp("roll") / "jobs.csv"
    jobs.write_bytes(csv(*GOOD))
    return ["dispatch", "roll", "--jobs", jobs, "--from", "2025-01-06", "--days", "1", "--every", "1h"]


def test_roll_reports_a_run_without_errors_and_one_with(qipan: Qipan, words: list[Any]) -> None:
    told = shown(qipan(*words, "--errors", "demand=0.2,price=0.1,renewable=0.3", "--plants", "0.01", "--json"))
    plain, off = told["runs"]
    assert told["jobs"] == 12
    assert plain["errors"] == {}
    assert off["errors"] == {"demand": 0.2, "price": 0.1, "renewable": 0.3}
    for run in (plain, off):
        assert run["served"] == run["placements"] == 12
        assert run["regret"] >= -1e-9
        assert run["replans"] >= 24
        assert {one["site_id"] for one in run["market_power"]} >= {"zhangjiakou", "zhongwei"}


def test_roll_shows_a_table(qipan: Qipan, words: list[Any]) -> None:
    result = qipan(*words)
    assert result.exit_code == 0, result.output
    assert "regret" in result.stdout
    assert "12 jobs in 1 day from 2025-01-06" in result.stdout
    assert "Residual supply index: what all other sites have over what is asked" in result.stdout.replace("\n", " ")


def test_roll_refuses_a_day_without_jobs(qipan: Qipan, words: list[Any]) -> None:
    assert_refused(qipan(*words[:5], "2025-03-01"), 3, "day_empty")


def test_roll_refuses_unknown_errors(qipan: Qipan, words: list[Any]) -> None:
    assert_refused(qipan(*words, "--errors", "rain=0.2"), 3, "option_out_of_range")
