"""Money is conserved by every split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.money import round_fen, split_fen


@given(total=st.integers(-(10**12), 10**12), weights=st.lists(st.floats(0.01, 1e6), min_size=1, max_size=20))
def test_split_neither_makes_nor_loses_a_fen(total: int, weights: list[float]) -> None:
    parts, remainder = split_fen(total, weights)
    assert sum(parts) + remainder == total
    assert abs(remainder) <= len(weights)


@given(amount=st.floats(-1e9, 1e9))
def test_round_is_never_more_than_half_a_fen_away(amount: float) -> None:
    assert abs(round_fen(amount) - amount) <= 0.5
