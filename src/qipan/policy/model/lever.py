"""Levers of policy, the four dimensions of the paper that they belong to, and what is spent on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.policy.model.array import Floats


class Lever(StrEnum):
    """What a planner can spend on."""

    AI_PLUS = "ai_plus"
    """Differentiated "AI+": adoption in a region's own industries."""
    COORDINATION = "coordination"
    """Compute of one region serves another, which pays compensation."""
    INFRASTRUCTURE = "infrastructure"
    """Compute is built."""
    TALENT = "talent"
    """Talent is trained."""
    SUPPORT = "support"
    """People who lost work find work sooner."""
    ENCLAVE = "enclave"
    """Knowledge of the leaders comes into a jointly built park, which shares its income."""


class Dimension(StrEnum):
    """The paper's four dimensions of a closed loop of policy."""

    POSITIONING = "positioning"
    COMPUTE = "compute"
    INFRASTRUCTURE_AND_TALENT = "infrastructure_and_talent"
    WARNING_AND_SUPPORT = "warning_and_support"


DIMENSION_OF: Final = {
    Lever.AI_PLUS: Dimension.POSITIONING,
    Lever.ENCLAVE: Dimension.POSITIONING,
    Lever.COORDINATION: Dimension.COMPUTE,
    Lever.INFRASTRUCTURE: Dimension.INFRASTRUCTURE_AND_TALENT,
    Lever.TALENT: Dimension.INFRASTRUCTURE_AND_TALENT,
    Lever.SUPPORT: Dimension.WARNING_AND_SUPPORT,
}


@dataclass(frozen=True, slots=True)
class Pull:
    """One lever as a study pulls it.

    Attributes
    ----------
    cost_100m_yuan_a_year
        Spent in all regions together in a year, shared among them by people.
    where
        Codes of regions or groups of them, as ``west``; empty for all.
    first_year, end_year
        From the first on, before the end; none for as long as the study runs.

    Raises
    ------
    BadInputError
        ``lever_unfit``.
    """

    lever: Lever
    cost_100m_yuan_a_year: float
    where: tuple[str, ...] = ()
    first_year: int | None = None
    end_year: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.cost_100m_yuan_a_year < float("inf"):
            raise BadInputError(
                f"A lever must cost 0 or more a year, was {self.cost_100m_yuan_a_year:g}.",
                code="lever_unfit",
                hint="Give its cost in 100 million yuan a year.",
                field="cost_100m_yuan_a_year",
            )
        if self.first_year is not None and self.end_year is not None and self.end_year <= self.first_year:
            raise BadInputError(
                f"A lever must end after it begins, was from {self.first_year} until {self.end_year}.",
                code="lever_unfit",
                hint="The end is the first year without it.",
                field="until",
            )


@dataclass(frozen=True, slots=True)
class Spending:
    """What is spent: the account of all levers.

    Attributes
    ----------
    yearly
        100 million yuan a year, ``(periods, levers, regions)``, levers in the order of `Lever`.
    years_a_period
        1, or a quarter of a year.
    """

    yearly: Floats
    years_a_period: float

    def of(self, levers: Iterable[Lever]) -> Spending:
        """Return what is spent on some levers only."""
        kept = set(levers)
        is_kept = np.array([lever in kept for lever in Lever], dtype=np.float64)
        return Spending(self.yearly * is_kept[:, None], self.years_a_period)

    @property
    def by_lever_100m_yuan(self) -> dict[Lever, float]:
        """What each lever costs over all periods and regions."""
        total = self.yearly.sum(axis=(0, 2)) * self.years_a_period
        return dict(zip(Lever, total.tolist(), strict=True))
