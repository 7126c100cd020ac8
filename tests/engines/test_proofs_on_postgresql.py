"""The long proofs that need a real PostgreSQL, each played for a moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines.conftest import missing
from tests.engines.postgresql import lacking

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def prove(tmp_path):
    if what := lacking():
        missing(what)

    def run(name, *words):
        command = [sys.executable, f"benchmarks/{name}.py", *words, "--results", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))

    return run


def test_what_was_acknowledged_stands_after_every_kill(prove):
    told = prove("prove_kills", "--kills", "3", "--operations", "2000")
    assert told["violations"] == 0
    assert sum(told["kills"].values()) == 3
    assert told["acknowledged"] >= 2000


def test_racing_claims_count_nothing_twice_and_lose_nothing(prove):
    told = prove("prove_claims", "--claims", "400", "--racers", "4")
    assert (told["violations"], told["counted_twice"]) == (0, 0)
    assert told["told"]["won"] > 0
    assert told["claims"] == 400
