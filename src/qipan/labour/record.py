"""Write what was told and done so that one digest stands for it: JSON, keys in order, fractions as told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from qipan.labour.model.issued import Act, Step
from qipan.labour.model.privacy import Entry, PrivacyEntry

OUTLOOK_KIND: Final = "labour_outlook"
STEP_KIND: Final = "labour_step"
PRIVACY_KIND: Final = "labour_privacy"
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


def write_entry(one: PrivacyEntry) -> str:
    """Return an entry of a privacy budget as it is entered in the log."""
    # Entries of former versions have no data, and stay as they were written.
    data = {"data": one.data} if one.data else {}
    return write(
        {
            "feed": one.feed,
            "number": one.number,
            "entry": one.entry.value,
            "epsilon_millionths": one.epsilon_millionths,
            "what": one.what,
            "at": one.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": one.by,
            "before": one.before,
            **data,
        }
    )


def read_entry(text: str) -> PrivacyEntry:
    """Return the entry of a privacy budget that a record tells."""
    told: dict[str, Any] = json.loads(text)
    return PrivacyEntry(
        told["feed"],
        told["number"],
        Entry(told["entry"]),
        told["epsilon_millionths"],
        told["what"],
        datetime.fromisoformat(told["at"]),
        told["by"],
        told["before"],
        told.get("data", ""),
    )
