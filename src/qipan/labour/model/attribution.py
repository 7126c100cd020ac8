"""Nouns of attribution: what exposes work to which kind of machine, and how much of a change that explains."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import stdtrit

from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.panel import Cell

CONFIDENCE = 0.90
"""How often intervals are to hold the truth."""
LEVEL = 0.05
"""How often an effect that is not there may be told."""


@dataclass(frozen=True, slots=True)
class CellExposures:
    """Exposure of cells: how much of the work of some industries or occupations machines of a kind could do.

    Attributes
    ----------
    channels
        Kinds of machines that are kept apart, such as language models and robots.
    rows
        Channel, what it is about (an empty name stands for all), first year that it holds for, and the share.
    """

    channels: tuple[str, ...]
    rows: tuple[tuple[str, Cell, int, float], ...]


class Verdict(StrEnum):
    """What may be said of a channel."""

    LOWERS = "lowers"
    RAISES = "raises"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect, and how far off it may be by what it came to when nothing had happened.

    Attributes
    ----------
    effect
        Change for an exposure of one, on the scale of the panel: logarithms, or its unit.
    error
        Standard error of a new draw.
    draws
        Degrees of freedom of the error.
    """

    effect: float
    error: float
    draws: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end, which hold the truth as often as `CONFIDENCE` says."""
        off = float(stdtrit(self.draws, (1.0 + CONFIDENCE) / 2.0)) * self.error
        return self.effect - off, self.effect + off

    @property
    def is_told(self) -> bool:
        """Whether the effect is farther from nothing than chance takes it, but for `LEVEL` of times."""
        return abs(self.effect) > float(stdtrit(self.draws, 1.0 - LEVEL / 2.0)) * self.error


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a change since a day is put down to.

    Attributes
    ----------
    since
        Position of the period with which the change begins.
    window
        Periods before and after it whose means are compared.
    channels
        The channels, in the order of `estimates`.
    estimates
        Of each channel.
    placebo
        Effect at each pseudo-date beyond what the other pseudo-dates say, ``(channels, pseudo-dates)``.
    is_placebo_told
        Whether it would have been told there, ``(channels, pseudo-dates)``.
    is_clean
        Whether pseudo-dates were told no more often than `LEVEL` allows, ``(channels,)``.
    is_used
        Cells that are known in all windows and have an exposure, ``(cells,)``.
    parts
        Change of each used cell beyond its usual one, in parts that add up to it: machines, cycle, region, industry and
        the rest, ``(used, 5)``.
    machines
        The part of machines by channel, ``(used, channels)``.
    error
        Standard error of the part of machines, ``(used,)``.
    """

    since: int
    window: int
    channels: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    placebo: Floats
    is_placebo_told: Bools
    is_clean: tuple[bool, ...]
    is_used: Bools
    parts: Floats
    machines: Floats
    error: Floats

    PARTS = ("machines", "cycle", "region", "industry", "rest")

    def verdict(self, channel: int) -> Verdict:
        """Return what may be said of a channel: nothing where its pseudo-dates say as much."""
        found = self.estimates[channel]
        if not (self.is_clean[channel] and found.is_told):
            return Verdict.CANNOT_TELL
        return Verdict.LOWERS if found.effect < 0.0 else Verdict.RAISES

    @property
    def rejected(self) -> tuple[int, ...]:
        """At how many pseudo-dates each channel was told, ``(channels,)``."""
        return tuple(self.is_placebo_told.sum(axis=1).tolist())

    @property
    def change(self) -> Floats:
        """Change of each used cell beyond its usual one, ``(used,)``."""
        found: Floats = np.sum(self.parts, axis=1)
        return found
