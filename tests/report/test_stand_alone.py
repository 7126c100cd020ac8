"""What each region gains, in a table and in a sentence."""

from __future__ import annotations

from typing import Any

from qipan.interfaces.report import stand_alone
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def test_regions_stand_in_the_order_of_their_gain(document: dict[str, Any]) -> None:
    table = stand_alone.stand_alone(document, EN)
    first, second = ([cell.text for cell in row.cells] for row in table.rows)
    assert first == ["Ningxia", "4", "2", "0", "-7", "2", "9"]
    assert second == ["Guangdong", "9", "0", "0", "5", "9", "4"]
    assert [row.cells[0].note for row in table.rows] == ["Better served alone: Batch", ""]


def test_sentence_counts_who_is_better_off_and_who_is_served_less(document: dict[str, Any]) -> None:
    rows = document["stand_alone"]
    assert stand_alone.sentence(rows, EN).startswith("At the common prices 2 of 2 regions pay no more")
    assert "together 13 yuan less; 1 would" in stand_alone.sentence(rows, EN)
    assert "2 个地区中有 2 个" in stand_alone.sentence(rows, ZH)
    rows[0]["alone_fen"] = 0.0
    assert "1 of 2 regions" in stand_alone.sentence(rows, EN)
