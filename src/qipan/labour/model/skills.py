"""Nouns of skills that postings ask for: counts by region, occupation and period, and how much they changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """How many postings of an occupation asked for a skill in a period; the region is empty where it is all of them."""

    region: str
    occupation: str
    period: str
    skill: str
    postings: int


@dataclass(frozen=True, slots=True)
class SkillCounts:
    """What was asked for, by region and occupation, by period, by skill; each in its order."""

    cells: dict[tuple[str, str], dict[str, dict[str, int]]]

    @classmethod
    def of(cls, rows: Iterable[Asked]) -> SkillCounts:
        """Return what rows say; of two that speak of the same, both count."""
        cells: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
        for row in sorted(rows, key=lambda one: (one.region, one.occupation, one.period, one.skill)):
            period = cells.setdefault((row.region, row.occupation), {}).setdefault(row.period, {})
            period[row.skill] = period.get(row.skill, 0) + row.postings
        return cls(cells)


@dataclass(frozen=True, slots=True)
class Moved:
    """A skill whose share of all that is asked for changed, from and to which share."""

    skill: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class SkillChange:
    """How much what an occupation asks for changed between two periods.

    Attributes
    ----------
    asked_before, asked_after
        How often skills were asked for in all.
    plain
        Half the sum of absolute changes of shares, 0 nothing to 1 everything; small counts make it too large.
    turned
        One minus the cosine of the two lists of shares.
    index, low, high
        The same as ``plain`` without what chance adds, and its interval; on average the index is never too large.
    floor
        What ``plain`` would exceed in one of twenty cases where nothing changed.
    chance
        How often it would be as large where nothing changed.
    rising, falling
        Skills that gained and lost the largest shares, the largest first.
    """

    region: str
    occupation: str
    base: str
    period: str
    asked_before: int
    asked_after: int
    plain: float
    turned: float
    index: float
    low: float
    high: float
    floor: float
    chance: float
    rising: tuple[Moved, ...]
    falling: tuple[Moved, ...]
