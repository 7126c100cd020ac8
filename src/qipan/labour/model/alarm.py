"""Nouns of alarms: when each began that stands in a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qipan.labour.model.array import Bools, Ints

NONE: Final = -1
"""Beginning of an alarm where none stands."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a detector's scores raised.

    Attributes
    ----------
    since
        Period in which the alarm began that stands, ``(cells, periods)``; `NONE` where none does.
    begins
        Where a new one begins; what stands already as the detector first speaks of a cell is no new one.
    """

    since: Ints
    begins: Bools
