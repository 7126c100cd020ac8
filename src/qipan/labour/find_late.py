"""Find what is late: periods of a feed that should be here by now, and cells that went silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from qipan.labour.model.feed import Feed, Freshness, Silent
from qipan.labour.model.panel import Cadence, Cell


def find_late(feed: Feed, newest: Mapping[Cell, date], newest_release: date | None, as_of: date) -> Freshness:
    """Return how fresh a feed is at the end of a day.

    A period is due until the end of its delay and grace have passed after it; from that day on it is late. Periods
    that would be due only after agreement or feed have ended are not expected. Of a feed that never came, those are
    that begin while the agreement is in force.

    Parameters
    ----------
    newest
        Cell to the last period that came of it.
    newest_release
        Day of the last release.
    """
    last = max(newest.values(), default=None)
    first = feed.cadence.after(last, 1) if last is not None else _first_in_force(feed)
    missing = 0
    while feed.deadline(feed.cadence.after(first, missing)) <= min(as_of, feed.over - timedelta(days=1)):
        missing += 1
    late_since = feed.deadline(first) if missing else None
    return Freshness(
        feed=feed.name,
        as_of=as_of,
        newest_period=last,
        newest_release=newest_release,
        due_period=feed.cadence.after(first, missing - 1) if missing else last,
        missing=missing,
        late_since=late_since,
        late_days=(as_of - late_since).days + 1 if late_since else 0,
        silent=tuple(
            Silent(cell, feed.cadence.after(period, 1)) for cell, period in sorted(newest.items()) if period != last
        ),
        over_since=feed.over if as_of >= feed.over else None,
    )


def _first_in_force(feed: Feed) -> date:
    """Return the first period that begins while the agreement is in force; weeks begin on Mondays."""
    since = feed.sharing.since
    if feed.cadence is Cadence.WEEK:
        return date.fromordinal(since.toordinal() + (-since.weekday()) % 7)
    months = round(12 / feed.cadence.per_year)
    start = date(since.year, (since.month - 1) // months * months + 1, 1)
    return start if start >= since else feed.cadence.after(start, 1)
