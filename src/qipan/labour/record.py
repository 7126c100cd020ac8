"""Write what was told and done so that one digest stands for it: JSON, keys in order, fractions as told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from qipan.labour.model.issued import Act, Step

OUTLOOK_KIND: Final = "labour_outlook"
STEP_KIND: Final = "labour_step"
"""Kinds of the leaves of the log."""


def write(told: Mapping[str, Any]) -> str:
    """Return plain values as JSON that is written in one way only; days as ``2026-03-01``.

    Examples
    --------
    >>> write({"b": 0.25, "a": date(2026, 3, 1)})
    '{"a":"2026-03-01","b":0.25}'
    """
    return json.dumps(
        told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=date.isoformat
    )


def write_step(step: Step) -> str:
    """Return a step as it is entered in the log."""
    return write(
        {
            "warning": step.warning_id,
            "number": step.number,
            "act": step.act.value,
            "at": step.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "as_of": step.as_of,
            "by": step.by,
            "reason": step.reason,
            "told": step.told,
            "before": step.before,
        }
    )


def read_step(text: str) -> Step:
    """Return the step that a record tells."""
    told: dict[str, Any] = json.loads(text)
    return Step(
        told["warning"],
        told["number"],
        Act(told["act"]),
        datetime.fromisoformat(told["at"]),
        date.fromisoformat(told["as_of"]),
        told["by"],
        told["reason"],
        told["told"],
        told["before"],
    )
