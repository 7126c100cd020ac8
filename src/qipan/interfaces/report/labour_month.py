"""What the monthly bulletin of jobs at risk tells, as plain values: JSON, and what its pages are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from qipan.interfaces.report.labour import GRADES, is_seen, seen_warnings, told_kept, told_outlook
from qipan.interfaces.report.labour_pages import STANDING
from qipan.labour.model.issued import Act

if TYPE_CHECKING:
    from qipan.access.model import Scope
    from qipan.bootstrap.services import Services, Unit
    from qipan.labour.model.bulletin import Bulletin
    from qipan.labour.model.issued import IssuedWarning, Step


def tell(services: Services, unit: Unit, panel: str, month: date, now: datetime, *, scope: Scope) -> dict[str, Any]:
    """Return what a bulletin tells as plain values, of the regions that a scope holds.

    Raises
    ------
    BadInputError
        ``month_to_come``, ``day_out_of_range``.
    NotFoundError
        ``panel_unissued``, ``bulletin_empty``.
    """
    found = services.warnings.bulletin(unit, panel, month, now)
    seen = seen_warnings(found.warnings, scope)
    newest = told_outlook(found.newest, scope)
    standings = Counter(one["standing"] for one in newest["cells"])
    return {
        "panel": panel,
        "month": f"{found.month:%Y-%m}",
        "from": found.span.start,
        "until": found.span.end,
        "is_over": found.is_over,
        "events_rule": newest["events_rule"],
        "detector": newest["detector"],
        "as_of": str(newest["as_of"]),
        "data": newest["data"],
        "horizon": newest["horizon"],
        "grades": [_graded(grade, found, seen) for grade in reversed(GRADES)],
        "standings": {name: standings[name] for name in STANDING},
        "watch": [_watched(one, newest["horizon"]) for one in _worst_first(seen)],
        "cells": [{name: value for name, value in one.items() if name != "path"} for one in newest["cells"]],
        "warnings": newest["warnings"],
        "steps": [_stepped(one, step) for one, step in found.steps() if is_seen(one.cell.region, scope)],
        "outlooks": [_outlook(one.number, one.issued, one.told) for one in found.outlooks or (found.newest,)],
        "is_new": bool(found.outlooks),
        "promise": newest["false_alarms"],
        "track": newest["track"],
        "kept": told_kept(found.kept),
    }


def _graded(grade: str, found: Bulletin, seen: Sequence[IssuedWarning]) -> dict[str, Any]:
    of = [one for one in seen if one.grade == grade]
    done = Counter(step.act for one in of for step in one.steps if step.at in found.span)
    return {
        "grade": grade,
        "stood": sum(found.stood(one) for one in of),
        **{act.value: done[act] for act in Act},
        "stands": sum(not one.is_over for one in of),
    }


def _worst_first(seen: Sequence[IssuedWarning]) -> list[IssuedWarning]:
    ranks = list(GRADES)

    def worst(one: IssuedWarning) -> tuple[Any, ...]:
        told = one.newest.told
        return -ranks.index(one.grade), -(told["expected_loss"] or 0.0), -(told["probability"] or 0.0), one.warning_id

    return sorted((one for one in seen if not one.is_over), key=worst)


def _watched(one: IssuedWarning, horizon: Mapping[str, Any]) -> dict[str, Any]:
    told = one.newest.told
    # An outlook of another notice may have told it: its horizon is then the last stretch of time but one.
    stretches = [(part["first"], part["until"]) for part in told["chances"]]
    asked = horizon["first"], horizon["until"]
    first, until = asked if asked in stretches else stretches[-2]
    return {
        "warning": one.warning_id,
        "state": one.state.value,
        "is_treated": one.has(Act.TREATED),
        "as_of": str(one.newest.as_of),
        "first": first,
        "until": until,
        **{name: told[name] for name in ("region", "industry", "occupation", "grade", "since", "last_period")},
        **{name: told[name] for name in ("probability", "expected_loss", "low", "high", "moved", "contributions")},
    }


def _stepped(one: IssuedWarning, step: Step) -> dict[str, Any]:
    return {
        "warning": one.warning_id,
        "region": one.cell.region,
        "industry": one.cell.industry,
        "occupation": one.cell.occupation,
        "act": step.act.value,
        "at": step.at,
        "as_of": str(step.as_of),
        "reason": step.reason,
    }


def _outlook(number: int, issued: datetime, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"number": number, "issued": issued, "as_of": str(told["as_of"]), "data": told["data"]}
