"""Tell whether neighbours are alike: Moran's I of all regions, and of each; moves between classes by what lies around.

What chance would do is found by dealing figures out anew, for one region among all the others; the smaller of the two
tails is told, as is usual. Deals are seeded.

Source: `moran1950`, `cliff1981` (moments under randomisation), `anselin1995` (local), `rey2001` (spatial Markov chain).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Bools, Floats, Ints
from qipan.regions.move import steady

DEALS: Final = 999
QUADRANTS: Final = ("high-high", "low-high", "low-low", "high-low")
"""A region's own figure, then that of its neighbours."""


@dataclass(frozen=True, slots=True)
class Moran:
    """Moran's I of one year.

    Attributes
    ----------
    expected, z
        What chance expects, and how many deviations away from that it is, under randomisation.
    p_chance
        Share of deals that are as far out.
    """

    statistic: float
    expected: float
    z: float
    p_chance: float


@dataclass(frozen=True, slots=True)
class Local:
    """Moran's I of each region, ``(regions,)``; nan, and no quadrant, where a region has no neighbour."""

    statistic: Floats
    p_chance: Floats
    quadrant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """A chain of classes for each class of what lies around.

    Attributes
    ----------
    counts, chances
        ``(around, from, to)``
    steady
        ``(around, classes)``
    q, likelihood_ratio, degrees
        Whether all are one chain: two statistics, and the degrees of freedom of both.
    q_p, likelihood_ratio_p
        Their p.
    """

    counts: Ints
    chances: Floats
    steady: Floats
    q: float
    likelihood_ratio: float
    degrees: int
    q_p: float
    likelihood_ratio_p: float


def moran(value: Floats, weights: Floats, *, seed: int = 1, deals: int = DEALS) -> Moran:
    """Return Moran's I.

    Parameters
    ----------
    value
        ``(regions,)``, none missing.
    weights
        ``(regions,) * 2``, of `row_weights`.

    Raises
    ------
    BadInputError
        ``points_few``, ``points_alike``.
    """
    away = _away(value)
    count, whole = len(value), float(weights.sum())
    square = float(away @ away)
    found = count / whole * float(away @ weights @ away) / square
    expected = -1.0 / (count - 1)
    rng = np.random.default_rng(seed)
    dealt = np.array([rng.permutation(away) for _ in range(deals)])
    chance = count / whole * np.einsum("di,ij,dj->d", dealt, weights, dealt, optimize=True) / square
    return Moran(found, expected, (found - expected) / _deviation(away, weights), float(_tail(chance >= found)))


def local_moran(value: Floats, weights: Floats, *, seed: int = 1, deals: int = DEALS) -> Local:
    """Return Moran's I of each region, against deals of all the others.

    Raises
    ------
    BadInputError
        ``points_few``, ``points_alike``.
    """
    away = _away(value)
    count = len(value)
    lag = weights @ away
    scale = (count - 1) / float(away @ away)
    rng = np.random.default_rng(seed)
    p_chance = np.full(count, np.nan)
    for at in range(count):
        near = np.flatnonzero(weights[at])
        if len(near):
            others = np.delete(away, at)
            drawn = np.argsort(rng.random((deals, count - 1)), axis=1)[:, : len(near)]
            chance = scale * away[at] * (others[drawn] @ weights[at, near])
            p_chance[at] = _tail(chance >= scale * away[at] * lag[at])
    has = weights.sum(axis=1) > 0.0
    which = np.where(away > 0.0, np.where(lag > 0.0, 0, 3), np.where(lag > 0.0, 1, 2))
    quadrant = tuple(QUADRANTS[one] if is_in else "" for one, is_in in zip(which, has, strict=True))
    return Local(np.where(has, scale * away * lag, np.nan), p_chance, quadrant)


def move_around(value: Floats, weights: Floats, classes: int = 5) -> Around:
    """Return how regions move between classes, by the class of what lies around them.

    Figures are over the mean of their year; classes of both are cut at quantiles of all years together.

    Parameters
    ----------
    value
        ``(years, regions)``, none missing.

    Raises
    ------
    BadInputError
        ``classes_unfit``.
    """
    if not 2 <= classes <= value.size or len(value) < 2:
        raise BadInputError(
            f"Classes must be at least 2, over two years or more, was {classes} in {len(value)} years.",
            code="classes_unfit",
            hint="Take fewer classes, or more years.",
        )
    relative = value / value.mean(axis=1, keepdims=True)
    own, around = _cut(relative, classes), _cut(relative @ weights.T, classes)
    counts = np.zeros((classes,) * 3, dtype=np.int64)
    np.add.at(counts, (around[:-1].ravel(), own[:-1].ravel(), own[1:].ravel()), 1)
    left = counts.sum(axis=2, keepdims=True)
    chances = np.divide(counts, left, out=np.zeros(counts.shape), where=left > 0)
    whole = counts.sum(axis=0)
    rows = whole.sum(axis=1, keepdims=True)
    one = np.divide(whole, rows, out=np.zeros(whole.shape), where=rows > 0)
    expected = left * one
    some = expected > 0.0
    q = float(((counts - expected)[some] ** 2 / expected[some]).sum())
    moved = counts > 0
    ratio = 2.0 * float((counts[moved] * np.log(chances[moved] / np.broadcast_to(one, counts.shape)[moved])).sum())
    degrees = int((((left[:, :, 0] > 0).sum(axis=0) - 1) * ((one > 0.0).sum(axis=1) - 1)).sum())
    tails = [float(stats.chi2.sf(found, degrees)) if degrees > 0 else float("nan") for found in (q, ratio)]
    return Around(counts, chances, np.array([steady(chain) for chain in chances]), q, ratio, degrees, *tails)


def _cut(value: Floats, classes: int) -> Ints:
    limits = np.quantile(value, np.arange(1, classes) / classes)
    return np.searchsorted(limits, value, side="left").astype(np.int64)


def _away(value: Floats) -> Floats:
    if len(value) < 4:
        raise BadInputError(
            f"Neighbours must be seen among 4 regions or more, was {len(value)}.",
            code="points_few",
            hint="Name a year in which more regions have figures.",
        )
    if np.ptp(value) == 0.0:
        raise BadInputError(
            "Figures of regions must differ, were all alike.",
            code="points_alike",
            hint="Where all are alike nothing can be told of neighbours.",
        )
    return np.asarray(value - value.mean())


def _deviation(away: Floats, weights: Floats) -> float:
    """Return the standard deviation of Moran's I if figures were dealt out at random."""
    n = len(away)
    s0 = float(weights.sum())
    s1 = float(((weights + weights.T) ** 2).sum()) / 2.0
    s2 = float(((weights.sum(axis=1) + weights.sum(axis=0)) ** 2).sum())
    peak = float((away**4).mean() / (away**2).mean() ** 2)
    first = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = peak * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    spread = (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - 1.0 / (n - 1) ** 2
    return float(np.sqrt(spread)) if spread > 0.0 else float("nan")


def _tail(above: Bools) -> float:
    larger = int(above.sum())
    return (min(larger, len(above) - larger) + 1.0) / (len(above) + 1.0)
