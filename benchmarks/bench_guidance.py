"""Hold lists that know of each other against everybody's own best, in made worlds of persons and jobs.

In each world all lists are made for the same aim, and live through the same lots: who is fit, who applies where, who
is drawn. Beside the two stand lists drawn at random from the twice as many best, a plain remedy for crowding. What is
told is how many more placements (and how much more gain) there are, as a share, over worlds, with the 95 % interval of
the mean.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.random_guidance import random_prospects, spread_lists
from benchmarks.record import RESULTS, write
from scipy import stats

from qipan.talent.guide.recommend import recommend, recommend_alone
from qipan.talent.guide.simulate import simulate
from qipan.talent.model.guidance import Aim, Behaviour, Prospects

MOST = 5
WORLDS, DRAWS = 8, 5
PERSONS, JOBS = 1_000, 200
ALIKE = (0.0, 0.5, 1.0)
TIGHTNESS = (0.5, 1.0, 2.0)
LARGE = (100_000, 20_000, 50)


def main() -> None:
    """Measure all worlds and one large problem; print and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    compare(persons=20, jobs=5, worlds=2, draws=1, alike=0.5, tightness=1.0, aim=Aim.GAIN, seed=0)  # compiled once
    runs = [
        {"aim": aim.value, "alike": alike, "tightness": tightness}
        | compare(
            persons=PERSONS, jobs=JOBS, worlds=options.worlds, draws=DRAWS, alike=alike, tightness=tightness, aim=aim,
            seed=options.seed,
        )
        for aim in Aim for alike in ALIKE for tightness in TIGHTNESS
    ]  # fmt: skip
    result = {
        "seed": options.seed, "persons": PERSONS, "jobs": JOBS, "most": MOST, "worlds": options.worlds, "draws": DRAWS,
        "runs": runs, "large": large(options.seed),
    }  # fmt: skip
    print(json.dumps(result, indent=2))
    print(write("bench_guidance", result, options.results))


def compare(
    *, persons: int, jobs: int, worlds: int, draws: int, alike: float, tightness: float, aim: Aim, seed: int
) -> dict[str, Any]:
    """Return by behaviour how much more lists bring that know of each other, over worlds."""
    gaps, more = [], {(one, what, beside): [] for one in Behaviour for what in (0, 1) for beside in (0, 1)}
    for world in range(worlds):
        made = random_prospects(persons, jobs, seed=seed + 1000 * world, alike=alike, tightness=tightness)
        found = recommend(made, MOST, aim, np.random.default_rng(seed + world))
        gaps.append(found.gap)
        lists = (recommend_alone(made, MOST, aim).chosen, spread_lists(made, MOST, seed, aim), found.chosen)
        for behaviour in Behaviour:
            alone, spread, ours = (lived(made, one, behaviour, draws, seed + world) for one in lists)
            for what in (0, 1):
                more[behaviour, what, 0].append(ours[what] / alone[what] - 1.0)
                more[behaviour, what, 1].append(ours[what] / spread[what] - 1.0)
    told: dict[str, Any] = {"gap_most": round(max(gaps), 5)}
    for one in Behaviour:
        told[one.value] = {
            "placements": interval(more[one, 0, 0]),
            "gain": interval(more[one, 1, 0]),
            "placements_over_spread": interval(more[one, 0, 1]),
        }
    return told


def lived(made: Prospects, chosen: np.ndarray, behaviour: Behaviour, draws: int, seed: int) -> tuple[float, float]:
    """Return placements and gain, the mean of several draws of lots."""
    hired = [simulate(made, chosen, MOST, behaviour, np.random.default_rng((seed, draw))) for draw in range(draws)]
    return float(np.mean([len(one) for one in hired])), float(np.mean([made.gain[one].sum() for one in hired]))


def interval(values: list[float]) -> dict[str, float]:
    """Return the mean over worlds with its 95 % interval (Student's t)."""
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
    wide = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return {"mean": round(mean, 4), "low_95": round(mean - wide, 4), "high_95": round(mean + wide, 4)}


def large(seed: int) -> dict[str, Any]:
    """Time lists for many persons."""
    persons, jobs, possible = LARGE
    made = random_prospects(persons, jobs, seed=seed, possible=possible)
    began, cpu = time.perf_counter(), time.process_time()
    found = recommend(made, MOST, Aim.GAIN, np.random.default_rng(seed))
    return {
        "persons": persons,
        "jobs": jobs,
        "pairs": len(made.job),
        "recommend_s": round(time.perf_counter() - began, 1),
        "recommend_cpu_s": round(time.process_time() - cpu, 1),
        "gap": round(found.gap, 5),
    }


if __name__ == "__main__":
    main()
