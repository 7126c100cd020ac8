"""Estimate the average effect of a programme, three ways, and whether the arms were alike before it.

- *means*: the difference of means, each arm with a variance of its own;
- *regression*: outcomes by covariates, each arm with a line of its own, errors robust (HC2);
- *doubly robust*: the mean of cross-fitted scores, which also holds where chance did not decide alone.

Source: `lin2013`, `chernozhukov2018`.
"""

from __future__ import annotations

import math
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
    return dict(zip(ESTIMATORS, (_means(trial), _regression(trial), mean_of(scores.values)), strict=True)), scores.held


def mean_of(values: Floats) -> Effect:
    """Return a mean with its standard error."""
    return Effect(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))))


def interval(effect: Effect, level: float = 0.95) -> tuple[float, float]:
    """Return the two-sided interval of an estimate.

    Examples
    --------
    >>> [round(one, 2) for one in interval(Effect(1.0, 0.5))]
    [0.02, 1.98]
    """
    wide = float(stats.norm.ppf(0.5 + level / 2.0)) * effect.error
    return effect.value - wide, effect.value + wide


def lower_bound(effect: Effect, level: float = 0.95) -> float:
    """Return what the truth lies below with a chance of at most ``1 - level``."""
    return effect.value - float(stats.norm.ppf(level)) * effect.error


def p_value(effect: Effect) -> float:
    """Return the chance of an estimate at least so far from 0 if the truth were 0."""
    if effect.error == 0.0:
        return 1.0 if effect.value == 0.0 else 0.0
    return float(2.0 * stats.norm.sf(abs(effect.value) / effect.error))


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


def _means(trial: Trial) -> Effect:
    treated, control = mean_of(trial.outcome[trial.is_treated]), mean_of(trial.outcome[~trial.is_treated])
    return Effect(treated.value - control.value, math.hypot(treated.error, control.error))


def _regression(trial: Trial) -> Effect:
    apart = standardised(trial.covariates)[2]
    treated = trial.is_treated.astype(np.float64)
    design = np.column_stack((np.ones(len(trial)), treated, apart, apart * treated[:, None]))
    inverse = np.linalg.pinv(design.T @ design, rcond=SAME, hermitian=True)
    weights = inverse @ (design.T @ trial.outcome)
    left = trial.outcome - design @ weights
    by_person = design @ inverse
    free = 1.0 - np.einsum("ij,ij->i", by_person, design)
    # Whoever alone holds a weight up is met exactly and adds nothing.
    squares = np.where(free > 1e-9, left**2 / np.maximum(free, 1e-9), 0.0)
    return Effect(float(weights[1]), math.sqrt(float(by_person[:, 1] ** 2 @ squares)))
