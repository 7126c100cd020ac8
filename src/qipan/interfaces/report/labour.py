"""What is told of warnings in words: grades, standings, sizes and sentences, for the terminal and for pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report.numbers import NOTHING
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.errors import NotAllowedError
from qipan.labour.model.issued import Act

if TYPE_CHECKING:
    from qipan.access.model import Scope
    from qipan.labour.model.issued import IssuedOutlook, IssuedWarning, Kept
    from qipan.labour.model.subscription import Backlog, Subscription

GRADES: Final = {
    "blue": ("blue", "蓝色"),
    "yellow": ("yellow", "黄色"),
    "orange": ("orange", "橙色"),
    "red": ("red", "红色"),
}
"""Grades in both languages, the least first."""
OTHERS_LEAST: Final = 5
"""Regions that a caller does not see, without which no mean over regions is told."""
ACTS: Final[dict[str, tuple[str, str]]] = {
    Act.ISSUED: ("issued", "已发布"),
    Act.TOLD_AGAIN: ("told again", "已更新"),
    Act.TREATED: ("helped", "已帮扶"),
    Act.CONFIRMED: ("confirmed", "已应验"),
    Act.RESOLVED: ("resolved", "已解除"),
    Act.WITHDRAWN: ("withdrawn", "已撤回"),
}
"""What is done to a warning, in both languages."""
OUTCOMES: Final = {
    "open": ("open", "进行中"),
    "came": ("the loss came", "损失发生"),
    "false": ("false alarm", "误报"),
    "treated": ("helped, no loss came", "已帮扶，损失未发生"),
    "withdrawn": ("withdrawn", "已撤回"),
}
"""What a warning came to, in both languages."""
VERDICTS: Final = {
    "lowers": ("lowers", "下降"),
    "raises": ("raises", "上升"),
    "within_chance": ("cannot tell: within what chance does", "无法判断：未超出偶然波动"),
    "pseudo_dates_told": ("cannot tell: earlier dates say as much", "无法判断：更早的日期也有同样结果"),
}
"""What is said of a channel, in both languages."""
PARTS: Final = {
    "machines": ("machines", "机器"),
    "cycle": ("cycle", "周期"),
    "region": ("region", "地区"),
    "industry": ("industry", "行业"),
    "rest": ("rest", "其余"),
}
"""What a change is put down to, in both languages."""
CHANNELS: Final = {
    "language_models": ("language models", "语言模型"),
    "software": ("software", "软件"),
    "robots": ("robots", "机器人"),
}
"""Kinds of machines, in both languages; others are called as a file calls them."""
CADENCES: Final = {
    "week": ("weeks", "周"),
    "month": ("months", "个月"),
    "quarter": ("quarters", "个季度"),
    "year": ("years", "年"),
}
"""Periods in both languages, as they are counted."""
REASONS: Final = (
    (re.compile(r"as of (?P<day>[-\d]{10})"), mark("as of %(day)s")),
    (
        re.compile(r"the loss had its size in the period from (?P<day>[-\d]{10})"),
        mark("the loss had its size in the period from %(day)s"),
    ),
    (re.compile(r"the loss was made good"), mark("the loss was made good")),
    (
        re.compile(r"no loss of that size came by (?P<day>[-\d]{10})"),
        mark("no loss of that size came by %(day)s"),
    ),
)
"""Reasons that an outlook gives by itself."""


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


def change_text(change: float, told: Mapping[str, Any]) -> str:
    """Return a change as people read it, with its sign: a share in per cent, else in the unit of the panel.

    Examples
    --------
    >>> change_text(-0.0414, {"is_share": True}), change_text(2.0, {"is_share": False})
    ('-4.1%', '+2')
    """
    return f"{change:+.1%}" if told["is_share"] else f"{change:+,.4g}"


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


def end_text(told: Mapping[str, Any], lang: str) -> str:
    """Return by when the loss is foretold for, as ``by 9 months``: before the horizon, or in it."""
    last = told["horizon"]["until"] - 1
    en, zh = CADENCES[told["horizon"]["of"]]
    return f"{last} {zh}内" if lang == "zh" else f"by {last} {en}"


def cumulative_text(one: Mapping[str, Any]) -> str:
    """Return how likely the loss is by the end of the horizon; outlooks of before that was told have none.

    Examples
    --------
    >>> cumulative_text({"cumulative_probability": 0.614}), cumulative_text({"probability": 0.4})
    ('61%', '–')
    """
    found = one.get("cumulative_probability")
    return NOTHING if found is None else f"{found:.0%}"


def reason_text(reason: str, said: Words) -> str:
    """Return a reason in a language: those that an outlook gives by itself are known, people's stay as they are."""
    for pattern, text in REASONS:
        if found := pattern.fullmatch(reason):
            return said.say(text, **found.groupdict())
    return reason


def told_warning(one: IssuedWarning) -> dict[str, Any]:
    """Return a warning as doors tell it: how it stands, what was told last, and every step."""
    return {
        "warning": one.warning_id,
        "panel": one.panel,
        "events_rule": one.rule,
        "cell": str(one.cell),
        "region": one.cell.region,
        "industry": one.cell.industry,
        "occupation": one.cell.occupation,
        "grade": one.grade,
        "state": one.state.value,
        "is_treated": one.has(Act.TREATED),
        "outcome": one.outcome.value,
        "as_of": str(one.newest.as_of),
        "told": one.newest.told,
        "steps": [
            {"number": step.number, "act": step.act.value, "at": step.at, "as_of": step.as_of, "by": step.by}
            | {"reason": step.reason}
            for step in one.steps
        ],
    }


def told_kept(one: Kept) -> dict[str, Any]:
    """Return what issued warnings came to, beside what was promised."""
    return {
        "panel": one.panel,
        "events_rule": one.rule,
        "promised_a_year": one.promised_a_year,
        "realised_a_year": round(one.a_year, 4) if one.years else None,
        "upper_95_a_year": round(one.upper, 4) if one.years else None,
        "false": one.false,
        "quiet_years": round(one.years, 1),
        "outcomes": dict(one.counts),
    }


def told_outlook(one: IssuedOutlook, scope: Scope) -> dict[str, Any]:
    """Return what was told of a panel, of the regions that a scope holds.

    What had moved in an industry, or in all, is left out where few other regions stand behind it: who knows their own
    would know the others'.
    """
    others = {row["region"] for row in one.told["cells"] if not is_seen(row["region"], scope)}
    is_told = not others or len(others) >= OTHERS_LEAST
    told = dict(one.told) | {"panel": one.panel, "number": one.number, "issued": one.issued, "digest": one.digest}
    seen = {part: [row for row in one.told[part] if is_seen(row["region"], scope)] for part in ("warnings", "cells")}
    if not is_told:
        seen["warnings"] = [
            {**row, "moved": [moved for moved in row["moved"] if moved["of"] in {"cell", "region"}]}
            for row in seen["warnings"]
        ]
    return told | seen


def told_subscription(one: Subscription) -> dict[str, Any]:
    """Return a subscription without its secret."""
    return {
        "subscription": one.subscription_id,
        "url": one.url,
        "regions": list(one.regions),
        "grade": one.grade.value,
        "created": one.created,
        "ended": one.ended,
    }


def told_backlog(one: Backlog) -> dict[str, Any]:
    """Return a subscription and how it fares."""
    counts = {"delivered": one.delivered, "waiting": one.waiting, "failing": one.failing, "said": one.said}
    return told_subscription(one.subscription) | counts


def is_seen(region: str, scope: Scope) -> bool:
    """Tell whether a region lies within a scope: one that is no province-level code only in that of the country."""
    return scope.is_country or region in scope.adcodes


def seen_warnings(found: Sequence[IssuedWarning], scope: Scope, *, must: bool = False) -> list[IssuedWarning]:
    """Return the warnings that lie within a scope.

    Parameters
    ----------
    must
        Whether one outside of it is refused, rather than left out.

    Raises
    ------
    NotAllowedError
        ``region_out_of_scope``.
    """
    seen = [one for one in found if is_seen(one.cell.region, scope)]
    if must and len(seen) < len(found):
        raise NotAllowedError(
            f"A warning must be of a region within the scope of who asks, was not: {found[0].warning_id}.",
            code="region_out_of_scope",
            hint="Ask an admin to widen the scope.",
        )
    return seen
