"""Shares of whole numbers: nothing is made or lost, and nobody is more than one away from the exact part."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.apportion import apportion
from qipan.kernel.errors import BadInputError

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=8).filter(any)


@given(st.integers(0, 10**15), WEIGHTS)
def test_parts_add_up_and_lie_next_to_the_exact_ones(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    assert all(abs(part - one) < 1 for part, one in zip(parts, exact, strict=True))


@given(WEIGHTS, st.data())
def test_no_part_of_what_is_covered_exceeds_its_weight(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = apportion(total, weights)
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(st.integers(0, 100), st.integers(1, 8), st.integers(1, 50))
def test_among_equals_the_first_get_what_is_left(total: int, count: int, weight: int) -> None:
    each, left = divmod(total, count)
    assert apportion(total, [weight] * count) == (each + 1,) * left + (each,) * (count - left)


def test_who_has_its_exact_part_gets_nothing_of_what_is_left() -> None:
    assert apportion(250, [200, 100, 100]) == (125, 63, 62)


def test_nothing_is_shared_among_nobody() -> None:
    assert apportion(0, []) == ()
    assert apportion(0, [0, 0]) == (0, 0)


@pytest.mark.parametrize(
    ("total", "weights", "code"),
    [(-1, [1], "share_negative"), (5, [2, -1], "share_negative"), (1, [0, 0], "share_of_nobody"),
     (1, [], "share_of_nobody")],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused(total: int, weights: list[int], code: str) -> None:
    with pytest.raises(BadInputError) as raised:
        apportion(total, weights)
    assert raised.value.code == code
