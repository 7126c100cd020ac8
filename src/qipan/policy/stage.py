"""Set the stage: from a study, its regions and its history, all that is the same whatever levers are pulled."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.policy.back_test import PANEL, BackTest, back_test
from qipan.policy.calibrate import Calibration, calibrate
from qipan.policy.draw import Draws, State, draw, walk
from qipan.policy.foresee import regress
from qipan.policy.model.array import Floats
from qipan.policy.model.history import History
from qipan.policy.model.lever import Spending
from qipan.policy.model.parameter import BASELINE, Parameters
from qipan.policy.model.study import Property, Study
from qipan.policy.model.world import Stock, World
from qipan.policy.simulate import Scene, spend

SPENT_MOST: Final = 0.1
"""Share of a year's output beyond which no lever is believed: its effects are those of small changes."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A scene, and what its path without AI rests on.

    Attributes
    ----------
    parameters
        All that the members were drawn from, before the history.
    calibration, tested
        What the history told, and how forecasts from it fared; none where there is no history.
    """

    scene: Scene
    parameters: Parameters
    calibration: Calibration | None = None
    tested: BackTest | None = None

    @property
    def baseline(self) -> str:
        """Which way the path without AI was foreseen: the better one of the back-test."""
        return self.tested.best if self.tested else "assumed"


def stage(study: Study, world: World, shipped: Parameters, history: History | None = None) -> Staged:
    """Return a study that is ready to run, learned from its history up to its start; all chance is from its seed.

    Raises
    ------
    BadInputError
        ``lever_nowhere``, ``lever_unfit``, ``history_elsewhere``.
    RuleBrokenError
        ``origins_none``, ``policy_history_short``.
    """
    parameters = {**shipped, **study.parameters}
    rng = np.random.default_rng(study.seed)
    draws = draw(parameters, study.members, study.periods, rng)
    years = max(math.ceil(study.years), 1)
    spending = spend(study.levers, world, study)
    _check_levers(study, spending, world)
    on = frozenset(Property) - study.off
    if history is None:
        path = walk(draws.baseline, _state(world), years, rng)
        return Staged(Scene(world, _from_start(path, world), draws, spending, on), parameters)
    # What came after the start of the study nobody knew then.
    known = _same_regions(history, world).until(study.start_year)
    tested = back_test(known, parameters, seed=study.seed)
    found = calibrate(known, parameters, rng)
    drawn, state = found.members(study.members, rng)
    draws = Draws(draws.structure, drawn, draws.chance)
    path = walk(drawn, state, years, rng)
    if tested.best == PANEL:
        path = _with_growth(regress(known, years, study.members, rng), drawn, rng)
    return Staged(Scene(world, _from_start(path, world), draws, spending, on), parameters, found, tested)


def _check_levers(study: Study, spending: Spending, world: World) -> None:
    """Refuse levers that are never on, or cost so much that nothing is known of what they do."""
    ends = study.start_year + study.years
    for one in study.levers:
        if (one.first_year or study.start_year) >= ends or (one.end_year or ends) <= study.start_year:
            raise BadInputError(
                f"A lever must be on in some period of the study, {one.lever} is in none.",
                code="lever_unfit",
                hint="Let it begin before the study ends, and end after it begins.",
            )
    spent = float(spending.yearly.sum(axis=(1, 2)).max()) / float(world.stocks[Stock.OUTPUT].sum())
    if spent > SPENT_MOST:
        raise BadInputError(
            f"Levers must together cost at most {SPENT_MOST:.0%} of output at the start in a year, was {spent:.4g} of "
            "it.",
            code="lever_unfit",
            hint="Costs are in 100 million yuan a year, for all regions of a lever together.",
        )


def _state(world: World) -> State:
    log = np.log(world.stocks[Stock.OUTPUT] / world.population)
    return State(log - log.mean(), np.zeros(len(log)))


def _from_start(path: Floats, world: World) -> Floats:
    """Return the logarithm of output by year, from what it is at the start."""
    log = np.log(world.stocks[Stock.OUTPUT])
    return np.ascontiguousarray(path - path[:, :1] + log)


def _with_growth(path: Floats, drawn: Floats, rng: np.random.Generator) -> Floats:
    """Return paths of regions against their mean with the growth of the nation, as the history told it."""
    growth, deviation = (drawn[:, BASELINE.index(name), None] for name in ("growth", "growth_deviation"))
    yearly = growth + deviation * rng.standard_normal((len(path), path.shape[1] - 1))
    level = np.concatenate([np.zeros((len(path), 1)), yearly.cumsum(axis=1)], axis=1)
    return np.asarray(path + level[:, :, None])


def _same_regions(history: History, world: World) -> History:
    missing = sorted(set(world.regions) - set(history.regions))
    if missing:
        raise BadInputError(
            f"A history must have the regions of the study, was without {', '.join(missing)}.",
            code="history_elsewhere",
            hint="Name regions alike in both, by adcode or by name; leave those without a history out.",
        )
    order = [history.regions.index(region) for region in world.regions]
    return replace(history, regions=world.regions, per_head=history.per_head[:, order], people=history.people[:, order])
