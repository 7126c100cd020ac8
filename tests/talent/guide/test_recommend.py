"""Lists that know of each other: whole, never below everybody's own best, and under a bound that holds."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from benchmarks.random_guidance import random_prospects
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.talent.guide.made import prospects

from qipan.talent.guide.recommend import recommend, recommend_alone
from qipan.talent.guide.weigh import weigh
from qipan.talent.model.guidance import Aim, Prospects

AIMS = st.sampled_from(list(Aim))


def many_alike(persons: int = 30) -> Prospects:
    """Return persons who all are best off, by a little, at the one job with one opening."""
    job = np.tile(np.arange(4), persons)
    return Prospects(
        np.array([1, 10, 10, 10]), np.arange(0, 4 * persons + 1, 4), job, np.full(len(job), 0.5),
        np.where(job == 0, 1.1, 1.0),
    )  # fmt: skip


@given(prospects(), st.integers(1, 4), AIMS)
def test_lists_are_as_long_as_can_be_and_bring_no_less_than_everybodys_own_best(given_prospects, most, aim) -> None:
    found = recommend(given_prospects, most, aim, np.random.default_rng(0), rounds=30)
    alone = recommend_alone(given_prospects, most, aim)
    for one in (found, alone):
        listed = np.bincount(given_prospects.person[one.chosen], minlength=len(given_prospects.first) - 1)
        assert (listed == given_prospects.lengths(most)).all()
    # A pair is a person and a job, so no job stands twice on a list.
    assert found.value >= alone.value - 1e-12
    assert found.value <= found.bound
    assert found.value == pytest.approx(weigh(given_prospects, most, aim).value(found.chosen))


@given(prospects(persons=3, jobs=4), st.integers(1, 2), AIMS)
def test_no_lists_bring_more_than_the_bound(given_prospects, most, aim) -> None:
    assume(len(given_prospects.job))
    weights = weigh(given_prospects, most, aim)
    choices = [
        list(combinations(range(begin, end), min(most, end - begin)))
        for begin, end in zip(given_prospects.first[:-1], given_prospects.first[1:], strict=True)
    ]
    best = -np.inf
    for lists in product(*choices):
        chosen = np.zeros(len(given_prospects.job), dtype=np.bool_)
        chosen[[pair for mine in lists for pair in mine]] = True
        best = max(best, weights.value(chosen))
    found = recommend(given_prospects, most, aim, np.random.default_rng(0))
    assert found.value <= best + 1e-9
    assert best <= found.bound + 1e-9


@given(prospects(), st.integers(1, 3))
def test_value_of_placements_is_openings_filled(given_prospects, most) -> None:
    from qipan.talent.guide.fill import filled_each

    found = recommend(given_prospects, most, Aim.PLACEMENTS, np.random.default_rng(0), rounds=5)
    assert found.value == pytest.approx(filled_each(found.qualified, given_prospects.openings).sum(), abs=1e-9)


def test_a_job_without_an_opening_is_recommended_only_where_there_is_no_other() -> None:
    job = np.array([0, 1, 0])
    closed = Prospects(np.array([0, 1]), np.array([0, 2, 3]), job, np.full(3, 0.5), np.array([9.0, 1.0, 9.0]))
    found = recommend(closed, 1, Aim.GAIN, np.random.default_rng(0))
    assert found.chosen.tolist() == [False, True, True]
    assert found.value == pytest.approx(0.5, abs=0.15)


def test_one_vacancy_is_not_told_to_everybody() -> None:
    alike = many_alike()
    alone, found = recommend_alone(alike, 1, Aim.GAIN), recommend(alike, 1, Aim.GAIN, np.random.default_rng(0))
    assert np.bincount(alike.job[alone.chosen], minlength=4).tolist() == [30, 0, 0, 0]
    told = np.bincount(alike.job[found.chosen], minlength=4)
    assert told[0] <= 3
    assert np.ptp(told[1:]) <= 1
    assert found.value > 10 * alone.value
    assert found.gap < 0.01


def test_lists_follow_from_the_seed_and_the_gap_is_small_where_many_compete() -> None:
    made = random_prospects(300, 60, seed=3, possible=20)
    first, again = (recommend(made, 5, Aim.GAIN, np.random.default_rng(1)) for _ in range(2))
    assert (first.chosen == again.chosen).all()
    assert first.gap < 0.01
