"""A trial: who was given a programme, and what came of it; and what is estimated from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.talent.model.array import Bools, Floats, Ints

ARM_LEAST: Final = 20
"""Persons that each arm must have, as it is cut into folds; twice as many to be halved."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Persons of two arms.

    Attributes
    ----------
    outcome
        ``(persons,)``, in units of the trial.
    is_treated
        ``(persons,)``.
    covariates
        ``(persons, covariates)``, known before anybody was treated.
    names
        What covariates are called.
    is_randomised
        Whether chance alone decided who is treated. Else who is treated is learned from covariates, and the effect
        rests on the assumption that nothing else decided it.
    """

    outcome: Floats
    is_treated: Bools
    covariates: Floats
    names: tuple[str, ...] = ()
    is_randomised: bool = True

    def __post_init__(self) -> None:
        """Refuse arms that are too small.

        Raises
        ------
        BadInputError
            ``trial_small``.
        """
        treated, controls = self.arms
        if min(treated, controls) < ARM_LEAST:
            raise BadInputError(
                f"Each arm must have at least {ARM_LEAST} persons, was {treated} treated and {controls} controls.",
                code="trial_small",
                hint="Check --arm and --control against the column, and which rows were left out.",
            )

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def arms(self) -> tuple[int, int]:
        """How many are treated, and how many are not."""
        treated = int(self.is_treated.sum())
        return treated, len(self.is_treated) - treated

    @property
    def share(self) -> float:
        """Share of persons who are treated."""
        return float(self.is_treated.mean())

    @property
    def can_be_halved(self) -> bool:
        """Whether both arms are large enough to learn from one half and judge on the other."""
        return min(self.arms) >= 2 * ARM_LEAST

    def of(self, persons: Ints | Bools) -> Trial:
        """Return the trial of some persons."""
        return Trial(
            self.outcome[persons],
            self.is_treated[persons],
            self.covariates[persons],
            self.names,
            self.is_randomised,
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its standard error, both in units of the outcome.

    Attributes
    ----------
    error
        Infinite where persons are too few for one that could be trusted.
    freedom
        Degrees of freedom of the error; without end where many persons make it normal.
    """

    value: float
    error: float
    freedom: float = math.inf


@dataclass(frozen=True, slots=True)
class Targeting:
    """A policy learned on some persons and judged on others.

    Attributes
    ----------
    weights
        By covariate: what a standard deviation more of it adds to the predicted benefit.
    judged
        How many others there are.
    treated
        Share of the others whom the policy would treat.
    gains
        By rule: what the policy gains over it a person, judged on the others.
    groups
        Benefit in the lowest, middle and highest third of the predicted one; none where all are predicted alike.
    slope
        What the benefit rises by where the predicted one rises by 1; none where all are predicted alike.
    """

    weights: dict[str, float]
    judged: int
    treated: float
    gains: dict[str, Effect]
    groups: tuple[Effect, ...] = ()
    slope: Effect | None = None


@dataclass(frozen=True, slots=True)
class Placebo:
    """How often null effects were found: controls split at random, so that nothing can have an effect.

    Attributes
    ----------
    p_values
        By estimator, ``(draws,)``; not a number in draws in which it has no error.
    """

    p_values: dict[str, Floats] = field(default_factory=dict)

    def rejected(self, estimator: str, level: float) -> int:
        """Return in how many draws an effect was found that there is not."""
        return int(np.count_nonzero(self.p_values[estimator] < level))

    def told(self, estimator: str) -> int:
        """Return in how many draws an estimator has an error at all."""
        return int(np.count_nonzero(~np.isnan(self.p_values[estimator])))
