"""A seeded hundredth of the ledger's proof by kills."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_prove_ledger_hundredth_loses_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_ledger.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_ledger.json").read_text(encoding="utf-8"))
    assert (result["kills"], result["acknowledgements"], result["findings"]) == (2, 12, [])
    assert result["disputes_expected"] > 0
