"""Plan courses for made persons up to 100,000 x 5,000 modules x 50,000 jobs: time, memory, who has a plan, and why not.

Each measurement is a process of its own. On a sample of the persons, whatever they found is compared with the optimum
of a mixed-integer programme (HiGHS) on the jobs of their regions, at the smallest size; both must agree.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_courses import random_courses
from benchmarks.record import RESULTS, write
from tests.talent.plans.made import shortest

from qipan.talent.plans.find_plans import find_plans

SIZE = (100_000, 5_000, 50_000)
PARTS = (100, 10, 1)
"""Every size is this part of the whole."""
SAMPLE = 50


def main() -> None:
    """Measure all sizes, each in a process of its own; print and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--parts", type=int, nargs="+", default=PARTS, help="Parts of the whole, as 100 for a hundredth."
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--one", type=int, metavar="PART", help="Measure one size, here.")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.seed)))
        return
    find_plans(*random_courses(5, 5, 5, seed=0))  # compiled once for all
    runs = [in_own_process("--one", str(part), "--seed", str(options.seed)) for part in options.parts]
    result = {"seed": options.seed, "runs": runs, "beside": beside(options.seed)}
    print(json.dumps(result, indent=2))
    print(write("bench_plans", result, options.results))


def in_own_process(*words: str) -> dict[str, Any]:
    """Run this file with other words and return what it printed."""
    answer = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def measure(part: int, seed: int) -> dict[str, Any]:
    """Plan for one part of the whole, and look at what was held; compiling is left out by a small one first."""
    find_plans(*random_courses(5, 5, 5, seed=0))
    people, offer = random_courses(*(size // part for size in SIZE), seed=seed)
    made_mb = peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    found = find_plans(people, offer)
    plan_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    plans = [one.plan for one in found if one.plan]
    seats = Counter(one.module_id for plan in plans for one in plan.modules)
    openings = Counter(plan.job.job_id for plan in plans)
    return {
        "persons": len(people),
        "modules": len(offer.modules),
        "jobs": len(offer.jobs),
        "planned": len(plans),
        "without_modules": sum(not plan.modules for plan in plans),
        "mean_hours": round(sum(plan.hours for plan in plans) / max(1, len(plans)), 1),
        "most_modules": max((len(plan.modules) for plan in plans), default=0),
        "obstacles": dict(Counter(one.obstacle.value for one in found if one.obstacle)),
        "seats_exceeded": sum(seats[one.module_id] > one.seats for one in offer.modules),
        "openings_exceeded": sum(openings[one.job_id] > one.openings for one in offer.jobs),
        "plan_s": round(plan_s, 2),
        "plan_cpu_s": round(cpu_s, 2),
        "made_mb": made_mb,
        "peak_mb": peak_mb(),
    }


def beside(seed: int) -> dict[str, Any]:
    """Compare the plans of a sample, each alone, with the optimum of a programme."""
    people, offer = random_courses(*(size // PARTS[0] for size in SIZE), seed=seed)
    seats = {one.module_id: one.seats for one in offer.modules}
    openings = {one.job_id: one.openings for one in offer.jobs}
    differ, ours_s, theirs_s = 0, 0.0, 0.0
    for person in people[:SAMPLE]:
        began = time.perf_counter()
        (told,) = find_plans((person,), offer, alternatives=0)
        ours_s += time.perf_counter() - began
        began = time.perf_counter()
        best = shortest(person, offer, seats, openings)
        theirs_s += time.perf_counter() - began
        ours = (told.plan.hours, told.plan.cost_fen, len(told.plan.modules)) if told.plan else None
        differ += ours != best
    return {"persons": SAMPLE, "differ": differ, "ours_s": round(ours_s, 2), "highs_s": round(theirs_s, 2)}


def peak_mb() -> int:
    """Return the most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


if __name__ == "__main__":
    main()
