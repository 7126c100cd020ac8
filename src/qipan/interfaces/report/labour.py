"""What is told of warnings in words: grades, standings, sizes and sentences, for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qipan.interfaces.report.numbers import NOTHING

GRADES: Final = {
    "blue": ("blue", "蓝色"),
    "yellow": ("yellow", "黄色"),
    "orange": ("orange", "橙色"),
    "red": ("red", "红色"),
}
"""Grades in both languages, the least first."""
CADENCES: Final = {
    "week": ("weeks", "周"),
    "month": ("months", "个月"),
    "quarter": ("quarters", "个季度"),
    "year": ("years", "年"),
}
"""Periods in both languages, as they are counted."""


def size_text(value: float | None, told: Mapping[str, Any]) -> str:
    """Return a loss as people read it: a share in per cent, else in the unit of the panel.

    Examples
    --------
    >>> size_text(0.104, {"events_rule": "fall 10%", "data": {"unit": "persons"}})
    '10.4%'
    >>> size_text(2.04, {"events_rule": "rise 2", "data": {"unit": "percent"}})
    '2.04'
    """
    if value is None:
        return NOTHING
    return f"{value:.1%}" if told["events_rule"].endswith("%") else f"{value:,.4g}"


def size_interval(one: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Return an expected loss with its interval."""
    low, high = size_text(one["low"], told), size_text(one["high"], told)
    return f"{size_text(one['expected_loss'], told)} ({low}–{high})"


def horizon_text(told: Mapping[str, Any], lang: str) -> str:
    """Return when the loss is foretold for, as ``in 3 to 9 months``."""
    first, last = told["horizon"]["first"], told["horizon"]["until"] - 1
    en, zh = CADENCES[told["horizon"]["of"]]
    if lang == "zh":
        return f"{first} 至 {last} {zh}内"
    return f"in {first} to {last} {en}"
