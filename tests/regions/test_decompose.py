"""Parts of disparity: they add up, and are those of the plain definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.regions.decompose import split_gini, split_theil
from qipan.regions.measure import gini, theil_l, theil_t

seeds = st.integers(0, 10**6)


def drawn(seed: int, count: int = 12):
    rng = np.random.default_rng(seed)
    fine = np.concatenate([np.arange(4), rng.integers(0, 4, count - 4)])
    return rng.lognormal(0, 1, count), rng.uniform(0.1, 5, count), fine // 2, fine


@given(seeds, st.booleans())
def test_parts_of_theil_add_up_over_nested_groups(seed, is_l) -> None:
    value, weight, coarse, fine = drawn(seed)
    found = split_theil(value, weight, [coarse, fine], is_l=is_l)
    assert found.total == pytest.approx((theil_l if is_l else theil_t)(value, weight))
    assert sum(found.between) + found.within == pytest.approx(found.total)
    assert sum(found.of_group) == pytest.approx(found.within)
    # What is between the coarse groups is what it is without the finer ones.
    assert found.between[0] == pytest.approx(split_theil(value, weight, [coarse], is_l=is_l).between[0])
    assert min(found.between) >= -1e-12


def test_groups_that_do_not_nest_are_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        split_theil(np.ones(3), np.ones(3), [np.array([0, 0, 1]), np.array([0, 1, 1])])
    assert caught.value.code == "groups_not_nested"


@given(seeds)
def test_parts_of_gini_add_up_to_it(seed) -> None:
    value, weight, coarse, _ = drawn(seed)
    found = split_gini(value, weight, coarse)
    assert found.total == pytest.approx(gini(value, weight))
    assert min(found.within, found.between_net, found.overlap) >= -1e-12


def test_groups_that_do_not_overlap_have_no_overlap() -> None:
    found = split_gini(np.array([1.0, 2.0, 8.0, 9.0]), np.ones(4), np.array([0, 0, 1, 1]))
    assert found.overlap == pytest.approx(0.0)
    assert found.between_net == pytest.approx(0.35)


def test_groups_alike_have_nothing_between_them() -> None:
    found = split_gini(np.array([1.0, 9.0, 1.0, 9.0]), np.ones(4), np.array([0, 0, 1, 1]))
    assert found.between_net == pytest.approx(0.0)
    assert found.overlap == pytest.approx(found.within)


def test_a_group_without_anything_has_no_part_of_theils_t() -> None:
    found = split_theil(np.array([0.0, 0.0, 1.0, 3.0]), np.ones(4), [np.array([0, 0, 1, 1])])
    assert found.of_group[0] == 0.0
    assert found.between[0] + found.within == pytest.approx(found.total)
