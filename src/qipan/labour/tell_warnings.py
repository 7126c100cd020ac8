"""Tell warnings as plain values: mappings, lists and numbers, as files and other programs take them."""

from __future__ import annotations

import math
from typing import Any

from qipan.labour.model.event import Direction, EventRule
from qipan.labour.model.panel import Cell
from qipan.labour.model.warning import CannotTell, CellState, CellWarning, Outlook

PLACES = 4
"""Decimal places that are told."""


def tell_warnings(found: Outlook | CannotTell) -> dict[str, Any]:
    """Return what can be said on a day, or why nothing can; sizes are in the unit of the panel, or shares."""
    if isinstance(found, CannotTell):
        refusal = {"code": found.code, "message": found.message, "hint": found.hint}
        return {"as_of": found.day, "cannot_tell": refusal, "warnings": [], "cells": []}
    terms, basis, track = found.terms, found.basis, found.track
    return {
        "as_of": found.day,
        "cannot_tell": None,
        "events_rule": str(terms.rule),
        "detector": terms.detector,
        "threshold": _number(found.threshold),
        "ahead": terms.ahead,
        "horizon": {"first": terms.horizon[0], "until": terms.horizon[1], "of": basis.cadence.value},
        "data": {
            "digest": basis.digest,
            "unit": basis.unit,
            "cadence": basis.cadence.value,
            "cells": basis.cells,
            "rows": basis.rows,
            "first_period": basis.first_period,
            "last_period": basis.last_period,
            "last_release": basis.last_release,
        },
        "false_alarms": {
            "promised_a_year": terms.promise.a_year,
            "is_sure": terms.promise.is_sure,
            "realised_a_year": _number(track.false.a_year),
            "upper_95_a_year": _number(track.false.upper),
            "count": track.false.found,
            "quiet_years": round(track.false.years, 1),
        },
        "track": {
            "events": track.events,
            "warned_early": track.early,
            "warned_late": track.in_time,
            "late_or_missed": track.late_or_missed,
            "median_lead": track.median_lead,
        },
        "warnings": [tell_warning(one, found) for one in found.warnings],
        "cells": [_state(one, terms.rule) for one in found.states],
    }


def tell_warning(one: CellWarning, found: Outlook) -> dict[str, Any]:
    """Return one warning of an outlook."""
    rule, horizon = found.terms.rule, found.terms.horizon
    return {
        **tell_cell(one.cell),
        "grade": one.grade.value,
        "since": one.since,
        "probability": _number(one.chance(horizon)),
        "cumulative_probability": _number(one.cumulative(horizon[1])),
        "chances": [
            {
                "first": chance.first,
                "until": chance.until,
                "probability": _number(chance.probability),
                "cumulative_probability": _number(one.cumulative(chance.until)),
            }
            for chance in one.chances
        ],
        "expected_loss": tell_size(one.size.expected, rule),
        "low": tell_size(one.size.low, rule),
        "high": tell_size(one.size.high, rule),
        "score": _number(one.score),
        "moved": [
            {
                "of": moved.of,
                "lost": tell_size(moved.lost, rule),
                "lost_quarter": tell_size(moved.lost_quarter, rule),
                "losing": _number(moved.losing),
            }
            for moved in one.moved
        ],
        "contributions": [{"name": part.name, "weight": _number(part.weight)} for part in one.contributions],
    }


def tell_cell(cell: Cell) -> dict[str, str]:
    """Return what a cell is about."""
    return {"region": cell.region, "industry": cell.industry, "occupation": cell.occupation}


def tell_size(events: float, rule: EventRule) -> float | None:
    """Return a loss in the unit of the panel, or as a share, of one in sizes of an event; nothing if unknown.

    Examples
    --------
    >>> tell_size(1.0, EventRule.read("fall 10%")), tell_size(1.5, EventRule.read("rise 2.0"))
    (0.1, 3.0)
    """
    if math.isnan(events):
        return None
    if not rule.is_relative:
        return round(events * rule.size, PLACES)
    depth = events * rule.depth
    return round(math.expm1(depth) if rule.direction is Direction.RISE else -math.expm1(-depth), PLACES)


def _state(one: CellState, rule: EventRule) -> dict[str, Any]:
    return {
        **tell_cell(one.cell),
        "standing": one.standing.value,
        "lost": tell_size(one.lost, rule),
        "best": _best(one, rule),
        "probability": _number(one.probability),
        "cumulative_probability": _number(one.cumulative),
        "crisis": one.crisis,
        "path": [_number(value) for value in one.path],
    }


def _best(one: CellState, rule: EventRule) -> float | None:
    """Return the value at the least loss of a year, of a fall by a share: the last one, with what is lost of it."""
    known = [value for value in one.path if math.isfinite(value)]
    if not (known and rule.is_relative and rule.direction is Direction.FALL and math.isfinite(one.lost)):
        return None
    return _number(known[-1] * math.exp(one.lost * rule.depth))


def _number(value: float) -> float | None:
    return round(value, PLACES) if math.isfinite(value) else None
