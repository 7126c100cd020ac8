"""Tell how regions move between classes of relative standing: a Markov chain from year to year.

Each year's figures are cut at that year's quantiles into classes of equal size, so the chain tells of standing, not of
growth.

Source: `quah1993`; class limits as the percentiles of each year, a figure on a limit in the lower class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Floats, Ints
from qipan.regions.model.panel import Panel


@dataclass(frozen=True, slots=True)
class Moves:
    """A chain of classes, the poorest first.

    Attributes
    ----------
    counts, chances
        ``(from, to)``: moves that were seen, and the share of those from a class.
    steady
        Share of regions in each class that the chain would lead to; nan where not every class leads to every other.
    stay_years
        Years until a region of a class leaves it, on average.
    """

    counts: Ints
    chances: Floats
    steady: Floats
    stay_years: Floats


def move(panel: Panel, classes: int = 5) -> Moves:
    """Return how regions moved between classes from each year of a panel to the next one.

    Raises
    ------
    BadInputError
        ``classes_unfit``.
    """
    there = np.isfinite(panel.value).all(axis=0)
    if not 2 <= classes <= int(there.sum()) or len(panel.years) < 2:
        raise BadInputError(
            f"Classes must be at least 2, at most as many as regions that are there throughout, over two years or "
            f"more; was {classes} classes of {int(there.sum())} regions in {len(panel.years)} years.",
            code="classes_unfit",
            hint="Take fewer classes, or years in which more regions have figures.",
        )
    standing = np.array([_classes(year, classes) for year in panel.value[:, there]])
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (standing[:-1].ravel(), standing[1:].ravel()), 1)
    left = counts.sum(axis=1, keepdims=True)
    chances = np.divide(counts, left, out=np.zeros(counts.shape), where=left > 0)
    with np.errstate(divide="ignore"):
        step = (panel.years[-1] - panel.years[0]) / (len(panel.years) - 1)
        stay = np.where(left[:, 0] > 0, step / (1.0 - np.diag(chances)), np.nan)
    return Moves(counts, chances, steady(chances), stay)


def steady(chances: Floats) -> Floats:
    """Return the shares that a chain leaves as they are; nan where several, or none, are left.

    Examples
    --------
    >>> steady(np.array([[0.5, 0.5], [0.25, 0.75]])).round(4).tolist()
    [0.3333, 0.6667]
    """
    count = len(chances)
    system = np.vstack([chances.T - np.eye(count), np.ones(count)])
    if np.linalg.matrix_rank(system, tol=1e-9) < count:
        return np.full(count, np.nan)
    return np.asarray(np.linalg.lstsq(system, np.append(np.zeros(count), 1.0))[0])


def _classes(value: Floats, classes: int) -> Ints:
    """Return the class of each region in one year."""
    limits = np.quantile(value, np.arange(1, classes) / classes)
    return np.searchsorted(limits, value, side="left").astype(np.int64)
