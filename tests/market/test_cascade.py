"""Cascades tile their window and conserve lots, card-hours and value, whatever the calendar."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import RuleBrokenError
from qipan.market.cascade import cascade, parts
from qipan.market.model.contract import Instrument, Tenor, Window
from qipan.market.model.position import Position

MONTHS = st.builds(lambda year, month: Window.named(f"{year}-{month:02d}"), st.integers(2000, 2099), st.integers(1, 12))


@given(MONTHS)
def test_a_month_becomes_whole_weeks_and_days_that_tile_it(month: Window) -> None:
    found = parts(month)
    assert [found[0].start, *(part.end for part in found)] == [*(part.start for part in found), month.end]
    assert {part.tenor for part in found} <= {Tenor.WEEK, Tenor.DAY}
    # No seven days in a row that begin on a Monday are left as days.
    weeks = sum(part.tenor is Tenor.WEEK for part in found)
    first = month.start.astimezone(month.start.tzinfo) + timedelta(hours=8)
    mondays = [day for day in range(month.hours // 24) if (first + timedelta(days=day)).weekday() == 0]
    assert weeks == sum(day + 7 <= month.hours // 24 for day in mondays)


@pytest.mark.parametrize(
    ("name", "tenor", "count", "first", "last"),
    [
        ("2026-W10", Tenor.DAY, 7, "2026-03-02", "2026-03-08"),
        ("2026-03-02", Tenor.HOUR, 24, "2026-03-02T00", "2026-03-02T23"),
        ("2027-02", Tenor.WEEK, 4, "2027-W05", "2027-W08"),
    ],
)
def test_windows_become_the_next_shorter_ones(name: str, tenor: Tenor, count: int, first: str, last: str) -> None:
    found = parts(Window.named(name))
    assert {part.tenor for part in found} == {tenor}
    assert (len(found), found[0].name, found[-1].name) == (count, first, last)


def test_an_hour_is_delivered_and_divided_no_more() -> None:
    with pytest.raises(RuleBrokenError) as raised:
        parts(Window.named("2026-03-02T05"))
    assert raised.value.code == "window_indivisible"


@given(MONTHS, st.integers(-500, 500), st.integers(0, 5000))
def test_positions_and_value_are_conserved_down_to_hours(month: Window, lots: int, mark: int) -> None:
    whole = Position("firm", Instrument("h100", "gansu", month), lots, mark)
    assert whole.card_h == lots * 8 * month.hours
    assert whole.value_fen == whole.card_h * mark
    level = [whole]
    while any(one.instrument.window.tenor is not Tenor.HOUR for one in level):
        level = [
            part for one in level for part in ((one,) if one.instrument.window.tenor is Tenor.HOUR else cascade(one))
        ]
        assert sum(one.card_h for one in level) == whole.card_h
        assert sum(one.value_fen for one in level) == whole.value_fen
    assert len(level) == month.hours
    assert {(one.member, one.lots, one.carried_fen_per_card_h) for one in level} == {("firm", lots, mark)}
    assert {(one.instrument.card_class, one.instrument.hub_id) for one in level} == {("h100", "gansu")}
    starts = [one.instrument.window.start for one in level]
    assert starts == [month.start + timedelta(hours=hour) for hour in range(month.hours)]
