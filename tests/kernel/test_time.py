"""Half-open time, civil days of 23, 24 and 25 hours."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import Interval, civil_day, in_utc, slots, zone


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 6, 1), 24), (date(2024, 10, 27), 25)])
def test_civil_day_has_the_hours_its_zone_gives_it(day: date, hours: int) -> None:
    whole = civil_day(day, "Europe/Berlin")
    assert whole.duration_h == hours
    assert len(slots(whole, 3600)) == hours


@given(start_s=st.integers(0, 2**31), minutes=st.integers(1, 10_000))
def test_interval_holds_its_start_and_not_its_end(start_s: int, minutes: int) -> None:
    begin = datetime.fromtimestamp(start_s, tz=UTC)
    whole = Interval(begin, begin + timedelta(minutes=minutes))
    assert whole.start in whole
    assert whole.end not in whole
    assert not whole.overlaps(Interval(whole.end, whole.end + timedelta(hours=1)))


def test_slots_follow_each_other_and_fill_the_whole() -> None:
    whole = civil_day(date(2024, 1, 1))
    cut = slots(whole, 900)
    assert (cut[0].start, cut[-1].end, len(cut)) == (whole.start, whole.end, 96)
    assert all(a.end == b.start for a, b in itertools.pairwise(cut))


def test_slots_that_do_not_fill_the_whole_are_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        slots(civil_day(date(2024, 1, 1)), 7000)
    assert caught.value.code == "slots_uneven"


def test_in_utc_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        in_utc(datetime(2024, 1, 1))  # noqa: DTZ001 - the missing zone is what is tested
    assert caught.value.code == "time_naive"
    assert "+08:00" in caught.value.hint


def test_interval_that_ends_before_it_starts_is_refused() -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    with pytest.raises(BadInputError) as caught:
        Interval(now, now)
    assert caught.value.code == "interval_empty"


@pytest.mark.parametrize("name", ["Nowhere/Here", "", "Asia", "../etc/passwd", "x" * 5000])
def test_zone_of_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(BadInputError) as caught:
        zone(name)
    assert caught.value.code == "zone_unknown"
