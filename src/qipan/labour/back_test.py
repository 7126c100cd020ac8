"""Back-test: what a detector would have warned of, in periods that it had not learned from.

Time is cut into folds, one for each wave of events that many cells share, or years where one wave has most of it.
Whatever is learned for a fold, its threshold included, comes from the others, but for time beside the fold and for
events that reach into it. So a recession never sets the threshold that it is warned of with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.calibrate import calibrate
from qipan.labour.count_false import count_false
from qipan.labour.model.alarm import NONE, Alarms
from qipan.labour.model.array import Floats, Ints
from qipan.labour.model.back_test import MISSED, BackTest, Fold
from qipan.labour.model.detector import Detector, Lesson, Scorer, Watch
from qipan.labour.model.event import Event, History
from qipan.labour.model.promise import Promise
from qipan.labour.raise_alarms import raise_alarms

WAVE_SHARE = 0.05
"""Share of cells within a year of their crisis that makes a wave."""


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
    see
        Lets what was learned score what was known in each period, as `score_releases` does; else all corrections are
        seen from the start.
    rest
        Periods that an alarm stands after its score has fallen below the threshold.

    Raises
    ------
    RuleBrokenError
        ``panel_without_events`` where there is no event; ``panel_short`` where there are fewer than two folds.
    """
    cuts = cut(history, watch)
    if not history.events:
        raise RuleBrokenError(
            "A back-test needs events, found none.",
            code="panel_without_events",
            hint="Bring a longer panel, or state a smaller event.",
        )
    if len(cuts) < 3:
        raise RuleBrokenError(
            "A back-test needs two waves of events or two years, to learn from one and test on the other, was one of "
            f"{watch.losses.shape[1]} periods.",
            code="panel_short",
            hint="Bring a longer panel.",
        )
    tested, thresholds = np.full(watch.losses.shape, np.nan), np.full(watch.losses.shape[1], np.inf)
    folds = []
    seen = detector.see(watch)
    for first, until in pairwise(cuts):
        others = [one for one in pairwise(cuts) if one[0] != first]
        scorer, scores = score_apart(seen, detector, history, others, watch)
        thresholds[first:until] = calibrate(scores, history, watch.per_year, promise, rest)
        tested[:, first:until] = (see(scorer) if see else scorer(seen))[:, first:until]
        folds.append(Fold(first, until, float(thresholds[first])))
    alarms = raise_alarms(tested, thresholds, history, rest)
    false = count_false(alarms.begins, history.is_quiet, watch.per_year)
    return BackTest(promise, tuple(folds), history.events, _leads(alarms, history.events), alarms.begins, false)


def score_apart(
    seen: Floats, detector: Detector, history: History, taught: Sequence[tuple[int, int]], watch: Watch
) -> tuple[Scorer, Floats]:
    """Return what was learned in some stretches of time, and in each of them scores that were learned in the others.

    A threshold that was found on scores of what they were learned from would be too low for anything new. Where there
    is one stretch only, it is scored by what was learned in it.
    """
    # Time that is left out: an alarm that stands as it ends is no new one, for all one knows.
    scores = np.full(history.is_quiet.shape, np.inf)
    for first, until in taught:
        others = [one for one in taught if one[0] != first] or taught
        scores[:, first:until] = detector.learn(seen, _lesson(history, others, watch))(seen)[:, first:until]
    return detector.learn(seen, _lesson(history, taught, watch)), scores


def _lesson(history: History, taught: Sequence[tuple[int, int]], watch: Watch) -> Lesson:
    """Return what may be learned from stretches of time: no event that reaches beyond them, no year beside the rest."""
    is_taught = np.zeros(watch.losses.shape[1], dtype=np.bool_)
    for first, until in taught:
        is_taught[first:until] = True
    inside = tuple(one for one in history.events if is_taught[one.since : one.end + 1].all())
    is_far = is_taught.copy()
    for at in np.flatnonzero(~is_taught):
        is_far[max(0, at - watch.periods(1.0)) : at + watch.periods(1.0) + 1] = False
    return Lesson(replace(history, events=inside), is_far)


def cut(history: History, watch: Watch) -> list[int]:
    """Return where folds begin, and the end: midway between waves of events, so that each wave lies in one.

    Where one of these folds would have more than half of what was quiet, they are years.
    """
    in_loss = np.zeros(watch.losses.shape, dtype=np.bool_)
    for event in history.events:
        in_loss[event.cell, max(event.onset, event.crisis - watch.periods(1.0)) : event.crisis + 1] = True
    is_wave = np.concatenate([[False], in_loss.mean(axis=0) >= WAVE_SHARE, [False]])
    begins, ends = np.flatnonzero(is_wave[1:] & ~is_wave[:-1]), np.flatnonzero(~is_wave[1:] & is_wave[:-1])
    periods = watch.losses.shape[1]
    waves = [0, *((ends[:-1] + begins[1:]) // 2).tolist(), periods]
    quiet = np.add.reduceat(history.is_quiet.sum(axis=0), waves[:-1])
    if quiet.max() <= quiet.sum() / 2:
        return waves
    years = max(1, round(periods / watch.per_year))
    return [round(periods * year / years) for year in range(years + 1)]


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
