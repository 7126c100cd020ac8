"""Weights by their formulas; those by data agree with pymcdm 1.4.0, those by pairs with Saaty."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.index.made import framework, table

from qipan.kernel.errors import BadInputError
from qipan.regions.index.weigh import compare, components, critic, entropy, weigh
from qipan.regions.model.recipe import Step

DRAWN = np.random.default_rng(3).random((31, 5)) * 9 + 1
ORDER = ["a", "b", "c"]


def weights(value, settings, **of):
    given = np.array(value)
    found = weigh(table(given), framework(given.shape[1], **of), Step("weigh", settings)).of
    return [found[f"i-{at}"] for at in range(given.shape[1])]


def test_entropy_and_critic_are_those_of_pymcdm() -> None:
    assert entropy(DRAWN) == pytest.approx([0.20158342, 0.18646335, 0.17747113, 0.16819793, 0.26628417], abs=5e-9)
    scaled = (DRAWN - DRAWN.min(axis=0)) / np.ptp(DRAWN, axis=0)
    assert critic(scaled) == pytest.approx([0.1776736, 0.19996525, 0.20733973, 0.17814735, 0.23687406], abs=5e-9)


def test_the_first_component_explains_most() -> None:
    first = components(DRAWN)
    standard = (DRAWN - DRAWN.mean(axis=0)) / DRAWN.std(axis=0)
    values, vectors = np.linalg.eigh(np.corrcoef(DRAWN.T))
    assert np.abs(first / np.linalg.norm(first)) == pytest.approx(np.abs(vectors[:, -1]))
    assert (standard @ vectors[:, -1]).var() == pytest.approx(values[-1])
    assert components(DRAWN, is_squared=True).sum() == pytest.approx(1)


def test_pairs_of_a_textbook_have_their_weights_and_ratio() -> None:
    # Saaty's rule: consistency index over that of chance, 0.58 for three.
    told = {"order": ORDER, "matrix": [[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]}
    found, ratio = compare(["c", "a", "b"], told, "all", 0.1)
    assert found == pytest.approx([0.1047, 0.6370, 0.2583], abs=5e-5)
    assert ratio == pytest.approx((3.0385 - 3) / 2 / 0.58, abs=5e-5)


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        ([[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]], "pairs_inconsistent"),
        ([[1, 3, 5], [3, 1, 3], [1, 1, 1]], "pairs_unfit"),
        ([[1, 2], [0.5, 1]], "pairs_unfit"),
        ([["x"]], "pairs_unfit"),
    ],
)
def test_pairs_that_contradict_are_refused(matrix, code) -> None:
    with pytest.raises(BadInputError) as caught:
        compare(ORDER, {"order": ORDER, "matrix": matrix}, "all", 0.1)
    assert caught.value.code == code


def test_weights_add_up_within_what_they_are_under() -> None:
    value = [[1.0, 2, 3], [2, 2, 1], [3, 9, 2], [4, 1, 1]]
    for method in ("framework", "equal", "entropy", "critic", "pca_squared"):
        assert sum(weights(value, {"method": method}, weight=[1.0, 2.0, 3.0])) == pytest.approx(1)
    assert weights(value, {}, weight=[1.0, 2.0, 1.0]) == [0.25, 0.5, 0.25]
    assert weights(value, {"weights": {"i-0": 2}}) == [0.5, 0.25, 0.25]


def test_what_nobody_publishes_has_no_weight_by_data() -> None:
    value = [[1.0, np.nan, 3], [2, np.nan, 1], [3, np.nan, 2], [5, np.nan, 2]]
    assert weights(value, {"method": "entropy"})[1] == 0.0


@pytest.mark.parametrize("settings", [{"weights": {"i-0": -1}}, {"method": "entropy"}])
def test_weights_below_zero_or_of_figures_below_zero_are_refused(settings) -> None:
    with pytest.raises(BadInputError) as caught:
        weights([[1.0, -2], [2, -3], [3, 1]], settings)
    assert caught.value.code == "weights_unfit"


def test_an_order_of_pairs_that_is_no_list_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        compare(["a", "b"], {"order": 5, "matrix": [[1, 2], [0.5, 1]]}, "all", 0.1)
    assert caught.value.code == "pairs_unfit"
