"""A file of scenarios: read exactly, and refused with every cell that is wrong, by its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qipan.agreements.model.simulation import Case, Scenario
from qipan.agreements.sources.scenarios_csv import NEEDED, read
from qipan.kernel.errors import BadInputError

HEAD = ",".join((*NEEDED, "index", "rent_fen"))
GOOD = "boom,1.5,2027-01,900,1500,900,400,101.5,"


def test_scenarios_are_read_in_the_order_in_which_they_begin() -> None:
    data = f"{HEAD}\n{GOOD}\nslump,2,2027-01,0,700,900,400,,7\nboom,1.5,2027-02,1,2,3,4,99,5\n"
    boom = (Case(date(2027, 1, 1), 900, 1500, 900, 400, Decimal("101.5")),
            Case(date(2027, 2, 1), 1, 2, 3, 4, Decimal(99), 5))  # fmt: skip
    slump = Case(date(2027, 1, 1), 0, 700, 900, 400, rent_fen=7)
    assert read(data.encode()) == (
        (Scenario("boom", Decimal("1.5"), boom), Scenario("slump", Decimal(2), (slump,))),
        (),
    )


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [("boom,1.5,2027-01,900,1500,900,400,101.5", "", "row_torn"),
     (GOOD.replace("boom", " "), "scenario", "name_missing"),
     (GOOD.replace("1.5,", "x,", 1), "weight", "not_decimal"),
     (GOOD.replace("1.5", "2.5", 1), "weight", "weight_differs"),
     (GOOD.replace("2027-01", "2027-13"), "month", "month_unreadable"),
     (GOOD.replace("2027-01", "2027-1"), "month", "month_unreadable"),
     (GOOD.replace("900", "-1", 1), "taken_card_h", "not_whole"),
     (GOOD.replace("400", ""), "seller_cost_fen_per_card_h", "not_whole"),
     (GOOD.replace("101.5", "1e9"), "index", "not_decimal"),
     (GOOD + "1.5", "rent_fen", "not_whole")],
)  # fmt: skip
def test_a_bad_cell_is_named_by_line_and_column(row: str, column: str, rule: str) -> None:
    _, findings = read(f"{HEAD}\n{GOOD}\n{row}\n".encode())
    assert [(one.row, one.column, one.rule) for one in findings] == [(3, column, rule)]


@pytest.mark.parametrize(
    ("data", "column", "rule"),
    [(b"\xff", "", "file_unreadable"), (b"", "scenario", "column_missing"),
     (f"{HEAD},luck\n".encode(), "luck", "column_unknown"), (f"{HEAD},index\n".encode(), "index", "column_unknown")],
)  # fmt: skip
def test_a_file_that_is_no_table_of_scenarios_is_refused(data: bytes, column: str, rule: str) -> None:
    scenarios, findings = read(data)
    assert scenarios == ()
    assert (findings[0].row, findings[0].column, findings[0].rule) == (0, column, rule)


def test_a_file_that_is_torn_is_refused_with_the_line_on_which_that_begins() -> None:
    rows = "".join(GOOD.replace("-01", f"-{month:02}") + "\n" for month in range(1, 11))
    with pytest.raises(BadInputError, match="not from line 12 on") as caught:
        read(f'{HEAD}\n{rows}slump,"1.5,2027-01,900\n'.encode())
    assert caught.value.code == "file_torn"
