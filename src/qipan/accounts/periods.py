"""Periods of an asset: where one starts, where it ends, and when its units can no longer be moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from qipan.accounts.model.posting import Asset, Grid

EAST_8: Final = timedelta(hours=8)
"""Months and years of contracts, certificates and quotas begin at midnight of UTC+8, with no summer time."""


def is_start(grid: Grid, moment: datetime | None) -> bool:
    """Tell whether a period of the grid starts at a moment; ``None`` is the one period of an asset without any.

    Examples
    --------
    >>> is_start(Grid.MONTH, datetime(2025, 12, 31, 16, tzinfo=UTC))
    True
    """
    if grid is Grid.NONE or moment is None:
        return grid is Grid.NONE and moment is None
    if moment.tzinfo is None:
        return False
    here = moment.astimezone(UTC) + EAST_8
    if here.minute or here.second or here.microsecond:
        return False
    if grid is Grid.HOUR:
        return True
    return here.hour == 0 and here.day == 1 and (grid is Grid.MONTH or here.month == 1)


def end_of(grid: Grid, start: datetime) -> datetime:
    """Return the end of the period that starts at a moment.

    Examples
    --------
    >>> end_of(Grid.MONTH, datetime(2025, 12, 31, 16, tzinfo=UTC)).isoformat()
    '2026-01-31T16:00:00+00:00'
    """
    if grid is Grid.HOUR:
        return start + timedelta(hours=1)
    return _later(start, 12 if grid is Grid.YEAR else 1)


def expires(asset: Asset, start: datetime | None) -> datetime | None:
    """Return the first moment at which units of a period can no longer be moved; ``None`` where they always can.

    Examples
    --------
    >>> from qipan.accounts.model.posting import AssetKind
    >>> gec = Asset("gec", AssetKind.CERTIFICATE_MONTH, lifetime_months=24)
    >>> expires(gec, datetime(2025, 12, 31, 16, tzinfo=UTC)).isoformat()
    '2028-01-31T16:00:00+00:00'
    """
    if start is None or (asset.lifetime_months is None and asset.lifetime_h is None):
        return None
    ends = end_of(asset.grid, start)
    if asset.lifetime_months:
        ends = _later(ends, asset.lifetime_months)
    return ends + timedelta(hours=asset.lifetime_h or 0)


def _later(moment: datetime, months: int) -> datetime:
    """Return the moment so many months later by the calendar of UTC+8; a day that a month lacks becomes its last."""
    here = moment.astimezone(UTC) + EAST_8
    years, month = divmod(here.month - 1 + months, 12)
    first = here.replace(year=here.year + years, month=month + 1, day=1)
    length = ((first + timedelta(days=32)).replace(day=1) - first).days
    return first.replace(day=min(here.day, length)) - EAST_8
