"""Time the simulation beside the same equations in plain numpy, with equal answers; then 64 combinations.

``compiled`` and ``numpy`` run the same members with all levers; their answers must agree to 1e-8. The peer is timed on
fewer members and its time is scaled by their number, which it grows with. Drawing members and their paths without AI
counts for both. Times are of the wall and of all processors.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks import numpy_policy
from benchmarks.prove_planted import made_world
from benchmarks.record import RESULTS, write

from qipan.bootstrap.policy import parameters_of
from qipan.facts.catalog import Catalog
from qipan.policy.compare import compare
from qipan.policy.model.lever import Lever, Pull
from qipan.policy.model.study import Step, Study
from qipan.policy.simulate import Scene, simulate
from qipan.policy.stage import stage

MEMBERS, PEER_MEMBERS, EACH = 10_000, 1_000, 300.0
CASES = {"quarters_60": (60, Step.QUARTER, 5.0), "years_15": (15, Step.YEAR, 2.0)}
"""Periods, their length, and the aim in seconds for 10,000 members."""
AIM_COMPARE_S = 150.0


def main() -> int:
    """Run the benchmark; exit 1 if answers differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--compare-members", type=int, default=MEMBERS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    parameters = parameters_of(Catalog.load(None))
    world = made_world(parameters, np.random.default_rng(0))
    pulls = tuple(Pull(lever, EACH, world.regions[:20]) for lever in Lever)

    def staged(periods: int, step: Step, members: int) -> Scene:
        return stage(Study("bench", "none", 2025, periods, step, members, 1, pulls), world, parameters).scene

    simulate(staged(2, Step.YEAR, 2), Lever)
    cases: dict[str, Any] = {}
    for name, (periods, step, aim_s) in CASES.items():
        scene, drawn = timed(lambda p=periods, s=step: staged(p, s, asked.members))
        found, ran = timed(lambda one=scene: simulate(one, Lever))
        fewer = min(PEER_MEMBERS, asked.members)
        small, _ = timed(lambda p=periods, s=step, m=fewer: staged(p, s, m))
        peer, slow = timed(lambda one=small: numpy_policy.run(one, tuple(Lever)))
        same = simulate(small, Lever)
        apart = max(
            float(np.abs(same.paths[:, :, 0] / peer["output"] - 1.0).max()),
            float(np.abs(same.paths[:, :, 1] - peer["theil"]).max()),
            float(np.abs(same.to_gap - peer["to_gap"]).max()),
        )
        scaled = {key: value * asked.members / fewer for key, value in slow.items()}
        cases[name] = {
            "members": len(found.paths), "regions": len(world.regions), "periods": periods, "aim_s": aim_s,
            "drawing": drawn, "compiled": ran, "numpy": scaled, "numpy_members": fewer,
            "times_as_fast": round(scaled["cpu_s"] / ran["cpu_s"], 2), "apart_at_most": apart,
        }  # fmt: skip
    scene = staged(15, Step.YEAR, asked.compare_members)
    made, took = timed(lambda: compare(scene))
    result = {
        "cases": cases,
        "compare": {"members": asked.compare_members, "combinations": len(made.values), "aim_s": AIM_COMPARE_S, **took},
    }
    print(json.dumps(result, indent=2))
    print(write("bench_policy", result, asked.results))
    return 0 if all(one["apart_at_most"] < 1e-8 for one in cases.values()) else 1


def timed(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return an answer with what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return found, {
        "wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(time.process_time() - cpu, 2),
    }  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    raise SystemExit(main())
