"""Periods begin at whole hours, and at midnights of UTC+8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from qipan.accounts.model.posting import Asset, AssetKind, Grid
from qipan.accounts.periods import end_of, expires, is_start

EAST = timezone(timedelta(hours=8))


def east(*words):
    return datetime(*words, tzinfo=EAST)


@pytest.mark.parametrize(
    ("grid", "moment", "starts"),
    [
        (Grid.NONE, None, True),
        (Grid.NONE, east(2026, 1, 1), False),
        (Grid.HOUR, None, False),
        (Grid.YEAR, None, False),
        (Grid.HOUR, datetime(2026, 1, 1), False),  # noqa: DTZ001
        (Grid.HOUR, east(2026, 1, 1, 5), True),
        (Grid.HOUR, east(2026, 1, 1, 5).astimezone(UTC), True),
        (Grid.HOUR, east(2026, 1, 1, 5, 1), False),
        (Grid.HOUR, east(2026, 1, 1, 5, 0, 1), False),
        (Grid.HOUR, east(2026, 1, 1, 5, 0, 0, 1), False),
        (Grid.MONTH, east(2026, 3, 1), True),
        (Grid.MONTH, east(2026, 3, 1).astimezone(UTC), True),
        (Grid.MONTH, east(2026, 3, 1, 1), False),
        (Grid.MONTH, east(2026, 3, 2), False),
        (Grid.MONTH, datetime(2026, 3, 1, tzinfo=UTC), False),
        (Grid.YEAR, east(2026, 1, 1), True),
        (Grid.YEAR, east(2026, 3, 1), False),
        (Grid.YEAR, east(2026, 1, 2), False),
        (Grid.YEAR, east(2026, 1, 1, 1), False),
    ],
)
def test_a_period_starts_at_its_first_moment_only(grid, moment, starts):
    assert is_start(grid, moment) is starts


def test_a_period_ends_where_the_next_begins():
    assert end_of(Grid.HOUR, east(2026, 12, 31, 23)) == east(2027, 1, 1)
    assert end_of(Grid.MONTH, east(2026, 1, 1)) == east(2026, 2, 1)
    assert end_of(Grid.MONTH, east(2026, 12, 1)) == east(2027, 1, 1)
    assert end_of(Grid.YEAR, east(2026, 1, 1)) == east(2027, 1, 1)
    assert end_of(Grid.MONTH, east(2026, 1, 1)).utcoffset() == timedelta(0)


def test_units_expire_months_and_hours_after_their_period():
    start = east(2024, 1, 1)
    quota = Asset("q", AssetKind.QUOTA)
    assert expires(quota, start) is None
    assert expires(Asset("q", AssetKind.QUOTA, lifetime_h=0), None) is None
    assert expires(Asset("q", AssetKind.QUOTA, lifetime_h=0), start) == east(2025, 1, 1)
    assert expires(Asset("q", AssetKind.QUOTA, lifetime_months=0), start) == east(2025, 1, 1)
    assert expires(Asset("q", AssetKind.QUOTA, lifetime_months=14), start) == east(2026, 3, 1)
    assert expires(Asset("q", AssetKind.QUOTA, lifetime_months=1, lifetime_h=3), start) == east(2025, 2, 1, 3)


@pytest.mark.parametrize(
    ("end", "months", "ends"),
    [
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2025, 1, 31), 1, (2025, 2, 28)),
        ((2025, 1, 31), 3, (2025, 4, 30)),
        ((2025, 1, 31), 11, (2025, 12, 31)),
        ((2025, 11, 30), 1, (2025, 12, 30)),
        ((2025, 12, 31), 2, (2026, 2, 28)),
        ((2025, 12, 30), 24, (2027, 12, 30)),
    ],
)
def test_a_day_that_a_month_lacks_becomes_its_last(end, months, ends):
    hourly = Asset("c", AssetKind.COMPUTE, "m", "p", lifetime_months=months)
    assert expires(hourly, east(*end, 22)) == east(*ends, 23)
