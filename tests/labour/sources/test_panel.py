"""Panels from files: every bad row has a finding, and nothing is guessed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.labour.model.panel import Cadence, Cell
from qipan.labour.sources.panel import read


def found(*rows: str, head: str = "region,period,value") -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.rule) for one in read("\n".join([head, *rows, ""]).encode())[1]]


@pytest.mark.parametrize(
    ("period", "cadence", "start"),
    [
        ("2020", Cadence.YEAR, date(2020, 1, 1)),
        ("2020-Q3", Cadence.QUARTER, date(2020, 7, 1)),
        ("2020-11", Cadence.MONTH, date(2020, 11, 1)),
        ("2020-W53", Cadence.WEEK, date(2020, 12, 28)),
        ("2020-01-17", Cadence.WEEK, date(2020, 1, 17)),
    ],
)
def test_a_period_is_read_as_it_is_written(period, cadence, start):
    made, findings = read(f"region,period,value\n440000,{period},1.5\n".encode())
    assert (made.cadence, made.starts, made.cells, findings) == (cadence, (start,), (Cell("440000"),), ())


def test_the_last_release_stands_and_earlier_days_see_what_they_could():
    made, findings = read(
        b"region,period,value,released\na,2020-01,1,2020-02-05\na,2020-01,2,2020-03-05\na,2020-02,3,2020-03-05\n"
    )
    assert findings == ()
    assert made.latest().values.tolist() == [[2.0, 3.0]]
    assert made.as_of(date(2020, 2, 28)).values.tolist() == [[1.0]]
    assert made.days == [date(2020, 2, 5), date(2020, 3, 5)]


def test_periods_that_nobody_wrote_of_are_gaps():
    made, _ = read(b"region,period,value\na,2020-01,1\na,2020-04,4\n")
    np.testing.assert_array_equal(made.latest().values, [[1.0, np.nan, np.nan, 4.0]])


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (",2020-02,1", "region", "cell_empty"),
        ("a,2020-13,1", "period", "period_unreadable"),
        ("a,February,1", "period", "period_unreadable"),
        ("a,2020,1", "period", "cadence_differs"),
        ("a,9999-12,1", "period", "period_unreadable"),
        ("a,9999-W52,1", "period", "period_unreadable"),
        ("a,0001-01-01,1", "period", "period_unreadable"),
        ("a,2020-02,nan", "value", "value_unreadable"),
        ("a,2020-02,1e999", "value", "value_unreadable"),
        ("a,2020-02", "", "row_torn"),
        ("a,2020-02,1,2", "", "row_torn"),
        ("a,2020-01,7", "value", "value_repeated"),
    ],
)
def test_a_bad_row_is_left_out_with_a_finding(row, column, rule):
    assert found("a,2020-01,1", row, "b,2020-01,2") == [(3, column, rule)]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("a,2020-02,1,persons,2020-03-01", "unit", "unit_differs"),
        ("a,2020-02,1,percent,2020-01-31", "released", "period_ahead"),
        ("a,2020-02,1,percent,soon", "released", "day_unreadable"),
    ],
)
def test_units_and_releases_are_checked(row, column, rule):
    head = "region,period,value,unit,released"
    assert found("a,2020-01,1,percent,2020-02-01", row, head=head) == [(3, column, rule)]


@pytest.mark.parametrize(
    ("row", "rule"), [("a,2020-02,1,fall", "direction_varies"), ("a,2020-02,1,sideways", "direction_unreadable")]
)
def test_a_panel_has_one_direction(row, rule):
    assert found("a,2020-01,1,rise", row, head="region,period,value,direction") == [(3, "direction", rule)]


def test_no_period_begins_after_today():
    made, findings = read(b"region,period,value\na,2020-01,1\na,2099-01,1\n", today=date(2020, 2, 1))
    assert made.starts == (date(2020, 1, 1),)
    assert [(one.row, one.column, one.rule) for one in findings] == [(3, "period", "period_ahead")]


def test_gaps_and_a_lone_region_are_noted_and_kept():
    made, findings = read(b"region,period,value\na,2020-01,1\na,2020-04,4\na,2020-05,4\n")
    assert findings == ()
    assert [(one.row, one.column, one.rule) for one in made.noted] == [
        (3, "period", "period_missing"),
        (0, "region", "region_alone"),
    ]
    assert "a lacks 2 from 2020-02-01" in made.noted[0].message


def test_a_file_with_ten_broken_rows_names_each():
    bad = [
        ",2020-02,1,percent,rise,2020-03-01",
        "a,2020-00,1,percent,rise,2020-03-01",
        "a,2020-W03,1,percent,rise,2020-03-01",
        "a,2020-02,many,percent,rise,2020-03-01",
        "a,2020-02,1,persons,rise,2020-03-01",
        "a,2020-02,1,percent,fall,2020-03-01",
        "a,2020-02,1,percent,rise,soon",
        "a,2020-02,1,percent,rise,2020-01-31",
        "a,2020-02,1,percent,rise",
        "a,2020-01,2,percent,rise,2020-02-01",
    ]
    head = "region,period,value,unit,direction,released"
    rows = [row for one in bad for row in (one, "")]
    told = found("a,2020-01,1,percent,rise,2020-02-01", *rows, head=head)
    assert told == [
        (3, "region", "cell_empty"),
        (5, "period", "period_unreadable"),
        (7, "period", "cadence_differs"),
        (9, "value", "value_unreadable"),
        (11, "unit", "unit_differs"),
        (13, "direction", "direction_varies"),
        (15, "released", "day_unreadable"),
        (17, "released", "period_ahead"),
        (19, "", "row_torn"),
        (21, "value", "value_repeated"),
    ]


def test_weeks_begin_on_one_day():
    assert found("a,2020-01-17,1", "a,2020-01-25,1") == [(3, "period", "cadence_differs")]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\xff\xfe", "file_unreadable"),
        (b"", "columns_differ"),
        (b"region,value\na,1\n", "columns_differ"),
        (b"region,period,value,colour\na,2020,1,red\n", "columns_differ"),
        (b"region,period,value,value\na,2020,1,1\n", "columns_differ"),
        (b"region,period,value\na,1900-W01,1\na,2199-W01,1\n", "panel_too_long"),
    ],
)
def test_a_file_of_another_form_gives_nothing(data, rule):
    made, findings = read(data)
    assert (made, [one.rule for one in findings]) == (None, [rule])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_found_wrong(data):
    made, findings = read(b"region,period,value,released\n" + data)
    assert made is not None or findings or data.strip(b"\r\n \xef\xbb\xbf") == b""
