"""Files of reservations."""

from __future__ import annotations

import pytest

from qipan.dispatch.model.reservation import Reservation
from qipan.dispatch.sources.reservations import read
from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind

HEAD = "reservation_id,holder,site,kind,card_model,from,to,units,price_yuan_per_unit_h"
GOOD = "r1,lab,north,intelligent,A100,2026-06-01T08:00:00+08:00,2026-06-01T20:00:00+08:00,8,5.5"


def rows(*lines: str) -> bytes:
    return "\n".join([HEAD, *lines]).encode()


def test_read_takes_a_row_as_it_stands() -> None:
    intake = read(rows(GOOD))
    eight = 1780272000.0
    assert intake.reservations == (
        Reservation("r1", "lab", "north", Kind.INTELLIGENT, "A100", eight, eight + 43200.0, 8.0, 550.0),
    )
    assert (intake.rows_read, intake.findings) == (1, ())


@pytest.mark.parametrize(
    ("old", "new", "rule", "column"),
    [
        ("r1,", ",", "reservation_id_missing", "reservation_id"),
        ("lab", "", "text_missing", "holder"),
        ("north", "", "text_missing", "site"),
        ("intelligent", "quantum", "kind_unknown", "kind"),
        ("2026-06-01T08:00:00+08:00", "2026-06-01T08:00:00", "moment_naive", "from"),
        ("2026-06-01T08:00:00+08:00", "in June", "moment_unreadable", "from"),
        ("2026-06-01T20:00:00+08:00", "2026-06-01T20:00:10+08:00", "minute_not_whole", "to"),
        ("2026-06-01T20:00:00+08:00", "2026-06-01T08:00:00+08:00", "to_not_after_from", "to"),
        (",8,", ",0,", "units_not_positive", "units"),
        (",8,", ",some,", "number_unreadable", "units"),
        (",5.5", ",-1", "number_negative", "price_yuan_per_unit_h"),
        (",5.5", ",", "number_unreadable", "price_yuan_per_unit_h"),
    ],
)
def test_read_sets_a_bad_row_aside(old: str, new: str, rule: str, column: str) -> None:
    intake = read(rows(GOOD.replace("r1", "r2"), GOOD.replace(old, new, 1)))
    assert [one.reservation_id for one in intake.reservations] == ["r2"]
    assert [(finding.row, finding.rule, finding.column) for finding in intake.findings] == [(3, rule, column)]


def test_read_keeps_the_first_good_row_of_a_name() -> None:
    intake = read(rows(GOOD.replace(",8,", ",0,"), GOOD, GOOD.replace(",8,", ",9,")))
    assert [one.units for one in intake.reservations] == [8.0]
    assert [finding.rule for finding in intake.findings] == ["units_not_positive", "reservation_id_duplicate"]


def test_read_refuses_a_file_without_its_columns() -> None:
    with pytest.raises(BadInputError) as caught:
        read(b"reservation_id,holder\nr1,lab\n")
    assert caught.value.code == "columns_missing"
