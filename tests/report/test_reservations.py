"""What reservations came to, in a table and in sentences."""

from __future__ import annotations

from typing import Any

from qipan.interfaces.report import reservations
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def test_reservations_stand_with_what_each_came_to(document: dict[str, Any]) -> None:
    (row,) = reservations.reservations(document, EN).rows
    told = [cell.text for cell in row.cells]
    assert told == ["r1", "Zhongwei", "2 / 3", "8.0", "3.0", "5.0", "1.0", "90.00", "40.00", "60.00", "-10.00"]
    assert [cell.note for cell in row.cells[:2]] == ["<b>Lab</b>", "Intelligent A100"]


def test_sentence_counts_jobs_and_what_is_left_to_sites(document: dict[str, Any]) -> None:
    told = reservations.told_of(document)
    said = reservations.sentence(told, EN)
    assert said.startswith("Jobs that name a reservation: covered 2, used up 1. Sites earn 120.00 yuan")
    assert said.endswith("60.00 yuan by contract: 90.00 yuan are left to them.")
    assert "预留已用尽 1" in reservations.sentence(told, ZH)
    assert reservations.rows_apart(told, EN) == "Rows of reservations set aside: 1 of 2."
    assert reservations.rows_apart(told | {"rows_quarantined": 0}, EN) == ""


def test_sentence_speaks_of_no_money_where_no_reservation_holds(document: dict[str, Any]) -> None:
    told = reservations.told_of(document) | {"rows": [], "sellers": [], "nominations": {"reservation_unknown": 1}}
    assert reservations.sentence(told, EN) == (
        "Jobs that name a reservation: no such reservation 1. No reservation holds, so none is settled."
    )
    assert "元" not in reservations.sentence(told, ZH)


def test_a_day_of_an_older_version_tells_of_none(document: dict[str, Any]) -> None:
    document.pop("reservations")
    assert reservations.told_of(document) is None
    assert reservations.reservations(document, EN).rows == ()
