"""Nouns of an assessment: who is affected by a loss of jobs, in which tasks, and what of their skills still carries."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qipan.talent.model.skills import Task
from qipan.talent.model.transition import Transition


@dataclass(frozen=True, slots=True)
class Affected:
    """People of an occupation in a region, and the loss of jobs that is expected.

    Attributes
    ----------
    low, high
        Shares of jobs, 0 to 1, between which the loss is expected.
    expected
        Share expected; None where only the interval is known.
    probability
        That the event of the warning comes, not that the loss is of this size; None where not known.
    source
        Where this was told.
    event
        The event of the warning: a fall by at least this share; None where there is no warning.
    """

    region: str
    occupation: str
    persons: int
    low: float
    high: float
    expected: float | None = None
    probability: float | None = None
    source: str = ""
    event: float | None = None

    @property
    def persons_low(self) -> int:
        """Fewest persons, rounded down."""
        return math.floor(self.persons * self.low + 1e-9)

    @property
    def persons_high(self) -> int:
        """Most persons, rounded up."""
        return math.ceil(self.persons * self.high - 1e-9)

    @property
    def persons_expected(self) -> int | None:
        """Persons expected, rounded."""
        return None if self.expected is None else round(self.persons * self.expected)


@dataclass(frozen=True, slots=True)
class Carried:
    """A skill that people of the occupation have.

    Attributes
    ----------
    level
        How well it is mastered.
    needed, suffices
        How many of the occupations within reach need it, and in how many of these its level suffices.
    """

    skill: str
    level: float
    needed: int
    suffices: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a loss of jobs means to those who have them.

    Attributes
    ----------
    tasks
        What is done in the occupation and exposed, what weighs most first; who has no exposure stands last.
    exposed_low, exposed_high
        Share of what is done that machines can do, by importance; tasks of which nobody has said so count 0 and 1.
        None where no task is known.
    carried
        Skills that somebody within reach needs, those that suffice most often first.
    transitions
        Occupations within reach.
    """

    affected: Affected
    tasks: tuple[Task, ...]
    exposed_low: float | None
    exposed_high: float | None
    carried: tuple[Carried, ...]
    transitions: tuple[Transition, ...]
