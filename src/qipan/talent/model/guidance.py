"""Persons, jobs with openings, and what each could gain at which job with which chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from qipan.talent.model.array import Bools, Floats, Ints


class Aim(StrEnum):
    """What lists of recommendations are to bring: as many placements, or as much gain, as can be."""

    PLACEMENTS = "placements"
    GAIN = "gain"


class Behaviour(StrEnum):
    """What people do with a list, in the simulation: apply to one job of it by chance, or to all of them."""

    ONE = "one"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks for work; the pay is what they live on today, 0 where that is not known."""

    person_id: str
    region: str = ""
    skills: frozenset[str] = frozenset()
    pay_fen_per_month: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A job with so many openings, alike in all that is written here."""

    job_id: str
    openings: int
    region: str = ""
    employer: str = ""
    skills: frozenset[str] = frozenset()
    pay_fen_per_month: int = 0


@dataclass(frozen=True, slots=True)
class Prospects:
    """Pairs of a person and a job that could be recommended to them, person by person.

    Attributes
    ----------
    openings
        ``(jobs,)``.
    first
        ``(persons + 1,)``: the pairs of person ``p`` are those from ``first[p]`` until ``first[p + 1]``.
    job, chance, gain
        ``(pairs,)``: which job, the chance that its employer finds the person fit, and what the person gains by it.
    """

    openings: Ints
    first: Ints
    job: Ints
    chance: Floats
    gain: Floats

    @property
    def person(self) -> Ints:
        """Whose each pair is, ``(pairs,)``."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def lengths(self, most: int) -> Ints:
        """How many jobs are recommended to each person, ``(persons,)``: the most, or all there are."""
        return np.minimum(np.diff(self.first), most)


@dataclass(frozen=True, slots=True)
class Guidance:
    """Lists of recommendations.

    Attributes
    ----------
    chosen
        ``(pairs,)``, what is recommended.
    value, bound
        What the lists bring as expected; what no lists of this length bring more than.
    qualified
        ``(jobs,)``, how many fit people are expected to apply.
    """

    chosen: Bools
    value: float
    bound: float = field(default=np.inf)
    qualified: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def gap(self) -> float:
        """By which share of the bound the value stays below it."""
        return 1.0 - self.value / self.bound if self.bound > 0.0 else 0.0
