"""Compare our approach with HiGHS on made days of four sizes: same programme, same run, CPU seconds and memory.

Every measurement is a process of its own, so that its CPU seconds and its peak memory are its own; compiling our
kernels is left out, building the model is counted. Ours stops at a certified gap, HiGHS at the optimum; where HiGHS
ends within its time its optimum must lie between our bound and our cost. A peer that does not end counts as "at least".
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GAP = 1e-3
CAP_S = 300.0
WAYS = {
    "ours": "ours, to a certified gap",
    "highs_simplex": "HiGHS, dual simplex, presolve off",
    "highs_simplex_presolved": "HiGHS, dual simplex, its own options",
    "highs_ipm": "HiGHS, interior point without crossover",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "highs_simplex": {"solver": "simplex", "presolve": "off"},
    "highs_simplex_presolved": {"solver": "simplex"},
    "highs_ipm": {"solver": "ipx", "run_crossover": "off"},
}
SLACK = 1e-6


def main() -> int:
    """Measure every way on every size, hold the optima against each other, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["small", "medium", "large"], help="or files of instances")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--cap", type=float, default=CAP_S, help="seconds after which a peer is stopped")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure is not None:
        return measure(asked.measure, asked.sizes[0], asked.seeds[0], asked.cap)
    days = [compare(size, seed, asked.cap) for size in asked.sizes for seed in asked.seeds]
    from benchmarks.record import write

    path = write("bench_dispatch", {"gap": GAP, "cap_s": asked.cap, "ways": WAYS, "days": days}, asked.results)
    print(f"See {path.name}.")
    return 0


def compare(size: str, seed: int, cap_s: float) -> dict[str, Any]:
    """Measure every way on one day."""
    runs = {way: _child(way, size, seed, cap_s) for way in WAYS}
    ours = runs["ours"]
    slack = SLACK * abs(ours["cost_fen"])
    for way, run in runs.items():
        if run["is_optimal"] and not ours["bound_fen"] - slack <= run["cost_fen"] <= ours["cost_fen"] + slack:
            raise RuntimeError(
                f"The optimum of {way} must lie between our bound and our cost, was {run['cost_fen']:g}, "
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
    return {"size": size, "seed": seed, "runs": runs}


def measure(way: str, size: str, seed: int, cap_s: float) -> int:
    """Build and solve one day in this process, and print what it took."""
    from benchmarks.random_programme import SIZES, programme

    from qipan.dispatch.sources.instance import read

    made = programme(*SIZES[size], seed) if size in SIZES else read(Path(size).read_bytes())
    run = ours if way == "ours" else highs
    for coupled in (False, True):
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


def highs(made: Any, way: str, cap_s: float) -> dict[str, Any]:
    """Hand the programme to HiGHS, one thread, stopped at the cap."""
    import highspy

    from qipan.dispatch.programme.formulate import formulate
    from qipan.dispatch.programme.simplex import model_of

    solver = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, "time_limit": cap_s, **OPTIONS[way]}.items():
        solver.setOptionValue(name, value)
    solver.passModel(model_of(formulate(*made)))
    solver.run()
    status = solver.getModelStatus()
    has_ended = status == highspy.HighsModelStatus.kOptimal
    return {
        "cost_fen": float(solver.getInfo().objective_function_value) if has_ended else None,
        "status": solver.modelStatusToString(status),
        "has_ended": has_ended,
        "is_optimal": has_ended,
    }


def _child(way: str, size: str, seed: int, cap_s: float) -> dict[str, Any]:
    words = ["--measure", way, "--sizes", size, "--seeds", str(seed), "--cap", str(cap_s)]
    answer = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"A measurement must end well, was {way} on {size}, seed {seed}:\n{answer.stderr}")
    return dict(json.loads(answer.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
