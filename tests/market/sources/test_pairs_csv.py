"""Whole numbers by name: each name once, a finding for each bad row."""

from __future__ import annotations

import pytest

from qipan.market.sources.pairs_csv import read

COLUMNS = ("id", "card_h")
HEAD = "id,card_h\n"


def test_read_numbers_by_name():
    assert read((HEAD + "b-1,40\nb-2,0\n").encode("utf-8-sig"), COLUMNS) == ({"b-1": 40, "b-2": 0}, ())


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("b-1,1.5\n", [(2, "not_whole")]),
        ("b-1,-1\n", [(2, "not_whole")]),
        ("b-1,\n", [(2, "not_whole")]),
        ("b-1,1\nb-1,1\n", [(3, "name_repeated")]),
        ("b-1\nb-2,1,1\n", [(2, "row_torn"), (3, "row_torn")]),
    ],
)
def test_read_a_bad_row_has_a_finding(rows, found):
    assert [(one.row, one.rule) for one in read((HEAD + rows).encode(), COLUMNS)[1]] == found


@pytest.mark.parametrize(
    ("data", "rule"), [(b"\xff", "file_unreadable"), (b"", "columns_differ"), (b"instrument,fen\n", "columns_differ")]
)
def test_read_a_file_of_another_form_reads_nothing(data, rule):
    numbers, findings = read(data, COLUMNS)
    assert (numbers, [one.rule for one in findings]) == ({}, [rule])
