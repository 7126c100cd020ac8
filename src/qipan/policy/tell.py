"""Tell what a study gives as plain values: each with its interval, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from qipan.policy.back_test import BackTest
from qipan.policy.calibrate import Calibration
from qipan.policy.compare import AIMS, IS_BETTER_LESS, Comparison
from qipan.policy.model.array import Floats
from qipan.policy.model.lever import DIMENSION_OF, Lever, Spending
from qipan.policy.model.parameter import NAMES, Standing
from qipan.policy.model.result import LAST, MEASURES, Ensemble
from qipan.policy.model.study import POSITIVE, SPREAD, Effect, Study
from qipan.policy.rank_parameters import rank_parameters
from qipan.policy.stage import Staged

QUANTILES: Final = ((1 - SPREAD) / 2, 0.5, (1 + SPREAD) / 2)
RESTS: Final = "assumption-driven"
"""What a result is that no data of the study tell."""


def tell_run(study: Study, staged: Staged, pulled: Ensemble, without: Ensemble, flagged: float) -> dict[str, Any]:
    """Return paths with and without levers, what each effect did, each region at the end, and what it all rests on.

    Parameters
    ----------
    flagged
        Growth a year from AI above which the run is flagged.
    """
    scene = staged.scene
    # Before capital that was built up: what AI and levers added to the logarithm of output, by the year.
    added = pulled.to_output.sum(axis=1) / study.years
    return {
        "study": study.name,
        "members": study.members,
        "seed": study.seed,
        "properties_off": sorted(study.off),
        **tell_basis(staged),
        "with_levers": _paths(pulled, study),
        "without_levers": _paths(without, study),
        "levers_add": {name: _change(pulled, without, at) for at, name in enumerate(MEASURES)},
        "change_hangs_on": {
            name: rank_parameters(scene.draws, pulled.paths[:, -1, at] - without.paths[:, -1, at])
            for at, name in enumerate(MEASURES)
        },
        "effects": [_effect(one, at, pulled) for at, one in enumerate(Effect)],
        "growth_from_ai_a_year": _interval(added),
        "is_growth_flagged": bool(np.median(added) > flagged),
        "flagged_above_a_year": flagged,
        "regions": [
            {
                "region": region,
                **{name: _interval(pulled.last[:, at, column]) for column, name in enumerate(LAST)},
            }
            for at, region in enumerate(scene.world.regions)
        ],
        "breakthroughs": _interval(pulled.breakthroughs.astype(np.float64)),
        "costs_100m_yuan": tell_costs(scene.spending),
    }


def tell_comparison(study: Study, staged: Staged, found: Comparison) -> dict[str, Any]:
    """Return all combinations, the part of each lever and dimension, and what each does with all the money."""
    none = found.values[frozenset()]
    pareto = set(found.pareto)
    return {
        "study": study.name,
        "members": study.members,
        "seed": study.seed,
        **tell_basis(staged),
        "aims": list(AIMS),
        "combinations": [
            {
                "levers": _named(choice),
                "cost_100m_yuan": found.cost_100m_yuan[choice],
                "against_none": _aims(value - none),
                "is_pareto": choice in pareto,
                "pareto_chance": found.best_chance[choice],
            }
            for choice, value in found.values.items()
        ],
        "levers": [
            {
                "lever": lever,
                "dimension": DIMENSION_OF[lever],
                "cost_100m_yuan": found.cost_100m_yuan[frozenset({lever})],
                "part": _aims(value),
                "with_all_money": _aims(found.with_all_money[lever]),
            }
            for lever, value in found.of_lever.items()
        ],
        "dimensions": [{"dimension": one, "part": _aims(value)} for one, value in found.of_dimension.items()],
    }


def tell_back_test(found: BackTest) -> dict[str, Any]:
    """Return how each way of foreseeing fared, and which one the path without AI is taken from."""
    return {
        "ahead_years": found.ahead,
        "is_simulation_best": found.is_simulation_best,
        "baseline": found.best,
        "ways": [asdict(one) for one in found.scores],
    }


def tell_calibration(found: Calibration) -> dict[str, Any]:
    """Return each parameter with its interval, how much the history told of it, and those that it cannot tell."""
    told = {one.parameter.name for one in found.learned}
    return {
        "acceptance": found.acceptance,
        "parameters": [
            {
                "name": one.parameter.name,
                "unit": one.parameter.unit,
                "prior": {"low": one.parameter.low, "likely": one.parameter.likely, "high": one.parameter.high},
                "median": one.median,
                "low": one.low,
                "high": one.high,
                "shrinkage": one.shrinkage,
                "standing": Standing.CALIBRATED if one.standing is Standing.CALIBRATED else RESTS,
            }
            for one in found.learned
        ],
        "not_in_history": [name for name in NAMES if name not in told],
    }


def tell_basis(staged: Staged) -> dict[str, Any]:
    """Return what a result rests on: the baseline, what is calibrated, and what is assumed."""
    learned = staged.calibration.learned if staged.calibration else ()
    calibrated = [one.parameter.name for one in learned if one.standing is Standing.CALIBRATED]
    return {
        "standing": RESTS,
        "baseline": staged.baseline,
        "baseline_tested": tell_back_test(staged.tested) if staged.tested else None,
        "parameters_calibrated": calibrated,
        "parameters_assumed": [
            {
                "name": one.name, "unit": one.unit, "low": one.low, "likely": one.likely, "high": one.high,
                "source": one.source,
            }
            for one in (staged.parameters[name] for name in NAMES)
            if one.name not in calibrated
        ],
        "cells_assumed": dict(staged.scene.world.assumed),
    }  # fmt: skip


def tell_costs(spending: Spending) -> dict[str, Any]:
    """Return what levers cost, by lever and together."""
    by_lever = spending.by_lever_100m_yuan
    return {"by_lever": {lever: cost for lever, cost in by_lever.items() if cost}, "total": sum(by_lever.values())}


def _paths(found: Ensemble, study: Study) -> dict[str, Any]:
    times = [study.start_year + at * study.step.years for at in range(study.periods + 1)]
    quantiles = np.quantile(found.paths, QUANTILES, axis=0)
    return {
        "times": times,
        **{
            name: {key: quantiles[at, :, column].tolist() for at, key in enumerate(("low", "median", "high"))}
            for column, name in enumerate(MEASURES)
        },
    }


def _change(pulled: Ensemble, without: Ensemble, at: int) -> dict[str, float]:
    """Return what levers change at the end, member by member."""
    change = pulled.paths[:, -1, at] - without.paths[:, -1, at]
    return _interval(change) | {"chance_less": float((change < 0.0).mean())}


def _effect(one: Effect, at: int, found: Ensemble) -> dict[str, Any]:
    gap = found.to_gap[:, at]
    return {
        "effect": one,
        "is_positive": one in POSITIVE,
        "to_output": _interval(found.to_output[:, at]),
        "to_gap": _interval(gap),
        "chance_gap_narrows": float((gap < 0.0).mean()),
        "standing": RESTS,
    }


def _aims(value: Floats) -> dict[str, Any]:
    """Return the change in each aim with the chance that it is for the better."""
    return {
        name: _interval(value[:, at])
        | {"chance_better": float(((value[:, at] < 0.0) if IS_BETTER_LESS[at] else (value[:, at] > 0.0)).mean())}
        for at, name in enumerate(AIMS)
    }


def _interval(value: Floats) -> dict[str, float]:
    low, median, high = np.quantile(value, QUANTILES).tolist()
    return {"mean": float(value.mean()), "low": low, "median": median, "high": high}


def _named(choice: Iterable[Lever]) -> list[str]:
    kept = set(choice)
    return [str(lever) for lever in Lever if lever in kept]
