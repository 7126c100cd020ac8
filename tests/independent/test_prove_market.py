"""A seeded hundredth of the long proof of the order book."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_prove_market_hundredth_finds_no_violation(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_market.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_market.json").read_text(encoding="utf-8"))
    assert (result["requests"], result["violations"]) == (100_000, 0)
    # The proof is worth something only if orders do trade, and faults do happen.
    assert result["of_which"]["trades"] > 5_000
    assert min(result["of_which"][fault] for fault in ("again", "jump", "crash")) > 3_000
