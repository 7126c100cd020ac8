"""Foresee output per head by simple means: what the simulation is held against.

Each returns paths of logarithms against the mean of regions, ``(members, years + 1, regions)``. None
sees what comes after the last year of its history.

Source: `efron1979` (bootstrap).
"""

from __future__ import annotations

import numpy as np

from qipan.policy.calibrate import calibrate
from qipan.policy.draw import walk
from qipan.policy.model.array import Floats
from qipan.policy.model.history import History
from qipan.policy.model.parameter import Parameters

DRIFT_YEARS = 5


def persist(history: History, ahead: int) -> Floats:
    """Return that nothing changes between regions, one path."""
    return np.repeat(history.relative[-1][None, None, :], ahead + 1, axis=1)


def drift(history: History, ahead: int) -> Floats:
    """Return that each region goes on as in the last five years, one path."""
    relative = history.relative
    years = min(DRIFT_YEARS, len(relative) - 1)
    step = (relative[-1] - relative[-1 - years]) / years
    return np.asarray(relative[-1] + step * np.arange(ahead + 1)[None, :, None])


def regress(history: History, ahead: int, members: int, rng: np.random.Generator) -> Floats:
    """Return paths of an autoregressive panel: growth on growth and standing of the year before.

    Years of residuals are drawn whole, so what moves regions together does so in the draws too.
    """
    relative = history.relative
    growth = np.diff(relative, axis=0)
    asked = np.stack([relative[1:-1], growth[:-1]], axis=-1)
    weights, *_ = np.linalg.lstsq(asked.reshape(-1, 2), growth[1:].ravel(), rcond=None)
    residual = growth[1:] - asked @ weights
    path = np.empty((members, ahead + 1, relative.shape[1]))
    path[:, 0] = relative[-1]
    moved = np.repeat(growth[-1][None, :], members, axis=0)
    for year in range(ahead):
        shock = residual[rng.integers(len(residual), size=members)]
        moved = weights[0] * path[:, year] + weights[1] * moved + shock
        path[:, year + 1] = path[:, year] + moved
    return path


def simulate_history(
    history: History, ahead: int, members: int, parameters: Parameters, rng: np.random.Generator
) -> Floats:
    """Return paths of the simulation's own baseline, calibrated on the history."""
    drawn, state = calibrate(history, parameters, rng).members(members, rng)
    return walk(drawn, state, ahead, rng)
