"""The proof of attribution at a hundredth: what it counts, and that it would notice a promise that is not kept."""

from __future__ import annotations

import json
import sys

import pytest
from benchmarks import prove_attribution


def test_a_hundredth_of_the_proof_keeps_the_promises(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["prove", "--panels", "10", "--results", str(tmp_path)])
    assert prove_attribution.main() == 0
    told = json.loads((tmp_path / "prove_attribution.json").read_text(encoding="utf-8"))
    assert told["all_simulated"]["placebo_told"]["from"] <= 0.06
    assert told["all_simulated"]["interval_90_held"]["to"] >= 0.88
    assert told["real_states_with_random_exposures"]["draws"] == 10


def test_shares_have_the_interval_of_clopper_and_pearson():
    assert prove_attribution.share(0, 10) == {"found": 0, "share": 0.0, "from": 0.0, "to": 0.3085}
    assert prove_attribution.share(10, 10)["from"] == pytest.approx(0.6915)
