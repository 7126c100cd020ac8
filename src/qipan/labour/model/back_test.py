"""Nouns of a back-test: what a detector's alarms came to, where it had not learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.event import Event
from qipan.labour.model.promise import Discoveries, Promise, Rate

MISSED = np.iinfo(np.int64).min
"""Lead of an event that no alarm was raised for."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Periods that were left out of learning, and the threshold that the others gave."""

    first: int
    until: int
    threshold: float


@dataclass(frozen=True, slots=True)
class FoldScores:
    """What a detector says in a fold.

    Attributes
    ----------
    first, until
        Periods that were left out of learning.
    taught
        Scores of the others, each stretch learned in yet others, ``(cells, periods)``; infinite in what is left out.
    tested
        Scores of what was left out, learned in the others, ``(cells, until - first)``.
    """

    first: int
    until: int
    taught: Floats
    tested: Floats


@dataclass(frozen=True, slots=True)
class BackTest:
    """What a detector's alarms came to.

    Attributes
    ----------
    promise
        What the threshold was to keep.
    folds
        In the order of time.
    events
        All that the history has: they do not depend on the detector.
    lead
        Periods from the alarm to the crisis, ``(events,)``; `MISSED` without one.
    begins
        Alarms, ``(cells, periods)``.
    false
        How many were false.
    discoveries
        What came of the cells that were believed in each period; it does not depend on the promise.
    """

    promise: Promise
    folds: tuple[Fold, ...]
    events: tuple[Event, ...]
    lead: Ints
    begins: Bools
    false: Rate
    discoveries: Discoveries

    def share(self, least: int) -> float:
        """Return the share of events that were warned of at least so many periods ahead."""
        return float((self.lead >= least).mean())

    @property
    def late_or_missed(self) -> float:
        """Share of events whose alarm came with the crisis, after it, or never."""
        return 1.0 - self.share(1)

    @property
    def median_lead(self) -> float:
        """Median lead in periods; those late or missed count, as the worst."""
        return float(np.median(self.lead))
