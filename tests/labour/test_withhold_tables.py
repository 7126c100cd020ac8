"""A small cell stays back, and others with it, so that no sum of its row or column tells it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.labour.home.test_tell_home import unknown_are_open

from qipan.labour.withhold_tables import is_small, withhold_cells, withhold_parts

COUNTS = st.integers(0, 60).map(float)


@given(arrays.arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 6)), elements=COUNTS))
def test_withhold_cells_small_ones_never_show_and_never_follow_from_sums(table):
    hidden = withhold_cells(table, 10.0)
    assert not (is_small(table, 10.0) & ~hidden).any()
    rows = [
        [None if at else value for at, value in zip(line, values, strict=True)]
        for line, values in zip(hidden, table, strict=True)
    ]
    assert all(unknown_are_open(rows, rows, table[0]))
    if not is_small(table, 10.0).any():
        assert not hidden.any()


@given(arrays.arrays(np.float64, st.integers(1, 12), elements=COUNTS))
def test_withhold_parts_are_none_or_two_and_enough_where_there_are(values):
    hidden = withhold_parts(values, 10.0)
    assert not (is_small(values, 10.0) & ~hidden).any()
    assert hidden.any() == is_small(values, 10.0).any()
    if hidden.any() and not hidden.all():
        assert hidden.sum() >= 2
        assert values[hidden].sum() >= 10.0


def test_withhold_cells_the_cheapest_rectangle_goes_with_a_small_cell():
    table = np.array([[3.0, 50.0, 900.0], [40.0, 30.0, 900.0], [900.0, 900.0, 900.0]])
    assert withhold_cells(table, 10.0).tolist() == [[True, True, False], [True, True, False], [False, False, False]]


def test_withhold_cells_of_one_row_hides_all_of_it_or_nothing():
    assert withhold_cells(np.array([[3.0, 50.0]]), 10.0).all()
    assert not withhold_cells(np.array([[30.0, 50.0]]), 10.0).any()
