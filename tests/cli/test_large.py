from __future__ import annotations

import pytest

from qipan.interfaces.cli.large import large


@pytest.mark.parametrize("text", ["+0.0%", "-123,456.7%", "–"])
def test_large_draws_three_lines_of_one_width(text: str) -> None:
    assert len({len(line) for line in large(text)}) == 1


def test_large_draws_every_figure_differently() -> None:
    assert len({large(sign) for sign in "0123456789+-.,%"}) == 15
