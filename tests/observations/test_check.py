"""Check observations: everything that is wrong is found, not the first thing only."""

from dataclasses import replace
from datetime import date

from qipan.kernel.time import civil_day
from qipan.observations.check import check
from qipan.observations.model import Observation

DAY = civil_day(date(2017, 10, 9))
GOOD = Observation("load", DAY, DAY.end, 1.0)


def test_check_good_rows_finds_nothing():
    other = replace(GOOD, period=civil_day(date(2017, 10, 10)))
    later = replace(GOOD, released=civil_day(date(2017, 10, 11)).end)
    assert check([GOOD, other, later], {"load"}) == ()


def test_check_bad_rows_finds_all_with_row_and_column():
    rows = [
        GOOD,
        replace(GOOD, series_id="none"),
        replace(GOOD, value=2.0),
        replace(GOOD, series_id="other", value=float("inf")),
    ]
    found = check(rows, {"load"})
    assert [(finding.row, finding.column, finding.rule) for finding in found] == [
        (2, "series_id", "series_unknown"),
        (3, "released", "release_repeated"),
        (4, "series_id", "series_unknown"),
        (4, "value", "value_not_finite"),
    ]
    assert found[1].message.endswith("was given in row 1 already.")
    assert found[3].value == "inf"
