"""Tell what regions are good at, which activities go together, and how alike regions are.

An activity is revealed in a region where it has more than its share (RCA of at least 1). Two activities are near where
the same regions have both. From that follow how close an activity is to what a region does (density), and complexity:
of activities that few, versatile regions have, and of regions that have these.

Source: `balassa1965`, `hidalgo2007` (proximity, density), `hidalgo2009` (complexity, by the second eigenvector),
`tacchella2012` (fitness), `krugman1991` (sameness).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Bools, Floats

ROUNDS = 20
"""Rounds of the fitness algorithm where nobody says."""


@dataclass(frozen=True, slots=True)
class Complexity:
    """What follows from which region has which activity.

    Attributes
    ----------
    diversity, ubiquity
        Activities of a region ``(regions,)``; regions of an activity ``(activities,)``.
    region, activity
        Complexity (ECI, PCI), mean 0 and deviation 1, the more complex the higher.
    fitness, demand
        Fitness of regions and of activities, mean 1, after so many rounds.
    """

    diversity: Floats
    ubiquity: Floats
    region: Floats
    activity: Floats
    fitness: Floats
    demand: Floats


def rca(value: Floats) -> Floats:
    """Return the share of an activity in a region over its share in all, ``(regions, activities)``; 0 where nothing is.

    Also called location quotient.

    Examples
    --------
    >>> rca(np.array([[3.0, 1.0], [1.0, 3.0]])).tolist()
    [[1.5, 0.5], [0.5, 1.5]]
    """
    of_region = value.sum(axis=1, keepdims=True)
    of_activity = value.sum(axis=0, keepdims=True)
    expected = of_region * of_activity
    return np.asarray(np.divide(value * value.sum(), expected, out=np.zeros(value.shape), where=expected > 0.0))


def proximity(has: Bools) -> Floats:
    """Return how often two activities are in the same region: the lesser of the two shares, ``(activities,) * 2``."""
    both = has.T.astype(float) @ has.astype(float)
    ubiquity = np.diag(both)
    most = np.maximum(ubiquity[:, None], ubiquity)
    return np.asarray(np.divide(both, most, out=np.zeros(both.shape), where=most > 0.0))


def density(has: Bools, near: Floats) -> Floats:
    """Return how much of what is near to an activity a region has, ``(regions, activities)``."""
    whole = near.sum(axis=0)
    return np.asarray(np.divide(has.astype(float) @ near, whole, out=np.zeros(has.shape), where=whole > 0.0))


def complexity(has: Bools, rounds: int = ROUNDS) -> Complexity:
    """Return the complexity of regions and activities.

    Parameters
    ----------
    has
        ``(regions, activities)``, each region with one at least, each activity in one at least.

    Raises
    ------
    BadInputError
        ``activity_nowhere`` where a region has no activity or an activity no region.
    """
    diversity, ubiquity = has.sum(axis=1).astype(float), has.sum(axis=0).astype(float)
    if not (diversity.all() and ubiquity.all()):
        raise BadInputError(
            f"Each region must have an activity and each activity a region, was {int((diversity == 0).sum())} and "
            f"{int((ubiquity == 0).sum())} without.",
            code="activity_nowhere",
            hint="Leave those out first.",
        )
    matrix = has.astype(float)
    chain = (matrix / diversity[:, None]) @ (matrix / ubiquity).T
    values, vectors = np.linalg.eig(chain)
    second = np.argsort(-values.real, kind="stable")[min(1, len(values) - 1)]
    found = vectors[:, second].real
    # The sign of an eigenvector is free: regions with more activities are the more complex ones.
    found = found * (np.sign(np.corrcoef(found, diversity)[0, 1]) or 1.0) if len(set(diversity)) > 1 else found
    region = _standard(found)
    activity = _standard((matrix.T @ region) / ubiquity)
    fitness, demand = np.ones(len(diversity)), np.ones(len(ubiquity))
    for _ in range(rounds):
        fitter, wanted = matrix @ demand, 1.0 / (matrix.T @ (1.0 / fitness))
        fitness, demand = fitter / fitter.mean(), wanted / wanted.mean()
    return Complexity(diversity, ubiquity, region, activity, fitness, demand)


def sameness(value: Floats) -> Floats:
    """Return Krugman's index of two regions, 0 where they do the same, 2 where they share nothing; ``(regions,) * 2``.

    Examples
    --------
    >>> sameness(np.array([[3.0, 1.0], [0.0, 5.0], [6.0, 2.0]])).tolist()
    [[0.0, 1.5, 0.0], [1.5, 0.0, 1.5], [0.0, 1.5, 0.0]]
    """
    whole = value.sum(axis=1, keepdims=True)
    share = np.divide(value, whole, out=np.zeros(value.shape), where=whole > 0.0)
    return np.array([np.abs(share - one).sum(axis=1) for one in share])


def _standard(values: Floats) -> Floats:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread or 1.0))
