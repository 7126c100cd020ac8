"""Score persons: what the programme did for each as far as can be told, right on average (doubly robust).

A score is what outcomes with and without the programme are predicted to differ by, put right by how far the prediction
was off for the outcome that was seen, weighed by the chance of seeing it. Predictions for a person never come from a
model that saw that person (cross-fitting).

Source: `robins1994`, `chernozhukov2018`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.talent.effects.fit import Line, expand, fit_chance, fit_line, logistic
from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.trial import Trial

CHANCE_LEAST: Final = 0.02
"""Chances of being treated are held between this and its complement."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores, ``(persons,)``, and how many chances had to be held within bounds."""

    values: Floats
    held: int


@dataclass(frozen=True, slots=True)
class Predictions:
    """What was learned from some persons: outcomes with and without the programme, and the chance of getting it."""

    treated: Line
    control: Line
    chance: Line | float


def score(trial: Trial, folds: int, rng: np.random.Generator) -> Scores:
    """Return the scores of all persons, each from models that did not see them."""
    columns = expand(trial.covariates)
    fold = cut(trial.is_treated, folds, rng)
    values, held = np.zeros(len(trial)), 0
    for one in range(folds):
        apart = fold == one
        learned = learn(trial, columns, ~apart)
        found = score_by(trial, columns, apart, learned)
        values[apart] = found.values
        held += found.held
    return Scores(values, held)


def learn(trial: Trial, columns: Floats, some: Bools) -> Predictions:
    """Learn from some persons."""
    with_it, without = some & trial.is_treated, some & ~trial.is_treated
    return Predictions(
        fit_line(columns[with_it], trial.outcome[with_it]),
        fit_line(columns[without], trial.outcome[without]),
        trial.share if trial.is_randomised else fit_chance(columns[some], trial.is_treated[some]),
    )


def score_by(trial: Trial, columns: Floats, some: Bools, learned: Predictions) -> Scores:
    """Return the scores of some persons by what was learned from others."""
    treated, outcome, seen = trial.is_treated[some], trial.outcome[some], columns[some]
    with_it, without = learned.treated.of(seen), learned.control.of(seen)
    if isinstance(learned.chance, Line):
        told = logistic(learned.chance.of(seen))
        chance = np.clip(told, CHANCE_LEAST, 1.0 - CHANCE_LEAST)
        held = int(np.count_nonzero(told != chance))
    else:
        chance, held = np.full(len(seen), learned.chance), 0
    off = np.where(treated, (outcome - with_it) / chance, -(outcome - without) / (1.0 - chance))
    return Scores(with_it - without + off, held)


def cut(is_treated: Bools, parts: int, rng: np.random.Generator) -> Ints:
    """Return a part for each person, ``(persons,)``, at random and of each arm as equal as can be."""
    part = np.zeros(len(is_treated), dtype=np.int64)
    for arm in (is_treated, ~is_treated):
        many = int(arm.sum())
        part[arm] = rng.permutation(np.arange(many) % parts)
    return part
