"""Prove calibration on planted worlds: each has parameters of its own, a history that they made, and levers.

Parameters of the path without AI are drawn from the prior, those of AI and levers from their triangles. A history of
31 regions is made, the calibration sees only that; counted is how often each planted parameter lies in its interval of
90 %. Levers are ranked by what each does to the gap with the same money: once with the planted parameters, once by the
median of the calibrated study. A world is ranked rightly if at least 12 of its 15 pairs of levers stand in order.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.record import RESULTS, write

from qipan.bootstrap.policy import parameters_of
from qipan.facts.catalog import Catalog
from qipan.policy.calibrate import WALKING, _prior, calibrate
from qipan.policy.draw import Draws, State, draw, walk
from qipan.policy.lay_out import lay_out
from qipan.policy.model.history import History
from qipan.policy.model.lever import Lever, Pull
from qipan.policy.model.parameter import BASELINE, Parameters
from qipan.policy.model.study import Study
from qipan.policy.model.world import MAY, Stock, World
from qipan.policy.simulate import Scene, simulate, spend

WORLDS, YEARS, MEMBERS, PERIODS, COST, PAIRS = 100, 20, 200, 10, 500.0, 12


def main() -> int:
    """Run the proof; exit 1 if a parameter's interval holds less than 85 of 100."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    began = time.process_time()
    result = prove(asked.worlds, asked.seed)
    result["cpu_s"] = round(time.process_time() - began, 1)
    print(json.dumps(result, indent=2))
    print(write("prove_planted", result, asked.results))
    return 0 if result["least_held"] >= 0.85 else 1


def prove(worlds: int, seed: int) -> dict[str, Any]:
    """Return how often intervals held what was planted, and levers were ranked rightly."""
    parameters = parameters_of(Catalog.load(None))
    held, right, pairs, top = np.zeros(len(BASELINE)), 0, 0, 0
    for number in range(worlds):
        rng = np.random.default_rng([seed, number])
        regions = made_world(parameters, rng)
        planted = plant(parameters, rng)
        history = make_history(regions, planted, rng)
        found = calibrate(history, parameters, rng)
        held += [one.low <= value <= one.high for one, value in zip(found.learned, planted, strict=True)]
        drawn = draw(parameters, MEMBERS, PERIODS, rng)
        baseline, state = found.members(MEMBERS, rng)
        seen = rank(regions, Draws(drawn.structure, baseline, drawn.chance), state, rng)
        one = draw(parameters, MEMBERS, PERIODS, rng)
        # One truth, with what chance adds to it.
        truth = np.repeat(one.structure[:1], MEMBERS, axis=0), np.repeat(planted[None, :], MEMBERS, axis=0)
        was = rank(regions, Draws(*truth, one.chance), State(state.relative, state.moved), rng)
        agreed = sum((seen[a] < seen[b]) == (was[a] < was[b]) for a, b in combinations(range(len(Lever)), 2))
        pairs += agreed
        right += agreed >= PAIRS
        top += int(np.argmin(seen) == np.argmin(was))
    count = len(Lever) * (len(Lever) - 1) // 2
    return {
        "worlds": worlds,
        "history_years": YEARS,
        "seed": seed,
        "held": {name: round(float(one) / worlds, 3) for name, one in zip(BASELINE, held, strict=True)},
        "least_held": float(held.min()) / worlds,
        "held_of_all": round(float(held.sum()) / worlds / len(BASELINE), 3),
        "levers_ranked_rightly": right / worlds,
        "pairs_of_levers_in_order": round(pairs / worlds / count, 3),
        "best_lever_is_best": top / worlds,
    }


def made_world(parameters: Parameters, rng: np.random.Generator) -> World:
    """Return 31 regions, of which nothing but people and output is told."""
    people = rng.uniform(300.0, 9000.0, 31)
    told = {name: np.full(31, np.nan) for name in MAY}
    told |= {"population": people, Stock.OUTPUT: people * rng.lognormal(1.6, 0.45, 31)}
    near = rng.uniform(0.2, 1.0, (31, 31))
    return lay_out(tuple(f"r{at:02d}" for at in range(31)), told, parameters, 0.1, nearness=near, groups={})


def plant(parameters: Parameters, rng: np.random.Generator) -> np.ndarray:
    """Return parameters of the path without AI, drawn from the prior that calibration has, as `BASELINE` has them."""
    growth = rng.normal(*_prior(parameters["growth"]))
    spread = parameters["growth_deviation"].likely * np.sqrt(3.0 / rng.chisquare(3))
    while True:
        drawn = np.array([rng.normal(*_prior(parameters[name])) for name in WALKING])
        _, wander, stays, momentum, own = drawn
        if wander > 1e-6 and own > 1e-6 and abs(stays) < 0.999 and abs(momentum) < 0.999:
            return np.array([growth, spread, *drawn])


def make_history(world: World, planted: np.ndarray, rng: np.random.Generator) -> History:
    """Return a history that the planted parameters make."""
    log = np.log(world.stocks[Stock.OUTPUT] / world.population)
    path = walk(planted[None, :], State(log - log.mean(), np.zeros(31)), YEARS - 1, rng)[0]
    people = np.tile(world.population, (YEARS, 1))
    return History(world.regions, tuple(range(2000, 2000 + YEARS)), np.exp(path), people)


def rank(world: World, draws: Draws, state: State, rng: np.random.Generator) -> list[float]:
    """Return what each lever does to Theil's T at the end with the same money, the median of members."""
    study = Study("planted", "none", 2025, PERIODS, members=MEMBERS)
    path = walk(draws.baseline, state, PERIODS, rng)
    base = path - path[:, :1] + np.log(world.stocks[Stock.OUTPUT])
    behind = tuple(np.array(world.regions)[np.argsort(world.stocks[Stock.OUTPUT] / world.population)[:20]].tolist())
    scene = Scene(world, base, draws, spend([Pull(lever, COST, behind) for lever in Lever], world, study))
    none = simulate(scene).paths[:, -1, 1]
    return [float(np.median(simulate(scene, [lever]).paths[:, -1, 1] - none)) for lever in Lever]


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    raise SystemExit(main())
