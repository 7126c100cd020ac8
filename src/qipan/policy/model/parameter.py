"""Parameters of the simulation: each with its unit, its range, where it comes from and how much stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import BadInputError

STRUCTURE: Final = (
    "capital_share", "saved_share", "capital_loss", "knowledge_loss", "data_loss", "knowledge_of_data",
    "knowledge_of_compute", "knowledge_of_talent", "data_shared", "breakthrough_gain", "breakthrough_steepness",
    "breakthrough_threshold", "breakthrough_fall", "breakthroughs_a_year", "adoption_speed", "adoption_of_knowledge",
    "adoption_spread", "learning", "earlier_years", "talent_mobility", "talent_to_income", "talent_to_knowledge",
    "compute_used", "compute_follows", "compute_moved", "compensation", "jobs_share", "displaced_share",
    "reemployment", "gain_remote", "gain_division", "gain_advantage", "gain_features", "loss_dividend",
    "loss_penetration", "loss_inclusion", "lever_ai_plus", "lever_coordination", "lever_infrastructure",
    "lever_talent", "lever_support", "lever_enclave", "enclave_shared",
)  # fmt: skip
"""Parameters of AI and of levers, in the order in which the compiled step reads them."""
BASELINE: Final = (
    "growth", "growth_deviation", "catch_up", "catch_up_deviation", "catch_up_persistence", "momentum",
    "own_deviation",
)  # fmt: skip
"""Parameters of the path without AI; a history of output can tell them."""
NAMES: Final = (*STRUCTURE, *BASELINE)
POSITIVE: Final = ("compute_used", "earlier_years", "capital_loss", "growth_deviation", "own_deviation")
"""Those that are divided by, or spread: above 0."""
SIGNED: Final = ("growth", "catch_up", "momentum", "breakthrough_threshold")
"""Those that may be below 0."""
SHARES: Final = (
    "capital_share", "saved_share", "capital_loss", "knowledge_loss", "data_loss", "data_shared", "adoption_speed",
    "adoption_spread", "talent_mobility", "compute_used", "compute_follows", "compute_moved", "jobs_share",
    "displaced_share", "reemployment", "enclave_shared", "catch_up_persistence", "momentum",
)  # fmt: skip
"""Those that are at most 1; yearly ones too, so that a step of a year takes no more than there is."""


class Standing(StrEnum):
    """How much stands behind a parameter of a run."""

    ASSUMED = "assumed"
    """Nobody published it, and no data of the study tell it."""
    CALIBRATED = "calibrated"
    """Told by the history of the study."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: a triangle between its least and its most, highest at the likeliest value.

    Attributes
    ----------
    unit
        Key of a unit of the catalogue of facts, as ``per_year``.
    source
        Where it was read: the name of a fact, or what a study says.

    Raises
    ------
    BadInputError
        ``parameter_unfit``.
    """

    name: str
    low: float
    likely: float
    high: float
    unit: str
    source: str
    standing: Standing = Standing.ASSUMED

    def __post_init__(self) -> None:
        least = -1.0 if self.name in SIGNED else 0.0
        most = 1.0 if self.name in SHARES else float("inf")
        is_open = self.low > least or self.name not in POSITIVE
        if not (least <= self.low <= self.likely <= self.high <= most and self.high < float("inf") and is_open):
            told = f"{self.low:g}, {self.likely:g}, {self.high:g}"
            raise BadInputError(
                f"Parameter {self.name} must have a low, likely and high that do not fall, from {least:g} to {most:g}, "
                f"was {told}.",
                code="parameter_unfit",
                hint="Give low, likely and high in its unit; those that are divided by must be above 0.",
                field=self.name,
            )


Parameters = Mapping[str, Parameter]
"""All parameters by name."""
