"""A seeded hundredth of the long proof of the board."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_prove_board_hundredth_finds_no_violation(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_board.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_board.json").read_text(encoding="utf-8"))
    assert (result["boards"], result["violations"], result["findings"]) == (20, 0, [])
    assert sum(result["statuses"].values()) == result["jobs"] == sum(result["reasons"].values()) > 500
    assert set(result["statuses"]) == {"placed", "carried_over", "refused"}
    assert len(result["reasons"]) >= 8
    errors = result["worst_errors"]
    assert max(errors[name] for name in ("payments", "revenue", "slackness", "duality")) <= 1e-7
    assert min(result["gap_to_bound_where_nothing_is_lost"]["quantiles"].values()) >= -1e-9
    assert result["commit"]
    assert {"cpus", "python", "highspy"} <= set(result["machine"])
