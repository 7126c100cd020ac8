"""Fit a line with shrunken weights, and a chance with shrunken weights, on standardised columns.

The penalty of a line is the one of least generalised cross-validation. Both are linear in what they are given, so
`expand` adds squares.

Source: `golub1979`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.talent.model.array import Bools, Floats

PENALTIES: Final = np.logspace(-5.0, 4.0, 46)
"""Tried for a line, in variances of a standardised column."""
STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A linear prediction.

    Attributes
    ----------
    middle, spread
        ``(columns,)``, by which columns are standardised; the spread of one that does not vary is 1.
    weights
        ``(columns,)``, of standardised columns.
    """

    middle: Floats
    spread: Floats
    weights: Floats
    level: float

    def of(self, columns: Floats) -> Floats:
        """Return predictions, ``(persons,)``."""
        return np.asarray(self.level + (columns - self.middle) / self.spread @ self.weights)


def expand(columns: Floats) -> Floats:
    """Add the squares, from the middle, of columns that take more than two values.

    Examples
    --------
    >>> expand(np.array([[0.0, 1.0], [1.0, 2.0], [0.0, 3.0]])).tolist()
    [[0.0, 1.0, 1.0], [1.0, 2.0, 0.0], [0.0, 3.0, 1.0]]
    """
    many = [at for at in range(columns.shape[1]) if len(np.unique(columns[:, at])) > 2]
    return np.column_stack((columns, (columns[:, many] - columns[:, many].mean(axis=0)) ** 2))


def fit_line(columns: Floats, values: Floats) -> Line:
    """Fit values by columns; the penalty is chosen by generalised cross-validation."""
    middle, spread, scaled = standardised(columns)
    people, level = len(values), float(values.mean())
    apart = values - level
    stretch, turn = np.linalg.eigh(scaled.T @ scaled / people)
    stretch = np.maximum(stretch, 0.0)
    along = turn.T @ (scaled.T @ apart) / people
    shrunk = stretch + PENALTIES[:, None]
    missed = np.mean(apart**2) - (2.0 * along**2 / shrunk - stretch * along**2 / shrunk**2).sum(axis=1)
    free = 1.0 - (1.0 + (stretch / shrunk).sum(axis=1)) / people
    score = np.where(free > 0.0, np.maximum(missed, 0.0) / np.maximum(free, 1e-12) ** 2, np.inf)
    best = len(PENALTIES) - 1 - int(np.argmin(score[::-1]))  # of equals the simplest
    return Line(middle, spread, turn @ (along / shrunk[best]), level)


def fit_chance(columns: Floats, is_so: Bools) -> Line:
    """Fit log odds by columns, with a penalty of one unit on the weight of each standardised column."""
    middle, spread, scaled = standardised(columns)
    design = np.column_stack((np.ones(len(is_so)), scaled))
    penalty = np.diag([0.0, *np.ones(scaled.shape[1])])
    share = float(is_so.mean())
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(share / (1.0 - share))
    for _ in range(STEPS):
        chance = logistic(design @ weights)
        slope = design.T @ (is_so - chance) - penalty @ weights
        bend = design.T @ (design * (chance * (1.0 - chance))[:, None]) + penalty
        step = np.linalg.solve(bend, slope)
        weights += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    return Line(middle, spread, weights[1:], float(weights[0]))


def logistic(log_odds: Floats) -> Floats:
    """Return chances of log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -35.0, 35.0))))


def standardised(columns: Floats) -> tuple[Floats, Floats, Floats]:
    """Return middles and spreads of columns (1 where one never varies), and the columns that have 0 and 1."""
    middle, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 1e-12 * np.abs(middle), spread, 1.0)
    return middle, spread, (columns - middle) / spread
