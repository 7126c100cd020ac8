"""Explain a change: what of it is put down to machines, the cycle, the region and the industry, as plain values."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.attribute import attribute
from qipan.labour.model.array import Floats
from qipan.labour.model.attribution import CONFIDENCE, LEVEL, Attribution, CellExposures, Estimate, Verdict
from qipan.labour.model.panel import Panel
from qipan.labour.tell_warnings import tell_cell

DIGITS: Final = 5


def explain(
    panel: Panel, exposure: CellExposures, since: date, *, years: float = 1.0, is_level: bool = False
) -> dict[str, Any]:
    """Return what a change since a day is put down to, with intervals and the verdict on each channel.

    Parameters
    ----------
    since
        The change begins with the first period that starts on this day or later.
    years
        How long before and after it is compared.
    is_level
        Whether changes are in the unit of the panel, not in shares of its values.

    Raises
    ------
    RuleBrokenError
        ``panel_not_positive`` where shares are asked of values that are not above nothing; ``attribution_short``,
        ``exposure_unmatched``, ``exposure_alike``.
    """
    window = max(1, round(years * panel.cadence.per_year))
    at = sum(start < since for start in panel.starts)
    found = attribute(panel, panel.values if is_level else _logarithms(panel), exposure, at, window)
    cells = [cell for cell, used in zip(panel.cells, found.is_used.tolist(), strict=True) if used]
    starts = [*panel.starts, panel.end]
    errors = found.error.tolist()
    return {
        "cadence": panel.cadence.value,
        "since": starts[at],
        "from": starts[at - window],
        "until": starts[at + window],
        "is_share": not is_level,
        "unit": panel.unit if is_level else "",
        "cells": len(cells),
        "cells_left_out": len(panel.cells) - len(cells),
        "confidence": CONFIDENCE,
        "level": LEVEL,
        "channels": [_channel(found, channel, panel, is_level) for channel in range(len(found.channels))],
        "parts": [
            {
                "cell": str(cell),
                "about": tell_cell(cell),
                "change": _told(float(sum(parts)), is_level),
                **{name: round(part, DIGITS) for name, part in zip(Attribution.PARTS, parts, strict=True)},
                "machines_interval": [
                    round(end, DIGITS) for end in Estimate(parts[0], error, found.estimates[0].draws).interval
                ],
                "by_channel": {
                    channel: round(part, DIGITS) for channel, part in zip(found.channels, machines, strict=True)
                },
            }
            for cell, parts, machines, error in zip(
                cells, found.parts.tolist(), found.machines.tolist(), errors, strict=True
            )
        ],
    }


def _channel(found: Attribution, at: int, panel: Panel, is_level: bool) -> dict[str, Any]:
    estimate, verdict = found.estimates[at], found.verdict(at)
    pseudo = found.placebo.shape[1]
    dates = [panel.starts[found.since - found.window * (pseudo - date)] for date in range(pseudo)]
    reason = ""
    if verdict is Verdict.CANNOT_TELL:
        reason = "within_chance" if found.is_clean[at] else "pseudo_dates_told"
    return {
        "channel": found.channels[at],
        "effect": _told(estimate.effect, is_level),
        "interval": [_told(end, is_level) for end in estimate.interval],
        "verdict": verdict.value,
        "reason": reason,
        "pseudo_dates": pseudo,
        "pseudo_dates_told": found.rejected[at],
        "placebo": [
            {"date": date, "effect": _told(effect, is_level), "is_told": is_told}
            for date, effect, is_told in zip(
                dates, found.placebo[at].tolist(), found.is_placebo_told[at].tolist(), strict=True
            )
        ],
    }


def _told(change: float, is_level: bool) -> float:
    """Return a change as people say it: in the unit of the panel, or as a share of what was."""
    return round(change if is_level else float(np.expm1(change)), DIGITS)


def _logarithms(panel: Panel) -> Floats:
    is_not = panel.values <= 0.0
    if is_not.any():
        cell, period = np.argwhere(is_not)[0]
        raise RuleBrokenError(
            f"Values must be above nothing where changes are shares of them, was {panel.values[cell, period]:g} "
            f"of {panel.cells[cell]} in the period from {panel.starts[period]}.",
            code="panel_not_positive",
            hint="Ask for changes in the unit of the panel: --levels.",
        )
    return np.log(panel.values)
