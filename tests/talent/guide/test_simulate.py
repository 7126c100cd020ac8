"""The simulation: nobody placed twice, no opening twice, nobody where they did not apply; and what lists gain in it."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.bench_guidance import compare
from hypothesis import given
from hypothesis import strategies as st
from tests.talent.guide.made import prospects
from tests.talent.guide.test_recommend import many_alike

from qipan.talent.guide.recommend import recommend, recommend_alone
from qipan.talent.guide.simulate import simulate
from qipan.talent.model.guidance import Aim, Behaviour


@given(prospects(), st.integers(1, 4), st.sampled_from(list(Behaviour)), st.integers(0, 99))
def test_openings_and_persons_are_taken_once(given_prospects, most, behaviour, seed) -> None:
    found = recommend_alone(given_prospects, most, Aim.GAIN)
    hired = simulate(given_prospects, found.chosen, most, behaviour, np.random.default_rng(seed))
    assert found.chosen[hired].all()
    assert len(set(given_prospects.person[hired].tolist())) == len(hired)
    taken = np.bincount(given_prospects.job[hired], minlength=len(given_prospects.openings))
    assert (taken <= given_prospects.openings).all()


@given(prospects(), st.integers(1, 3), st.integers(0, 99))
def test_nobody_fit_is_left_without_a_job_that_has_an_opening(given_prospects, most, seed) -> None:
    chosen = recommend_alone(given_prospects, most, Aim.GAIN).chosen
    hired = simulate(given_prospects, chosen, most, Behaviour.ALL, np.random.default_rng(seed))
    is_fit = np.random.default_rng(seed).random(len(given_prospects.job)) < given_prospects.chance
    taken = np.bincount(given_prospects.job[hired], minlength=len(given_prospects.openings))
    is_placed = np.isin(given_prospects.person, given_prospects.person[hired])
    has_room = (taken < given_prospects.openings)[given_prospects.job]
    assert not (chosen & is_fit & ~is_placed & has_room).any()


def test_placements_are_as_many_as_told_where_each_applies_to_one_job() -> None:
    alike = many_alike()
    found = recommend(alike, 2, Aim.PLACEMENTS, np.random.default_rng(0))
    draws = [len(simulate(alike, found.chosen, 2, Behaviour.ONE, np.random.default_rng(at))) for at in range(400)]
    error = np.std(draws) / np.sqrt(len(draws))
    assert found.value - 3 * error <= np.mean(draws) <= 1.05 * found.value + 3 * error


@pytest.mark.parametrize("aim", list(Aim))
def test_lists_that_know_of_each_other_place_more(aim) -> None:
    told = compare(persons=300, jobs=60, worlds=4, draws=3, alike=0.5, tightness=1.0, aim=aim, seed=0)
    assert told["one"]["placements"]["low_95"] > 0.15
    assert told["all"]["placements"]["low_95"] > 0.15
