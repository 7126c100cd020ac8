"""Plan five years of a made national scenario, beside building nothing and beside following shadow prices.

On small made instances the decomposition is held against one large linear programme first; they must agree to 1e-6.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GAP = 1e-3
CAP_S = 150.0
SAME = 1e-6
SMALL = 5
"""Small instances, half of them with a limit of carbon."""


def main() -> int:
    """Hold small instances against the large programme, run the national scenario, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gap", type=float, default=GAP)
    parser.add_argument("--cap", type=float, default=CAP_S, help="CPU seconds after which the plan stops, however near")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    asked = parser.parse_args()
    small = [hold(seed, carbon_kg) for seed in range(SMALL) for carbon_kg in (np.inf, 3e5)]
    apart = max(one["apart"] for one in small)
    if apart > SAME:
        raise RuntimeError(f"Decomposition and large programme must agree to {SAME:g}, were {apart:g} apart.")
    print(f"{len(small)} small instances: at most {apart:.1e} apart from one large programme")
    told = national(asked.gap, asked.cap)
    from benchmarks.record import write

    path = write("bench_expand", {"cap_s": asked.cap, "gap": asked.gap, "small": small, **told}, asked.results)
    print(f"See {path.name}.")
    return 0


def hold(seed: int, carbon_kg: float) -> dict[str, Any]:
    """Plan a small instance both ways."""
    from benchmarks.random_prospect import prospect

    from qipan.dispatch.expansion.expand import expand
    from qipan.dispatch.expansion.join import join

    made = prospect(3, 6, 20, seed, years=3, days=2, growths=2, origins=3, carbon_kg=carbon_kg)
    found = expand(made, gap=1e-8)
    cost_fen, _ = join(made)
    return {
        "seed": seed,
        "has_carbon_limit": bool(np.isfinite(carbon_kg)),
        "apart": abs(found.cost_fen - cost_fen) / abs(cost_fen),
        "steps": found.steps,
    }


def national(gap: float, cap_s: float) -> dict[str, Any]:
    """Plan the national scenario and hold it against the alternatives."""
    from benchmarks.national_prospect import national_prospect

    from qipan.dispatch.expansion.follow import weigh
    from qipan.dispatch.expansion.tell import tell

    prospect = national_prospect()
    began, cpu = time.monotonic(), time.process_time()

    def is_enough(steps: int, cost_fen: float, bound_fen: float) -> bool:
        print(f"{steps:4} cost {cost_fen:.5g} bound {bound_fen:.5g}", flush=True)
        return time.process_time() - cpu > cap_s

    weighed = weigh(prospect, gap=gap, is_enough=is_enough)
    told = tell(prospect, weighed)
    plan_fen = weighed.plan.cost_fen
    ratios = {f"{name}_over_plan": told[name]["cost_fen"] / plan_fen for name in ("nothing", "followed")}
    print(", ".join(f"{name} {value:.4f}" for name, value in ratios.items()), f"gap {weighed.plan.gap:.2e}")
    built = [one for one in told.pop("options") if one["first_year"] is not None]
    return {
        "options": len(prospect.options),
        "cases": len(prospect.weight),
        "wall_s": time.monotonic() - began,
        "cpu_s": time.process_time() - cpu,
        **ratios,
        "national": told | {"built": [{name: one[name] for name in KEPT} for one in built]},
    }


KEPT = (
    "option_id",
    "first_year",
    "standing",
    "cost_fen_per_unit_year",
    "first_unit_worth_fen_per_year",
    "next_unit_worth_fen_per_year",
)


if __name__ == "__main__":
    sys.exit(main())
