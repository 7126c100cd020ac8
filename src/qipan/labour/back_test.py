"""Back-test: what a detector would have warned of, in periods that it had not learned from.

Time is cut into folds, one for each wave of events that many cells share, or years where one wave has most of the time;
threshold, and whatever else is learned, come from all other folds. So a recession never sets the threshold that it is
warned of with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.calibrate import calibrate
from qipan.labour.count_false import count_false
from qipan.labour.model.array import Bools, Floats, Ints
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
    periods = watch.losses.shape[1]
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
            f"{periods} periods.",
            code="panel_short",
            hint="Bring a longer panel.",
        )
    begins = np.zeros(watch.losses.shape, dtype=np.bool_)
    heard = np.zeros_like(begins)
    folds = []
    seen = detector.see(watch)
    for first, until in pairwise(cuts):
        scorer, scores = _score(seen, detector, history, [one for one in pairwise(cuts) if one[0] != first])
        threshold = calibrate(scores, history.is_quiet, watch.per_year, promise, rest)
        scores = see(scorer) if see else scorer(seen)
        begins[:, first:until] = raise_alarms(scores, threshold, rest)[:, first:until]
        heard[:, first:until] = ~np.isnan(scores)[:, first:until]
        folds.append(Fold(first, until, threshold))
    events = tuple(one for one in history.events if heard[one.cell, one.crisis])
    lead = np.array([_lead(begins, one, history.allowance) for one in events], dtype=np.int64)
    false = count_false(begins, history.is_quiet & heard, watch.per_year)
    return BackTest(promise, tuple(folds), events, lead, begins, false)


def _score(
    seen: Floats, detector: Detector, history: History, taught: Sequence[tuple[int, int]]
) -> tuple[Scorer, Floats]:
    """Return what was learned in some stretches of time, and in each of them scores that were learned in the others.

    A threshold that was found on scores of what they were learned from would be too low for anything new. Where there
    is one stretch only, it is scored by what was learned in it.
    """
    # In time that is left out an alarm stands, for all one knows: what goes on after it is no new one.
    scores = np.full(history.is_quiet.shape, np.inf)
    for first, until in taught:
        others = [one for one in taught if one[0] != first] or taught
        scorer = detector.learn(seen, Lesson(history, _within(others, seen.shape[1])))
        scores[:, first:until] = scorer(seen)[:, first:until]
    return detector.learn(seen, Lesson(history, _within(taught, seen.shape[1]))), scores


def _within(stretches: Sequence[tuple[int, int]], periods: int) -> Bools:
    found = np.zeros(periods, dtype=np.bool_)
    for first, until in stretches:
        found[first:until] = True
    return found


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


def _lead(begins: Bools, event: Event, allowance: int) -> int:
    first = max(0, event.onset - allowance)
    raised: Ints = np.flatnonzero(begins[event.cell, first : event.end + 1])
    return event.crisis - first - int(raised[0]) if len(raised) else MISSED
