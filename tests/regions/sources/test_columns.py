from __future__ import annotations

import pytest

from qipan.regions.sources import columns


@pytest.mark.parametrize("figure", ["state", "code", "industry", "product"])
def test_read_a_figure_called_as_a_key_may_be_keeps_its_name(figure: str) -> None:
    for key in ("region", "activity"):
        found, wrong = columns.read(f"{key},{figure}\na,2\n".encode(), key)

        assert (found.names, found.figures, wrong) == ((figure,), {"a": {figure: 2.0}}, ())


@pytest.mark.parametrize(("head", "key"), [("State", "region"), ("code", "region"), ("segment", "activity")])
def test_read_another_word_for_the_key_names_the_rows(head: str, key: str) -> None:
    found, wrong = columns.read(f"{head},power\na,2\n".encode(), key)

    assert (found.names, found.figures, wrong) == (("power",), {"a": {"power": 2.0}}, ())


def test_read_two_other_words_for_the_key_are_refused_as_neither_is_surely_it() -> None:
    found, (wrong,) = columns.read(b"state,code,power\na,1,2\n", "region")

    assert (found.figures, wrong.rule) == ({}, "columns_differ")
