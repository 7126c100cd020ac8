"""Table and queries of employment spells, the same on every engine of the lake.

A spell is one job of one person, who stands under a pseudonym: from the day it starts until the day it has ended,
half-open; no end while it goes on. Everything is counted in whole jobs, so that every engine gives the same answer.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import ibis
import pyarrow as pa

SPELLS: Final = "spell"
SPELLS_SCHEMA: Final = pa.schema([
    pa.field("person", pa.int64()),
    pa.field("region", pa.string()),
    pa.field("industry", pa.string()),
    pa.field("occupation", pa.string()),
    pa.field("start", pa.date32()),
    pa.field("end", pa.date32()),
])  # fmt: skip

_NEVER = date(9999, 12, 31)
_DAY = ibis.interval(days=1)


def reach(spells: ibis.Table) -> ibis.Table:
    """Return one row: the ``first`` and ``last`` day on which a spell starts, and the last ``end``."""
    return spells.aggregate(first=spells.start.min(), last=spells.start.max(), end=spells.end.max())


def flows(spells: ibis.Table, *, within_days: int, by_occupation: bool) -> ibis.Table:
    """Return by cell and month which jobs came to be held, and which ended.

    A job is held in a month if it is on the month's first day. One that ends is separated in the month of its last
    day; it is lost where its holder had no other job in the days ``[end, end + within_days)``.

    Returns
    -------
    table
        ``region``, ``industry``, ``occupation`` (empty unless asked for), ``month`` (months since the year 0),
        ``opened`` (jobs held for the first time then), ``closed`` (held for the last time), and of those held in the
        month ``separated`` and ``lost``.
    """
    cell = ["region", "industry", "occupation"]
    if not by_occupation:
        spells = spells.mutate(occupation=ibis.literal("", "string"))
    started = spells.group_by([*cell, _month(spells.start - _DAY).name("before")]).aggregate(jobs=spells.count())
    ended = spells.filter(spells.end.notnull())
    # One that begins and ends between two first days is never held: what it adds is taken away at once.
    ended = ended.mutate(month=_month(ended.end - _DAY), first=_month(ended.start - _DAY) + 1)
    closed = ended.group_by([*cell, "month"]).aggregate(
        closed=ended.count(), separated=ibis.ifelse(ended.first <= ended.month, 1, 0).sum()
    )
    lost = _without_another(ended.filter(ended.first <= ended.month), spells, within_days)
    lost = lost.group_by([*cell, "month"]).aggregate(lost=lost.count())
    none = ibis.literal(0, "int64")
    parts = [
        started.select(
            *cell, month=started.before + 1, opened=_whole(started.jobs), closed=none, separated=none, lost=none
        ),
        closed.select(
            *cell, "month", opened=none, closed=_whole(closed.closed), separated=_whole(closed.separated), lost=none
        ),
        lost.select(*cell, "month", opened=none, closed=none, separated=none, lost=_whole(lost.lost)),
    ]
    together = ibis.union(*parts)
    sums = {name: _whole(together[name].sum()) for name in ("opened", "closed", "separated", "lost")}
    return together.group_by([*cell, "month"]).aggregate(**sums)


def _without_another(ended: ibis.Table, spells: ibis.Table, within_days: int) -> ibis.Table:
    """Return the spells after whose end their person holds no other job within so many days."""
    others = spells.select("person", "start", until=ibis.coalesce(spells.end, _NEVER))
    return ended.anti_join(
        others,
        [
            ended.person == others.person,
            others.start < ended.end + ibis.interval(days=within_days),
            others.until > ended.end,
        ],
    )


def _month(day: ibis.expr.types.DateValue) -> ibis.expr.types.IntegerValue:
    return day.year().cast("int64") * 12 + day.month().cast("int64") - 1


def _whole(value: ibis.expr.types.Value) -> ibis.expr.types.Value:
    return value.cast("int64")
