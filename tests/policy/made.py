"""Worlds, parameters and histories for tests of policy."""

from __future__ import annotations

from functools import cache

import numpy as np

from qipan.bootstrap.policy import parameters_of
from qipan.facts.catalog import Catalog
from qipan.policy.draw import Draws, draw
from qipan.policy.lay_out import lay_out
from qipan.policy.model.history import History
from qipan.policy.model.lever import Lever, Pull, Spending
from qipan.policy.model.parameter import Parameter
from qipan.policy.model.study import Effect, Property, Step, Study
from qipan.policy.model.world import MAY, Stock, World
from qipan.policy.simulate import Scene, spend

STILL = (
    "adoption_speed", "adoption_spread", "knowledge_of_data", "knowledge_of_compute", "knowledge_of_talent",
    "data_shared", "talent_mobility", "breakthroughs_a_year", "breakthrough_gain", "compute_follows", "compute_moved",
    "learning", "adoption_of_knowledge", "capital_share", "displaced_share",
)  # fmt: skip
"""At 0 nothing moves."""


@cache
def shipped() -> dict[str, Parameter]:
    return parameters_of(Catalog.load(None))


def fixed(**values: float) -> dict[str, Parameter]:
    """Return parameters without a range: what moves is 0 unless it is given, the rest is likeliest."""
    still = dict.fromkeys(STILL, 0.0) | values
    return {
        name: Parameter(name, *(still.get(name, one.likely),) * 3, one.unit, "a test")
        for name, one in shipped().items()
    }


def world(count: int = 6, seed: int = 0, **told) -> World:
    """Return regions: alike where ``seed`` is 0, drawn else; columns may be told."""
    rng = np.random.default_rng(seed)
    people = np.full(count, 1000.0) if not seed else rng.uniform(300.0, 9000.0, count)
    output = 5.0 * people if not seed else people * rng.lognormal(1.6, 0.5, count)
    columns = {name: np.full(count, np.nan) for name in MAY}
    near = np.ones((count, count)) if not seed else rng.uniform(0.1, 1.0, (count, count))
    columns |= {"population": people, Stock.OUTPUT: output} | {k: np.asarray(v, float) for k, v in told.items()}
    return lay_out(tuple(f"r{at}" for at in range(count)), columns, shipped(), 0.1, nearness=near, groups={})


def scene(
    regions: World,
    parameters=None,
    *,
    periods=5,
    step=Step.YEAR,
    members=3,
    seed=1,
    pulls=(),
    on=Property,
    effects=Effect,
) -> Scene:
    """Return a scene whose path without AI does not move, or moves at random where parameters are drawn."""
    chosen = parameters or shipped()
    rng = np.random.default_rng(seed)
    drawn: Draws = draw(chosen, members, periods, rng)
    study = Study("a test", "none", 2025, periods, step, members, seed)
    years = int(np.ceil(study.years))
    base = np.repeat(np.log(regions.stocks[Stock.OUTPUT])[None, None, :], members, axis=0)
    base = np.repeat(base, years + 1, axis=1)
    if parameters is None:
        base[:, 1:] += rng.normal(0.03, 0.03, (members, years, len(regions.regions))).cumsum(axis=1)
    spending: Spending = spend(pulls, regions, study)
    return Scene(regions, base, drawn, spending, frozenset(on), frozenset(effects))


def all_pulls(cost: float = 50.0, where: tuple[str, ...] = ("r0", "r1", "r2")) -> tuple[Pull, ...]:
    return tuple(Pull(lever, cost, where) for lever in Lever)


def history(
    years: int = 16, count: int = 31, seed: int = 1, speed: float = 0.02, wander: float = 0.01, stays: float = 0.5,
    momentum: float = 0.3, own: float = 0.02,
) -> History:  # fmt: skip
    """Return a history that the model itself has made."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, 0.45, count)
    moved, at, rows = np.zeros(count), speed, [x.copy()]
    for _ in range(years - 1):
        centred = x - x.mean()
        moved = momentum * moved - at * centred + own * rng.standard_normal(count)
        moved -= moved.mean()
        x = x + moved
        at = speed + stays * (at - speed) + wander * rng.standard_normal()
        rows.append(x.copy())
    people = rng.uniform(300.0, 9000.0, count)
    level = 0.05 * np.arange(years)[:, None] + rng.normal(0, 0.02, (years, 1)).cumsum(axis=0)
    per_head = np.exp(np.array(rows) + level)
    return History(
        tuple(f"r{at:02d}" for at in range(count)),
        tuple(range(2000, 2000 + years)),
        per_head,
        np.tile(people, (years, 1)),
    )
