"""A seeded hundredth of the long proof of promises, and that a broken one is found."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.prove_promises import PROMISES, Tally, judge
from benchmarks.random_panel import KINDS, random_panel

from qipan.labour.model.promise import Discoveries

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_prove_promises_hundredth_finds_none_broken(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/prove_promises.py", "--hundredth", "--results", str(tmp_path)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = json.loads((tmp_path / "prove_promises.json").read_text(encoding="utf-8"))
    assert result["violations"] == []
    rows = [row for one in result["found"] for row in one["promises"]]
    assert len(rows) == len(result["found"]) * len(PROMISES)
    # The proof is worth something only where it is quiet, and events are warned of all the same.
    assert all(row["quiet_years"] > 100 and row["events"] > 20 for row in rows)
    assert max(row["warned_ahead"] for row in rows) > 0.4


@pytest.mark.slow
def test_a_broken_promise_is_found() -> None:
    tally = Tally()
    tally.add(random_panel(np.random.default_rng(1), "noise"), "rise", as_released=False)
    assert judge("real, one", "rise", tally)[1] == []
    for found in tally.found.values():
        shouts = np.zeros_like(found[0].begins)
        shouts[:, ::12] = True
        found[0] = replace(found[0], begins=shouts, discoveries=Discoveries(1, 1, 0.5))
    assert len(judge("real, one", "rise", tally)[1]) == len(PROMISES) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_random_panels_have_what_they_say(kind: str) -> None:
    releases = random_panel(np.random.default_rng(2), kind)
    values = releases.latest().values
    assert np.isfinite(values).all()
    assert (values >= 0.0).all()
    assert len(releases.value) == values.size * (2 if kind == "corrected" else 1)
