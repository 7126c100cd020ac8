"""Half-open time: intervals, civil days, slots. Aware UTC inside; zones appear at the doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qipan.kernel.errors import BadInputError

BOARD_ZONE = "Asia/Shanghai"
"""The civil time zone of the board where nothing else is said."""
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years in which a day may be planned."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A half-open interval of time ``[start, end)`` in UTC.

    Raises
    ------
    BadInputError
        ``time_naive`` unless both ends carry a zone; ``interval_empty`` unless ``start < end``.

    Examples
    --------
    >>> day = civil_day(date(2017, 10, 9), "Asia/Shanghai")
    >>> day.duration_h, day.end in day, day.start in day
    (24.0, False, True)
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", in_utc(self.start))
        object.__setattr__(self, "end", in_utc(self.end))
        if not self.start < self.end:
            raise BadInputError(
                f"An interval must start before it ends, was {self.start} to {self.end}.",
                code="interval_empty",
                hint="Give a start earlier than the end.",
            )

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()

    @property
    def duration_h(self) -> float:
        """Length in hours."""
        return self.duration_s / 3600.0

    def overlaps(self, other: Interval) -> bool:
        """Tell whether some moment lies in both."""
        return self.start < other.end and other.start < self.end


def in_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC; refuse one without a zone.

    Raises
    ------
    BadInputError
        ``time_naive`` when the moment carries no zone.
    """
    if moment.tzinfo is None:
        raise BadInputError(
            f"A time must carry its zone, was {moment.isoformat()}.",
            code="time_naive",
            hint="Write the offset, for example 2017-10-09T08:00:00+08:00.",
        )
    return moment.astimezone(UTC)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of that name.

    Raises
    ------
    BadInputError
        ``zone_unknown`` when there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInputError(
            f"A time zone must be a name of the IANA database, was {name!r}.",
            code="zone_unknown",
            hint="Write for example Asia/Shanghai or UTC.",
        ) from error


def civil_day(day: date, zone_name: str = BOARD_ZONE) -> Interval:
    """Return one civil day of a zone; it may last 23, 24 or 25 hours.

    Raises
    ------
    BadInputError
        ``zone_unknown``; ``day_out_of_range`` for a day at the end of the calendar.

    Examples
    --------
    >>> civil_day(date(2024, 3, 31), "Europe/Berlin").duration_h
    23.0
    """
    here = zone(zone_name)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadInputError(
            f"A day must lie in the years {FIRST_YEAR} to {LAST_YEAR}, was {day.isoformat()}.",
            code="day_out_of_range",
            hint="Correct the year.",
        )
    start = datetime.combine(day, time(), tzinfo=here)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=here)
    return Interval(start, end)


def slots(whole: Interval, slot_s: int) -> tuple[Interval, ...]:
    """Cut an interval into slots of ``slot_s`` seconds, each labelled by its start.

    Raises
    ------
    BadInputError
        ``slots_uneven`` unless the slots fill the interval exactly.

    Examples
    --------
    >>> len(slots(civil_day(date(2024, 10, 27), "Europe/Berlin"), 3600))
    25
    """
    count, rest = divmod(whole.duration_s, slot_s)
    if rest or count < 1:
        raise BadInputError(
            f"Slots must fill the interval exactly, was {whole.duration_s:.0f} s in slots of {slot_s} s.",
            code="slots_uneven",
            hint="Choose a slot length that divides the interval, for example 3600.",
        )
    width = timedelta(seconds=slot_s)
    return tuple(Interval(whole.start + i * width, whole.start + (i + 1) * width) for i in range(int(count)))
