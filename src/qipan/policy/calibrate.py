"""Calibrate: learn the path without AI from a history of output per head, with an interval for each parameter.

A year's growth of regions is ``momentum`` times that of the year before, less the year's speed of catching up times how
far each lies above the mean, and noise. The speed wanders about its mean, so it is filtered (Kalman), and what is left
is the likelihood of the other parameters. Their prior is a normal one about the likeliest value of the catalogue, with
half of its range as deviation; an ensemble of walkers draws from what both say. What the history tells no better than
the prior did is marked assumed: assumption-driven.

Source: `goodman2010` (sampler), `kalman1960`, `barro1992` (catching up).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.policy.draw import State
from qipan.policy.model.array import Floats
from qipan.policy.model.history import History
from qipan.policy.model.parameter import BASELINE, Parameter, Parameters, Standing

WALKERS: Final = 48
BURN: Final = 200
STEPS: Final = 200
STRETCH: Final = 2.0
WIDE_GROWTH: Final = 0.1
"""Deviation of the prior of growth: a history may be at current prices, so it must be free to tell."""
LEARNED: Final = 0.1
"""A parameter is calibrated if its deviation is less than the assumed one by this share at least."""
SPEED, WANDER, STAYS, MOMENTUM, OWN = range(5)
"""Those that walk, in this order; growth and its deviation of the nation are drawn at once."""
WALKING: Final = ("catch_up", "catch_up_deviation", "catch_up_persistence", "momentum", "own_deviation")


@dataclass(frozen=True, slots=True)
class Learned:
    """One parameter after the history: its prior, its interval of 90 %, and whether the history told it."""

    parameter: Parameter
    median: float
    low: float
    high: float
    shrinkage: float

    @property
    def standing(self) -> Standing:
        """Whether the history told it, or it rests on an assumption."""
        return Standing.CALIBRATED if self.shrinkage >= LEARNED else Standing.ASSUMED


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a history tells.

    Attributes
    ----------
    draws
        ``(draws, 7)``, in the order of `BASELINE`.
    catch_up_now
        Speed of catching up after the last year, ``(draws,)``.
    acceptance
        Share of moves of the sampler that were taken.
    """

    draws: Floats
    catch_up_now: Floats
    learned: tuple[Learned, ...]
    state: State
    acceptance: float

    def members(self, count: int, rng: np.random.Generator) -> tuple[Floats, State]:
        """Return parameters of members, and where each begins."""
        chosen = rng.integers(len(self.draws), size=count)
        return self.draws[chosen], State(self.state.relative, self.state.moved, self.catch_up_now[chosen])


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the likelihood needs of each year, ``(years,)`` each; ``x`` is standing, ``d`` growth, ``e`` that before."""

    xx: Floats
    xd: Floats
    xe: Floats
    dd: Floats
    de: Floats
    ee: Floats
    free: int


def calibrate(history: History, parameters: Parameters, rng: np.random.Generator) -> Calibration:
    """Return what a history tells of the parameters of the path without AI."""
    sums = _sum_up(history)
    prior = np.array([_prior(parameters[name]) for name in WALKING])
    walked, now, acceptance = _walk(sums, prior, rng)
    growth = _grow(history, parameters, len(walked), rng)
    draws = np.column_stack([growth, walked[:, [SPEED, WANDER, STAYS, MOMENTUM, OWN]]])
    learned = tuple(_judge(parameters[name], draws[:, at]) for at, name in enumerate(BASELINE))
    relative = history.relative
    return Calibration(draws, now, learned, State(relative[-1], relative[-1] - relative[-2]), acceptance)


def log_likelihood(sums: _Sums, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the logarithm of the likelihood of parameters ``(walkers, 5)``, and the speed after the last year.

    Returns
    -------
    likelihood, mean, variance
        ``(walkers,)`` each; the latter two are of the speed of the year to come.
    """
    speed, wander, stays, momentum, own = at.T
    mean = speed.copy()
    variance = wander**2 / np.maximum(1.0 - stays**2, 0.05)
    found = np.zeros(len(at))
    for year in range(len(sums.xx)):
        told = -(sums.xd[year] - momentum * sums.xe[year]) / sums.xx[year]
        error = own**2 / sums.xx[year]
        whole = sums.dd[year] - 2.0 * momentum * sums.de[year] + momentum**2 * sums.ee[year]
        rest = whole - told**2 * sums.xx[year]
        found += -0.5 * (rest / own**2 + (sums.free - 1) * np.log(own**2))
        found += -0.5 * ((told - mean) ** 2 / (variance + error) + np.log(variance + error))
        gain = variance / (variance + error)
        mean, variance = mean + gain * (told - mean), (1.0 - gain) * variance
        mean, variance = speed + stays * (mean - speed), stays**2 * variance + wander**2
    return found, mean, variance


def _sum_up(history: History) -> _Sums:
    relative = history.relative
    d = np.diff(relative, axis=0)
    x, now, before = relative[1:-1], d[1:], d[:-1]

    def of(a: Floats, b: Floats) -> Floats:
        return np.asarray((a * b).sum(axis=1))

    return _Sums(
        of(x, x), of(x, now), of(x, before), of(now, now), of(now, before), of(before, before), relative.shape[1] - 1
    )


def _prior(one: Parameter) -> tuple[float, float]:
    """Return middle and deviation."""
    wide = WIDE_GROWTH if one.name == "growth" else max((one.high - one.low) / 2.0, 1e-9)
    return one.likely, wide


def _log_prior(at: Floats, prior: Floats) -> Floats:
    speed, wander, stays, momentum, own = at.T
    fits = (wander > 1e-6) & (own > 1e-6) & (np.abs(stays) < 0.999) & (np.abs(momentum) < 0.999) & (np.abs(speed) < 1.0)
    return np.where(fits, -0.5 * (((at - prior[:, 0]) / prior[:, 1]) ** 2).sum(axis=1), -np.inf)


def _walk(sums: _Sums, prior: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, float]:
    """Draw from what prior and history say: half of the walkers moves along lines through the other half."""
    at = prior[:, 0] + 0.3 * prior[:, 1] * rng.standard_normal((WALKERS, len(prior)))
    at[:, [WANDER, OWN]] = np.abs(at[:, [WANDER, OWN]]) + 1e-4
    at[:, [STAYS, MOMENTUM]] = np.clip(at[:, [STAYS, MOMENTUM]], -0.9, 0.95)

    def worth(at: Floats) -> Floats:
        before = _log_prior(at, prior)
        fits = np.isfinite(before)
        if fits.any():
            before[fits] += log_likelihood(sums, at[fits])[0]
        return before

    value, half, taken = worth(at), WALKERS // 2, 0
    kept: list[Floats] = []
    for turn in range(BURN + STEPS):
        for mine, others in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
            stretch = ((STRETCH - 1.0) * rng.random(half) + 1.0) ** 2 / STRETCH
            partner = at[others][rng.integers(half, size=half)]
            asked = partner + stretch[:, None] * (at[mine] - partner)
            found = worth(asked)
            is_taken = np.log(rng.random(half)) < (len(prior) - 1) * np.log(stretch) + found - value[mine]
            at[mine] = np.where(is_taken[:, None], asked, at[mine])
            value[mine] = np.where(is_taken, found, value[mine])
            taken += int(is_taken.sum()) if turn >= BURN else 0
        if turn >= BURN and turn % 5 == 0:
            kept.append(at.copy())
    walked = np.concatenate(kept)
    _, mean, variance = log_likelihood(sums, walked)
    return walked, mean + np.sqrt(variance) * rng.standard_normal(len(walked)), taken / (STEPS * WALKERS)


def _grow(history: History, parameters: Parameters, count: int, rng: np.random.Generator) -> Floats:
    """Draw growth of the nation and its deviation, ``(draws, 2)``, by turns from what prior and history say."""
    seen = np.diff(np.log(history.per_head).mean(axis=1))
    (middle, wide), (spread, _) = _prior(parameters["growth"]), _prior(parameters["growth_deviation"])
    growth, found = middle, np.empty((count + 50, 2))
    for turn in range(len(found)):
        # The prior of the variance counts as much as three years.
        off = ((seen - growth) ** 2).sum() + 3.0 * spread**2
        variance = off / rng.chisquare(len(seen) + 3)
        weight = 1.0 / (len(seen) / variance + 1.0 / wide**2)
        growth = weight * (seen.sum() / variance + middle / wide**2) + np.sqrt(weight) * rng.standard_normal()
        found[turn] = growth, np.sqrt(variance)
    return found[50:]


def _judge(one: Parameter, drawn: Floats) -> Learned:
    low, median, high = np.quantile(drawn, [0.05, 0.5, 0.95]).tolist()
    return Learned(one, median, low, high, 1.0 - float(drawn.std()) / max(_assumed_deviation(one), 1e-9))


def _assumed_deviation(one: Parameter) -> float:
    """Return the deviation of the triangle that is assumed where no history is; the prior is wider."""
    low, likely, high = one.low, one.likely, one.high
    return float(np.sqrt((low**2 + likely**2 + high**2 - low * likely - low * high - likely * high) / 18.0))
