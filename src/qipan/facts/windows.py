"""Time-of-use windows: from written hours to the band of each hour of a civil day."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qipan.kernel.errors import BadInputError

HOURS = 24

_WINDOW = re.compile(r"(\d{1,2})-(\d{1,2})")


def hours_of(written: str) -> tuple[int, ...]:
    """Return the hours of the day that written windows cover, each half-open; one may pass midnight.

    Raises
    ------
    BadInputError
        ``window_unreadable`` unless every window is ``start-end`` with different hours from 0 to 24.

    Examples
    --------
    >>> hours_of("8-11 22-1")
    (8, 9, 10, 22, 23, 0)
    """
    hours: list[int] = []
    for window in written.split():
        match = _WINDOW.fullmatch(window)
        start, end = (int(match[1]), int(match[2])) if match else (0, 0)
        if start == end or start >= HOURS or end > HOURS:
            raise BadInputError(
                f"A window must be start-end with different hours from 0 to 24, was {window!r}.",
                code="window_unreadable",
                hint="Write for example 8-11 13-15, or 22-6 to pass midnight.",
            )
        hours += [hour % HOURS for hour in range(start, end if end > start else end + HOURS)]
    return tuple(hours)


def bands_by_hour(windows: Mapping[str, str]) -> tuple[str, ...]:
    """Return the band of each of the 24 civil hours.

    Parameters
    ----------
    windows
        Written hours of each band, for example ``{"peak": "8-22", "valley": "22-8"}``.

    Raises
    ------
    BadInputError
        ``window_unreadable`` as for `hours_of`; ``windows_uneven`` unless each hour lies in exactly one band.

    Examples
    --------
    >>> bands_by_hour({"peak": "8-22", "valley": "22-8"})[7:9]
    ('valley', 'peak')
    """
    bands: list[list[str]] = [[] for _ in range(HOURS)]
    for band, written in windows.items():
        for hour in hours_of(written):
            bands[hour].append(band)
    for hour, here in enumerate(bands):
        if len(here) != 1:
            raise BadInputError(
                f"Each hour of a tariff must lie in exactly one band, was {' and '.join(here) or 'none'} at {hour}:00.",
                code="windows_uneven",
                hint="Let the windows cover 24 hours without overlap.",
            )
    return tuple(here[0] for here in bands)
