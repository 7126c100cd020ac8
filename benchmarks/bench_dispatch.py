"""Compare our approach with HiGHS on made days of four sizes: same programme, same run, CPU seconds and memory.

Every measurement is a process of its own, so that its CPU seconds and its peak memory are its own; compiling our
kernels is left out, building the model is counted. Ours stops at a certified gap, HiGHS at the optimum; where HiGHS
ends within its time its optimum must lie between our bound and our cost. A peer that does not end counts as "at least".
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers import FIRST_ORDER, PEERS, ask
from benchmarks.random_programme import SIZES, programme
from benchmarks.record import RESULTS, write

GAP = 1e-3
CAP_S = 300.0
WAYS = {"ours": "ours, to a certified gap", **PEERS}
SLACK = 1e-6
PATIENCE = 2.0
"""A peer that has not ended after so many times the cap is stopped from outside."""


def main() -> int:
    """Measure every way on every size, hold the optima against each other, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), help="or files of instances")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--cap", type=float, default=CAP_S, help="seconds after which a peer is stopped")
    parser.add_argument("--alone", action="store_true", help="without peers, told in bench_dispatch_alone.json")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure is not None:
        return measure(asked.measure, asked.sizes[0], asked.seeds[0], asked.cap)
    days: list[dict[str, Any]] = []
    for size in asked.sizes:
        for seed in asked.seeds:
            days.append(compare(size, seed, asked.cap, ["ours"] if asked.alone else hopeful(days)))
    grown = growth(days)
    for step, exponents in grown.items():
        print(step, ", ".join(f"{way} {exponent:.2f}" for way, exponent in exponents.items()))
    told = {"gap": GAP, "first_order": FIRST_ORDER, "cap_s": asked.cap, "ways": WAYS, "days": days, "growth": grown}
    path = write("bench_dispatch_alone" if asked.alone else "bench_dispatch", told, asked.results)
    print(f"See {path.name}.")
    return 0


def hopeful(days: list[dict[str, Any]]) -> list[str]:
    """Return the ways to try on the next day, which is no smaller.

    A peer is not tried again that did not end, or took ten times as long as the best one where that took a second.
    """
    ways = list(WAYS)
    for day in days:
        best_s = min((run["cpu_s"] for way, run in day["runs"].items() if way in PEERS and run["has_ended"]), default=0)
        for way, run in day["runs"].items():
            if way in ways and way in PEERS and (not run["has_ended"] or run["cpu_s"] > 10 * best_s > 10):
                ways.remove(way)
    return ways


def compare(size: str, seed: int, cap_s: float, ways: list[str]) -> dict[str, Any]:
    """Measure some ways on one day."""
    runs = {way: _child(way, size, seed, cap_s) for way in ways}
    ours = runs["ours"]
    slack = SLACK * abs(ours["cost_fen"])
    for way, run in runs.items():
        if way not in PEERS:
            continue
        near = slack if run["is_optimal"] else 10 * FIRST_ORDER * abs(ours["cost_fen"])
        if run["has_ended"] and not ours["bound_fen"] - near <= run["cost_fen"] <= ours["cost_fen"] + near:
            raise RuntimeError(
                f"The cost of {way} must lie between our bound and our cost, was {run['cost_fen']:g}, "
                f"not within {ours['bound_fen']:g} and {ours['cost_fen']:g}, on {size}, seed {seed}."
            )
    for way, run in runs.items():
        least = "" if run["has_ended"] else "at least "
        ratio = run["cpu_s"] / ours["cpu_s"]
        print(
            f"{size:9} seed {seed}  {way:24} {least}{run['cpu_s']:8.2f} s  {run['peak_mb']:7.0f} MB"
            f"  {least}{ratio:6.1f} x ours" + (f"  gap {run['gap']:.2e}" if way == "ours" else ""),
            flush=True,
        )
    theirs_s = [run["cpu_s"] for way, run in runs.items() if way in PEERS]
    ended = [run["cpu_s"] for way, run in runs.items() if way in PEERS and run["has_ended"]]
    if theirs_s:
        best_s, least = (min(ended), "") if ended else (max(theirs_s), "at least ")
        print(f"{size:9} seed {seed}  the best peer: {least}{best_s / ours['cpu_s']:.1f} x ours", flush=True)
    return {"size": size, "seed": seed, "runs": runs}


def growth(days: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return how CPU seconds grow from size to size, as the exponent of sites x slots x classes; medians over seeds."""
    sizes = [size for size in SIZES if any(day["size"] == size for day in days)]

    def seconds(size: str, way: str) -> float | None:
        runs = [day["runs"][way] for day in days if day["size"] == size and way in day["runs"]]
        ended = [run["cpu_s"] for run in runs if run["has_ended"]]
        return statistics.median(ended) if ended and len(ended) == len(runs) else None

    told: dict[str, dict[str, float]] = {}
    for small, large in pairwise(sizes):
        times = math.log(math.prod(SIZES[large]) / math.prod(SIZES[small]))
        for way in WAYS:
            before, after = seconds(small, way), seconds(large, way)
            if before and after:
                told.setdefault(f"{small} to {large}", {})[way] = math.log(after / before) / times
    return told


def measure(way: str, size: str, seed: int, cap_s: float) -> int:
    """Build and solve one day in this process, and print what it took."""
    from qipan.dispatch.sources.instance import read

    made = programme(*SIZES[size], seed) if size in SIZES else read(Path(size).read_bytes())
    run = ours if way == "ours" else theirs
    for coupled in (False, True):
        # What is compiled and imported first is not measured; linopy writes no meters.
        if way == "ours" or not coupled:
            run(programme(2, 4, 8, 0, coupled=coupled), way, cap_s)
    began = time.process_time()
    told = run(made, way, cap_s)
    told["cpu_s"] = time.process_time() - began
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(json.dumps(told))
    return 0


def ours(made: Any, way: str, cap_s: float) -> dict[str, Any]:
    """Approach the least cost from both sides."""
    from qipan.dispatch.solver.approach import approach

    del way, cap_s
    # What is compiled first is a programme too small to be stepped towards.
    is_small = len(made.classes) < 10
    found = approach(*made, gap=GAP, **({"whole_most": 0} if is_small else {}))
    return {
        "cost_fen": found.plan.objective_fen,
        "bound_fen": found.bound_fen,
        "gap": found.gap,
        "steps": found.steps,
        "unserved_share": float(found.plan.unserved_unit_h.sum() / made.classes.demand_unit_h.sum()),
        "has_ended": found.gap <= GAP,
        "is_optimal": False,
    }


def theirs(made: Any, way: str, cap_s: float) -> dict[str, Any]:
    """Hand the programme to a peer, stopped at the cap."""
    found = ask(way, made, cap_s)
    return {
        "cost_fen": found.cost_fen,
        "status": found.status,
        "has_ended": found.has_ended,
        "is_optimal": found.has_ended and found.is_exact,
    }


def _child(way: str, size: str, seed: int, cap_s: float) -> dict[str, Any]:
    words = ["--measure", way, "--sizes", size, "--seeds", str(seed), "--cap", str(cap_s)]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        answer = subprocess.run(
            [sys.executable, __file__, *words], capture_output=True, text=True, check=False, timeout=PATIENCE * cap_s
        )
    except subprocess.TimeoutExpired:
        # Some peers build for longer than the cap, or do not look at it.
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = used.ru_utime + used.ru_stime - spent.ru_utime - spent.ru_stime
        told = {"cost_fen": None, "status": "stopped from outside", "has_ended": False, "is_optimal": False}
        return told | {"cpu_s": cpu_s, "peak_mb": used.ru_maxrss / 1024.0}
    if answer.returncode:
        raise RuntimeError(f"A measurement must end well, was {way} on {size}, seed {seed}:\n{answer.stderr}")
    return dict(json.loads(answer.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
