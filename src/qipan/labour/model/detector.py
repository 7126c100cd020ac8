"""Nouns of detection: what a detector sees, what it may learn from, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.event import EventRule, History
from qipan.labour.model.panel import Cell, Panel

RATIOS: Final = frozenset({"%", "index", "percent", "share"})
"""Units of what is no count, however whole its numbers are."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A panel as detectors see it.

    Attributes
    ----------
    losses
        ``(cells, periods)``, more is worse; gaps of up to a quarter of a year hold what was known last.
    depth
        How large a loss is an event, on that scale.
    per_year
        Periods in a year.
    groups
        Ways in which cells belong together, each a number for every cell, ``(cells,)``: all of them, those of an
        industry, those of a region, those of an occupation; ways that say nothing new are left out.
    ways
        What these are called: ``all``, ``industry``, ``region``, ``occupation``.
    counts
        Where the panel counts something, its values as they are, ``(cells, periods)``, held like losses; else nothing.
    sign
        1 where more of them is worse, -1 where less is.
    """

    losses: Floats
    depth: float
    per_year: float
    groups: tuple[Ints, ...]
    ways: tuple[str, ...] = ()
    counts: Floats | None = None
    sign: float = 1.0

    @classmethod
    def over(cls, panel: Panel, rule: EventRule) -> Watch:
        """Watch a panel for the events of a rule."""
        per_year = panel.cadence.per_year
        ways, most = _groups(panel.cells), round(per_year / 4)
        held = _held(rule.losses(panel), most)
        counts = _held(panel.values, most) if _counts(panel) else None
        return cls(held, rule.depth, per_year, tuple(ways.values()), tuple(ways), counts, rule.sign)

    def periods(self, years: float) -> int:
        """Return so many years as whole periods, at least one.

        Examples
        --------
        >>> Watch(np.zeros((1, 1)), 2.0, 12.0, ()).periods(0.25)
        3
        """
        return max(1, round(years * self.per_year))


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a detector may learn from: what became of a panel in some periods, ``(periods,)``, and in no others."""

    history: History
    periods: Bools


Scorer = Callable[[Floats], Floats]
"""Turns what is seen into a score of each cell and period, ``(cells, periods)``: the higher, the more like an onset."""


def _no_inputs(watch: Watch) -> tuple[str, ...]:
    del watch
    return ()


@dataclass(frozen=True, slots=True)
class Detector:
    """What looks for onsets of events.

    Attributes
    ----------
    see
        Returns what it sees of each cell in each period, ``(cells, periods, …)``, from that period and earlier ones
        only; NaN where too little is known.
    learn
        Returns what scores anything so seen, and rests on the lesson alone.
    inputs
        What the columns are called of what it sees; nothing where it sees no more than its score.
    """

    see: Callable[[Watch], Floats]
    learn: Callable[[Floats, Lesson], Scorer]
    inputs: Callable[[Watch], tuple[str, ...]] = _no_inputs


def _counts(panel: Panel) -> bool:
    """Tell whether a panel counts something: whole numbers, none below nothing, of a unit that is no ratio."""
    known = panel.values[~np.isnan(panel.values)]
    return panel.unit not in RATIOS and bool(known.size and (known >= 0.0).all() and (known == np.round(known)).all())


def _held(losses: Floats, most: int) -> Floats:
    """Return losses whose gaps hold the last value before them, for up to so many periods."""
    at = np.arange(losses.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(losses), 0, at), axis=1)
    return np.where(at - last <= most, np.take_along_axis(losses, last, axis=1), np.nan)


def _groups(cells: tuple[Cell, ...]) -> dict[str, Ints]:
    """Return in which ways cells belong together; each cell alone, and the same way twice, say nothing."""
    names = {
        "all": ["" for _ in cells],
        "industry": [one.industry for one in cells],
        "region": [one.region for one in cells],
        "occupation": [one.occupation for one in cells],
    }
    found: dict[tuple[int, ...], str] = {}
    for way, of in names.items():
        group = np.unique(np.array(of), return_inverse=True)[1]
        if not found or 1 < group.max() + 1 < len(cells):
            found.setdefault(tuple(group.tolist()), way)
    return {way: np.array(group, dtype=np.int64) for group, way in found.items()}
