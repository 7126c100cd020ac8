"""Estimate the effect of the Pennsylvania bonus trial, learn whom to offer it, and hold the placebo to its rate.

What is asked was written down before any answer was seen: logarithm of weeks, the covariates of the published
estimate, the published arm (4) and all arms together, policies learned from one half and judged on the other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.record import RESULTS, ROOT, write

from qipan.bootstrap.effects import Columns, read_trial
from qipan.talent.effects.tell import Asked, tell_effect

NUMBERS = (
    "female", "black", "othrace", "q2", "q3", "q4", "q5", "q6", "agelt35", "agegt54", "durable", "lusd", "husd",
)  # fmt: skip
PUBLISHED = {"value": -0.0855, "error": 0.0359, "low_95": -0.1557, "high_95": -0.0152}
"""Arm 4 against the controls, without covariates."""
ARMS = {"arm 4": ("4",), "all arms": tuple("123456")}
DRAWS = 1000
SEEDS = 20
"""Other ways to halve the trial, to see how much of what the policy gains is the luck of one of them."""


def main() -> None:
    """Estimate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data"))
    data = gzip.decompress((folder / "labour" / "reemployment_trial.txt.gz").read_bytes())
    result = {"published": PUBLISHED, "draws": DRAWS, **{name: ask(data, arms) for name, arms in ARMS.items()}}
    print(json.dumps(result, indent=2))
    print(write("bench_effect", result, options.results))


def ask(data: bytes, arms: tuple[str, ...]) -> dict[str, Any]:
    """Return what the trial of some arms tells."""
    trial = read_trial(data, Columns("tg", "inuidur1", arms, "0", NUMBERS, ("dep",), is_log=True)).trial
    began = time.process_time()
    told = tell_effect(trial, Asked(is_more_better=False, draws=DRAWS))
    took = time.process_time() - began
    others = [
        tell_effect(trial, Asked(is_more_better=False, draws=0, seed=seed))["targeting"]["pooled"]
        for seed in range(1, SEEDS + 1)
    ]
    return {
        "treated": told["treated"],
        "controls": told["controls"],
        "imbalance_p": round(told["imbalance"]["p_value"], 4),
        "effects": {name: rounded(one) for name, one in told["effects"].items()},
        "treated_share": [round(half["treated_share"], 3) for half in told["targeting"]["halves"]],
        "held_out_half": {name: rounded(one) for name, one in told["targeting"]["halves"][0]["gains"].items()},
        "both_halves": {name: rounded(one) for name, one in told["targeting"]["pooled"].items()},
        "both_halves_of_other_seeds": {
            name: {
                "gain_median": round(float(np.median([one[name]["gain"] for one in others])), 4),
                "lower_95_median": round(float(np.median([one[name]["lower_95"] for one in others])), 4),
                "lower_95_above_0": sum(one[name]["lower_95"] > 0.0 for one in others),
                "seeds": SEEDS,
            }
            for name in others[0]
        },
        "placebo": [
            {key: one[key] for key in ("estimator", "level", "rejected", "low_95", "high_95", "is_nominal")}
            for one in told["placebo"]
        ],
        "cpu_s": round(took, 1),
    }


def rounded(one: dict[str, float]) -> dict[str, float]:
    """Return numbers with four digits."""
    return {name: round(value, 4) for name, value in one.items()}


if __name__ == "__main__":
    main()
