"""Tell effects, the policy learned from a trial, and its placebo, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qipan.talent.effects.estimate import FOLDS, estimate, imbalance, interval, lower_bound, overlaps, p_value
from qipan.talent.effects.rule import rules_of
from qipan.talent.effects.split_controls import share_interval, split_controls
from qipan.talent.effects.target import halve, pool, target
from qipan.talent.model.array import Bools
from qipan.talent.model.trial import Effect, Placebo, Targeting, Trial

LEVELS: Final = (0.01, 0.05, 0.1, 0.2)
"""Levels at which the placebo is held against its nominal rate."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a trial is to be looked at.

    Attributes
    ----------
    rules
        Rules that the policy is held against, beside all and nobody.
    least
        What the programme must better an outcome by to be worth it.
    draws
        Splits of the controls; 0 for none.
    """

    is_more_better: bool = True
    rules: tuple[str, ...] = ()
    least: float = 0.0
    draws: int = 200
    folds: int = FOLDS
    seed: int = 0


def tell_effect(trial: Trial, asked: Asked) -> dict[str, Any]:
    """Return what a programme did on average, whom it helps, what choosing by that gains, and the placebo."""
    rules = rules_of(trial, asked.rules)
    averages, for_halves, for_policy, for_placebo = np.random.default_rng(asked.seed).spawn(4)
    effects, held = estimate(trial, averages, folds=asked.folds)
    apart, by_chance = imbalance(trial)
    told: dict[str, Any] = {
        "persons": len(trial),
        "treated": trial.arms[0],
        "controls": trial.arms[1],
        "is_randomised": trial.is_randomised,
        "is_more_better": asked.is_more_better,
        "least": asked.least,
        "folds": asked.folds,
        "seed": asked.seed,
        "imbalance": {
            "covariates": dict(zip(trial.names, apart.tolist(), strict=True)),
            "p_value": by_chance,
        },
        "effects": {name: _effect(one) for name, one in effects.items()},
        "chances_held": held,
        "overlaps": overlaps(trial, held),
        "targeting": None,
        "placebo": [],
    }
    if trial.can_be_halved and trial.names and told["overlaps"]:
        learners = halve(trial, for_halves)
        halves = [_half(trial, half, rules, asked, for_policy) for half in (learners, ~learners)]
        told["targeting"] = {"halves": [_targeting(one) for one in halves], "pooled": _gains(pool(halves))}
    if trial.can_be_halved and asked.draws:
        told["placebo"] = _placebo(split_controls(trial, asked.draws, for_placebo, folds=asked.folds))
    return told


def _half(
    trial: Trial, learners: Bools, rules: Mapping[str, Bools], asked: Asked, rng: np.random.Generator
) -> Targeting:
    return target(
        trial, learners, rules, rng, is_more_better=asked.is_more_better, least=asked.least, folds=asked.folds
    )


def _targeting(found: Targeting) -> dict[str, Any]:
    return {
        "judged_on": found.judged,
        "treated_share": found.treated,
        "gains": _gains(found.gains),
        "groups": [_effect(one) for one in found.groups],
        "slope": None if found.slope is None else _effect(found.slope),
        "weights": found.weights,
    }


def _gains(gains: Mapping[str, Effect]) -> dict[str, dict[str, float]]:
    return {name: {"gain": one.value, "error": one.error, "lower_95": lower_bound(one)} for name, one in gains.items()}


def _effect(one: Effect) -> dict[str, float | None]:
    """Return an effect; without an error where persons are too few for one."""
    low, high = interval(one) or (None, None)
    error = None if math.isinf(one.error) else one.error
    return {"value": one.value, "error": error, "low_95": low, "high_95": high, "p_value": p_value(one)}


def _placebo(found: Placebo) -> list[dict[str, Any]]:
    told = []
    for name in found.p_values:
        with_error = found.told(name)
        for level in LEVELS if with_error else ():
            hits = found.rejected(name, level)
            low, high = share_interval(hits, with_error)
            told.append(
                {"estimator": name, "level": level, "draws": with_error, "rejected": hits, "share": hits / with_error,
                 "low_95": low, "high_95": high, "is_nominal": low <= level <= high}
            )  # fmt: skip
    return told
