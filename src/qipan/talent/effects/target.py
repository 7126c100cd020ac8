"""Learn on some persons whom a programme helps, and judge on others what choosing by that gains.

The policy treats those whom it is predicted to help by more than a given least. Its gain over a rule is the mean of
the others' scores where the two differ: the value of a policy that was never tried, from persons of whom it learned
nothing. Whatever was learned, however badly, the bound of the gain holds.

Source: `dudik2011`, `athey2021`, `kennedy2023`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from qipan.talent.effects.estimate import mean_of
from qipan.talent.effects.fit import expand, fit_line
from qipan.talent.effects.score import cut, learn, score, score_by
from qipan.talent.model.array import Bools, Floats
from qipan.talent.model.trial import Effect, Targeting, Trial

GROUPS = 3


def halve(trial: Trial, rng: np.random.Generator) -> Bools:
    """Return who is of the half to learn from, ``(persons,)``."""
    return np.asarray(cut(trial.is_treated, 2, rng) == 0)


def target(
    trial: Trial,
    learners: Bools,
    rules: Mapping[str, Bools],
    rng: np.random.Generator,
    *,
    is_more_better: bool = True,
    least: float = 0.0,
    folds: int = 5,
) -> Targeting:
    """Return the policy learned from some persons, judged on the others.

    Parameters
    ----------
    rules
        By name whom a rule treats, ``(persons,)``.
    least
        What the programme must better a person's outcome by to be worth it, in units of the outcome.
    """
    sign = 1.0 if is_more_better else -1.0
    known = trial.of(learners)
    line = fit_line(known.covariates, sign * score(known, folds, rng).values)
    others = ~learners
    columns = expand(trial.covariates)
    benefit = sign * score_by(trial, columns, others, learn(trial, columns, learners)).values
    predicted = line.of(trial.covariates[others])
    is_chosen = predicted > least
    return Targeting(
        dict(zip(trial.names, line.weights.tolist(), strict=True)),
        len(predicted),
        float(is_chosen.mean()),
        {name: mean_of((is_chosen * 1.0 - rule[others]) * (benefit - least)) for name, rule in rules.items()},
        *_graded(predicted, benefit),
    )


def pool(halves: Sequence[Targeting]) -> dict[str, Effect]:
    """Return by rule the gain of policies that were each learned from the one half and judged on the other.

    It is that of choosing by either policy with chances as the halves are large.
    """
    people = sum(one.judged for one in halves)
    pooled = {}
    for name in halves[0].gains:
        parts = [(one.judged / people, one.gains[name]) for one in halves]
        error = math.sqrt(sum((weight * gain.error) ** 2 for weight, gain in parts))
        pooled[name] = Effect(sum(weight * gain.value for weight, gain in parts), error)
    return pooled


def _graded(predicted: Floats, benefit: Floats) -> tuple[tuple[Effect, ...], Effect | None]:
    """Return the benefit by thirds of the predicted one, and its slope along it."""
    apart = predicted - predicted.mean()
    # A penalty at its greatest leaves weights that are only noise.
    if np.ptp(predicted) <= 1e-3 * benefit.std():
        return (), None
    cuts = np.quantile(predicted, np.arange(1, GROUPS) / GROUPS)
    group = np.searchsorted(cuts, predicted, side="right")
    groups = tuple(mean_of(benefit[group == one]) for one in range(GROUPS) if np.count_nonzero(group == one) > 1)
    weight = apart / (apart @ apart)
    slope = float(weight @ benefit)
    left = benefit - benefit.mean() - slope * apart
    return groups, Effect(slope, float(np.sqrt(weight**2 @ left**2)))
