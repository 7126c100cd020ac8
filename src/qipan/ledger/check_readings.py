"""Check readings against the register before they are kept, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import Finding
from qipan.ledger.model.fleet import Meter
from qipan.ledger.model.reading import EPOCH_MAX, NO_COUNTER, Quality, Readings
from qipan.ledger.rehearse import REHEARSAL

VALUE_MAX: Final = 2**53 - 1
"""Largest value that every reader of JSON and every float keeps exactly."""

RATE_MAX: Final = 10**10
"""Largest value for each second of a period, in base units: 10 GW, ten billion cards, 10 EB. No site has as much.

So one source cannot make the sums of all overflow: what a hundred thousand meters tell of two hours is below 2**63.
"""

TOLD_MAX: Final = 1000
"""Rows of one rule that are told one by one; how many more there are is told in one line."""

PERIOD_MAX_US: Final = 48 * 3600 * 1_000_000
"""Longest period of a reading, so that a figure need not look far before its interval."""

SECOND_US: Final = 1_000_000

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER_US: Final = 2**62

Rows = NDArray[np.bool_]
"""One truth for each reading of a batch, ``(readings,)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What became of the rows of a batch.

    Attributes
    ----------
    kept
        Rows that break no rule and say nothing twice, ``(readings,)``.
    repeated
        Rows that say the same as an earlier row of the batch, ``(readings,)``.
    """

    kept: Rows
    repeated: Rows
    findings: tuple[Finding, ...]


def check_readings(
    readings: Readings,
    *,
    rows: NDArray[np.int64],
    meters: Mapping[str, Meter],
    source_id: str,
    released: datetime,
) -> Checked:
    """Return which readings may be kept, and why the others may not.

    Rules: ``meter_unknown``, ``meter_of_another_source``, ``period_empty``, ``period_not_whole``, ``period_too_long``,
    ``period_after_release``, ``meter_not_valid``, ``value_out_of_range``, ``value_above_rate``,
    ``counter_out_of_range``, ``epoch_out_of_range``, ``quality_unknown``, ``rehearsal_not_modelled``;
    ``reading_contradicts`` when one batch tells a period of a meter in two ways.

    Parameters
    ----------
    rows
        Row of the file of each reading, ``(readings,)``.
    meters
        Every meter that is registered, by its name.
    """
    of_meter = _Meters.of([meters.get(meter_id) for meter_id in readings.meter_ids], source_id)
    kept = np.ones(len(readings), dtype=np.bool_)
    findings: list[Finding] = []
    is_rehearsal = source_id.startswith(REHEARSAL)
    for column, rule, broken, must in _rules(readings, of_meter, us_of(released), is_rehearsal=is_rehearsal):
        findings += _told(readings, rows, broken & kept, column=column, rule=rule, must=must)
        kept &= ~broken
    repeated, contradicts = _twice(readings, kept)
    must = "A batch must tell a period of a meter once, was told in another way before"
    findings += _told(readings, rows, contradicts, column="value", rule="reading_contradicts", must=must)
    return Checked(kept & ~repeated & ~contradicts, repeated, tuple(findings))


def us_of(moment: datetime) -> int:
    """Return a moment as microseconds since 1970.

    Examples
    --------
    >>> us_of(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(moment_us: int) -> datetime:
    """Return microseconds since 1970 as a moment; beyond the calendar, its first or last year.

    Examples
    --------
    >>> moment_of(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    low, high = us_of(datetime(1, 1, 2, tzinfo=UTC)), us_of(datetime(9999, 12, 30, tzinfo=UTC))
    return _EPOCH + timedelta(microseconds=min(max(int(moment_us), low), high))


def span(readings: Readings, row: int) -> str:
    """Return the period of a reading in words."""
    start, end = moment_of(int(readings.start_us[row])), moment_of(int(readings.end_us[row]))
    return f"{start.isoformat()} to {end.isoformat()}"


def same_content(one: Readings, i: NDArray[np.int64], other: Readings, j: NDArray[np.int64]) -> Rows:
    """Tell for pairs of rows whether they say the same, ``(pairs,)``; meter and period are not compared."""
    return np.asarray(
        (one.value[i] == other.value[j])
        & (one.counter[i] == other.counter[j])
        & (one.epoch[i] == other.epoch[j])
        & (one.quality[i] == other.quality[j])
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Meters:
    """What the register says of the meters of a batch; every array has the axis ``(meters,)``."""

    unknown: Rows
    of_another: Rows
    start_us: NDArray[np.int64]
    end_us: NDArray[np.int64]

    @classmethod
    def of(cls, known: list[Meter | None], source_id: str) -> _Meters:
        return cls(
            unknown=np.array([meter is None for meter in known], dtype=np.bool_),
            of_another=np.array(
                [meter is not None and meter.source_id != source_id for meter in known], dtype=np.bool_
            ),
            start_us=np.array(
                [-_FOREVER_US if meter is None or meter.start is None else us_of(meter.start) for meter in known],
                dtype=np.int64,
            ),
            end_us=np.array(
                [_FOREVER_US if meter is None or meter.end is None else us_of(meter.end) for meter in known],
                dtype=np.int64,
            ),
        )


def _rules(
    readings: Readings, of_meter: _Meters, released_us: int, *, is_rehearsal: bool
) -> Iterator[tuple[str, str, Rows, str]]:
    """Yield column, rule, the rows that break it, and what must hold."""
    start, end, meter = readings.start_us, readings.end_us, readings.meter
    yield "meter_id", "meter_unknown", of_meter.unknown[meter], "A meter must be registered, was not"
    another = of_meter.of_another[meter]
    yield "meter_id", "meter_of_another_source", another, "A source must speak for its own meters, was another's"
    yield "end", "period_empty", end <= start, "A period must end after its start, was not so"
    is_split = (start % SECOND_US != 0) | (end % SECOND_US != 0)
    yield "start", "period_not_whole", is_split, "A period must begin and end at a whole second, was not so"
    yield "end", "period_after_release", end > released_us, "A period must be over when it is released, was not"
    is_long = end - start > PERIOD_MAX_US
    yield "end", "period_too_long", is_long, "A period must be at most 48 hours long, was longer"
    is_outside = (start < of_meter.start_us[meter]) | (end > of_meter.end_us[meter])
    yield "start", "meter_not_valid", is_outside, "A meter must be valid for the whole period, was not"
    is_beyond = (readings.value < 0) | (readings.value > VALUE_MAX)
    yield "value", "value_out_of_range", is_beyond, "A value must be between 0 and 2**53 - 1, was not"
    # Whole seconds: a longer period than is allowed was refused above, so the product cannot overflow.
    most = np.clip(end - start, 0, PERIOD_MAX_US) // SECOND_US * RATE_MAX
    is_beyond = readings.value > most
    yield (
        "value",
        "value_above_rate",
        is_beyond,
        "A value must be at most 10**10 for each second of its period, was more",
    )
    counter = readings.counter
    is_beyond = ((counter < 0) & (counter != NO_COUNTER)) | (counter > VALUE_MAX)
    yield "counter", "counter_out_of_range", is_beyond, "A counter must be between 0 and 2**53 - 1, was not"
    must = f"An epoch must be between 0 and {EPOCH_MAX:,}, was not"
    yield "epoch", "epoch_out_of_range", readings.epoch < 0, must
    is_strange = (readings.quality < 0) | (readings.quality >= len(Quality))
    yield "quality", "quality_unknown", is_strange, f"A quality must be one of {', '.join(Quality)}, was none of them"
    is_other = is_rehearsal & (readings.quality != list(Quality).index(Quality.MODELLED))
    yield "quality", "rehearsal_not_modelled", is_other, "A reading of a rehearsal must be modelled, was not"


def _twice(readings: Readings, kept: Rows) -> tuple[Rows, Rows]:
    """Return which kept rows repeat an earlier one, and which contradict it."""
    repeated, contradicts = np.zeros(len(readings), dtype=np.bool_), np.zeros(len(readings), dtype=np.bool_)
    if _is_rising(readings):
        return repeated, contradicts
    at = np.flatnonzero(kept)
    order = at[np.lexsort((at, readings.end_us[at], readings.start_us[at], readings.meter[at]))]
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in (readings.meter, readings.start_us, readings.end_us):
        same &= column[order][1:] == column[order][:-1]
    # The first of a run of equals stands; the others are held against it.
    position = np.arange(len(order))
    is_first = np.concatenate((np.ones(min(len(order), 1), dtype=np.bool_), ~same))
    first = np.maximum.accumulate(np.where(is_first, position, 0))
    later = order[~is_first]
    is_same = same_content(readings, later, readings, order[first[~is_first]])
    repeated[later[is_same]] = True
    contradicts[later[~is_same]] = True
    return repeated, contradicts


def _is_rising(readings: Readings) -> bool:
    """Tell whether the rows stand in a strict order of time and meter, or of meter and time: then none is twice."""
    same_meter = readings.meter[1:] == readings.meter[:-1]
    same_start = readings.start_us[1:] == readings.start_us[:-1]
    later = readings.start_us[1:] > readings.start_us[:-1]
    higher = readings.meter[1:] > readings.meter[:-1]
    return bool(np.all(higher | (same_meter & later)) or np.all(later | (same_start & higher)))


def _told(
    readings: Readings, rows: NDArray[np.int64], broken: Rows, *, column: str, rule: str, must: str
) -> list[Finding]:
    at = np.flatnonzero(broken)
    told = [
        Finding(
            int(rows[i]),
            column,
            rule,
            f"{must}, in {span(readings, i)} of meter {readings.meter_ids[readings.meter[i]]}.",
            _stands(readings, column, i),
        )
        for i in at[:TOLD_MAX].tolist()
    ]
    if len(at) > TOLD_MAX:
        told.append(Finding(0, column, rule, f"{must}, in {len(at) - TOLD_MAX} more rows of the batch."))
    return told


def _stands(readings: Readings, column: str, row: int) -> str:
    """Return what stands in a column of a row."""
    if column == "meter_id":
        return str(readings.meter_ids[readings.meter[row]])
    if column in ("start", "end"):
        return moment_of(int(readings.start_us[row] if column == "start" else readings.end_us[row])).isoformat()
    stands = int(getattr(readings, column)[row])
    return list(Quality)[stands] if column == "quality" and 0 <= stands < len(Quality) else str(stands)
