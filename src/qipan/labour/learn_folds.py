"""Learn in folds: what a detector says of periods that it has not learned from, and of those that it has, anew.

Time is cut into folds, one for each wave of events that many cells share, or equal ones where one wave has most of it.
Whatever is learned for a fold comes from the others, but for time beside the fold and for events that reach into it. So
a recession never sets the threshold that it is warned of with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Floats
from qipan.labour.model.back_test import FoldScores
from qipan.labour.model.detector import Detector, Lesson, Scorer, Watch
from qipan.labour.model.event import History

WAVE_SHARE: Final = 0.05
"""Share of cells within a year of their crisis that makes a wave."""
EQUAL_FOLDS_LEAST: Final = 6
BESIDE_YEARS: Final = 1.0
"""How much time beside a fold is not learned from: detectors look back so far. At most half of the shortest fold is."""


def learn_folds(
    watch: Watch, history: History, detector: Detector, see: Callable[[Scorer], Floats] | None = None
) -> tuple[FoldScores, ...]:
    """Return what a detector says of each fold, and of the others that it learned in, in the order of time.

    Parameters
    ----------
    see
        Lets what was learned score what was known in each period, as `score_releases` does; else all corrections are
        seen from the start.

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
    seen = detector.see(watch)
    folds = []
    for first, until in pairwise(cuts):
        others = [one for one in pairwise(cuts) if one[0] != first]
        scorer, taught = score_apart(seen, detector, history, others, watch)
        tested = see(scorer) if see else scorer(seen)
        folds.append(FoldScores(first, until, taught, tested[:, first:until]))
    return tuple(folds)


def score_apart(
    seen: Floats, detector: Detector, history: History, taught: Sequence[tuple[int, int]], watch: Watch
) -> tuple[Scorer, Floats]:
    """Return what was learned in some stretches of time, and in each of them scores that were learned in the others.

    A threshold that was found on scores of what they were learned from would be too low for anything new. Where there
    is one stretch only, it is scored by what was learned in it.
    """
    # Time that is left out: an alarm that stands as it ends is no new one, for all one knows.
    scores = np.full(history.is_quiet.shape, np.inf)
    beside = min(watch.periods(BESIDE_YEARS), min(until - first for first, until in taught) // 2)
    for first, until in taught:
        others = [one for one in taught if one[0] != first] or taught
        scores[:, first:until] = detector.learn(seen, _lesson(history, others, beside))(seen)[:, first:until]
    return detector.learn(seen, _lesson(history, taught, beside)), scores


def _lesson(history: History, taught: Sequence[tuple[int, int]], beside: int) -> Lesson:
    """Return what may be learned from stretches of time: no event that reaches beyond them, no time beside the rest."""
    is_taught = np.zeros(history.is_quiet.shape[1], dtype=np.bool_)
    for first, until in taught:
        is_taught[first:until] = True
    inside = tuple(one for one in history.events if is_taught[one.since : one.end + 1].all())
    is_far = is_taught.copy()
    for at in np.flatnonzero(~is_taught):
        is_far[max(0, at - beside) : at + beside + 1] = False
    return Lesson(replace(history, events=inside), is_far)


def cut(history: History, watch: Watch) -> list[int]:
    """Return where folds begin, and the end: midway between waves of events, so that each wave lies in one.

    Where one of these folds would have more than half of what was quiet, they are years; six of them at least, if
    shorter, where there are two years.
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
    years = round(periods / watch.per_year)
    folds = max(EQUAL_FOLDS_LEAST, years) if years > 1 else 1
    return [round(periods * fold / folds) for fold in range(folds + 1)]
