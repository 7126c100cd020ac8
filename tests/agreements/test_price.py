"""A month's price: exact through the index, within floor and cap, never lower for a higher base."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agreements.made import TERMS, terms

from qipan.agreements.price import price
from qipan.kernel.errors import BadInputError

INDEX = st.decimals(0, 1_000, places=3)


@given(terms(), INDEX)
def test_the_price_is_the_exact_one_to_half_a_fen_within_its_limits(agreed, index) -> None:
    found = price(agreed, index)
    exact = Fraction(agreed.base_fen_per_card_h)
    if agreed.index is not None:
        move = Fraction(index) / Fraction(agreed.index.base) - 1
        exact += agreed.base_fen_per_card_h * Fraction(agreed.index.pass_through) * move
    assert abs(found.indexed_fen - exact) <= Fraction(1, 2)
    limits = [found.indexed_fen, agreed.floor_fen_per_card_h]
    assert found.fen_per_card_h == min(max(limits), agreed.cap_fen_per_card_h or max(limits))


@given(terms(), INDEX, st.integers(0, 5_000))
def test_a_higher_base_never_lowers_the_price(agreed, index, more) -> None:
    higher = replace(agreed, base_fen_per_card_h=agreed.base_fen_per_card_h + more)
    assert price(higher, index).fen_per_card_h >= price(agreed, index).fen_per_card_h


@pytest.mark.parametrize(
    ("index", "fen"), [("100", 1200), ("110", 1260), ("50", 1000), ("200", 1500), ("100.0833", 1200), ("100.1", 1201)]
)
def test_half_of_the_move_of_the_index_passes_through(index: str, fen: int) -> None:
    assert price(TERMS, Decimal(index)).fen_per_card_h == fen


@pytest.mark.parametrize(("index", "code"), [(None, "index_missing"), ("-1", "index_unfit"), ("NaN", "index_unfit")])
def test_a_price_without_its_index_is_refused(index: str | None, code: str) -> None:
    with pytest.raises(BadInputError) as raised:
        price(TERMS, None if index is None else Decimal(index))
    assert (raised.value.code, raised.value.field) == (code, "index")
