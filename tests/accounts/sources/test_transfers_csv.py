"""Files of transfers: every bad cell has a finding, good rows are read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qipan.accounts.model.posting import Action, Draft
from qipan.accounts.sources.transfers_csv import read

HEAD = "transfer_id,reason,action,debit,credit,amount,period,pending_id,timeout_s,linked,balancing,reference\n"


def test_read_a_row_of_every_column():
    row = "x,fee,pending,a,b,250,2026-03-01T05:00:00+08:00,,60,yes,both,交付\n"
    assert read((HEAD + row).encode()).drafts == (
        Draft(
            transfer_id="x",
            reason="fee",
            action=Action.PENDING,
            debit="a",
            credit="b",
            amount=250,
            period=datetime(2026, 2, 28, 21, tzinfo=UTC),
            timeout_s=60,
            linked=True,
            balancing_debit=True,
            balancing_credit=True,
            reference="交付",
        ),
    )


def test_read_empty_cells_as_what_a_draft_has_by_default():
    intake = read((HEAD + "x,fee,,a,b,,,,,,,\n").encode())
    assert intake.drafts == (Draft(transfer_id="x", reason="fee", debit="a", credit="b"),)
    assert intake.findings == ()


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("action", "lapse", "action_unknown"),
        ("action", "expire", "action_unknown"),
        ("action", "Move", "action_unknown"),
        ("amount", "2.5", "not_whole"),
        ("amount", "1e3", "not_whole"),
        ("amount", "９", "not_whole"),
        ("amount", "9" * 19, "not_whole"),
        ("timeout_s", "soon", "not_whole"),
        ("period", "today", "time_unreadable"),
        ("period", "2026-03-01T05:00:00", "time_naive"),
        ("linked", "1", "linked_unknown"),
        ("balancing", "all", "balancing_unknown"),
    ],
)
def test_read_a_bad_cell_tells_row_column_and_rule(column, text, rule):
    data = f"transfer_id,reason,{column}\nx,fee,\ny,fee,{text}\n".encode()
    intake = read(data)
    assert [(one.row, one.column, one.rule, one.value) for one in intake.findings] == [(3, column, rule, text)]
    assert [one.transfer_id for one in intake.drafts] == ["x"]


@pytest.mark.parametrize(
    ("data", "rule", "column"),
    [
        (b"", "column_missing", "transfer_id"),
        (b"transfer_id\n", "column_missing", "reason"),
        (b"transfer_id,reason,price\n", "column_unknown", "price"),
        (b"transfer_id,reason,reason\n", "column_unknown", "reason"),
        (b"\xff\xfe", "file_unreadable", ""),
        (b'transfer_id,reason\n"x', "file_unreadable", ""),
        (b"transfer_id,reason\nx\n", "row_torn", ""),
        (b"transfer_id,reason\nx,fee,1\n", "row_torn", ""),
    ],
)
def test_read_a_file_that_is_none_says_why(data, rule, column):
    intake = read(data)
    assert (intake.drafts, intake.findings[0].rule, intake.findings[0].column) == ((), rule, column)
