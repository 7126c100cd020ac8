"""The stress of the largest default: counted path by path, it is what the waterfall says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.market.default import close_out_loss_fen, waterfall
from qipan.market.model.default import Guarantee
from qipan.market.stress import stress

LOTS, FEN = st.integers(-1000, 1000), st.integers(0, 10**6)


@given(st.data(), st.integers(1, 4), st.integers(1, 3), st.integers(1, 6))
def test_layers_are_reached_as_often_as_the_waterfall_uses_them(data, members, wares, paths) -> None:
    def drawn(words, *shape):
        size = int(np.prod(shape))
        return np.array(data.draw(st.lists(words, min_size=size, max_size=size))).reshape(shape)

    positions, moves = drawn(LOTS, members, wares), drawn(LOTS, paths, wares)
    margins, shares, house = drawn(FEN, paths, members), drawn(FEN, members), data.draw(FEN)
    found = stress(positions, moves, margins, shares, house)
    counts = np.zeros(5)
    for path in range(paths):
        largest = int(np.argmax(margins[path]))
        nothing = np.zeros(wares, dtype=np.int64)
        loss = close_out_loss_fen(positions[largest], nothing, moves[path])
        others = tuple(int(fen) for at, fen in enumerate(shares) if at != largest)
        behind = Guarantee(int(margins[path, largest]), int(shares[largest]), house, others)
        told = waterfall(loss, behind)
        borne = (behind.margin_fen, behind.share_fen, behind.house_fen, sum(others))
        left = [max(loss, 0) - sum(borne[:at]) for at in range(5)]
        counts += [one > 0 for one in left]
        assert (told.uncovered_fen > 0) == (left[4] > 0)
        assert (sum(told.others_fen) > 0) == (left[3] > 0 and sum(others) > 0)
    assert [found.margin, found.share, found.house, found.others, found.uncovered] == pytest.approx(counts / paths)
    assert all(first >= then for first, then in pairwise((found.margin, found.share, found.house, found.others)))


def test_stress_of_nobody_and_of_a_negative_layer_is_refused() -> None:
    one = np.array([[1]])
    for words in ((one[:0], one, one[0], one[0], 0), (one, one[:0], one[0], one[0], 0), (one, one, -one[0], one[0], 0)):
        with pytest.raises(BadInputError) as caught:
            stress(*words)
        assert caught.value.code == "stress_unfit"
