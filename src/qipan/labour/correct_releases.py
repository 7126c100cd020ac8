"""Correct releases: each panel as it was known, by revisions that were known by then."""

from __future__ import annotations

from collections.abc import Callable

from qipan.labour.correct import DOUBT, correct, on_scale
from qipan.labour.learn_revisions import FEWEST_YEARS, FINAL_YEARS, age_values, learn_revisions
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Panel, Releases


def correct_releases(releases: Releases, rule: EventRule, doubt: float = DOUBT) -> Callable[[Panel, int], Panel]:
    """Return what corrects a panel known at the end of a period, from what had been released by then."""
    years = releases.cadence.per_year
    aged = on_scale(age_values(releases, round(FINAL_YEARS * years) + 2), rule)
    fewest = max(1, round(FEWEST_YEARS * years))

    def at_end_of(panel: Panel, period: int) -> Panel:
        return correct(panel, period, learn_revisions(aged, period, fewest), rule, doubt)

    return at_end_of
