"""A seeded hundredth of the long proof of spot auctions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_prove_clearings_hundredth_finds_no_violation(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_clearings.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_clearings.json").read_text(encoding="utf-8"))
    assert (result["auctions"], result["violations"]) == (100, 0)
    # The proof is worth something only if auctions do trade, and links do fill up.
    assert result["of_which"]["lots"] > 1000
    assert result["of_which"]["with_rent"] > 5
    assert (result["day"]["orders"], result["day"]["findings_of_check"]) == (2700, 0)
    assert result["day"]["same_digest_again"]
    assert result["day"]["same_digest_in_other_books"]
