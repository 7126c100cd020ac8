"""Controls split at random: null effects are found at the nominal rate, and more often where an estimator is broken."""

from __future__ import annotations

import numpy as np
import pytest
from tests.talent.effects.conftest import made
from tests.talent.effects.test_estimate import BONUS

from qipan.bootstrap.effects import read_trial
from qipan.kernel.errors import BadInputError
from qipan.talent.effects import split_controls as split_room
from qipan.talent.effects.estimate import ESTIMATORS, estimate
from qipan.talent.effects.split_controls import share_interval, split_controls
from qipan.talent.model.trial import Placebo


def test_controls_split_at_random_show_effects_at_the_nominal_rate() -> None:
    found = split_controls(made(5), 100, np.random.default_rng(0))
    for name in ESTIMATORS:
        low, high = share_interval(found.rejected(name, 0.05), 100, level=0.999)
        assert low <= 0.05 <= high
        assert len(np.unique(found.p_values[name])) == 100


@pytest.mark.slow
def test_controls_of_the_bonus_trial_show_effects_at_the_nominal_rate(bonus_trial) -> None:
    trial = read_trial(bonus_trial, BONUS).trial
    found = split_controls(trial, 400, np.random.default_rng(7))
    for name in ESTIMATORS:
        for level in (0.05, 0.1, 0.2):
            low, high = share_interval(found.rejected(name, level), 400, level=0.99)
            assert low <= level <= high, (name, level)


def test_too_few_controls_are_refused() -> None:
    trial = made(0, persons=120)
    few = trial.of(np.concatenate((np.flatnonzero(trial.is_treated), np.flatnonzero(~trial.is_treated)[:30])))
    with pytest.raises(BadInputError, match="at least 20 persons"):
        split_controls(few, 1, np.random.default_rng(0))


def test_share_interval_reaches_the_ends() -> None:
    assert share_interval(0, 10)[0] == 0.0
    assert share_interval(10, 10)[1] == 1.0


def test_the_placebo_of_an_observed_trial_learns_chances_as_its_estimate_does(monkeypatch) -> None:
    asked = []

    def noted(trial, rng, *, folds):
        asked.append(trial.is_randomised)
        return estimate(trial, rng, folds=folds)

    monkeypatch.setattr(split_room, "estimate", noted)
    for drawn in (False, True):
        split_controls(made(5, drawn=drawn), 1, np.random.default_rng(0))
    assert asked == [False, True]


def test_draws_without_an_error_are_not_counted_as_misses() -> None:
    found = Placebo({"means": np.array([0.01, np.nan, 0.5])})
    assert (found.rejected("means", 0.05), found.told("means")) == (1, 2)
