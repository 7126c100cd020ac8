"""Back-test: what a detector would have warned of, in periods that it had not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qipan.labour.calibrate import calibrate
from qipan.labour.count_false import count_false
from qipan.labour.discover import count_discoveries
from qipan.labour.learn_folds import learn_folds
from qipan.labour.model.alarm import NONE, Alarms
from qipan.labour.model.array import Floats, Ints
from qipan.labour.model.back_test import MISSED, BackTest, Fold, FoldScores
from qipan.labour.model.detector import Detector, Scorer, Watch
from qipan.labour.model.event import Event, History
from qipan.labour.model.promise import Promise
from qipan.labour.raise_alarms import raise_alarms


def back_test(
    watch: Watch,
    history: History,
    detector: Detector,
    promise: Promise,
    *,
    rest: int,
    see: Callable[[Scorer], Floats] | None = None,
) -> BackTest:
    """Return what a detector's alarms came to in each fold, learned in the others.

    Parameters
    ----------
    promise
        What each threshold is to keep.
    rest
        Periods that an alarm stands after its score has fallen below the threshold.
    see
        As `learn_folds` has it.

    Raises
    ------
    RuleBrokenError
        ``panel_without_events``, ``panel_short``.
    """
    return hold(learn_folds(watch, history, detector, see), history, watch.per_year, promise, rest)


def hold(folds: Sequence[FoldScores], history: History, per_year: float, promise: Promise, rest: int) -> BackTest:
    """Return what alarms come to under a promise, by what was learned in folds."""
    scores = np.concatenate([one.tested for one in folds], axis=1)
    held = [Fold(one.first, one.until, calibrate(one.taught, history, per_year, promise, rest)) for one in folds]
    thresholds = np.concatenate([np.full(one.until - one.first, one.threshold) for one in held])
    alarms = raise_alarms(scores, thresholds, history, rest)
    return BackTest(
        promise,
        tuple(held),
        history.events,
        _leads(alarms, history.events),
        alarms.begins,
        count_false(alarms.begins, history.is_quiet, per_year),
        count_discoveries(folds, history),
    )


def _leads(alarms: Alarms, events: Sequence[Event]) -> Ints:
    """Return the periods from each event's first alarm to its crisis, ``(events,)``.

    One that stands as the event opens counts from there, unless it began in the event before: that one was for it.
    """
    leads = np.full(len(events), MISSED)
    last: dict[int, int] = {}
    for at, event in enumerate(events):
        since = alarms.since[event.cell, event.opens : event.end + 1]
        counts = np.flatnonzero(since > last.get(event.cell, NONE))
        if len(counts):
            leads[at] = event.crisis - event.opens - int(counts[0])
        last[event.cell] = event.end
    return leads
