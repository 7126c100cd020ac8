"""How ranks vary: indices agree with their definition, and a run can be repeated."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.index.made import framework, table

from qipan.kernel.errors import BadInputError
from qipan.regions.index.vary import estimate, exact, vary
from qipan.regions.model.recipe import Doubt, Recipe, Step

RECIPE = Recipe((Step("impute"), Step("normalise"), Step("aggregate")))
DRAWN = np.random.default_rng(7).lognormal(0.0, 1.0, (14, 3))


def varied(**of):
    return vary(table(DRAWN), framework(3), RECIPE, Doubt(**{"choices": {}, "draws": 60, "base": 512, **of}))


def test_indices_of_a_sum_are_its_shares_of_variance() -> None:
    # y = 1 x1 + 2 x2 + 3 x3 of uniform numbers: shares 1, 4 and 9 of 14.
    rng = np.random.default_rng(1)
    one, two = rng.random((4000, 3)), rng.random((4000, 3))
    slopes = np.array([1.0, 2.0, 3.0])
    mixed = []
    for at in range(3):
        swapped = one.copy()
        swapped[:, at] = two[:, at]
        mixed.append(swapped @ slopes)
    first, total = estimate(one @ slopes, two @ slopes, np.array(mixed))
    assert first == pytest.approx(slopes**2 / 14, abs=0.04)
    assert total == pytest.approx(slopes**2 / 14, abs=0.04)


def test_exact_indices_tell_what_acts_only_together() -> None:
    first, total = exact(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    assert (first.tolist(), total.tolist()) == ([0.0, 0.0], [1.0, 1.0])


def test_estimated_indices_are_near_the_exact_ones() -> None:
    for one in varied().indices:
        assert one.first == pytest.approx(one.first_exact, abs=0.12)
        assert one.total == pytest.approx(one.total_exact, abs=0.12)
        assert one.total_between[0] <= one.total <= one.total_between[1]


def test_a_run_with_the_same_seed_is_the_same_and_another_is_not() -> None:
    some = [varied(weights_noise=0.5, seed=seed, base=8).ranks for seed in (1, 1, 2)]
    assert (some[0] == some[1]).all()
    assert (some[0] != some[2]).any()


def test_ranks_of_a_draw_are_ranks() -> None:
    found = varied(weights_noise=0.3, base=8)
    assert found.failed == 0
    assert found.ranks.shape == (60, 1, 14)
    assert found.ranks.min() == 1
    assert found.ranks.max() <= 14


def test_a_combination_without_an_answer_is_counted() -> None:
    found = varied(choices={"weigh.method": ("equal", "pca"), "aggregate.method": ("arithmetic", "geometric")}, base=8)
    assert found.failed == np.isnan(found.ranks).all(axis=(1, 2)).sum()


@pytest.mark.parametrize("choices", [{"treat.then": ("log", "none")}, {"normalise.method": ("min_max",)}])
def test_choices_of_no_step_or_without_another_option_are_refused(choices) -> None:
    with pytest.raises(BadInputError) as caught:
        varied(choices=choices)
    assert caught.value.code == "choices_unfit"


def test_a_choice_goes_over_settings_of_single_indicators() -> None:
    own = {f"i-{at}": {"method": "rank"} for at in range(3)}
    recipe = Recipe((Step("impute"), Step("normalise", {}, own), Step("aggregate")))
    doubt = Doubt({"normalise.method": ("min_max", "percent_rank")}, base=8)
    found = vary(table(DRAWN), framework(3), recipe, doubt)
    assert len({ranks.tobytes() for ranks in found.ranks}) == 2
