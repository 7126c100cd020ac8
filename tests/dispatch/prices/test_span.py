"""Ranges of prices: shortest paths and linear programmes agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from qipan.dispatch.prices.face import Face
from qipan.dispatch.prices.span import _by_paths, _by_programmes, signs, span


def lone(matrix: list[list[float]], slack: list[float], *, most: float = np.inf) -> Face:
    """A face of prices from no change, each down to -1."""
    count = len(matrix[0])
    return Face(
        price=np.zeros(count),
        row=np.arange(count),
        least=np.full(count, -1.0),
        most=np.full(count, most),
        matrix=sparse.csr_array(np.array(matrix)),
        slack=np.array(slack),
        is_equal=np.zeros(len(slack), dtype=bool),
        is_aimed=np.ones(count, dtype=bool),
        block=np.zeros(count, dtype=np.int64),
    )


def test_span_of_a_chain_is_the_length_of_the_shortest_path() -> None:
    chain = lone([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [0.0, 0.0, 2.0]], [3.0, 4.0, 10.0])
    least, most = span(chain)
    assert most.tolist() == [12.0, 9.0, 5.0]
    assert least.tolist() == [-1.0, -1.0, -1.0]


def test_span_of_a_sum_is_found_by_turning_one_sign() -> None:
    both = lone([[1.0, 1.0]], [3.0])
    assert sorted(signs(both).tolist()) == [-1.0, 1.0]
    assert span(both)[1].tolist() == [4.0, 4.0]


def test_signs_of_bounds_that_no_signs_make_differences_are_zero() -> None:
    assert signs(lone([[1.0, 1.0], [1.0, -1.0]], [1.0, 1.0])).tolist() == [0.0, 0.0]
    assert signs(lone([[1.0, 2.0]], [1.0])).tolist() == [0.0, 0.0]
    assert signs(lone([[1.0, 1.0, 1.0]], [1.0])).tolist() == [0.0, 0.0, 0.0]


def test_span_of_uneven_bounds_is_found_by_programmes() -> None:
    least, most = span(lone([[1.0, 1.2]], [27.0]))
    assert most == pytest.approx([28.2, 28.0 / 1.2])
    assert least == pytest.approx([-1.0, -1.0])


def test_span_without_an_end_is_infinite() -> None:
    assert span(lone([[1.0, -2.0]], [1.0]))[1].tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("seed", range(20))
def test_paths_and_programmes_give_the_same_ranges(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.zeros((20, 8))
    for row in matrix:
        row[rng.choice(8, 2, replace=False)] = (1.0, -1.0)
    one = lone(matrix.tolist(), rng.choice([0.0, 0.5, 2.0], 20).tolist(), most=5.0)
    assert signs(one).all()
    for path, programme in zip(_by_paths(one, signs(one)), _by_programmes(one), strict=True):
        assert path == pytest.approx(programme, abs=1e-9)
