"""Queries of what was metered, the same on every engine of the lake.

Only keys that were corrected are ranked, so that a day without corrections costs no sort; times are compared as whole
seconds, values added as whole numbers, so that every engine gives the same answer to the last digit.
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
_KEY: Final = ["source_id", "meter_id", "period_start", "period_end"]


def latest(readings: ibis.Table, as_of: datetime) -> ibis.Table:
    """Return of each source, meter and period the last release that had been received at a moment."""
    known = readings.filter(readings.received <= ibis.timestamp(in_utc(as_of)))
    counted = known.group_by(_KEY).aggregate(releases_count=known.count())
    corrected = counted.filter(counted.releases_count > 1).select(_KEY)
    candidates = known.semi_join(corrected, _KEY)
    order = [candidates.released.desc(), candidates.sequence.desc()]
    ranked = candidates.mutate(place=ibis.row_number().over(group_by=_KEY, order_by=order))
    newest = ranked.filter(ranked.place == 0).drop("place")
    return known.anti_join(corrected, _KEY).union(newest.select(known.columns))


def hourly(readings: ibis.Table, interval: Interval, as_of: datetime, *, with_modelled: bool = False) -> ibis.Table:
    """Return the sums of each meter in each hour of an interval of whole hours.

    A reading that crosses an hour is split by its seconds, in whole numbers: the parts add up to the whole.

    Returns
    -------
    table
        ``meter_id``, ``hour`` (hours since 1970), ``value``, ``told_s`` (seconds for which there is a reading),
        ``modelled`` (how many readings come from a simulation).
    """
    start_s, end_s = int(interval.start.timestamp()), int(interval.end.timestamp())
    inside = readings.filter(
        readings.period_start < ibis.timestamp(interval.end), readings.period_end > ibis.timestamp(interval.start)
    )
    told = latest(inside, as_of)
    if not with_modelled:
        # Only now: a reading that was withdrawn for a modelled one must not come back.
        told = told.filter(told.quality != str(Quality.MODELLED))
    spans = told.select(
        "meter_id",
        "value",
        opens=told.period_start.epoch_seconds(),
        closes=told.period_end.epoch_seconds(),
        modelled=ibis.ifelse(told.quality == str(Quality.MODELLED), 1, 0),
    )
    first, last = spans.opens // HOUR_S, (spans.closes - 1) // HOUR_S
    spans = spans.mutate(first_hour=first.cast("int64"), last_hour=last.cast("int64"))
    within = spans.filter(spans.first_hour == spans.last_hour)
    whole = within.select(
        "meter_id", "value", "modelled", hour=within.first_hour, told_s=(within.closes - within.opens).cast("int64")
    )
    parts = _split(spans.filter(spans.first_hour != spans.last_hour), start_s // HOUR_S, end_s // HOUR_S)
    both = whole.union(parts.select(whole.columns))
    return both.group_by("meter_id", "hour").aggregate(
        value=both["value"].sum(), told_s=both.told_s.sum(), modelled=both.modelled.sum()
    )


def columns(hours: pa.Table, meter_ids: list[str]) -> tuple[NDArray[np.int64], ...]:
    """Return the columns of `hourly`: position of the meter (-1 for another one), hour, value, seconds, modelled."""
    place = pa.compute.index_in(hours["meter_id"], pa.array(meter_ids, pa.string())).fill_null(-1)
    numbers = (hours[column].cast(pa.int64()) for column in ("hour", "value", "told_s", "modelled"))
    return tuple(np.asarray(column).astype(np.int64) for column in (place, *numbers))


def _split(spans: ibis.Table, first_hour: int, end_hour: int) -> ibis.Table:
    hours = ibis.memtable({"hour": list(range(first_hour, end_hour))}, schema={"hour": "int64"})
    pairs = spans.join(hours, [hours.hour >= spans.first_hour, hours.hour <= spans.last_hour])
    lasts = pairs.closes - pairs.opens
    # Seconds from the start of the reading to the edges of its part.
    after = ibis.greatest(pairs.hour * HOUR_S - pairs.opens, 0)
    until = ibis.least((pairs.hour + 1) * HOUR_S - pairs.opens, lasts)
    # value * seconds // lasts without a product that could overflow.
    each, rest = pairs["value"] // lasts, pairs["value"] % lasts
    upto = each * until + rest * until // lasts
    before = each * after + rest * after // lasts
    return pairs.select(
        "meter_id",
        "modelled",
        "hour",
        value=(upto - before).cast("int64"),
        told_s=(until - after).cast("int64"),
    )
