"""Check observations before they are recorded."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from qipan.kernel.errors import Finding
from qipan.kernel.time import Interval
from qipan.observations.model import Observation


def check(observations: Sequence[Observation], series_ids: Collection[str]) -> tuple[Finding, ...]:
    """Return everything that is wrong with a batch of observations; row 1 is the first.

    Rules: ``series_unknown`` unless the series is one of ``series_ids``; ``value_not_finite`` for infinities and
    what is not a number; ``release_repeated`` when a period of a series has two values of one release.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> from qipan.kernel.time import civil_day
    >>> day = civil_day(date(2017, 10, 9))
    >>> [finding.rule for finding in check([Observation("load", day, day.end, float("nan"))], {"load"})]
    ['value_not_finite']
    """
    return tuple(_findings(observations, frozenset(series_ids)))


def _findings(observations: Sequence[Observation], series_ids: frozenset[str]) -> Iterator[Finding]:
    rows: dict[tuple[str, Interval, datetime], int] = {}
    for row, one in enumerate(observations, start=1):
        if one.series_id not in series_ids:
            yield Finding(
                row, "series_id", "series_unknown", "The series must be defined first, was unknown.", one.series_id
            )
        if not math.isfinite(one.value):
            yield Finding(
                row, "value", "value_not_finite", f"A value must be a finite number, was {one.value}.", str(one.value)
            )
        first = rows.setdefault((one.series_id, one.period, one.released), row)
        if first != row:
            yield Finding(
                row,
                "released",
                "release_repeated",
                f"A release must give one value for a period, was given in row {first} already.",
                one.released.isoformat(),
            )
