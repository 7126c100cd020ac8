"""A file of orders: good rows are read as they are meant, each bad cell has a finding."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qipan.market.model.order import Entry, Order, Side
from qipan.market.sources.orders_csv import read

HEAD = "id,member,instrument,side,lots,fen_per_card_h,entry,whole,until\n"
WARE = "h100@gui/2026-03"


def test_read_orders_as_they_are_meant():
    rows = f"a,firm,{WARE},buy,2,1200,,,\nb,site,{WARE},sell,-3,7,passive,yes,2026-02-01T08:00:00+08:00\n"
    orders, findings = read((HEAD + rows).encode("utf-8-sig"))
    assert findings == ()
    assert orders == (
        Order("a", "firm", WARE, Side.BUY, 2, 1200),
        # That lots must be positive is for the market to say.
        Order("b", "site", WARE, Side.SELL, -3, 7, Entry.PASSIVE, True, datetime(2026, 2, 1, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (f"a,firm,{WARE},hold,2,1200,,,", "side", "side_unknown"),
        (f"a,firm,{WARE},BUY,2,1200,,,", "side", "side_unknown"),
        (f"a,firm,{WARE},buy,2.5,1200,,,", "lots", "not_whole"),
        (f"a,firm,{WARE},buy,2,12e2,,,", "fen_per_card_h", "not_whole"),
        (f"a,firm,{WARE},buy,2,1200,later,,", "entry", "entry_unknown"),
        (f"a,firm,{WARE},buy,2,1200,,maybe,", "whole", "whole_unknown"),
        (f"a,firm,{WARE},buy,2,1200,,,2026-02-01T08:00:00", "until", "time_naive"),
        (f"a,firm,{WARE},buy,2,1200,,,soon", "until", "time_unreadable"),
        (f"a,firm,{WARE},buy,2", "", "row_torn"),
    ],
)
def test_read_a_bad_row_has_a_finding_and_the_others_are_read(row, column, rule):
    good = f"g,firm,{WARE},buy,2,1200,,,"
    orders, findings = read(f"{HEAD}{row}\n{good}\n".encode())
    assert [(one.row, one.column, one.rule) for one in findings] == [(2, column, rule)]
    assert [one.order_id for one in orders] == ["g"]


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (b"\xff\xfe", {"file_unreadable"}),
        (b"", {"column_missing"}),
        (b"id,member,instrument,side,lots\n", {"column_missing"}),
        (b"id,id,member,instrument,side,lots,fen_per_card_h,colour\n", {"column_unknown"}),
    ],
)
def test_read_a_file_of_another_form_reads_nothing(data, rules):
    orders, findings = read(data)
    assert (orders, {one.rule for one in findings}) == ((), rules)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (HEAD.replace(",", ";").encode(), "separated by semicolons"),
        ("编号,会员\n".encode("gb18030"), "in another encoding at byte 1"),
        (b"PK\x03\x04\x14", "a spreadsheet or an archive"),
        (b'id,"member\n', "torn: unexpected end of data"),
    ],
)
def test_read_says_in_words_what_a_file_is_instead(data: bytes, found: str) -> None:
    orders, (only,) = read(data)
    assert orders == ()
    assert only.message == f"A file of orders must be CSV in UTF-8, with commas, was {found}."
