"""A seeded hundredth of the long proof of chances, and that chances and intervals that are off are found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.prove_chances import judge

from qipan.labour.judge_chances import Foretold

ROOT = Path(__file__).resolve().parents[2]
UNTIL = (3, 10, 25)


def drawn(times: float, held: float) -> Foretold:
    """Return chances so many times too high, and intervals that hold so large a share."""
    rng = np.random.default_rng(3)
    chance = rng.uniform(0.0, 0.3, (1, 20, 400)) * np.array([1.0, 2.0, 3.0])[:, None, None] / 3.0
    came = (rng.random((1, 20, 400)) < chance).astype(np.float64)
    lies = np.where(rng.random(chance.shape) < held, 0.0, 1.0)
    everywhere = np.ones(chance.shape[1:], dtype=np.bool_)
    return Foretold(UNTIL, times * chance, np.full_like(chance, 0.1), came, lies, everywhere, everywhere)


@pytest.mark.slow
def test_prove_chances_hundredth_finds_none_off(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_chances.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_chances.json").read_text(encoding="utf-8"))
    assert result["violations"] == []
    (row,) = result["found"]
    assert [one["of"] for one in row["judged"]] == ["open", "warned"]
    # The proof is worth something only where much was foretold, and some of it came.
    assert all(part["asked"] > 5000 and part["came"] > 0.0 for part in row["judged"][0]["reliability"])


def test_what_is_right_is_not_off() -> None:
    assert judge("made", "turn", drawn(1.0, 0.8), 20)[1] == []


def test_intervals_that_hold_too_little_are_found_of_the_horizon_that_is_told() -> None:
    found = judge("made", "turn", drawn(1.0, 0.7), 20)[1]
    assert len(found) == 2
    assert all("intervals to 9 hold 0.70" in one for one in found)


def test_chances_thrice_too_high_are_found() -> None:
    found = judge("made", "turn", drawn(3.0, 0.8), 20)[1]
    assert {one.split(": ")[1].split(" are")[0] for one in found} >= {"chances of 1 to 2", "chances of 1 to 9"}
