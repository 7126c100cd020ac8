"""Specialisation: quotients, nearness and complexity by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.regions.specialise import complexity, density, proximity, rca, sameness

NESTED = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]], dtype=bool)
"""Who does more also does what is rarer."""


@given(st.integers(0, 10**6))
def test_quotients_are_one_on_average_by_what_regions_do(seed) -> None:
    value = np.random.default_rng(seed).gamma(0.5, 1.0, (5, 7))
    share = value.sum(axis=0) / value.sum()
    assert rca(value) @ share == pytest.approx(np.ones(5))


def test_a_region_without_anything_has_no_quotient() -> None:
    assert rca(np.array([[0.0, 0.0], [1.0, 3.0]])).tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_proximity_is_the_lesser_of_two_shares() -> None:
    near = proximity(NESTED)
    assert near[0].tolist() == [1.0, 0.75, 0.5, 0.25]
    assert (near == near.T).all()
    assert density(NESTED, near)[0].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert density(NESTED, near)[3, 1] == pytest.approx(0.75 / near[:, 1].sum())


def test_who_does_what_is_rarer_is_more_complex() -> None:
    found = complexity(NESTED)
    assert (np.diff(found.region) < 0).all()
    assert (np.diff(found.activity) > 0).all()
    assert (np.diff(found.fitness) < 0).all()
    assert found.region.mean() == pytest.approx(0)
    assert found.region.std() == pytest.approx(1)
    assert found.fitness.mean() == pytest.approx(1)


def test_complexity_is_the_second_eigenvector() -> None:
    has = rca(np.random.default_rng(5).gamma(0.5, 1.0, (8, 20))) >= 1
    found = complexity(has)
    chain = (has / has.sum(axis=1, keepdims=True)) @ (has / has.sum(axis=0)).T
    moved = chain @ found.region
    second = np.sort(np.linalg.eigvals(chain).real)[-2]
    away = found.region - found.region.mean()
    assert np.corrcoef(moved, found.region)[0, 1] == pytest.approx(1)
    assert (moved - moved.mean()) @ away / (away @ away) == pytest.approx(second)


def test_two_that_share_nothing_are_two_apart() -> None:
    assert sameness(np.array([[1.0, 0.0], [0.0, 9.0]])).tolist() == [[0.0, 2.0], [2.0, 0.0]]


def test_a_region_or_an_activity_without_the_other_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        complexity(np.array([[True, False], [True, False]]))
    assert caught.value.code == "activity_nowhere"
