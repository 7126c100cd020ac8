"""Queries of what was metered, the same on every engine of the lake.

Only what may have been corrected is ranked, so that a day without corrections costs no sort; times are compared as
whole seconds, values added as whole numbers, so that every engine gives the same answer to the last digit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qipan.kernel.time import Interval, in_utc
from qipan.ledger.model.reading import Quality

HOUR_S: Final = 3600
MINUTE_S: Final = 60
SUM_MOST: Final = 2**62
"""No sum of an hour is told greater, so that what one source tells twice over breaks nobody's figures."""

_KEY: Final = ["source_id", "meter_id", "period_start", "period_end"]


def latest(readings: ibis.Table, as_of: datetime) -> ibis.Table:
    """Return of each source, meter and period the last release that had been received at a moment."""
    known = readings.filter(readings.received <= ibis.timestamp(in_utc(as_of)))
    again = known.semi_join(_lesser_batches(known), "sequence").select(_KEY).distinct()
    candidates = known.semi_join(again, _KEY)
    order = [candidates.released.desc(), candidates.sequence.desc()]
    ranked = candidates.mutate(place=ibis.row_number().over(group_by=_KEY, order_by=order))
    superseded = ranked.filter(ranked.place > 0).select(*_KEY, "sequence")
    return known.anti_join(superseded, [*_KEY, "sequence"])


def _lesser_batches(readings: ibis.Table) -> ibis.Table:
    """Return the batches that may correct another or be corrected by it, but for the largest of those that may.

    A batch tells a reading once, so two releases of it come from two batches of one source whose times overlap. Of
    batches that overlap one after the other, the readings of all but the largest hold every one that was told again.
    """
    batches = readings.group_by("source_id", "sequence").aggregate(
        opens=readings.period_start.min(), closes=readings.period_end.max(), rows=readings.count()
    )
    order = ["opens", "sequence"]
    earlier = ibis.window(group_by="source_id", order_by=order, preceding=(None, 1))
    batches = batches.mutate(reached=batches.closes.max().over(earlier))
    batches = batches.mutate(is_apart=ibis.ifelse(batches.opens < batches.reached, 0, 1))
    so_far = ibis.cumulative_window(group_by="source_id", order_by=order)
    batches = batches.mutate(stretch=batches.is_apart.sum().over(so_far))
    largest_first = [batches.rows.desc(), batches.sequence]
    place = ibis.row_number().over(group_by=["source_id", "stretch"], order_by=largest_first)
    batches = batches.mutate(place=place)
    return batches.filter(batches.place > 0).select("sequence")


def hourly(readings: ibis.Table, interval: Interval, as_of: datetime, *, with_modelled: bool = False) -> ibis.Table:
    """Return the sums of each meter in each hour of an interval of whole hours.

    A reading that crosses an hour is split by its seconds, in whole numbers: the parts add up to the whole.

    Returns
    -------
    table
        ``meter_id``, ``hour`` (hours since 1970), ``value``, ``told_s`` (seconds of all readings), ``minutes`` (one
        bit for each minute of the hour that a reading touches), ``modelled`` (how many come from a simulation).
    """
    start_s, end_s = int(interval.start.timestamp()), int(interval.end.timestamp())
    inside = readings.filter(
        readings.period_start < ibis.timestamp(interval.end), readings.period_end > ibis.timestamp(interval.start)
    )
    told = latest(inside, as_of)
    if not with_modelled:
        # Only now: a reading that was withdrawn for a modelled one must not come back.
        told = told.filter(told.quality != str(Quality.MODELLED))
    parts = _parts(told, start_s // HOUR_S, end_s // HOUR_S)
    return parts.group_by("meter_id", "hour").aggregate(
        value=ibis.least(parts["value"].sum(), SUM_MOST),
        told_s=parts.told_s.sum(),
        minutes=_either(parts.minutes),
        modelled=parts.modelled.sum(),
    )


def miscounts(readings: ibis.Table, interval: Interval, as_of: datetime, *, with_modelled: bool = False) -> ibis.Table:
    """Return how the counter of each meter compares with itself and with the values, of readings of an interval.

    Each reading is held against the one before it in the table, which may be earlier than the interval. Where periods
    overlap nothing is compared.

    Returns
    -------
    table
        ``meter_id``, ``rule`` (empty where counters are right), ``readings``, ``opens_s`` and ``closes_s`` (the first
        start and last end, seconds since 1970), ``most`` (how far they are apart) and ``against`` (what the counter
        should have said), both the greatest of the readings, in base units.
    """
    told = latest(readings.filter(readings.period_start < ibis.timestamp(interval.end)), as_of)
    if not with_modelled:
        told = told.filter(told.quality != str(Quality.MODELLED))
    order = ibis.window(group_by="meter_id", order_by=["period_start", "period_end"])
    told = told.filter(told.counter.notnull()).select(
        "meter_id",
        "epoch",
        "counter",
        opened=told.counter - told["value"],
        opens_s=told.period_start.epoch_seconds().cast("int64"),
        closes_s=told.period_end.epoch_seconds().cast("int64"),
        stood=told.counter.lag().over(order),
        epoch_before=told.epoch.lag().over(order),
        closed_s=told.period_end.lag().over(order).epoch_seconds().cast("int64"),
    )
    pairs = told.filter(
        told.stood.notnull(),
        told.closed_s <= told.opens_s,
        told.closes_s > int(interval.start.timestamp()),
    )
    same = pairs.epoch == pairs.epoch_before
    fell = (pairs.epoch < pairs.epoch_before) | (same & (pairs.counter < pairs.stood))
    off = pairs.opened - pairs.stood
    differs = same & ((off < 0) | ((off > 0) & (pairs.closed_s == pairs.opens_s)))
    rule = ibis.cases((fell, "counter_fell"), (differs, "value_not_counted"), else_="")
    pairs = pairs.mutate(
        rule=rule,
        most=ibis.ifelse(fell, ibis.greatest(pairs.stood - pairs.counter, 0), off.abs()),
        # What the counter should have said: no less than before; what the value should have been.
        against=ibis.ifelse(fell, pairs.stood, pairs.counter - pairs.stood),
    )
    return pairs.group_by("meter_id", "rule").aggregate(
        readings=pairs.count(),
        opens_s=pairs.opens_s.min(),
        closes_s=pairs.closes_s.max(),
        most=pairs.most.max(),
        against=pairs.against.max(),
    )


def columns(hours: pa.Table, meter_ids: list[str]) -> tuple[NDArray[np.int64], ...]:
    """Return the columns of `hourly`: position of the meter (-1 for another one), hour, value, seconds, modelled.

    In the order of meter and hour, since engines promise none. Seconds are at most 3600, unless more was told than the
    minutes that it touches; then they are 3600 and those.
    """
    place = pa.compute.index_in(hours["meter_id"], pa.array(meter_ids, pa.string())).fill_null(-1)
    names = ("hour", "value", "told_s", "minutes", "modelled")
    hour, value, told_s, minutes, modelled = (np.asarray(hours[name].cast(pa.int64())) for name in names)
    most_s = MINUTE_S * np.bitwise_count(minutes).astype(np.int64)
    told_s = np.where(told_s > most_s, HOUR_S + told_s - most_s, told_s)
    meter = np.asarray(place).astype(np.int64)
    order = np.lexsort((hour, meter))
    return tuple(column[order] for column in (meter, hour, value, told_s, modelled))


def _parts(told: ibis.Table, first_hour: int, end_hour: int) -> ibis.Table:
    """Return what was told of each meter and hour: readings within one hour added up, others split."""
    spans = told.select(
        "meter_id",
        "value",
        opens=told.period_start.epoch_seconds().cast("int64"),
        closes=told.period_end.epoch_seconds().cast("int64"),
        modelled=ibis.ifelse(told.quality == str(Quality.MODELLED), 1, 0),
    )
    hour = (spans.opens // HOUR_S).cast("int64")
    crosses = hour != ((spans.closes - 1) // HOUR_S).cast("int64")
    # Most readings lie within an hour: they are few when they have been added up, and only then are the others split.
    spans = spans.mutate(
        hour=hour,
        minutes=_minutes(spans.opens - hour * HOUR_S, spans.closes - hour * HOUR_S),
        crosses_from=ibis.ifelse(crosses, spans.opens, 0),
        crosses_to=ibis.ifelse(crosses, spans.closes, 0),
    )
    added = spans.group_by("meter_id", "hour", "crosses_from", "crosses_to").aggregate(
        value=ibis.least(spans["value"].sum(), SUM_MOST).cast("int64"),
        told_s=(spans.closes - spans.opens).sum().cast("int64"),
        minutes=_either(spans.minutes),
        modelled=spans.modelled.sum().cast("int64"),
    )
    names = ["meter_id", "hour", "value", "told_s", "minutes", "modelled"]
    within, crossing = (added.filter(rows) for rows in (added.crosses_to == 0, added.crosses_to != 0))
    return within.select(names).union(_split(crossing, first_hour, end_hour).select(names))


def _split(spans: ibis.Table, first_hour: int, end_hour: int) -> ibis.Table:
    hours = ibis.memtable({"at": list(range(first_hour, end_hour))}, schema={"at": "int64"})
    in_hour = [hours["at"] * HOUR_S < spans.crosses_to, (hours["at"] + 1) * HOUR_S > spans.crosses_from]
    pairs = spans.join(hours, in_hour)
    opens = pairs.crosses_from - pairs["at"] * HOUR_S
    closes = pairs.crosses_to - pairs["at"] * HOUR_S
    after, until = ibis.greatest(opens, 0), ibis.least(closes, HOUR_S)
    # value * seconds // lasts without a product that could overflow, from the reading's start to either edge.
    lasts = closes - opens
    each, rest = pairs["value"] // lasts, pairs["value"] % lasts
    upto = each * (until - opens) + rest * (until - opens) // lasts
    before = each * (after - opens) + rest * (after - opens) // lasts
    return pairs.select(
        "meter_id",
        "modelled",
        hour=pairs["at"],
        value=(upto - before).cast("int64"),
        told_s=(until - after).cast("int64"),
        minutes=_minutes(after, until),
    )


@ibis.udf.agg.builtin(name="bit_or", signature=(("int64",), "int64"))  # type: ignore[untyped-decorator]
def _either(minutes: ibis.Value) -> ibis.Value:
    """Return every bit that is set in one of them; both engines have it, Ibis names it for DuckDB only."""


def _minutes(after: ibis.Value, until: ibis.Value) -> ibis.Value:
    """Return one bit for each minute that seconds of an hour touch."""
    # A reading that crosses hours is split later; here it touches any.
    first = (after // MINUTE_S).cast("int64")
    last = (ibis.least(until, HOUR_S) - 1) // MINUTE_S
    return (((ibis.literal(2, "int64") << (last.cast("int64") - first)) - 1) << first).cast("int64")
