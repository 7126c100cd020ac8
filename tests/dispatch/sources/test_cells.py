"""Cells of text become numbers and moments exactly as Python's own readers see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.dispatch.sources.cells import from_wall_clock, moments, numbers
from qipan.kernel.errors import BadInputError

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@given(st.lists(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False), min_size=1))
def test_numbers_of_any_size_come_back(values: list[float]) -> None:
    read, unreadable = numbers(pa.array([repr(value) for value in values]))
    assert read.tolist() == values
    assert not unreadable.any()


@pytest.mark.parametrize(
    "cell", ["nan", "inf", "-Infinity", "1e999", "1e16", "0x10", "1,5", "1_0", "twelve", "１", "--1"]
)
def test_numbers_of_other_writing_are_unreadable(cell: str) -> None:
    values, unreadable = numbers(pa.array([cell, "7", ""]))
    assert unreadable.tolist() == [True, False, False]
    assert values[1] == 7.0
    assert np.isnan(values[[0, 2]]).all()


@given(
    st.datetimes(min_value=FIRST.replace(tzinfo=None), max_value=LAST.replace(tzinfo=None)),
    st.integers(-12 * 60, 14 * 60),
)
def test_moments_with_an_offset_are_what_datetime_reads(wall: datetime, offset_min: int) -> None:
    moment = wall.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    wall_s, offset_s = moments(
        pa.array([moment.isoformat(), moment.astimezone(UTC).isoformat().replace("+00:00", "Z")])
    )
    expected_s = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    assert wall_s - offset_s == pytest.approx([expected_s, expected_s], abs=2e-6)


@pytest.mark.parametrize(
    "cell",
    [
        "2017-02-29T00:00:00Z",
        "2017-13-01T00:00:00Z",
        "2017-00-01T00:00:00Z",
        "2017-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2017-01-01T24:00:00Z",
        "2017-01-01T00:60:00Z",
        "2017-01-01T00:00:60Z",
        "2017-01-01T00:00:00+99:00",
        "2017-01-01",
        "01/02/2017 08:00",
        "soon",
        "",
    ],
)
def test_moments_that_no_calendar_has_are_unreadable(cell: str) -> None:
    wall_s, offset_s = moments(pa.array([cell, "2016-02-29 23:59"]))
    assert np.isnan([wall_s[0], offset_s[0]]).all()
    assert wall_s[1] == datetime(2016, 2, 29, 23, 59, tzinfo=UTC).timestamp()
    assert np.isnan(offset_s[1])


def wall_s(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


def test_from_wall_clock_over_a_change_of_hour_follows_the_zone() -> None:
    shown = np.array([wall_s(2024, 3, 31, 1, 59), wall_s(2024, 3, 31, 3), wall_s(2024, 10, 27, 2, 30), np.nan])
    read = from_wall_clock(shown, zone_name="Europe/Berlin")
    assert read[:3].tolist() == [wall_s(2024, 3, 31, 0, 59), wall_s(2024, 3, 31, 1), wall_s(2024, 10, 27, 0, 30)]
    assert np.isnan(read[3])


def test_from_wall_clock_of_an_unknown_zone_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        from_wall_clock(np.array([0.0]), zone_name="China/Ningxia")
    assert caught.value.code == "zone_unknown"
