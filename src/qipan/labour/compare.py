"""Compare detectors: each back-tested on the same panel, for the same events, under the same promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from qipan.labour.back_test import hold
from qipan.labour.correct_releases import correct_releases
from qipan.labour.detect.choose import OFFERED, choose
from qipan.labour.find_events import find_events
from qipan.labour.judge_chances import draws_of, foretell, judge_chances
from qipan.labour.learn_folds import learn_folds
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.notice import AHEAD, HORIZON, SETTLING_YEARS
from qipan.labour.model.panel import Releases
from qipan.labour.model.promise import Promise
from qipan.labour.score_releases import score_releases, see_releases
from qipan.labour.tell import tell, tell_point
from qipan.labour.tell_chances import tell_judgement

FRONTIER: Final = (0.02, 0.05, 0.1, 0.2)
"""Promises at which early warnings are held against false alarms."""


def compare(
    releases: Releases,
    rule: EventRule,
    detectors: Sequence[str],
    promise: Promise,
    *,
    ahead: int | None = None,
    as_released: bool = False,
    is_corrected: bool = False,
    in_full: bool = False,
) -> list[dict[str, Any]]:
    """Return what each detector came to, as `tell` has it, with its name, in the order that was asked.

    An alarm counts for an event from half the notice before its onset on, and not before its horizon, four times the
    notice, reaches the crisis. It stands for twice the notice after its score has fallen below the threshold.

    Parameters
    ----------
    promise
        Of false alarms, that each threshold is to keep.
    ahead
        Periods of notice that count as early; else what `AHEAD` has for the panel.
    as_released
        Whether detectors see in each period what had been released by then, not the last corrections. What they
        learn, in other folds, is final.
    is_corrected
        Whether what had been released is corrected first, by revisions known by then.
    in_full
        Whether it is also told what other promises would come to (``frontier``), and what the chances of detectors
        that warn were worth (``chances``), which takes longer.

    Raises
    ------
    NotFoundError
        ``detector_unknown``.
    RuleBrokenError
        ``panel_not_positive``, ``panel_without_events``, ``panel_short``.
    """
    chosen = [(name, choose(name)) for name in detectors]
    panel = releases.latest()
    ahead = ahead or AHEAD[panel.cadence]
    watch = Watch.over(panel, rule)
    years = watch.periods
    history = find_events(
        watch.losses, watch.depth, allowance=ahead // 2, horizon=HORIZON * ahead, settling=years(SETTLING_YEARS)
    )
    told = []
    correct = correct_releases(releases, rule) if as_released and is_corrected else None
    for name, one in chosen:
        see = partial(score_releases, releases, rule, one, correct=correct) if as_released else None
        folds = learn_folds(watch, history, one, see)
        held = partial(hold, folds, history, watch.per_year, rest=2 * ahead)
        row = {"detector": name, **tell(panel, rule, held(promise=promise), ahead)}
        if in_full:
            row["frontier"] = [tell_point(held(promise=replace(promise, a_year=each)), ahead) for each in FRONTIER]
            row["chances"] = []
        if in_full and name in OFFERED:
            seen = see_releases(releases, rule, one, correct) if as_released else None
            foretold = foretell(watch, one, promise, ahead, seen=seen)
            row["chances"] = [tell_judgement(each) for each in judge_chances(foretold, draws_of(watch))]
        told.append(row)
    return told
