"""Split the controls of a trial at random again and again, and see how often an effect is found where there is none."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qipan.talent.effects.estimate import ESTIMATORS, estimate, p_value
from qipan.talent.model.trial import ARM_LEAST, Placebo, Trial


def split_controls(trial: Trial, draws: int, rng: np.random.Generator, *, folds: int = 5) -> Placebo:
    """Return what estimators make of splits of the controls, each with the share of the trial treated in name only.

    Where no chance decided, the chance of being treated is learned here too. A random split proves that errors are of
    the right size; it cannot tell whether something beside the covariates decided.

    Raises
    ------
    BadInputError
        ``trial_small`` where the controls cannot be split.
    """
    controls = np.flatnonzero(~trial.is_treated)
    named = min(max(ARM_LEAST, round(trial.share * len(controls))), len(controls) - ARM_LEAST)
    found: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
    for _ in range(draws):
        is_named = np.zeros(len(controls), dtype=np.bool_)
        is_named[rng.permutation(len(controls))[:named]] = True
        split = Trial(trial.outcome[controls], is_named, trial.covariates[controls], trial.names, trial.is_randomised)
        for name, effect in estimate(split, rng, folds=folds)[0].items():
            chance = p_value(effect)
            found[name].append(math.nan if chance is None else chance)
    return Placebo({name: np.array(told) for name, told in found.items()})


def share_interval(hits: int, draws: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson).

    Examples
    --------
    >>> [round(one, 4) for one in share_interval(10, 200)]
    [0.0242, 0.09]
    """
    tail = (1.0 - level) / 2.0
    low = float(stats.beta.ppf(tail, hits, draws - hits + 1)) if hits else 0.0
    high = float(stats.beta.isf(tail, hits + 1, draws - hits)) if hits < draws else 1.0
    return low, high
