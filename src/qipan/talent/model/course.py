"""Nouns of courses and jobs: modules that teach, jobs that are open, persons who have time and money for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import RuleBrokenError

NEEDS_MOST: Final = 16
"""Skills that a job may need: sets of them are counted one by one."""


class Presence(StrEnum):
    """Where a module is taken."""

    ONSITE = "onsite"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Module:
    """A module of a course.

    Attributes
    ----------
    region
        Where it is taught; one that is online is open to every region.
    skills
        Level that each skill is taught to, a share of its scale.
    cost_fen, subsidy_fen
        What a seat costs, and the part of it that somebody else may bear.
    start
        Day on which it begins; None where one may begin at any time.
    """

    module_id: str
    provider: str
    region: str
    presence: Presence
    seats: int
    hours: int
    skills: Mapping[str, float]
    cost_fen: int
    subsidy_fen: int = 0
    start: date | None = None

    def __post_init__(self) -> None:
        """Refuse a subsidy that is larger than the cost.

        Raises
        ------
        RuleBrokenError
            ``subsidy_unfit``.
        """
        if self.subsidy_fen > self.cost_fen:
            raise RuleBrokenError(
                f"A subsidy must be at most the cost, was {self.subsidy_fen} of {self.cost_fen} fen.",
                code="subsidy_unfit",
                hint="Write the part of the cost that somebody else bears.",
            )


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is open.

    Attributes
    ----------
    skills
        Least level of each skill that is needed.
    """

    job_id: str
    region: str
    occupation: str
    skills: Mapping[str, float]
    openings: int
    wage_fen_per_month: int

    def __post_init__(self) -> None:
        """Refuse more skills than can be counted.

        Raises
        ------
        RuleBrokenError
            ``needs_many``.
        """
        if len(self.skills) > NEEDS_MOST:
            raise RuleBrokenError(
                f"A job must need {NEEDS_MOST} skills at most, was {len(self.skills)}.",
                code="needs_many",
                hint="Name those that decide.",
            )


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks for a job.

    Attributes
    ----------
    hours, money_fen
        At hand for modules.
    regions
        Where they would work and learn on site.
    wage_least_fen_per_month
        Below that they would not.
    priority
        The smaller, the earlier they choose; of the same, by lot.
    ready
        Day from which they may begin; None for any.
    """

    person_id: str
    skills: Mapping[str, float]
    hours: int
    money_fen: int
    regions: tuple[str, ...]
    wage_least_fen_per_month: int = 0
    priority: int = 0
    ready: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What is on offer: modules and jobs, each in the order of their names."""

    modules: tuple[Module, ...]
    jobs: tuple[Job, ...]
