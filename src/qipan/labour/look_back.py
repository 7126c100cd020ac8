"""Look back on a month: what had been told and done by its end, and nothing of what came later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.kernel.time import BOARD_ZONE, Interval, civil_day, in_utc, zone
from qipan.labour.follow import keep_account
from qipan.labour.model.bulletin import Bulletin
from qipan.labour.model.issued import IssuedOutlook, IssuedWarning
from qipan.labour.model.panel import Cadence


def civil_month(month: date) -> Interval:
    """Return a civil month of the board's zone.

    Raises
    ------
    BadInputError
        ``day_out_of_range`` at the end of the calendar.

    Examples
    --------
    >>> civil_month(date(2026, 2, 1)).duration_h
    672.0
    """
    first = month.replace(day=1)
    return Interval(civil_day(first).start, civil_day(Cadence.MONTH.after(first, 1)).start)


def months_since(first: datetime, now: datetime) -> tuple[date, ...]:
    """Return the first days of the civil months from one moment to another, the newest first.

    Examples
    --------
    >>> first, now = (datetime.fromisoformat(at) for at in ("2025-12-31T17:00Z", "2026-02-02T00:00Z"))
    >>> [f"{one:%Y-%m}" for one in months_since(first, now)]
    ['2026-02', '2026-01']
    """
    ends = (first.astimezone(zone(BOARD_ZONE)).date(), now.astimezone(zone(BOARD_ZONE)).date())
    starts = [end.replace(day=1) for end in ends]
    count = Cadence.MONTH.between(*starts)
    return tuple(Cadence.MONTH.after(starts[1], -back) for back in range(count + 1))


def look_back(
    outlooks: Sequence[IssuedOutlook], warnings: Iterable[IssuedWarning], panel: str, month: date, now: datetime
) -> Bulletin:
    """Return how it stood with a panel at the end of a month; of one that is not over, now.

    Parameters
    ----------
    outlooks, warnings
        All that was ever told of the panel, in the order in which it was issued.

    Raises
    ------
    BadInputError
        ``month_to_come``; ``day_out_of_range``.
    NotFoundError
        ``bulletin_empty`` where nothing had been told by then.
    """
    whole, known = civil_month(month), in_utc(now)
    if known <= whole.start:
        raise BadInputError(
            f"A bulletin's month must have begun, was {month:%Y-%m}.",
            code="month_to_come",
            hint="Ask for a month that is over, or for this one.",
            field="month",
        )
    span = Interval(whole.start, min(whole.end, known))
    told = [one for one in outlooks if one.issued < span.end]
    if not told:
        raise NotFoundError(
            f"Something of {panel} must have been issued by the end of {month:%Y-%m}, was not.",
            code="bulletin_empty",
            hint="Ask for a later month; qipan labour warnings lists what was issued.",
        )
    shortened = [
        replace(one, steps=tuple(step for step in one.steps if step.at < span.end))
        for one in warnings
        if one.steps[0].at < span.end
    ]
    return Bulletin(
        panel=panel,
        month=month.replace(day=1),
        span=span,
        is_over=known >= whole.end,
        newest=told[-1],
        outlooks=tuple(one for one in told if one.issued >= span.start),
        warnings=tuple(shortened),
        kept=keep_account(told, shortened),
    )
