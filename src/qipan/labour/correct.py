"""Correct: what is known of a panel, as it will be once it is final, on the cautious side.

Each value is moved by what is usually still added to one of its age, and then so many spreads towards better. An alarm
that stands all the same will very likely stand on final data: that is a threshold widened by the spread, whatever the
detector.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.event import Direction, EventRule
from qipan.labour.model.panel import Panel
from qipan.labour.model.revision import Revisions

DOUBT: Final = 2.0
"""Spreads by which recent values are taken to be better than they look: 97.7 % of normal revisions leave them so."""


def on_scale(values: Floats, rule: EventRule) -> Floats:
    """Return values on the scale on which they are revised: logarithms where events are shares of them."""
    return np.log(values) if rule.is_relative else values


def correct(panel: Panel, period: int, revisions: Revisions, rule: EventRule, doubt: float = DOUBT) -> Panel:
    """Return a panel known at the end of a period with its recent values corrected.

    Parameters
    ----------
    revisions
        Learned by the end of that period.
    doubt
        So many spreads better than is expected; 0 corrects the bias alone.

    Examples
    --------
    >>> from datetime import date
    >>> from qipan.labour.model.panel import Cadence, Cell
    >>> panel = Panel((Cell("a"),), (date(2020, 1, 1),), Cadence.MONTH, "percent", np.array([[5.0]]))
    >>> known = Revisions(np.array([[0.4]]), np.array([[0.1]]), 36)
    >>> correct(panel, 0, known, EventRule.read("rise 2"), doubt=1.0).values
    array([[5.3]])
    """
    values = panel.values.copy()
    better = -1.0 if rule.direction is Direction.RISE else 1.0
    moves = revisions.bias + better * doubt * revisions.spread
    for age in range(moves.shape[1]):
        at = period - age
        if 0 <= at < values.shape[1]:
            moved = moves[:, age]
            values[:, at] = values[:, at] * np.exp(moved) if rule.is_relative else values[:, at] + moved
    return replace(panel, values=values)
