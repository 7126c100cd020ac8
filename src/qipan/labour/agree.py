"""Agree: whether alarms on what had been released by then are those that final data raise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from qipan.labour.calibrate import calibrate
from qipan.labour.correct import DOUBT
from qipan.labour.correct_releases import correct_releases
from qipan.labour.detect.choose import choose
from qipan.labour.find_events import find_events
from qipan.labour.learn_folds import learn_folds
from qipan.labour.model.alarm import NONE, Alarms
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.detector import Scorer, Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.notice import AHEAD, HORIZON, SETTLING_YEARS
from qipan.labour.model.panel import Panel, Releases
from qipan.labour.model.promise import Promise
from qipan.labour.model.revision import Agreement
from qipan.labour.raise_alarms import raise_alarms
from qipan.labour.score_releases import see_releases

Correct = Callable[[Panel, int], Panel]


def agree(
    releases: Releases, rule: EventRule, detector: str, promise: Promise, *, doubt: float = DOUBT
) -> dict[str, Agreement]:
    """Return how alarms on releases agree with those on final data: ``as_released``, ``unbiased`` and ``corrected``.

    Thresholds are those of a back-test, from final data of other folds, and the same for all. Alarms agree that stand
    at the same time, or up to half the notice apart.

    Parameters
    ----------
    doubt
        Spreads by which ``corrected`` takes recent values to be better than they look; ``unbiased`` takes none.

    Raises
    ------
    NotFoundError
        ``detector_unknown``.
    RuleBrokenError
        ``panel_not_positive``, ``panel_without_events``, ``panel_short``.
    """
    chosen, panel = choose(detector), releases.latest()
    ahead = AHEAD[panel.cadence]
    watch = Watch.over(panel, rule)
    history = find_events(
        watch.losses,
        watch.depth,
        allowance=ahead // 2,
        horizon=HORIZON * ahead,
        settling=watch.periods(SETTLING_YEARS),
    )
    ways: dict[str, Correct | None] = {
        "as_released": None,
        "unbiased": correct_releases(releases, rule, 0.0),
        "corrected": correct_releases(releases, rule, doubt),
    }
    heard: dict[str, list[Floats]] = {way: [] for way in ways}
    seen = chosen.see(watch)

    known = {way: see_releases(releases, rule, chosen, correct) for way, correct in ways.items()}

    def see(scorer: Scorer) -> Floats:
        for way, one in known.items():
            heard[way].append(scorer(one))
        return scorer(seen)

    folds = learn_folds(watch, history, chosen, see)
    rest = 2 * ahead
    thresholds = np.concatenate(
        [np.full(one.until - one.first, calibrate(one.taught, history, watch.per_year, promise, rest)) for one in folds]
    )
    raised = partial(raise_alarms, threshold=thresholds, history=history, rest=rest)
    final = raised(np.concatenate([one.tested for one in folds], axis=1))
    found = {}
    for way, scores in heard.items():
        tested = [score[:, one.first : one.until] for score, one in zip(scores, folds, strict=True)]
        found[way] = compare_alarms(raised(np.concatenate(tested, axis=1)), final, ahead // 2)
    return found


def tell_agreement(found: dict[str, Agreement]) -> dict[str, dict[str, Any]]:
    """Return agreements as plain values."""
    return {
        way: {
            "raised": one.raised,
            "agreeing": one.agreeing,
            "share_agreeing": round(one.share_agreeing, 4),
            "due": one.due,
            "found": one.found,
            "share_found": round(one.share_found, 4),
            "median_delay": one.delay,
        }
        for way, one in found.items()
    }


def compare_alarms(early: Alarms, final: Alarms, apart: int) -> Agreement:
    """Return how alarms agree that may be so many periods apart.

    Examples
    --------
    >>> def alarms(*since):
    ...     path = np.array([since])
    ...     return Alarms(path, path == np.arange(len(since)))
    >>> compare_alarms(alarms(-1, -1, 2, -1, -1, 5), alarms(-1, 1, 1, -1, -1, -1), 1)
    Agreement(raised=2, agreeing=1, due=1, found=1, delay=1.0)
    """
    agreeing = early.begins & _near(final.since != NONE, apart)
    is_found = final.begins & _near(early.since != NONE, apart)
    delays = [_delay(early, int(cell), int(at), apart) for cell, at in np.argwhere(is_found)]
    return Agreement(
        int(early.begins.sum()),
        int(agreeing.sum()),
        int(final.begins.sum()),
        int(is_found.sum()),
        float(np.median(delays)) if delays else 0.0,
    )


def _near(stands: Bools, apart: int) -> Bools:
    """Return where an alarm stands at most so many periods away, ``(cells, periods)``."""
    found = stands.copy()
    for shift in range(1, min(apart, stands.shape[1] - 1) + 1):
        found[:, shift:] |= stands[:, :-shift]
        found[:, :-shift] |= stands[:, shift:]
    return found


def _delay(early: Alarms, cell: int, at: int, apart: int) -> int:
    """Return how much later than a final alarm the one nearest to it begins on releases."""
    since = early.since[cell, max(0, at - apart) : at + apart + 1]
    begun = since[since != NONE] - at
    return int(begun[np.argmin(np.abs(begun))])
