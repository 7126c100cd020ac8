"""The volumes in a table and in a sentence."""

from __future__ import annotations

from typing import Any

from qipan.interfaces.report import volumes
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def test_volumes_show_limits_holds_and_standard(document: dict[str, Any]) -> None:
    table = volumes.volumes(document, EN)
    first, second = ([cell.text for cell in row.cells] for row in table.rows)
    assert first == ["Training", "1,200", "1,000", "700", "300", "0", "200", "1,200", "0", "0", "0", "0"]
    assert second == ["Inference", "800", "0", "0", "0", "0", "0", "0", "200", "600", "0", "0"]
    assert table.rows[0].cells[0].note == "Batch · anywhere"


def test_volumes_name_the_kind_where_there_are_several(document: dict[str, Any]) -> None:
    document["volumes"][1]["kind"] = "general"
    table = volumes.volumes(document, ZH)
    assert [row.cells[0].note.count("·") for row in table.rows] == [2, 2]
    assert volumes.sentence(document["volumes"], ZH).count("东部需求") == 2


def test_sentence_says_how_much_should_go_and_goes(document: dict[str, Any]) -> None:
    assert volumes.sentence(document["volumes"], EN) == (
        "Of 2,000 card-hours that the east asks for, the west should take 1,000 and takes 700."
    )
    assert volumes.sentence([], EN) == "No work comes from the east."
