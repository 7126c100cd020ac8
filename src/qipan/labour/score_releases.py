"""Score releases: what a detector could have said in each period, from what had been released by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Detector, Scorer, Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Panel, Releases


def see_releases(
    releases: Releases,
    rule: EventRule,
    detector: Detector,
    correct: Callable[[Panel, int], Panel] | None = None,
) -> Floats:
    """Return what a detector saw of each cell's last known value at the end of each period, ``(cells, periods, …)``.

    NaN where nothing new was known of a cell: an old value raises no alarm.

    Parameters
    ----------
    correct
        Returns what was known at the end of a period with its recent values corrected, as `correct_releases` does;
        else they are taken as they were released.
    """
    cells, count = len(releases.cells), len(releases.starts)
    found = np.full((cells, count), np.nan)
    first = releases.released.min()
    newest = np.full(cells, -1)
    for period, start in enumerate(releases.starts):
        last_day = releases.cadence.after(start, 1) - timedelta(days=1)
        if first > np.datetime64(last_day):
            continue
        panel = releases.as_of(last_day)
        if correct:
            panel = correct(panel, period)
        is_known = ~np.isnan(panel.values)
        last = np.where(is_known.any(axis=1), is_known.shape[1] - 1 - is_known[:, ::-1].argmax(axis=1), -1)
        is_new = last > newest
        seen = detector.see(Watch.over(panel, rule))
        if found.shape[2:] != seen.shape[2:]:
            found = np.full((cells, count, *seen.shape[2:]), np.nan)
        found[is_new, period] = seen[is_new, last[is_new]]
        newest = np.maximum(newest, last)
    return found


def score_releases(
    releases: Releases,
    rule: EventRule,
    detector: Detector,
    score: Scorer,
    correct: Callable[[Panel, int], Panel] | None = None,
) -> Floats:
    """Return the score of what `see_releases` returns, ``(cells, periods)``."""
    return score(see_releases(releases, rule, detector, correct))
