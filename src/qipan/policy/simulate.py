"""Simulate: run all members of a study over its periods, for one choice of levers.

What AI and levers add is worked out against a path of output without them (`draw.walk`, or one that an autoregressive
panel foresees). Members are independent, so threads share them and the result is the same for any number of threads.

Source: `acemoglu2025` (what AI may add to output), `solow1956` (capital).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.policy import step
from qipan.policy.draw import Draws
from qipan.policy.model.array import Floats
from qipan.policy.model.lever import Lever, Pull, Spending
from qipan.policy.model.result import LAST, MEASURES, Ensemble
from qipan.policy.model.study import Effect, Property, Study
from qipan.policy.model.world import Stock, Trait, World

CHUNK = 250
"""Members that a thread takes at a time."""
STARTS = (
    Stock.KNOWLEDGE, Stock.DATA, Stock.COMPUTE, Stock.TALENT, Stock.PENETRATION, Stock.CAPITAL, Stock.DISPLACED,
)  # fmt: skip
"""Stocks in the order in which the compiled step reads them."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A study that is ready to run, for any choice of levers.

    Attributes
    ----------
    base
        Logarithm of output without AI by year, ``(members, years + 1, regions)``.
    spending
        All levers of the study.
    on
        Properties that hold.
    effects
        Effects of figure 2 that count.
    """

    world: World
    base: Floats
    draws: Draws
    spending: Spending
    on: frozenset[Property] = frozenset(Property)
    effects: frozenset[Effect] = frozenset(Effect)


def simulate(scene: Scene, levers: Iterable[Lever] = (), *, threads: int = 2) -> Ensemble:
    """Return what comes of each member where only these levers are pulled."""
    members, _, regions = scene.base.shape
    moments = len(scene.spending.yearly) + 1
    paths = np.zeros((members, moments, len(MEASURES)))
    last = np.zeros((members, regions, len(LAST)))
    told = np.zeros((members, 2, len(Effect)))
    broke = np.zeros(members)
    world, spending = scene.world, scene.spending.of(levers)
    starts = np.array([world.stocks[one] for one in STARTS])
    traits = np.array([world.traits[one] for one in Trait])
    # A column each: how much others' data count for a region.
    sharing = world.nearness / np.maximum(world.nearness.sum(axis=0), step.TINY)
    on, effects = _flags(Property, scene.on), _flags(Effect, scene.effects)

    def run(first: int) -> None:
        part = slice(first, first + CHUNK)
        step.run(
            scene.base[part], scene.draws.structure[part], starts, world.population, traits, world.nearness, sharing,
            on, effects, spending.yearly, scene.draws.chance[part], spending.years_a_period, paths[part], last[part],
            told[part], broke[part],
        )  # fmt: skip

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(run, range(0, members, CHUNK)))
    return Ensemble(paths, last, told[:, 0], told[:, 1], broke.astype(np.int64))


def spend(pulls: Sequence[Pull], world: World, study: Study) -> Spending:
    """Return the account of all levers: each is shared among its regions by people, in the years it is pulled.

    Raises
    ------
    BadInputError
        ``lever_nowhere``.
    """
    yearly = np.zeros((study.periods, len(Lever), len(world.regions)))
    years = study.start_year + np.arange(study.periods) * study.step.years
    order = {lever: at for at, lever in enumerate(Lever)}
    for one in pulls:
        is_there = _where(one, world)
        is_on = (years >= (one.first_year or study.start_year)) & (years < (one.end_year or np.inf))
        share = world.population * is_there
        yearly[:, order[one.lever]] += np.outer(is_on, one.cost_100m_yuan_a_year * share / share.sum())
    return Spending(yearly, study.step.years)


def only_equal(scene: Scene, lever: Lever) -> Scene:
    """Return the scene with all that the study spends spent on one lever, where and when it pulls it."""
    yearly = scene.spending.yearly
    at = list(Lever).index(lever)
    own, total = yearly[:, at].sum(), yearly.sum()
    changed = np.zeros_like(yearly)
    if own > 0.0:
        changed[:, at] = yearly[:, at] * (total / own)
    return replace(scene, spending=replace(scene.spending, yearly=changed))


def _where(one: Pull, world: World) -> Floats:
    """Return which regions a lever is pulled in, 0 or 1, ``(regions,)``."""
    if not one.where:
        return np.ones(len(world.regions))
    known = set(world.regions).union(*map(set, world.groups.values()))
    unknown = sorted(set(one.where) - known)
    if unknown:
        raise BadInputError(
            f"Lever {one.lever} must name regions or groups of the panel, was {', '.join(unknown)}.",
            code="lever_nowhere",
            hint="Name adcodes of the panel, or groups as east, central, west, northeast.",
        )
    is_named = [
        region in one.where or any(groups[at] in one.where for groups in world.groups.values())
        for at, region in enumerate(world.regions)
    ]
    return np.array(is_named, dtype=np.float64)


def _flags(names: Iterable[str], kept: Collection[str]) -> Floats:
    return np.array([name in kept for name in names], dtype=np.float64)
