"""Neighbours: figures that esda and giddy give, ends that are known, and chance that is dealt by a seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.regions.correlate import local_moran, moran, move_around
from qipan.regions.model.neighbours import row_weights


def square(side: int):
    """Return the weights of a board of squares that adjoin at their sides."""
    names = [f"{row}-{column}" for row in range(side) for column in range(side)]
    beside = {
        one: frozenset(
            other
            for other in names
            if sum(abs(int(a) - int(b)) for a, b in zip(one.split("-"), other.split("-"), strict=True)) == 1
        )
        for one in names
    }
    return row_weights(names, beside)


BOARD = square(4)


def test_a_chessboard_is_as_unlike_as_can_be_and_halves_are_alike() -> None:
    chess = np.indices((4, 4)).sum(axis=0).ravel() % 2 * 1.0
    assert moran(chess, BOARD).statistic == pytest.approx(-1.0)
    found = moran(np.repeat([0.0, 1.0], 8), BOARD)
    assert found.statistic > 0.5
    assert found.p_chance < 0.01
    assert found.expected == pytest.approx(-1 / 15)


def test_figures_of_esda_are_given() -> None:
    # esda 2.8.2 on the same board: Moran(y, w).I, .z_rand and Moran_Local(y, w).Is.
    value = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3])
    found, local = moran(value, BOARD), local_moran(value, BOARD)
    assert found.statistic == pytest.approx(-0.08620689655172414, abs=1e-12)
    assert found.z == pytest.approx(-0.10099705163574166, abs=1e-12)
    some = [0.517241379310345, -0.17241379310344832, 0.4741379310344828, 0.0, 0.0, -1.1637931034482762]
    assert local.statistic[:6] == pytest.approx(some, abs=1e-12)
    assert local.quadrant[:3] == ("low-low", "low-high", "low-low")


@given(st.integers(0, 10**6))
def test_the_parts_of_regions_add_up_to_the_whole(seed) -> None:
    value = np.random.default_rng(seed).random(16)
    found, local = moran(value, BOARD, deals=9), local_moran(value, BOARD, deals=9)
    assert local.statistic.sum() / 15 == pytest.approx(found.statistic)


def test_chance_is_dealt_by_its_seed() -> None:
    value = np.random.default_rng(1).random(16)
    one, two, three = (local_moran(value, BOARD, seed=seed).p_chance for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != three).any()


def test_a_region_without_neighbours_has_no_figure() -> None:
    weights = row_weights(list("abcde"), {"a": frozenset("b"), "b": frozenset("acd"), "c": frozenset("b")})
    found = local_moran(np.array([1.0, 2, 3, 4, 9]), weights)
    assert np.isnan(found.statistic[4])
    assert found.quadrant[4] == ""
    with pytest.raises(BadInputError) as caught:
        row_weights(list("ab"), {})
    assert caught.value.code == "neighbours_none"


def test_chains_by_what_lies_around_add_up_to_the_one_chain() -> None:
    value = np.random.default_rng(4).lognormal(0, 1, (30, 16))
    found = move_around(value, BOARD, 3)
    assert found.counts.sum() == 29 * 16
    rows = found.counts.sum(axis=2) > 0
    assert found.chances.sum(axis=2)[rows] == pytest.approx(1)
    assert found.degrees == 12
    assert 0.0 <= found.q_p <= 1.0


def test_where_neighbours_rule_the_chains_differ() -> None:
    rng = np.random.default_rng(5)
    value = [rng.lognormal(0, 1, 16)]
    for _ in range(60):
        value.append(0.2 * value[-1] + 0.8 * BOARD @ value[-1] + rng.normal(0, 0.02, 16) ** 2)
    assert move_around(np.array(value), BOARD, 2).likelihood_ratio_p < 0.01


@pytest.mark.parametrize(("value", "code"), [(np.ones(3), "points_few"), (np.ones(16), "points_alike")])
def test_what_tells_nothing_of_neighbours_is_refused(value, code) -> None:
    with pytest.raises(BadInputError) as caught:
        moran(value, np.ones((len(value), len(value))))
    assert caught.value.code == code


def test_classes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        move_around(np.ones((1, 16)), BOARD)
    assert caught.value.code == "classes_unfit"
