"""Nouns of reliability: what was foretold, from what was known then, beside what came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """How often something came.

    Attributes
    ----------
    asked
        Cells and periods of which it is known.
    came
        Share of them in which it did.
    at_least, at_most
        95 % interval of that share; parts of time count as draws, since bad times are shared. Nothing where there are
        fewer than two.
    """

    asked: int
    came: float
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Chances that lay between two limits, half-open, their mean, and how often what they foretold came."""

    low: float
    high: float
    foretold: float
    share: Share


@dataclass(frozen=True, slots=True)
class Reliability:
    """Chances of a loss in some periods, half-open, after the one in which they were told.

    Attributes
    ----------
    foretold
        Mean chance.
    brier
        Mean square of chance less what came; it is ``miscalibration - discrimination + uncertainty``.
    climatology
        The same of the usual share, as it was known then.
    miscalibration, discrimination, uncertainty
        What would be gained by better calibration alone; what chances gain by telling cells and times apart; what
        their own mean share would have.
    """

    first: int
    until: int
    foretold: float
    share: Share
    brier: float
    climatology: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Intervals of what is lost by the end of some periods after the one in which they were told.

    Attributes
    ----------
    share
        How often what came lay in them.
    below, above
        How often it lay below and above.
    """

    until: int
    share: Share
    below: float
    above: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of all that was foretold of some cells.

    Attributes
    ----------
    of
        ``open``, all whose loss was still to come, or ``warned``, those of them that were warned of.
    """

    of: str
    reliabilities: tuple[Reliability, ...]
    coverages: tuple[Coverage, ...]
