"""Nouns of what a warning is about: a rule that says which loss is an event, and the events that it finds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.panel import Panel, Releases

_RULE = re.compile(r"(rise|fall)\s*(>=)?\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)")


class Direction(StrEnum):
    """Which way an indicator moves when jobs are lost."""

    RISE = "rise"
    FALL = "fall"


@dataclass(frozen=True, slots=True)
class EventRule:
    """Which loss is an event: how far an indicator moves the bad way from its last turning point.

    Attributes
    ----------
    size
        In the unit of the panel, or a share of the value at the turning point.
    is_relative
        Whether it is such a share.

    Raises
    ------
    BadInputError
        ``event_rule_bad`` unless the size is above nothing, and a relative fall below all.

    Examples
    --------
    >>> EventRule.read("fall 10%")
    EventRule(direction=<Direction.FALL: 'fall'>, size=0.1, is_relative=True)
    >>> str(EventRule.read("rise >= 2.0"))
    'rise 2'
    """

    direction: Direction
    size: float
    is_relative: bool

    def __post_init__(self) -> None:
        is_all = self.is_relative and self.direction is Direction.FALL and self.size >= 1.0
        if not (0.0 < self.size < math.inf) or is_all:
            raise _bad(str(self))

    @classmethod
    def read(cls, text: str) -> EventRule:
        """Read a rule as people write it: ``rise 2.0`` in the panel's unit, ``fall 10%`` of the value."""
        found = _RULE.fullmatch(text.strip())
        if not found:
            raise _bad(text)
        is_relative = bool(found[4])
        return cls(Direction(found[1]), float(found[3]) / (100.0 if is_relative else 1.0), is_relative)

    def __str__(self) -> str:
        return f"{self.direction} {self.size * 100:g}%" if self.is_relative else f"{self.direction} {self.size:g}"

    @property
    def depth(self) -> float:
        """Size on the scale of `losses`."""
        if not self.is_relative:
            return self.size
        return math.log1p(self.size) if self.direction is Direction.RISE else -math.log1p(-self.size)

    @property
    def sign(self) -> float:
        """1 where more is worse, -1 where less is."""
        return 1.0 if self.direction is Direction.RISE else -1.0

    def must_suit(self, releases: Releases) -> None:
        """Refuse a panel that says of itself that it moves the other way when jobs are lost.

        Raises
        ------
        RuleBrokenError
            ``direction_differs``.
        """
        if releases.direction not in {"", self.direction}:
            raise RuleBrokenError(
                f"Events must move the way in which the panel loses jobs, {releases.direction}, was {self}.",
                code="direction_differs",
                hint="State the other direction, or correct the column direction of the panel.",
            )

    def losses(self, panel: Panel) -> Floats:
        """Return the panel so that more is worse, and an event is a rise by `depth`, ``(cells, periods)``.

        Relative rules take logarithms: a rise of so many per cent is the same from whatever value.

        Raises
        ------
        RuleBrokenError
            ``panel_not_positive`` where a share is asked of values that are not above nothing.
        """
        if not self.is_relative:
            return self.sign * panel.values
        if (panel.values <= 0.0).any():
            cell, period = np.argwhere(panel.values <= 0.0)[0]
            raise RuleBrokenError(
                f"Values must be above nothing where events are shares of them, was {panel.values[cell, period]:g} "
                f"of {panel.cells[cell]} in the period from {panel.starts[period]}.",
                code="panel_not_positive",
                hint="State the event in the unit of the panel, as in: rise 2.0.",
            )
        return self.sign * np.log(panel.values)


@dataclass(frozen=True, slots=True)
class Event:
    """A loss of at least the size of the rule in one cell.

    Attributes
    ----------
    cell
        Position among the cells.
    since
        First period that belongs to it: shortly before the onset, and after the end of the event before.
    opens
        First period in which an alarm counts for it; one that has begun since, and stands, counts from there.
    onset, crisis, end
        Periods: the turning point from which it is measured, the first in which it has the size, and its worst.
    """

    cell: int
    since: int
    opens: int
    onset: int
    crisis: int
    end: int


@dataclass(frozen=True, slots=True)
class History:
    """What became of a panel, as a rule sees it.

    Attributes
    ----------
    events
        In the order of cells and onsets.
    horizon
        Periods before a crisis from which on an alarm can count for it.
    is_quiet
        Where an alarm would be false, ``(cells, periods)``: outside of events and the short time before them, and not
        where it cannot be told yet.
    """

    events: tuple[Event, ...]
    horizon: int
    is_quiet: Bools


def _bad(text: str) -> BadInputError:
    return BadInputError(
        f"A rule of events must be rise or fall by a size above nothing, and no fall by all, was {text!r}.",
        code="event_rule_bad",
        hint='Write for example "rise 2.0", in the unit of the panel, or "fall 10%".',
    )
