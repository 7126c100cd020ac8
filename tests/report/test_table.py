"""Rows and heads belong together."""

from __future__ import annotations

import pytest

from qipan.interfaces.report.table import Cell, Head, Table, row


def test_row_takes_texts_and_cells() -> None:
    made = row("Zhongwei", Cell("12", bar=0.5), is_own=True)
    assert [cell.text for cell in made.cells] == ["Zhongwei", "12"]
    assert (made.is_own, made.is_apart) == (True, False)


def test_table_refuses_uneven_rows() -> None:
    with pytest.raises(AssertionError, match="uneven"):
        Table("two heads", (Head("a"), Head("b")), (row("only one"),))
