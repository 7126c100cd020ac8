"""A history of prices: whole fen, one rising day a row."""

from __future__ import annotations

import pytest

from qipan.market.sources.prices_csv import read

HEAD = "day,fen_per_card_h\n"


def test_read_prices_in_their_order():
    prices, findings = read((HEAD + "2026-01-01,1200\n2026-01-05,0\n").encode("utf-8-sig"))
    assert (prices.tolist(), findings) == ([1200, 0], ())


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("2026-01-01,12.5\n", [(2, "price_out_of_grid")]),
        ("2026-01-01,-1\n", [(2, "price_out_of_grid")]),
        ("2026-01-01,10000001\n", [(2, "price_out_of_grid")]),
        ("2026-13-01,1\n", [(2, "day_unreadable")]),
        ("2026-01-02,1\n2026-01-01,1\n2026-01-02,1\n", [(3, "day_out_of_order"), (4, "day_out_of_order")]),
        ("2026-01-02\n", [(2, "row_torn")]),
    ],
)
def test_read_a_bad_row_has_a_finding(rows, found):
    assert [(one.row, one.rule) for one in read((HEAD + rows).encode())[1]] == found


@pytest.mark.parametrize(
    ("data", "rule"), [(b"\xff", "file_unreadable"), (b"", "columns_differ"), (b"day\n", "columns_differ")]
)
def test_read_a_file_of_another_form_reads_nothing(data, rule):
    prices, findings = read(data)
    assert (len(prices), [one.rule for one in findings]) == (0, [rule])
