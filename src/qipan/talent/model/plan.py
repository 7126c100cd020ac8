"""Nouns of plans: the modules that lead a person to a job, or why none do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qipan.talent.model.course import Job, Module, Person


class Obstacle(StrEnum):
    """Why a person has no plan: what would have to be otherwise for one."""

    TAKEN = "taken"  # seats or openings that others held when the person chose
    MONEY = "money"
    TIME = "time"
    START = "start"  # modules begin before the person may
    WAGE = "wage"  # jobs pay less than the person asks for
    REGION = "region"  # jobs or modules are where the person would not go
    NO_OPENING = "no_opening"  # jobs never had an opening, or modules never a seat
    SKILLS = "skills"  # no modules teach what any job lacks, whatever else were otherwise


@dataclass(frozen=True, slots=True)
class Plan:
    """Modules that lead to a job, in the order of their names.

    Attributes
    ----------
    is_subsidised
        Whether the person pays only what the subsidy leaves.
    """

    job: Job
    modules: tuple[Module, ...]
    is_subsidised: bool

    @property
    def hours(self) -> int:
        """Hours of its modules."""
        return sum(one.hours for one in self.modules)

    @property
    def subsidy_fen(self) -> int:
        """What somebody else bears."""
        return sum(one.subsidy_fen for one in self.modules) if self.is_subsidised else 0

    @property
    def cost_fen(self) -> int:
        """What the person pays."""
        return sum(one.cost_fen for one in self.modules) - self.subsidy_fen


@dataclass(frozen=True, slots=True)
class Planned:
    """What was found for a person.

    Attributes
    ----------
    plan
        The plan whose seats and opening are held for them; None where there is none.
    alternatives
        The next shortest plans to other jobs as they stood then; nothing is held for these.
    obstacles
        Why there is no plan: without all of these there would be one, without a part of them there would not.
    relaxed
        Without a plan: the one there would be without the obstacles.
    subsidised
        Without a plan: the one there would be with subsidies, all else as it stood.
    """

    person: Person
    plan: Plan | None
    alternatives: tuple[Plan, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    relaxed: Plan | None = None
    subsidised: Plan | None = None
