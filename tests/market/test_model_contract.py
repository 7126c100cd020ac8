"""Delivery windows on the grid of UTC+8, against the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.market.model.contract import MARKET_ZONE, Instrument, Tenor, Window


@pytest.mark.parametrize(
    ("name", "tenor", "start", "hours"),
    [
        ("2026-03", Tenor.MONTH, "2026-02-28T16:00", 744),
        ("2028-02", Tenor.MONTH, "2028-01-31T16:00", 696),
        ("2025-12", Tenor.MONTH, "2025-11-30T16:00", 744),
        ("2026-W01", Tenor.WEEK, "2025-12-28T16:00", 168),
        ("2026-W53", Tenor.WEEK, "2026-12-27T16:00", 168),
        ("2026-03-02", Tenor.DAY, "2026-03-01T16:00", 24),
        ("2026-03-02T00", Tenor.HOUR, "2026-03-01T16:00", 1),
        ("2026-03-02T23", Tenor.HOUR, "2026-03-02T15:00", 1),
        ("1990-04-15", Tenor.DAY, "1990-04-14T16:00", 24),
    ],
)
def test_windows_have_start_and_hours_of_the_calendar(name: str, tenor: Tenor, start: str, hours: int) -> None:
    window = Window.named(name)
    assert (window.tenor, window.name, window.hours) == (tenor, name, hours)
    assert window.start == datetime.fromisoformat(f"{start}+00:00")
    assert window.end == window.start + timedelta(hours=hours)
    assert window.card_h_per_lot == 8 * hours
    assert window.start.tzinfo is UTC
    assert window.end.tzinfo is UTC


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-13", "2026-00", "2026-W54", "2027-W53", "2026-W00", "2026-02-30", "2026-02-00", "2026-02-01T24",
     "2026-02-01T1", "2026-2", " 2026-02", "2026-02\n", "0000-01"],
)  # fmt: skip
def test_a_name_off_the_calendar_is_refused(name: str) -> None:
    with pytest.raises(BadInputError) as raised:
        Window.named(name)
    assert raised.value.code == "window_name_bad"


@given(st.datetimes(timezones=st.just(MARKET_ZONE)), st.sampled_from(Tenor))
def test_a_window_starts_on_its_grid_or_is_refused(moment: datetime, tenor: Tenor) -> None:
    here = moment.replace(year=2000 + moment.year % 100, day=1 + moment.day % 28, minute=0, second=0, microsecond=0)
    is_on = {
        Tenor.HOUR: True,
        Tenor.DAY: here.hour == 0,
        Tenor.WEEK: here.hour == 0 and here.isoweekday() == 1,
        Tenor.MONTH: here.hour == 0 and here.day == 1,
    }[tenor]
    if is_on:
        window = Window(here, tenor)
        assert Window.named(window.name) == window
        assert Window(here.astimezone(UTC), tenor) == window
    else:
        with pytest.raises(BadInputError) as raised:
            Window(here, tenor)
        assert raised.value.code == "window_out_of_grid"


@pytest.mark.parametrize("shift", [timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)])
def test_a_part_of_an_hour_is_off_every_grid(shift: timedelta) -> None:
    for tenor in Tenor:
        with pytest.raises(BadInputError):
            Window(datetime(2026, 6, 1, tzinfo=MARKET_ZONE) + shift, tenor)


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInputError) as raised:
        Window(datetime(2026, 6, 1), Tenor.HOUR)  # noqa: DTZ001
    assert raised.value.code == "window_out_of_grid"


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)))
def test_windows_of_a_tenor_tile_time(day) -> None:
    here = datetime(day.year, day.month, day.day, tzinfo=MARKET_ZONE)
    for tenor, start in (
        (Tenor.DAY, here),
        (Tenor.WEEK, here - timedelta(days=day.weekday())),
        (Tenor.MONTH, here.replace(day=1)),
    ):
        window = Window(start, tenor)
        assert window.start <= here < window.end
        assert Window(window.end, tenor).start == window.end


def test_an_instrument_is_named_by_class_hub_and_window() -> None:
    assert Instrument("a100", "gansu", Window.named("2026-03-02T05")).name == "a100@gansu/2026-03-02T05"
