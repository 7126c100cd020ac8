"""Score releases: what a detector could have said in each period, from what had been released by then."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from qipan.labour.model.array import Floats
from qipan.labour.model.detector import Detector, Scorer, Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Releases


def score_releases(releases: Releases, rule: EventRule, detector: Detector, score: Scorer) -> Floats:
    """Return the score of each cell's last known value, as it stood at the end of each period, ``(cells, periods)``.

    NaN where nothing new was known of a cell: an old value raises no alarm.
    """
    count = len(releases.starts)
    found = np.full((len(releases.cells), count), np.nan)
    first = releases.released.min()
    newest = np.full(len(releases.cells), -1)
    for period, start in enumerate(releases.starts):
        last_day = releases.cadence.after(start, 1) - timedelta(days=1)
        if first > np.datetime64(last_day):
            continue
        panel = releases.as_of(last_day)
        is_known = ~np.isnan(panel.values)
        last = np.where(is_known.any(axis=1), is_known.shape[1] - 1 - is_known[:, ::-1].argmax(axis=1), -1)
        is_new = last > newest
        scores = score(detector.see(Watch.over(panel, rule)))
        found[is_new, period] = scores[is_new, last[is_new]]
        newest = np.maximum(newest, last)
    return found
