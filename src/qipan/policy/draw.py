"""Draw members: parameters from their triangles, and the path of output without AI.

The same uniform numbers are used for a member whatever levers are pulled (common random numbers), so differences
between runs are differences of levers.

Source: `kleijnen1974` (common random numbers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from qipan.policy.model.array import Floats
from qipan.policy.model.parameter import BASELINE, STRUCTURE, Parameter, Parameters


@dataclass(frozen=True, slots=True)
class State:
    """Where the path without AI begins.

    Attributes
    ----------
    relative
        Logarithm of output per head against its mean over regions, ``(regions,)``.
    moved
        Last growth of it, ``(regions,)``.
    catch_up
        Speed of catching up now, ``(members,)``; none if it is drawn from all that it may be.
    """

    relative: Floats
    moved: Floats
    catch_up: Floats | None = None


@dataclass(frozen=True, slots=True)
class Draws:
    """What members are made of.

    Attributes
    ----------
    structure, baseline
        Parameters, ``(members, 43)`` and ``(members, 7)``, in the order of `STRUCTURE` and `BASELINE`.
    chance
        Uniform numbers that say when breakthroughs come, ``(members, periods)``.
    """

    structure: Floats
    baseline: Floats
    chance: Floats


def draw(parameters: Parameters, members: int, periods: int, rng: np.random.Generator) -> Draws:
    """Return members: a Latin hypercube of parameters, and what decides breakthroughs."""
    names = (*STRUCTURE, *BASELINE)
    uniform = qmc.LatinHypercube(len(names), rng=rng).random(members)
    drawn = np.column_stack([triangle(parameters[name], uniform[:, at]) for at, name in enumerate(names)])
    cut = len(STRUCTURE)
    return Draws(
        np.ascontiguousarray(drawn[:, :cut]), np.ascontiguousarray(drawn[:, cut:]), rng.random((members, periods))
    )


def triangle(one: Parameter, uniform: Floats) -> Floats:
    """Return draws of a triangle by uniform numbers, by its inverse distribution.

    Examples
    --------
    >>> one = Parameter("learning", 0.0, 0.5, 1.0, "ratio", "")
    >>> triangle(one, np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    width = one.high - one.low
    if width == 0.0:
        return np.full(len(uniform), one.likely)
    turn = (one.likely - one.low) / width
    rising = one.low + width * np.sqrt(uniform * turn)
    falling = one.high - width * np.sqrt((1.0 - uniform) * (1.0 - turn))
    return np.where(uniform < turn, rising, falling)


def walk(baseline: Floats, state: State, years: int, rng: np.random.Generator) -> Floats:
    """Return logarithms of output per head without AI against today's mean, ``(members, years + 1, regions)``.

    A region's growth against the nation's is ``v' = momentum v - s x + noise``, with ``x`` how far it lies above the
    mean and ``s`` the speed of catching up, which itself goes up and down from year to year: so a change of trend of
    the gap is a part of what may come.
    """
    growth, deviation, speed, wander, stays, momentum, own = baseline.T
    members, regions = len(baseline), len(state.relative)
    shock = rng.standard_normal((years, members, regions + 2))
    at = _speed_now(state, speed, wander, stays, rng)
    path = np.empty((members, years + 1, regions))
    relative = np.repeat(state.relative[None, :], members, axis=0)
    moved = np.repeat(state.moved[None, :], members, axis=0)
    level = np.zeros(members)
    path[:, 0] = relative
    for year in range(years):
        centred = relative - relative.mean(axis=1, keepdims=True)
        moved = momentum[:, None] * moved - at[:, None] * centred + own[:, None] * shock[year, :, 2:]
        moved -= moved.mean(axis=1, keepdims=True)
        relative = relative + moved
        level = level + growth + deviation * shock[year, :, 0]
        at = speed + stays * (at - speed) + wander * shock[year, :, 1]
        path[:, year + 1] = relative + level[:, None]
    return path


def _speed_now(state: State, speed: Floats, wander: Floats, stays: Floats, rng: np.random.Generator) -> Floats:
    uniform = rng.random(len(speed))
    if state.catch_up is not None:
        return state.catch_up
    wide = wander / np.sqrt(np.maximum(1.0 - stays**2, 0.05))
    return np.asarray(speed + wide * ndtri(np.clip(uniform, 1e-9, 1.0 - 1e-9)))
