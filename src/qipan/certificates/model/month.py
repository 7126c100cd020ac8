"""A month of UTC+8: the period that the Wh of a certificate belong to, from the hour that made them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR, in_utc

ZONE: Final = timezone(timedelta(hours=8), "UTC+8")
"""Zone of the months of certificates; it has no summer time."""

_NAME: Final = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month ``[start, end)`` of UTC+8.

    Attributes
    ----------
    start
        Its first moment, in UTC.

    Examples
    --------
    >>> month = Month.named("2025-12")
    >>> month.start.isoformat(), month.end.isoformat(), month.later(24).name
    ('2025-11-30T16:00:00+00:00', '2025-12-31T16:00:00+00:00', '2027-12')
    """

    start: datetime

    @classmethod
    def named(cls, name: str) -> Month:
        """Return the month of a name.

        Raises
        ------
        BadInputError
            ``month_unreadable``.
        """
        found = _NAME.fullmatch(name)
        year, month = (int(found[1]), int(found[2])) if found else (0, 0)
        if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
            raise BadInputError(
                f"A month must be written as 2026-03, in the years {FIRST_YEAR} to {LAST_YEAR}, was {name!r}.",
                code="month_unreadable",
                hint="Write year and month with a hyphen between them.",
            )
        return cls(datetime(year, month, 1, tzinfo=ZONE).astimezone(UTC))

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Return the month that a moment lies in.

        Examples
        --------
        >>> Month.of(datetime(2025, 12, 31, 16, tzinfo=UTC)).name
        '2026-01'
        """
        here = in_utc(moment).astimezone(ZONE)
        return cls(datetime(here.year, here.month, 1, tzinfo=ZONE).astimezone(UTC))

    @property
    def name(self) -> str:
        """Year and month, as 2026-03."""
        return f"{self.start.astimezone(ZONE):%Y-%m}"

    @property
    def end(self) -> datetime:
        """First moment of the next month, in UTC."""
        return self.later(1).start

    def later(self, months: int) -> Month:
        """Return the month so many months later."""
        here = self.start.astimezone(ZONE)
        years, month = divmod(here.month - 1 + months, 12)
        return Month(here.replace(year=here.year + years, month=month + 1).astimezone(UTC))
