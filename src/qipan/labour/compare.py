"""Compare detectors: each back-tested on the same panel, for the same events, under the same promise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from qipan.labour.back_test import back_test
from qipan.labour.correct_releases import correct_releases
from qipan.labour.detect.choose import choose
from qipan.labour.find_events import find_events
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cadence, Releases
from qipan.labour.model.promise import Promise
from qipan.labour.score_releases import score_releases
from qipan.labour.tell import tell

AHEAD: Final = {Cadence.WEEK: 8, Cadence.MONTH: 6, Cadence.QUARTER: 2, Cadence.YEAR: 1}
"""Periods of notice that count as early where nothing else is asked."""
HORIZON: Final = 4
"""How many times the notice an alarm speaks of: two years by the month, 32 weeks by the week."""
SETTLING_YEARS: Final = 0.5
"""How long after a cell's first value nothing is asked: half of the year that most detectors look back at."""


def compare(
    releases: Releases,
    rule: EventRule,
    detectors: Sequence[str],
    promise: Promise,
    *,
    ahead: int | None = None,
    as_released: bool = False,
    is_corrected: bool = False,
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
        found = back_test(watch, history, one, promise, rest=2 * ahead, see=see)
        told.append({"detector": name, **tell(panel, rule, found, ahead)})
    return told
