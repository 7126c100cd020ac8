"""Nouns of what is traded: a lot of cards of one class at one hub, for a delivery window on the market's grid.

Windows are hours, days, ISO weeks and months of UTC+8, which has no summer time: a day has 24 hours, always.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR

CARDS_PER_LOT: Final = 8
"""A lot is eight cards for every hour of its window."""
MARKET_ZONE: Final = timezone(timedelta(hours=8), "UTC+8")
"""Zone of the grid of windows."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

_NAME: Final = re.compile(
    r"(?P<year>\d{4})-(?:W(?P<week>\d{2})|(?P<month>\d{2})(?:-(?P<day>\d{2})(?:T(?P<hour>\d{2}))?)?)"
)

_WARE: Final = re.compile(r"([^@/]+)@([^@/]+)/([^@/]+)")


class Tenor(StrEnum):
    """How long a delivery window is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, order=True)
class Window:
    """One delivery window ``[start, end)`` of the grid.

    Attributes
    ----------
    start
        First moment, in UTC; an hour, midnight, Monday or first of the month of UTC+8.

    Raises
    ------
    BadInputError
        ``window_out_of_grid`` unless the start lies on the grid of the tenor.

    Examples
    --------
    >>> month = Window.named("2026-02")
    >>> month.hours, month.name, month.end.isoformat()
    (672, '2026-02', '2026-02-28T16:00:00+00:00')
    """

    start: datetime
    tenor: Tenor

    def __post_init__(self) -> None:
        here = self.start.astimezone(MARKET_ZONE) if self.start.tzinfo else None
        if here is None or here != _floor(here, self.tenor):
            raise BadInputError(
                f"A window must start on the grid of its tenor, {self.tenor.value} in UTC+8, was {self.start}.",
                code="window_out_of_grid",
                hint="Name the window, for example 2026-03, 2026-W10, 2026-03-02 or 2026-03-02T13.",
            )
        object.__setattr__(self, "start", self.start.astimezone(UTC))

    @classmethod
    def named(cls, name: str) -> Window:
        """Return the window of an ISO 8601 name.

        Raises
        ------
        BadInputError
            ``window_name_bad``.

        Examples
        --------
        >>> Window.named("2026-W10").start.isoformat()
        '2026-03-01T16:00:00+00:00'
        """
        found = _NAME.fullmatch(name)
        start = _start(*found.groups()) if found else None
        if found is None or start is None:
            raise BadInputError(
                f"A delivery window must be the ISO 8601 name of an hour, day, week or month, was {name!r}.",
                code="window_name_bad",
                hint="Write for example 2026-03, 2026-W10, 2026-03-02 or 2026-03-02T13.",
            )
        if found["week"]:
            return cls(start, Tenor.WEEK)
        return cls(start, Tenor.HOUR if found["hour"] else Tenor.DAY if found["day"] else Tenor.MONTH)

    @cached_property
    def end(self) -> datetime:
        """First moment after the window, in UTC."""
        here = self.start.astimezone(MARKET_ZONE)
        if self.tenor is Tenor.MONTH:
            return _floor(here + 31 * DAY, Tenor.MONTH).astimezone(UTC)
        return self.start + {Tenor.HOUR: HOUR, Tenor.DAY: DAY, Tenor.WEEK: 7 * DAY}[self.tenor]

    @cached_property
    def hours(self) -> int:
        """Hours of delivery."""
        return (self.end - self.start) // HOUR

    @property
    def card_h_per_lot(self) -> int:
        """Card-hours that one lot delivers."""
        return CARDS_PER_LOT * self.hours

    @property
    def name(self) -> str:
        """ISO 8601 name."""
        here = self.start.astimezone(MARKET_ZONE)
        if self.tenor is Tenor.WEEK:
            return f"{here:%G-W%V}"
        return f"{here:%Y-%m-%dT%H}"[: {Tenor.HOUR: 13, Tenor.DAY: 10, Tenor.MONTH: 7}[self.tenor]]


@dataclass(frozen=True, order=True, slots=True)
class Instrument:
    """What one book trades: a class of cards at a hub for a delivery window.

    Examples
    --------
    >>> Instrument("h100-80g", "ningxia", Window.named("2026-W10")).name
    'h100-80g@ningxia/2026-W10'
    """

    card_class: str
    hub_id: str
    window: Window

    @classmethod
    def named(cls, name: str) -> Instrument:
        """Return the instrument of a name.

        Raises
        ------
        BadInputError
            ``instrument_name_bad``; ``window_name_bad``.

        Examples
        --------
        >>> Instrument.named("h100-80g@ningxia/2026-W10").hub_id
        'ningxia'
        """
        found = _WARE.fullmatch(name)
        if found is None:
            raise BadInputError(
                f"An instrument must be written as class@hub/window, was {name!r}.",
                code="instrument_name_bad",
                hint="Write for example h100-80g@ningxia/2026-03.",
            )
        return cls(found[1], found[2], Window.named(found[3]))

    @property
    def name(self) -> str:
        """Class, hub and window in one text."""
        return f"{self.card_class}@{self.hub_id}/{self.window.name}"


def _start(year: str, week: str | None, month: str | None, day: str | None, hour: str | None) -> datetime | None:
    """Return the start that a name says; none where no calendar has it."""
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        first = (
            date.fromisocalendar(int(year), int(week), 1) if week else date(int(year), int(month or 0), int(day or 1))
        )
        return datetime(first.year, first.month, first.day, int(hour or 0), tzinfo=MARKET_ZONE)
    except ValueError:
        return None


def _floor(here: datetime, tenor: Tenor) -> datetime:
    """Return the last start of the tenor's grid that is not after a moment of UTC+8."""
    hour = here.replace(minute=0, second=0, microsecond=0)
    if tenor is Tenor.HOUR:
        return hour
    day = hour.replace(hour=0)
    if tenor is Tenor.DAY:
        return day
    return day - day.weekday() * DAY if tenor is Tenor.WEEK else day.replace(day=1)
