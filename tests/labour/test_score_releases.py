"""Real time: what was not released raises nothing."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from tests.labour.conftest import panel_of, waves

from qipan.labour.detect.choose import choose
from qipan.labour.detect.sahm import rise
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cadence, Releases
from qipan.labour.score_releases import score_releases

RULE = EventRule.read("rise 2.0")
RISE = (choose("rise"), lambda seen: seen)


def released(values, late_days: int) -> Releases:
    panel = panel_of(values)
    cell, period = (at.ravel() for at in np.indices(values.shape))
    days = [Cadence.MONTH.after(start, 1) + timedelta(days=late_days - 1) for start in panel.starts]
    return Releases(
        panel.cells, panel.starts, panel.cadence, panel.unit, cell, period, values.ravel(),
        np.array(days, dtype="datetime64[D]")[period],
    )  # fmt: skip


def test_what_is_released_at_once_scores_as_the_final_panel():
    values = waves(4, 60, seed=1)
    scores = score_releases(released(values, 0), RULE, *RISE)
    np.testing.assert_array_equal(scores, rise(Watch.over(panel_of(values), RULE)))


def test_what_is_released_a_month_later_scores_a_month_later():
    values = waves(4, 60, seed=1)
    scores = score_releases(released(values, 28), RULE, *RISE)
    np.testing.assert_array_equal(scores[:, 1:], rise(Watch.over(panel_of(values), RULE))[:, :-1])


def test_a_correction_changes_what_is_said_from_its_release_on():
    values = waves(2, 60, seed=2)
    before = released(values, 0)
    later = Releases(
        before.cells, before.starts, before.cadence, before.unit,
        np.append(before.cell, 0), np.append(before.period, 30), np.append(before.value, 0.0),
        np.append(before.released, np.datetime64(date(2003, 6, 15))),
    )  # fmt: skip
    scores, corrected = (score_releases(one, RULE, *RISE) for one in (before, later))
    seen = np.flatnonzero(scores[0] != corrected[0])
    # Released in June 2003, the 42nd month; the least of a year holds it until July 2003.
    np.testing.assert_array_equal(seen[seen >= 24], [41, 42])
