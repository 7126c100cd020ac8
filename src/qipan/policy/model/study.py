"""A study: which regions, how long, which properties of AI and which levers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.policy.model.lever import Pull
from qipan.policy.model.parameter import Parameter

MEMBERS_MOST: Final = 100_000
YEARS_MOST: Final = 50
SEED_MOST: Final = 2**63 - 1
SPREAD: Final = 0.9
"""Intervals hold so much of the members."""


class Property(StrEnum):
    """The paper's four properties of AI; each can be switched off."""

    CUMULATIVE = "cumulative"
    """Knowledge grows from data, compute and talent, and data from use: 累积性."""
    SUDDEN = "sudden"
    """Beyond a threshold knowledge grows faster, and breakthroughs lower the threshold: 突发性."""
    COUPLING = "coupling"
    """What AI gives depends on a region's industries: 耦合性."""
    EVOLUTIONARY = "evolutionary"
    """AI gets better by being deployed: 进化性."""


class Effect(StrEnum):
    """Figure 2's effects of AI on regions: four positive, three negative."""

    SMALLER_GAP = "smaller_gap"
    DIVISION = "division_of_labour"
    ADVANTAGE = "comparative_advantage"
    FEATURES = "regional_features"
    DIVIDEND = "unequal_dividend"
    PENETRATION = "uneven_penetration"
    INCLUSION = "lacking_inclusion"


POSITIVE: Final = (Effect.SMALLER_GAP, Effect.DIVISION, Effect.ADVANTAGE, Effect.FEATURES)


class Step(StrEnum):
    """How long a period is."""

    YEAR = "year"
    QUARTER = "quarter"

    @property
    def years(self) -> float:
        """Length in years."""
        return 1.0 if self is Step.YEAR else 0.25


@dataclass(frozen=True, slots=True)
class Study:
    """What is to be simulated.

    Attributes
    ----------
    panel
        File of the regions at the start, beside that of the study.
    history
        Files of output and of population by year, if the baseline is to be learned from them; else empty.
    off
        Properties that are switched off.
    parameters
        Those that replace the shipped ones.

    Raises
    ------
    BadInputError
        ``study_unfit``.
    """

    name: str
    panel: str
    start_year: int
    periods: int
    step: Step = Step.YEAR
    members: int = 1000
    seed: int = 0
    levers: tuple[Pull, ...] = ()
    off: frozenset[Property] = frozenset()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        most = int(YEARS_MOST / self.step.years)
        for name, value, least, highest in (
            ("members", self.members, 2, MEMBERS_MOST),
            ("periods", self.periods, 1, most),
            ("seed", self.seed, 0, SEED_MOST),
        ):
            if not least <= value <= highest:
                raise BadInputError(
                    f"Key {name} must be a whole number from {least} to {highest}, was {value}.",
                    code="study_unfit",
                    hint="Correct it in the file of the study.",
                    field=name,
                )

    @property
    def years(self) -> float:
        """How long the study runs."""
        return self.periods * self.step.years
