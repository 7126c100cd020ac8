"""Days of three real traces at three loads on the national fleet: ours beside six other policies and the bound.

Every policy places the same jobs on the same board, whole, under the same hard limits, and an independent checker goes
over each placement. Unserved work is told tier by tier; where ours leaves more of some tier than another policy, it
runs once more with the least that any other leaves as a cap on each tier (`placement.uphold`). Plants, wind,
curtailment and what others draw from the grid are modelled, and so are the hourly carbon factors that Carbon-Time waits
for.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

LEVELS = {"low": 0.3, "busy": 0.8, "overloaded": 1.3}
"""Load over the full load of the day."""
WITHIN = 0.01
"""Near enough to the bound, where ours is not the cheapest."""
UNIT_H = 1e-6
"""Unserved work below this is none."""
QIPAN, UPHELD = "qipan", "upheld"
"""Ours, and ours with caps on what is left of each tier; all other policies are not ours."""
MODELLED = (
    "plants, stores and the load of others",
    "renewable uptake and curtailment",
    "grid peaks",
    "hourly carbon factors",
)


def main() -> int:
    """Measure, print, write, and render the page and its picture."""
    from benchmarks.trace_days import TRACES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", nargs="+", choices=TRACES, default=list(TRACES))
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    asked = parser.parse_args()
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "compute"
    if not folder.is_dir():
        print(f"Real traces must be at {folder}, were not; QIPAN_DATA names the folder that holds `compute`.")
        return 2
    from benchmarks.record import write
    from benchmarks.show_traces import table_of, write_page

    result = {"levels": LEVELS, "modelled": MODELLED, "days": measure(folder, asked.traces, asked.levels)}
    print("\n".join(table_of(result)))
    path = write("bench_traces", result, asked.results)
    print(f"See {path.name}.")
    if asked.results == ROOT / "benchmarks" / "results":
        write_page(path)
    ours = [day["policies"][name] for day in result["days"] for name in (QIPAN, UPHELD) if name in day["policies"]]
    return int(any(told["limits_broken"] for told in ours))


def measure(folder: Path, traces: list[str], levels: list[str]) -> list[dict[str, Any]]:
    """Return every trace at every level."""
    from benchmarks.trace_days import full_load, trace_day

    from qipan.bootstrap.services import build, initialise
    from qipan.settings import Settings

    days = []
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home) / "home")
        initialise(settings, datetime.now(UTC))
        services = build(settings)
        for name in traces:
            day = trace_day(services, folder, name)
            whole = full_load(day)
            for level in levels:
                load = LEVELS[level] * whole
                about = {"trace": name, "day": day.day.isoformat(), "level": level, "load": load, "full_load": whole}
                days.append(about | measure_day(day, load))
        services.books.close()
    return days


def measure_day(day: Any, load: float) -> dict[str, Any]:
    """Plan a day at a load, place it by every policy, and hold them side by side."""
    from qipan.dispatch.jobs.classify import classify
    from qipan.dispatch.jobs.reach import reach, refusals
    from qipan.dispatch.model.plan import Reason
    from qipan.dispatch.placement.bound import bound_fen
    from qipan.dispatch.placement.uphold import uphold
    from qipan.dispatch.plan import plan

    jobs, board, rules = day.at_load(load), day.board, day.rules
    began = time.process_time()
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    best = plan(board, classes, rules, reached.takes[classes.streams.sort])
    plan_cpu_s = time.process_time() - began
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    case = (jobs, board, rules, reached)
    policies: dict[str, dict[str, Any]] = {}
    ours = None
    for name, run in _policies(day, case, refused, best).items():
        found, cpu_s = _timed(run)
        policies[name] = _measured(name, day, case, refused, found, bound) | {"cpu_s": cpu_s}
        ours = found if name == QIPAN else ours
    upheld = None
    if verdict(policies)["serves_more"]:
        caps = np.min([told["unserved_unit_h"] for name, told in policies.items() if name != QIPAN], axis=0)
        given = {"refused": refused, "classes": classes, "plan": best, "found": ours, "caps_unit_h": caps[None, :]}
        kept, cpu_s = _timed(lambda: uphold(*case, **given))
        policies[UPHELD] = _measured(UPHELD, day, case, refused, kept.found, bound) | {"cpu_s": cpu_s}
        upheld = {
            "caps_unit_h": caps.tolist(),
            "worth_fen_per_unit_h": [tier.unserved_fen_per_unit_h for tier in kept.rules.tiers],
            "rounds": kept.rounds,
            "is_kept": kept.is_kept,
        }
    tier_of_class = classes.streams.tier[classes.stream]
    told = best.energy
    plants_kwh = float((board.energy.renewable_kw * board.slot_h).sum()) if board.energy is not None else 0.0
    taken = float(told.renewable_kwh.sum()) if told is not None else 0.0
    return {
        "jobs": len(jobs),
        "work_unit_h": float(classes.demand_unit_h.sum()),
        "refused_by_hard_limits": int((refused != Reason.NONE).sum()),
        "bound": {
            "plan_fen": best.objective_fen,
            "bound_fen": bound,
            "unserved_unit_h": np.bincount(tier_of_class, weights=best.unserved_unit_h, minlength=4).tolist(),
            "renewable_kwh": taken,
            "renewable_share": taken / plants_kwh if plants_kwh else 0.0,
            "grid_peak_kw": float(told.peak_kw.sum()) if told is not None else 0.0,
            "cpu_s": plan_cpu_s,
        },
        "policies": policies,
        "upheld": upheld,
        "verdict": verdict(policies),
        "verdict_upheld": verdict(policies, UPHELD) if upheld is not None else None,
    }


def _timed(run: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    found = run()
    return found, time.process_time() - began


def _policies(day: Any, case: tuple[Any, ...], refused: Any, best: Any) -> dict[str, Callable[[], Any]]:
    from qipan.dispatch.placement.baseline import Baseline, place_by
    from qipan.dispatch.placement.carbon_time import place_by_carbon_time
    from qipan.dispatch.placement.place import place

    def by(rule: Baseline) -> Callable[[], Any]:
        return lambda: place_by(rule, *case, refused=refused)

    ways: dict[str, Callable[[], Any]] = {QIPAN: lambda: place(*case, refused=refused, plan=best)}
    ways |= {rule.value: by(rule) for rule in Baseline}
    ways["carbon_time"] = lambda: place_by_carbon_time(*case, refused=refused, kg_per_kwh=day.kg_per_kwh)
    return ways


def _measured(name: str, day: Any, case: tuple[Any, ...], refused: Any, found: Any, bound_fen: float) -> dict[str, Any]:
    from tests.independent.check_placement import check_placement

    from qipan.dispatch.jobs.classify import planned_h
    from qipan.dispatch.model.plan import Reason
    from qipan.dispatch.placement.score import planned_fen, score, usage
    from qipan.dispatch.programme.buy import buy

    jobs, board, rules, reached = case
    served, lost = planned_fen(jobs, board, rules, reached, found)
    told = score(name, jobs, board, rules, reached, found=found)
    left = (found.pool < 0) & (refused == Reason.NONE)
    work = jobs.quantity * planned_h(jobs, board)
    unserved = np.bincount(jobs.tier[left], weights=work[left], minlength=4)
    drawn = buy(board, rules, usage(jobs, board, found).energy_kwh).energy.grid_kwh
    offered = told.renewable_kwh + told.curtailed_kwh
    return {
        "cost_fen": served + lost,
        "over_bound": (served + lost) / bound_fen - 1.0,
        "served_fen": served,
        "lost_fen": lost,
        "unserved_unit_h": unserved.tolist(),
        "unserved_jobs": int(left.sum()),
        "money_fen": told.cost_fen,
        "location_kg": told.location_kg,
        "market_kg": told.market_kg,
        "hourly_modelled_kg": float((drawn * day.kg_per_kwh).sum()),
        "realtime_p95_ms": told.realtime_p95_ms if np.isfinite(told.realtime_p95_ms) else None,
        "deadline_misses": told.deadline_misses,
        "grid_peak_kw": told.peak_raised_kw,
        "peak_kw": told.peak_kw,
        "renewable_kwh": told.renewable_kwh,
        "renewable_share": told.renewable_kwh / offered if offered else 0.0,
        "mean_wait_h": told.mean_wait_h,
        "limits_broken": check_placement(board, jobs, rules, found),
    }


def verdict(policies: dict[str, dict[str, Any]], name_of_ours: str = QIPAN) -> dict[str, Any]:
    """Hold ours, with caps or without, against every other policy: hard limits, unserved work tier by tier, cost.

    ``serves_more`` names the policies that leave less of some tier, with the tiers in which they do; ``serves_first``
    those that leave less of the most urgent tier in which both differ; ``cheaper`` those that cost less, work without
    a place at its value. It ``holds`` where none serves more of any tier and none is cheaper, or ours is near the
    bound.
    """
    ours = policies[name_of_ours]
    mine = np.array(ours["unserved_unit_h"])
    others = {name: told for name, told in policies.items() if name not in (QIPAN, UPHELD)}
    more, first, cheaper = {}, [], []
    for name, told in others.items():
        less = mine - np.array(told["unserved_unit_h"]) > UNIT_H
        differs = np.abs(mine - np.array(told["unserved_unit_h"])) > UNIT_H
        if less.any():
            more[name] = np.flatnonzero(less).tolist()
        if differs.any() and less[np.argmax(differs)]:
            first.append(name)
        if told["cost_fen"] < ours["cost_fen"]:
            cheaper.append(name)
    is_near = ours["over_bound"] <= WITHIN
    return {
        "keeps_limits": not ours["limits_broken"],
        "serves_more": more,
        "serves_first": first,
        "cheaper": cheaper,
        "within_bound": bool(is_near),
        "holds": bool(not ours["limits_broken"] and not more and (not cheaper or is_near)),
        "holds_by_urgency": bool(not ours["limits_broken"] and not first and (not cheaper or is_near)),
    }


if __name__ == "__main__":
    sys.exit(main())
