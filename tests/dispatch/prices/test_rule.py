"""The nearest optimal prices to their aims."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from qipan.dispatch.prices.face import Face
from qipan.dispatch.prices.rule import choose, nearest


def prices(matrix: list[list[float]], slack: list[float], *, price: list[float], is_equal: bool = False) -> Face:
    """A face of rents, as prices of zero or less."""
    count = len(matrix[0])
    return Face(
        price=np.array(price),
        row=np.arange(count),
        least=np.full(count, -np.inf),
        most=-np.array(price),
        matrix=sparse.csr_array(np.array(matrix)),
        slack=np.array(slack),
        is_equal=np.full(len(slack), is_equal),
        is_aimed=np.ones(count, dtype=bool),
        block=np.zeros(count, dtype=np.int64),
    )


def test_choose_takes_the_middles_where_they_are_optimal_together() -> None:
    # r + 1.2 p <= 27 for rents, whose prices are their negatives.
    assert -choose(prices([[-1.0, -1.2]], [27.0], price=[0.0, 0.0])) == pytest.approx([13.5, 11.25])


def test_choose_does_not_depend_on_where_it_starts() -> None:
    other = prices([[-1.0, -1.2]], [0.0], price=[-27.0, 0.0])
    assert -choose(other) == pytest.approx([13.5, 11.25])


def test_choose_takes_the_nearest_where_middles_exclude_each_other() -> None:
    # r + p + q >= 1 in all and each at most 1 alone would do: the middles, a half each, break r + p + q = 1.
    found = -choose(prices([[-1.0, -1.0, -1.0]], [0.0], price=[-1.0, 0.0, 0.0], is_equal=True))
    assert found == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_nearest_with_bounds_that_leave_no_inside_is_exact() -> None:
    # Two bounds say the same from both sides, and one comes twice.
    flat = prices([[-1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]], [0.0, 0.0, 0.0], price=[-4.0, -2.0])
    assert nearest(flat, np.array([3.0, 0.0])) == pytest.approx([1.5, -1.5], abs=1e-12)


def test_nearest_is_found_where_the_interior_point_ends_far_away() -> None:
    # An hour of a spot auction: two prices tied to a third, whose bounds the interior point all takes for binding.
    third = 1.0 / 3.0
    matrix = [[1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 2 * third, 0.0], [1.0, third, 0.0], [0.0, 2 * third, 0.0],
              [1.0, 1.0, 0.0], [0.0, -third, 0.0], [1.0, 0.0, 0.0]]  # fmt: skip
    tied = Face(
        price=np.zeros(3),
        row=np.arange(3),
        least=np.full(3, -np.inf),
        most=np.array([np.inf, 0.0, 51.0]),
        matrix=sparse.csr_array(np.array(matrix)),
        slack=np.array([0.0, 0.0, 0.0, 1.0, 29.0, 30.0, 16.0, 17.0]),
        is_equal=np.arange(8) < 2,
        is_aimed=np.array([False, True, True]),
        block=np.zeros(3, dtype=np.int64),
    )
    assert nearest(tied, np.array([0.0, -0.75, 0.75])) == pytest.approx([0.75, -0.75, 0.75], abs=1e-12)
