"""Tell a back-test as plain values: what was promised, what came of it, and when the alarms were."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from qipan.labour.model.back_test import MISSED, BackTest
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Panel

TOLERATED: Final = 1.2
"""How many times the promise the upper bound of what was realised may be for it to count as kept."""


def tell(panel: Panel, rule: EventRule, found: BackTest, ahead: int) -> dict[str, Any]:
    """Return a back-test as mappings, lists and numbers; leads in periods of the panel.

    Parameters
    ----------
    ahead
        Periods of notice that count as early.
    """
    starts = [*panel.starts, panel.end]
    return {
        "cadence": panel.cadence.value,
        "from": panel.starts[0],
        "until": panel.end,
        "cells": len(panel.cells),
        "events_rule": str(rule),
        "events": len(found.events),
        "false_alarms": {
            "promised_a_year": found.promise.a_year,
            "is_sure": found.promise.is_sure,
            "realised_a_year": round(found.false.a_year, 4),
            "upper_95_a_year": round(found.false.upper, 4) if np.isfinite(found.false.upper) else None,
            "is_kept": found.false.upper <= TOLERATED * found.promise.a_year,
            "count": found.false.found,
            "quiet_years": round(found.false.years, 1),
        },
        "discoveries": {
            "false_rate": round(found.discoveries.rate, 4),
            "false": found.discoveries.false,
            "true": found.discoveries.true,
        },
        "ahead": ahead,
        "warned_ahead": round(found.share(ahead), 4),
        "warned_half_as_far": round(found.share(max(1, ahead // 2)), 4),
        "late_or_missed": round(found.late_or_missed, 4),
        "median_lead": _lead(found.median_lead),
        "folds": [
            {"from": starts[one.first], "until": starts[one.until], "threshold": _finite(one.threshold)}
            for one in found.folds
        ],
        "leads": [
            {
                "cell": str(panel.cells[event.cell]),
                "onset": starts[event.onset],
                "crisis": starts[event.crisis],
                "lead": _lead(float(lead)),
            }
            for event, lead in zip(found.events, found.lead, strict=True)
        ],
    }


def tell_point(found: BackTest, ahead: int) -> dict[str, Any]:
    """Return what a promise comes to: false alarms, and the share of events warned of early."""
    return {
        "promised_a_year": found.promise.a_year,
        "realised_a_year": round(found.false.a_year, 4),
        "warned_ahead": round(found.share(ahead), 4),
    }


def _lead(periods: float) -> float | None:
    """Return a lead, or nothing where no alarm was raised."""
    return None if periods <= MISSED / 2 else periods


def _finite(number: float) -> float | None:
    return round(number, 4) if np.isfinite(number) else None
