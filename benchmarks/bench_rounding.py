"""Place a hundred thousand and a million whole jobs along a plan, and hold the cost against a proven bound.

Made days of `random_jobs`, once with every job preemptible and once with none. The plan is that of `approach` at a
certified gap; its CPU seconds are told apart. A preemptive day is held against the bound of the linear programme, one
without against the bound that knows that jobs are whole. Beside it stand two greedy placements that know no plan: jobs
as they were submitted, and by tier, slack and size, each at the seat with the least cost of running and moving that has
room. Compiling is left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GAP = 5e-4
DAYS = ((100_000, 0.5), (1_000_000, 0.5), (100_000, 0.68))
"""Jobs, and their work as a share of the cards; at the last one the plan can just serve everything."""
FEW = 1000
WAYS = {
    "ours": "along the plan: large before small, prices that lean towards the plan, those left over turn others out",
    "greedy": "plain greedy: as submitted, least full cost of running and moving",
    "greedy_by_tier": "strongest greedy: by tier, slack and size, least full cost of running and moving",
}


def main() -> int:
    """Measure every day, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, help="this many jobs, not the usual days")
    parser.add_argument("--share", type=float, default=0.5, help="their work as a share of the cards")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.jobs, asked.share, asked.seeds[0])))
        return 0
    days = []
    for count, share in DAYS if asked.jobs is None else ((asked.jobs, asked.share),):
        for seed in asked.seeds:
            days.append(_child(count, share, seed))
            show(days[-1])
    from benchmarks.record import write

    path = write("bench_rounding", {"gap_of_plan": GAP, "ways": WAYS, "days": days}, asked.results)
    print(f"See {path.name}.")
    return 0


def measure(count: int, share: float, seed: int) -> dict[str, Any]:
    """Plan a day, place its jobs in every way, preemptible or not; a small day before compiles what must be."""
    if count > FEW:
        measure(FEW, share, seed)
    from benchmarks.random_jobs import made_day

    from qipan.dispatch.jobs.classify import classify
    from qipan.dispatch.jobs.reach import reach, refusals
    from qipan.dispatch.model.plan import Reason
    from qipan.dispatch.placement.bound import proven_fen
    from qipan.dispatch.solver.approach import approach

    jobs, board, rules = made_day(count, seed, preemptible_share=0.0, share_of_cards=share)
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    began = time.process_time()
    near = approach(board, classes, rules, reached.takes[classes.streams.sort], gap=GAP, steps_most=6000)
    told: dict[str, Any] = {
        "jobs": count,
        "seed": seed,
        "share_of_cards": share,
        "plan": {
            "cpu_s": time.process_time() - began,
            "gap": near.gap,
            "bound_fen": near.bound_fen,
            "fen_per_unit_h": near.plan.objective_fen / jobs.work_unit_h.sum(),
            "unserved_share": float(near.plan.unserved_unit_h.sum() / classes.demand_unit_h.sum()),
        },
    }
    for name in ("preemptive", "non_preemptive"):
        ours = replace(jobs, preemptible=np.full(count, name == "preemptive"))
        case = (ours, board, rules, reached)
        bound = near.bound_fen
        if name == "non_preemptive":
            bound = max(bound, proven_fen(*case, refused=refused, plan=near.plan))
        ways = {way: _placed(way, case, refused, near.plan, bound) for way in WAYS}
        told[name] = {"bound_fen": bound, "bound_over_lp": bound / near.bound_fen - 1.0, "ways": ways}
    return told


def _placed(way: str, case: tuple[Any, ...], refused: Any, plan: Any, bound: float) -> dict[str, Any]:
    from qipan.dispatch.placement.score import planned_fen

    jobs, board, rules, reached = case
    run = _way(way)
    few = np.arange(0, len(jobs), max(1, len(jobs) // 50))
    run((jobs.take(few), board, rules, replace(reached, of_job=reached.of_job[few])), refused[few], plan)
    began = time.process_time()
    found = run(case, refused, plan)
    cpu_s = time.process_time() - began
    served, lost = planned_fen(jobs, board, rules, reached, found)
    work = jobs.work_unit_h
    held = work[found.has_place].sum()
    if not served + lost >= bound * (1.0 - 1e-9):
        raise RuntimeError(f"No placement may cost less than the bound, was {served + lost:g} below {bound:g}.")
    return {
        "cpu_s": cpu_s,
        "over_bound_with_unserved": (served + lost) / bound - 1.0,
        "over_bound_without_unserved": served / bound - 1.0,
        "unserved_share": float(1.0 - held / work.sum()),
        "unserved_jobs": int((~found.has_place).sum()),
        "served_fen_per_unit_h": served / held,
        "jobs_in_stretches": len(np.unique(found.stretches.job)),
        "stretches": len(found.stretches.job),
    }


def _way(way: str) -> Callable[..., Any]:
    from qipan.dispatch.placement.choose import prices_of
    from qipan.dispatch.placement.fill import fill, upright
    from qipan.dispatch.placement.place import place
    from qipan.dispatch.placement.seats import empty_seats
    from qipan.dispatch.placement.tell import placement
    from qipan.dispatch.placement.timeline import asks, timeline
    from qipan.dispatch.programme.formulate import running_fen_per_unit_h

    def ours(case: tuple[Any, ...], refused: Any, plan: Any) -> Any:
        return place(*case, refused=refused, plan=plan)

    def greedily(case: tuple[Any, ...], refused: Any, plan: Any) -> Any:
        del plan
        jobs, board, rules, reached = case
        ask, room = asks(jobs, board, reached), timeline(board)
        seats = empty_seats(ask, room.ticks_of_slot)
        by_tier = (-jobs.work_unit_h, jobs.latest_start_s - jobs.submit_s, jobs.tier)
        order = np.lexsort((jobs.submit_s,) if way == "greedy" else by_tier)
        fill(order, ask, prices_of(*case, running_fen_per_unit_h(board, rules)), upright(), room, seats)
        return placement(jobs, board, reached, refused=refused, seats=seats)

    return ours if way == "ours" else greedily


def show(day: dict[str, Any]) -> None:
    """Print one day."""
    plan = day["plan"]
    print(
        f"{day['jobs']:9,} jobs, seed {day['seed']}, work {day['share_of_cards']:g} of the cards; plan: "
        f"{plan['fen_per_unit_h']:.2f} fen/h, unserved {plan['unserved_share']:.3%}, gap {plan['gap']:.2%}, "
        f"{plan['cpu_s']:.1f} CPU s"
    )
    for name in ("preemptive", "non_preemptive"):
        for way, run in day[name]["ways"].items():
            print(
                f"  {name:14} {way:15} over bound {run['over_bound_with_unserved']:8.2%} with unserved, "
                f"{run['over_bound_without_unserved']:7.2%} without; unserved {run['unserved_share']:.3%}; "
                f"served {run['served_fen_per_unit_h']:6.2f} fen/h; {run['cpu_s']:6.2f} CPU s, "
                f"{run['cpu_s'] / day[name]['ways']['greedy']['cpu_s']:.2f} x greedy",
                flush=True,
            )


def _child(count: int, share: float, seed: int) -> dict[str, Any]:
    words = ["--measure", "--jobs", str(count), "--share", str(share), "--seeds", str(seed)]
    answer = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"A measurement must end well, was {count} jobs, seed {seed}:\n{answer.stderr}")
    return dict(json.loads(answer.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
