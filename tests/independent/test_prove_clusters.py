"""The proof of the cluster scan, small: what it counts."""

from __future__ import annotations

import json
import sys

from benchmarks import prove_clusters


def test_a_small_proof_keeps_the_promise_and_finds_shocks(tmp_path, monkeypatch):
    monkeypatch.setattr(prove_clusters, "EVERY", 71)
    monkeypatch.setattr(
        sys, "argv", ["prove", "--shocks", "20", "--deals", "5", "--grids", "0", "--results", str(tmp_path)]
    )
    assert prove_clusters.main() == 0
    told = json.loads((tmp_path / "prove_clusters.json").read_text(encoding="utf-8"))
    assert (told["states"], told["sectors"]) == (51, 4)
    assert told["found_within_4_weeks"]["found"] >= 10


def test_borders_hold_both_ways():
    found = prove_clusters.borders()
    assert len(found) == 49
    assert all(state in found[other] for state, others in found.items() for other in others)
