"""Estimate the average effect of a programme, three ways, and whether the arms were alike before it.

- *means*: the difference of means, each arm with a variance of its own;
- *regression*: outcomes by covariates, each arm with a line of its own, errors robust (HC2); none where an arm has
  less than twice as many persons as its line has columns;
- *doubly robust*: the mean of cross-fitted scores, which also holds where chance did not decide alone; no error where
  more than one chance in a hundred had to be held within bounds.

Intervals are those of Student's t: of means as Welch has it, else with what the smaller arm leaves free.

Source: `welch1947`, `lin2013`, `chernozhukov2018`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
from scipy import stats

from qipan.talent.effects.fit import standardised
from qipan.talent.effects.score import score
from qipan.talent.model.array import Floats
from qipan.talent.model.trial import Effect, Trial

FOLDS: Final = 5
SAME: Final = 1e-10
"""Columns that differ from a sum of others by less than this, as a share, say nothing of their own."""
COLUMN_LEAST: Final = 2
"""Persons of each arm that a column of its line takes at least, else residuals are too small to tell an error from."""
HELD_MOST: Final = 0.01
"""Share of persons whose chance may be held within bounds; with more, nobody alike stands in the other arm."""
NOTHING: Final = 1e-12
"""Effects and errors below this share of the outcome's scale are rounding, and count as 0."""
ESTIMATORS: Final = ("means", "regression", "doubly_robust")


def estimate(trial: Trial, rng: np.random.Generator, *, folds: int = FOLDS) -> tuple[dict[str, Effect], int]:
    """Return the average effect by estimator, and how many chances had to be held within bounds.

    Examples
    --------
    >>> treated = np.arange(200) % 2 == 0
    >>> found, _ = estimate(Trial(treated * 3.0, treated, np.zeros((200, 0))), np.random.default_rng(1))
    >>> {name: round(one.value, 6) for name, one in found.items()}
    {'means': 3.0, 'regression': 3.0, 'doubly_robust': 3.0}
    """
    scores = score(trial, folds, rng)
    scale = float(np.abs(trial.outcome).max())
    robust = replace(mean_of(scores.values), freedom=float(min(trial.arms) - 1))
    if not overlaps(trial, scores.held):
        robust = replace(robust, error=math.inf)
    found = (_means(trial), _regression(trial), robust)
    return {name: _rounded(one, scale) for name, one in zip(ESTIMATORS, found, strict=True)}, scores.held


def overlaps(trial: Trial, held: int) -> bool:
    """Tell whether both arms are found among all kinds of persons, so that few chances are held within bounds."""
    return held <= HELD_MOST * len(trial)


def mean_of(values: Floats) -> Effect:
    """Return a mean with its standard error."""
    return Effect(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))))


def interval(effect: Effect, level: float = 0.95) -> tuple[float, float] | None:
    """Return the two-sided interval of an estimate; None where it has no error.

    Examples
    --------
    >>> [round(one, 2) for one in interval(Effect(1.0, 0.5))]
    [0.02, 1.98]
    """
    if math.isinf(effect.error):
        return None
    wide = float(stats.t.ppf(0.5 + level / 2.0, effect.freedom)) * effect.error
    return effect.value - wide, effect.value + wide


def lower_bound(effect: Effect, level: float = 0.95) -> float:
    """Return what the truth lies below with a chance of at most ``1 - level``."""
    return effect.value - float(stats.t.ppf(level, effect.freedom)) * effect.error


def p_value(effect: Effect) -> float | None:
    """Return the chance of an estimate at least so far from 0 if the truth were 0; None where there is no error."""
    if math.isinf(effect.error):
        return None
    if effect.error == 0.0:
        return 1.0 if effect.value == 0.0 else 0.0
    return float(2.0 * stats.t.sf(abs(effect.value) / effect.error, effect.freedom))


def imbalance(trial: Trial) -> tuple[Floats, float]:
    """Return how far arms are apart by covariate, in standard deviations, and the chance of as much by chance alone.

    The chance is that of the Wald test that no covariate tells who is treated; 1 without covariates.
    """
    treated, control = trial.covariates[trial.is_treated], trial.covariates[~trial.is_treated]
    spread = np.sqrt((treated.var(axis=0) + control.var(axis=0)) / 2.0)
    apart = (treated.mean(axis=0) - control.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    design = standardised(trial.covariates)[2]
    rank = int(np.linalg.matrix_rank(design, rtol=SAME)) if design.size else 0
    if rank == 0:
        return apart, 1.0
    is_treated = trial.is_treated - trial.share
    found = design @ np.linalg.lstsq(design, is_treated, rcond=SAME)[0]
    told = float(found @ found / (is_treated @ is_treated))
    return apart, float(stats.chi2.sf(len(trial) * told, rank))


def _rounded(effect: Effect, scale: float) -> Effect:
    value = 0.0 if abs(effect.value) <= NOTHING * scale else effect.value
    error = 0.0 if effect.error <= NOTHING * scale else effect.error
    return Effect(value, error, effect.freedom)


def _means(trial: Trial) -> Effect:
    arms = trial.outcome[trial.is_treated], trial.outcome[~trial.is_treated]
    squares = [float(one.var(ddof=1)) / len(one) for one in arms]
    # Degrees of freedom as Welch has them: between those of the smaller arm and those of both.
    spent = sum(square**2 / (len(one) - 1) for square, one in zip(squares, arms, strict=True))
    freedom = sum(squares) ** 2 / spent if spent > 0.0 else math.inf
    return Effect(float(arms[0].mean() - arms[1].mean()), math.sqrt(sum(squares)), freedom)


def _regression(trial: Trial) -> Effect:
    apart = standardised(trial.covariates)[2]
    treated = trial.is_treated.astype(np.float64)
    design = np.column_stack((np.ones(len(trial)), treated, apart, apart * treated[:, None]))
    inverse = np.linalg.pinv(design.T @ design, rcond=SAME, hermitian=True)
    weights = inverse @ (design.T @ trial.outcome)
    left = trial.outcome - design @ weights
    by_person = design @ inverse
    columns = 1 + (int(np.linalg.matrix_rank(apart, rtol=SAME)) if apart.size else 0)
    smaller = min(trial.arms)
    if smaller < COLUMN_LEAST * columns:
        return Effect(float(weights[1]), math.inf)
    free = 1.0 - np.einsum("ij,ij->i", by_person, design)
    # Whoever alone holds a weight up is met exactly, which tells nothing: they count as the others do in the mean.
    is_met = free <= 1e-9
    squares = left**2 / np.where(is_met, 1.0, free)
    squares[is_met] = squares[~is_met].mean()
    return Effect(float(weights[1]), math.sqrt(float(by_person[:, 1] ** 2 @ squares)), float(smaller - columns))
