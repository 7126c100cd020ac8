"""Neighbours are read both ways, and each bad row is named."""

from __future__ import annotations

import pytest

from qipan.labour.sources.neighbours import read


def test_pairs_hold_both_ways_and_bad_rows_are_named():
    found, findings = read("地区,相邻地区\n110000,130000\n130000,120000\n,1\n1,\n1,2,3\n".encode())
    assert found == {
        "110000": frozenset({"130000"}),
        "130000": frozenset({"110000", "120000"}),
        "120000": frozenset({"130000"}),
    }
    assert [(one.row, one.column, one.rule) for one in findings] == [
        (4, "region", "cell_empty"),
        (5, "neighbour", "cell_empty"),
        (6, "", "row_torn"),
    ]


@pytest.mark.parametrize(("text", "rule"), [(b"region\n1\n", "columns_differ"), (b"\xff\xfe", "file_unreadable")])
def test_a_file_without_neighbours_is_told(text, rule):
    found, (finding,) = read(text)
    assert (found, finding.rule) == ({}, rule)
