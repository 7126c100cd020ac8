"""A seeded hundredth of the long proof of prices."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_prove_prices_hundredth_finds_no_difference(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_prices.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_prices.json").read_text(encoding="utf-8"))
    assert (result["days"], result["violations"], result["differences"], result["not_final"]) == (100, 0, 0, 0)
    assert set(result["days_by_shape"]) == {"plain", "power", "links", "both", "meters", "all", "day"}
    # The proof is worth something only if the solvers do return different rents.
    assert sum(result["days_on_which_solvers_return_different_rents"].values()) > 10
    assert result["prices_compared"] > 10_000
