"""Nouns of revisions: how values still change after their first release, and how alarms on both agree."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.labour.model.array import Floats


@dataclass(frozen=True, slots=True)
class Revisions:
    """How much a value is still to change, by its age in periods, as it was known on some day.

    Attributes
    ----------
    bias
        Mean of what is still added to a value, ``(cells, ages)``; on logarithms where events are shares.
    spread
        Standard deviation about it, ``(cells, ages)``.
    learned
        Periods that it was learned from.
    """

    bias: Floats
    spread: Floats
    learned: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alarms raised on what had been released by then agree with those on final data.

    Attributes
    ----------
    raised, agreeing
        Alarms on releases, and those of them that stand on final data too, at that time or shortly before or after.
    due, found
        Alarms on final data, and those of them that stand on releases too, in the same way.
    delay
        Median of how many periods later those found begin on releases; 0 where none is found.
    """

    raised: int
    agreeing: int
    due: int
    found: int
    delay: float

    @property
    def share_agreeing(self) -> float:
        """Share of alarms on releases that final data raise too; 1 where none was raised."""
        return self.agreeing / self.raised if self.raised else 1.0

    @property
    def share_found(self) -> float:
        """Share of alarms on final data that releases raise too; 1 where none was due."""
        return self.found / self.due if self.due else 1.0
