"""Nouns of a change of occupation: how alike two are, what is lacking, what changes in pay and demand."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.talent.model.skills import Outlook


@dataclass(frozen=True, slots=True)
class Held:
    """A skill that is needed where one would go, beside what one has.

    Attributes
    ----------
    has, needs
        Levels, shares of their scale.
    importance
        How much it matters there.
    """

    skill: str
    has: float
    needs: float
    importance: float

    @property
    def lacks(self) -> float:
        """How much of the level is lacking."""
        return max(0.0, self.needs - self.has)


@dataclass(frozen=True, slots=True)
class Transition:
    """A change from one occupation to another.

    Attributes
    ----------
    similarity
        0, nothing in common, to 1; the same in both directions.
    gap
        Share of what is needed there that is lacking, 0 to 1; not the same in both directions.
    skills
        What is needed there, what is lacking most first.
    wage_change
        By which share the wage is higher; None where one of both is not given.
    """

    origin: str
    occupation: str
    similarity: float
    gap: float
    skills: tuple[Held, ...]
    outlook: Outlook | None
    wage_change: float | None

    @property
    def lacking(self) -> tuple[Held, ...]:
        """Skills that do not suffice."""
        return tuple(one for one in self.skills if one.lacks > 0.0)

    @property
    def carrying(self) -> tuple[Held, ...]:
        """Skills that suffice, what matters most first."""
        return tuple(one for one in sorted(self.skills, key=lambda one: -one.importance) if one.lacks == 0.0)
