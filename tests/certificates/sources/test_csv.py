"""Files of production and use: exact to the Wh, a finding for each cell that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.certificates.sources import production_csv, usage_csv

SPAN = "2026-03-01T05:00:00+08:00,2026-03-01T06:00:00+08:00"


def made(*rows):
    return production_csv.read("\n".join(["start,end,kwh,evidence", *rows]).encode())


def used(*rows):
    return usage_csv.read("\n".join(["usage_id,consumer,start,end,kwh", *rows]).encode())


@given(st.integers(0, 10**15))
def test_what_was_made_is_rounded_down_and_what_was_used_up(millionths):
    kwh = f"{millionths // 10**6}.{millionths % 10**6:06}"
    ((production,), _), ((usage,), _) = made(f"{SPAN},{kwh},m"), used(f"u,east,{SPAN},{kwh}")
    assert production.wh == millionths // 1000
    assert usage.wh == -(-millionths // 1000)


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (f"{SPAN},1e3,m", "kwh", "kwh_unreadable"),
        (f"{SPAN},,m", "kwh", "kwh_unreadable"),
        (f"{SPAN},1.0000000001,m", "kwh", "kwh_unreadable"),
        (f"{SPAN},1,", "evidence", "cell_empty"),
        ("2026-03-01T05:00:00,2026-03-01T06:00:00+08:00,1,m", "start", "time_naive"),
        ("2026-03-01T05:00:00+08:00,noon,1,m", "end", "time_unreadable"),
        (f"{SPAN},1", "", "row_torn"),
    ],
)
def test_bad_cells_have_a_finding_and_good_rows_are_read(row, column, rule):
    good, findings = made(f"{SPAN},1,m", row)
    assert len(good) == 1
    assert [(one.row, one.column, one.rule) for one in findings] == [(2, column, rule)]


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"\xff\xfe", "file_unreadable"), (b"", "columns_differ"), (b"start,end,kwh\n", "columns_differ")],
)
def test_a_file_of_another_form_is_refused(data, rule):
    assert [(one.row, one.rule) for one in production_csv.read(data)[1]] == [(0, rule)]
    assert [(one.row, one.rule) for one in usage_csv.read(data)[1]] == [(0, rule)]


def test_columns_may_stand_in_any_order() -> None:
    (one,), findings = production_csv.read(f"kwh,evidence,start,end\n2,m,{SPAN}\n".encode())
    assert (one.wh, one.evidence, findings) == (2000, "m", ())
