"""The waterfall: its order holds, and nobody who did not default loses more than its share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.market.default import close_out_loss_fen, waterfall
from qipan.market.model.default import Guarantee

FEN = st.integers(0, 10**13)


@given(st.integers(-(10**13), 10**14), FEN, FEN, FEN, st.lists(FEN, max_size=5))
def test_each_layer_is_used_up_before_the_next(loss, margin, share, house, others) -> None:
    told = waterfall(loss, Guarantee(margin, share, house, tuple(others)))
    layers = [margin, share, house, sum(others)]
    used = [told.margin_fen, told.share_fen, told.house_fen, sum(told.others_fen)]
    assert sum(used) + told.uncovered_fen == max(loss, 0)
    assert all(0 <= part <= whole for part, whole in zip(used, layers, strict=True))
    assert all(0 <= part <= whole for part, whole in zip(told.others_fen, others, strict=True))
    for i, later in enumerate([*used[1:], told.uncovered_fen]):
        assert later == 0 or used[i] == layers[i]


def test_the_mutual_fund_bears_by_share() -> None:
    told = waterfall(1_000, Guarantee(500, 100, 150, (200, 100, 100)))
    assert (told.margin_fen, told.share_fen, told.house_fen) == (500, 100, 150)
    assert told.others_fen == (125, 63, 62)
    assert told.uncovered_fen == 0


@pytest.mark.parametrize("bad", [(-1, 0, 0, ()), (0, -1, 0, ()), (0, 0, -1, ()), (0, 0, 0, (5, -1))])
def test_a_negative_guarantee_is_refused(bad: tuple[object, ...]) -> None:
    with pytest.raises(BadInputError) as raised:
        Guarantee(*bad)
    assert raised.value.code == "guarantee_negative"


def test_close_out_loses_what_prices_moved_against_the_position() -> None:
    long_and_short = np.array([1344, -192])
    marks, closed = np.array([1000, 2000]), np.array([900, 2050])
    assert close_out_loss_fen(long_and_short, marks, closed) == 1344 * 100 + 192 * 50
    assert close_out_loss_fen(-long_and_short, marks, closed) == -(1344 * 100 + 192 * 50)
    assert close_out_loss_fen(-long_and_short, marks, closed, 500_000) == 500_000 - (1344 * 100 + 192 * 50)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=4), st.data())
def test_margin_and_loss_together_are_the_life_of_the_position(position: list[int], data: st.DataObject) -> None:
    prices = st.lists(st.integers(0, 10**5), min_size=len(position), max_size=len(position))
    traded, marks, closed = (np.array(data.draw(prices)) for _ in range(3))
    paid = int(np.array(position) @ (marks - traded))
    loss = close_out_loss_fen(np.array(position), marks, closed)
    assert paid - loss == sum(p * int(c - t) for p, c, t in zip(position, closed, traded, strict=True))
