"""Feeds as they are told: plain values, and rows of the table of what is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report.labour import is_seen
from qipan.interfaces.report.numbers import NOTHING
from qipan.interfaces.report.table import Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.labour.model.feed import BACKDATED, Delivery, Feed, Freshness, tell_feed

if TYPE_CHECKING:
    from qipan.access.model import Scope
    from qipan.kernel.errors import Finding

CADENCES: Final = {
    "week": ("week", "周"), "month": ("month", "月"), "quarter": ("quarter", "季"), "year": ("year", "年"),
}  # fmt: skip


def told_feed(feed: Feed) -> dict[str, Any]:
    """Return a feed as plain values."""
    return {**tell_feed(feed), "ended": feed.ended}


def told_delivery(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as plain values."""
    return asdict(delivery)


def parted(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what is wrong with rows that were refused, and what is odd about rows that were let in.

    Examples
    --------
    >>> from qipan.kernel.errors import Finding
    >>> refused, moved = parted([Finding(2, "value", "cell_small", ""), Finding(3, "released", BACKDATED, "")])
    >>> [one.row for one in refused], [one.row for one in moved]
    ([2], [3])
    """
    return (
        tuple(one for one in findings if one.rule != BACKDATED),
        tuple(one for one in findings if one.rule == BACKDATED),
    )


def told_fresh(found: Freshness, scope: Scope | None = None) -> dict[str, Any]:
    """Return how fresh a feed is as plain values; of silent cells those of the regions that one may see."""
    silent = [one for one in found.silent if scope is None or is_seen(one.cell.region, scope)]
    told = asdict(found)
    told["silent"] = [{**asdict(one.cell), "since": one.since} for one in silent]
    return {**told, "is_late": found.is_late}


def fresh_table(found: Sequence[dict[str, Any]], said: Words) -> Table:
    """Return the table of what is late, from feeds as `told_fresh` tells them."""
    rows = []
    for one in found:
        late = said.say("no")
        if one["is_late"]:
            late = said.say(
                "%(count)s periods, since %(since)s, %(days)s days",
                count=one["missing"],
                since=one["late_since"],
                days=one["late_days"],
            )
        over = said.say("over since %(day)s", day=one["over_since"]) if one["over_since"] else said.say("in force")
        cells = [str(one[name] or NOTHING) for name in ("newest_period", "newest_release", "due_period")]
        rows.append(row(one["feed"], *cells, late, str(len(one["silent"])), over))
    heads = (
        Head(said.say("Data feed"), is_number=False),
        Head(said.say("Newest period"), is_number=False),
        Head(said.say("Released"), is_number=False),
        Head(said.say("Period due"), is_number=False),
        Head(said.say("Late"), is_number=False),
        Head(said.say("Silent cells")),
        Head(said.say("Sharing agreement"), is_number=False),
    )
    return Table(said.say("Feeds as of today"), heads, tuple(rows))


def gauges(found: Sequence[Freshness]) -> str:
    """Return how late feeds are, as Prometheus reads it; nothing where no feed is kept.

    Examples
    --------
    >>> gauges([])
    ''
    """
    if not found:
        return ""
    lines = ["# HELP qipan_labour_feed_late_days Days since a period of a feed became late, 0 where none is."]
    lines.append("# TYPE qipan_labour_feed_late_days gauge")
    lines += [f'qipan_labour_feed_late_days{{feed="{one.feed}"}} {one.late_days}' for one in found]
    lines.append("# HELP qipan_labour_feed_late_periods Periods of a feed that are late.")
    lines.append("# TYPE qipan_labour_feed_late_periods gauge")
    lines += [f'qipan_labour_feed_late_periods{{feed="{one.feed}"}} {one.missing}' for one in found]
    return "\n".join(lines) + "\n"
