"""The average effect: the real trial as published, made ones to their truth, intervals at their rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.talent.effects.conftest import made

from qipan.bootstrap.effects import Columns, read_trial
from qipan.talent.effects.estimate import ESTIMATORS, estimate, imbalance, interval, lower_bound, p_value
from qipan.talent.effects.score import cut
from qipan.talent.effects.tell import Asked, tell_effect
from qipan.talent.model.trial import Effect, Trial

NUMBERS = (
    "female", "black", "othrace", "q2", "q3", "q4", "q5", "q6", "agelt35", "agegt54", "durable", "lusd", "husd",
)  # fmt: skip
BONUS = Columns("tg", "inuidur1", ("4",), "0", NUMBERS, ("dep",), is_log=True)


def test_estimate_of_the_bonus_trial_is_what_was_published(bonus_trial) -> None:
    tried = read_trial(bonus_trial, BONUS)
    assert tried.trial.arms == (1745, 3354)
    assert tried.other_arms == {"1": 1385, "2": 2428, "3": 1885, "5": 1831, "6": 1285}
    assert (tried.findings, tried.left_out) == ((), {})
    effects, _ = estimate(tried.trial, np.random.default_rng(0))
    # -0.0855 without covariates, standard error 0.0359: the published interval is -0.156 to -0.015.
    assert (round(effects["means"].value, 4), round(effects["means"].error, 4)) == (-0.0855, 0.0359)
    assert all(-0.156 < effects[name].value < -0.015 for name in ESTIMATORS)
    # One line for both arms gives -0.0717 as published; lines of their own stay near it.
    assert effects["regression"].value == pytest.approx(-0.0717, abs=0.002)
    assert effects["doubly_robust"].value == pytest.approx(-0.0717, abs=0.005)
    assert effects["doubly_robust"].error < effects["means"].error
    assert imbalance(tried.trial)[1] > 0.05


def test_intervals_hold_the_truth_at_their_rate_and_covariates_narrow_them() -> None:
    told = [estimate(made(seed, persons=300), np.random.default_rng(seed))[0] for seed in range(100)]
    for name in ESTIMATORS:
        ends = [interval(one[name]) or (math.nan, math.nan) for one in told]
        held = sum(low <= 0.1 <= high for low, high in ends)
        assert 88 <= held <= 100, name
    errors = {name: np.mean([one[name].error for one in told]) for name in ESTIMATORS}
    assert errors["doubly_robust"] < 0.75 * errors["means"]
    assert errors["regression"] < 0.75 * errors["means"]


def test_who_chose_for_themselves_are_told_right_by_the_doubly_robust_estimate_alone() -> None:
    told = [estimate(made(seed, persons=1500, drawn=False), np.random.default_rng(seed))[0] for seed in range(10)]
    found = {name: float(np.mean([one[name].value for one in told])) for name in ESTIMATORS}
    assert found["means"] > 0.5
    assert found["doubly_robust"] == pytest.approx(0.1, abs=0.06)
    assert imbalance(made(0, drawn=False))[1] < 1e-6


@given(st.integers(0, 1000), st.floats(-50, 50), st.floats(0.01, 100))
def test_estimate_moves_with_the_unit_of_the_outcome(seed, shift, scale) -> None:
    trial = made(seed, persons=120)
    moved = Trial(shift + scale * trial.outcome, trial.is_treated, trial.covariates, trial.names)
    ours, theirs = (estimate(one, np.random.default_rng(1))[0] for one in (trial, moved))
    for name in ESTIMATORS:
        assert theirs[name].value == pytest.approx(scale * ours[name].value, rel=1e-6, abs=1e-6 * scale)
        assert theirs[name].error == pytest.approx(scale * ours[name].error, rel=1e-6)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e9))
def test_estimate_does_not_depend_on_the_unit_of_a_covariate(shift, scale) -> None:
    trial = made(2, persons=120)
    moved = Trial(trial.outcome, trial.is_treated, shift * scale + scale * trial.covariates, trial.names)
    ours, theirs = (estimate(one, np.random.default_rng(1))[0] for one in (trial, moved))
    for name in ESTIMATORS:
        assert theirs[name].value == pytest.approx(ours[name].value, abs=1e-5)
        assert theirs[name].error == pytest.approx(ours[name].error, rel=1e-4)
    assert imbalance(moved)[1] == pytest.approx(imbalance(trial)[1], abs=1e-5)


def test_outcomes_that_never_vary_have_no_effect_and_no_error() -> None:
    trial = made(2, persons=120)
    told = estimate(Trial(np.full(120, 3.0), trial.is_treated, trial.covariates), np.random.default_rng(0))[0]
    for one in told.values():
        assert (one.value, one.error, p_value(one)) == (0.0, 0.0, 1.0)


def test_estimate_bears_columns_that_say_nothing_or_the_same_twice() -> None:
    trial = made(3)
    doubled = np.column_stack((trial.covariates, trial.covariates[:, :1], np.ones(len(trial))))
    told = estimate(Trial(trial.outcome, trial.is_treated, doubled), np.random.default_rng(0))[0]
    plain = estimate(trial, np.random.default_rng(0))[0]
    assert told["regression"].value == pytest.approx(plain["regression"].value, abs=1e-6)
    assert math.isfinite(told["doubly_robust"].error)


def test_cut_gives_each_part_as_much_of_each_arm_as_can_be() -> None:
    treated = np.arange(103) < 31
    part = cut(treated, 5, np.random.default_rng(0))
    for arm in (treated, ~treated):
        many = np.bincount(part[arm], minlength=5)
        assert many.max() - many.min() <= 1


def test_p_value_and_bound_of_known_numbers() -> None:
    assert p_value(Effect(1.959964, 1.0)) == pytest.approx(0.05, abs=1e-6)
    # Student's t with 10 degrees of freedom, and no interval without an error.
    assert p_value(Effect(2.228139, 1.0, 10.0)) == pytest.approx(0.05, abs=1e-6)
    assert interval(Effect(0.0, 1.0, 10.0)) == (pytest.approx(-2.228139, abs=1e-6), pytest.approx(2.228139, abs=1e-6))
    assert (p_value(Effect(1.0, math.inf)), interval(Effect(1.0, math.inf))) == (None, None)
    assert lower_bound(Effect(1.0, 1.0)) == pytest.approx(1.0 - 1.644854, abs=1e-6)
    assert (p_value(Effect(0.0, 0.0)), p_value(Effect(1.0, 0.0))) == (1.0, 0.0)


@pytest.mark.parametrize("covariates", [0, 6, 9])
def test_null_effects_of_a_small_arm_are_found_at_the_level_or_not_at_all(covariates) -> None:
    hits = dict.fromkeys(ESTIMATORS, 0)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        trial = Trial(rng.normal(size=120), np.arange(120) < 20, rng.normal(size=(120, covariates)))
        for name, one in estimate(trial, rng)[0].items():
            chance = p_value(one)
            hits[name] += chance is not None and chance < 0.05
    # Of 100 at 5 %, more than 11 come by chance in one case of two hundred.
    assert max(hits.values()) <= 11


def test_regression_has_no_error_where_columns_are_too_many_for_an_arm() -> None:
    rng = np.random.default_rng(0)
    for columns, is_told in ((9, True), (10, False), (25, False)):
        trial = Trial(rng.normal(size=120), np.arange(120) < 20, rng.normal(size=(120, columns)))
        found = estimate(trial, np.random.default_rng(1))[0]
        assert math.isfinite(found["regression"].error) == is_told
        assert math.isfinite(found["means"].error)


def test_one_who_alone_is_of_a_kind_does_not_lower_the_error() -> None:
    trial = made(4, persons=200)
    alone = np.zeros((200, 1))
    alone[int(np.flatnonzero(trial.is_treated)[0])] = 1.0
    kinds = Trial(trial.outcome, trial.is_treated, np.column_stack((trial.covariates, alone)))
    plain, found = (estimate(one, np.random.default_rng(0))[0]["regression"] for one in (trial, kinds))
    assert found.error > 0.98 * plain.error


def test_arms_that_do_not_overlap_have_no_doubly_robust_error() -> None:
    rng = np.random.default_rng(0)
    age = rng.normal(size=(400, 1))
    treated = age[:, 0] + 0.1 * rng.normal(size=400) > 0.0
    trial = Trial(rng.normal(size=400), treated, age, ("age",), is_randomised=False)
    told = tell_effect(trial, Asked(draws=0))
    assert told["chances_held"] > 4
    assert not told["overlaps"]
    assert (told["effects"]["doubly_robust"]["error"], told["targeting"]) == (None, None)
    drawn = made(1)
    assert tell_effect(drawn, Asked(draws=0))["overlaps"]
