"""Whom a programme helps: the bound of the gain holds where nothing is to be gained, and is above 0 where much is."""

from __future__ import annotations

import numpy as np
import pytest
from tests.talent.effects.conftest import made

from qipan.kernel.errors import BadInputError
from qipan.talent.effects.estimate import lower_bound
from qipan.talent.effects.rule import ALL, NONE, rules_of
from qipan.talent.effects.target import halve, pool, target
from qipan.talent.model.trial import Effect, Targeting


def judged(seed: int, **how):
    trial = made(seed, **how)
    rng = np.random.default_rng(seed)
    learners = halve(trial, rng)
    return target(trial, learners, rules_of(trial, ("a>0",)), rng)


def test_bound_over_treating_all_is_above_zero_as_rarely_as_promised_where_all_gain_alike() -> None:
    found = [lower_bound(judged(seed, persons=400).gains[ALL]) for seed in range(100)]
    assert sum(one > 0.0 for one in found) <= 10


def test_policy_finds_whom_it_helps_where_that_differs() -> None:
    told = judged(1, persons=4000, steep=0.8, average=0.0)
    assert lower_bound(told.gains[ALL]) > 0.1
    assert lower_bound(told.gains[NONE]) > 0.1
    # The rule is the best there is.
    assert told.gains["a>0"].value < 0.1
    assert max(told.weights, key=lambda name: abs(told.weights[name])) == "a"
    assert told.treated == pytest.approx(0.5, abs=0.15)
    low, _, high = told.groups
    assert low.value < -0.4
    assert high.value > 0.4
    assert told.slope is not None
    assert told.slope.value == pytest.approx(1.0, abs=4.0 * told.slope.error)


def test_target_turns_round_where_less_is_better_and_asks_for_the_least() -> None:
    trial = made(1, persons=4000, steep=0.8, average=0.0)
    learners = halve(trial, np.random.default_rng(0))
    rules = rules_of(trial, ())
    less = target(trial, learners, rules, np.random.default_rng(0), is_more_better=False)
    assert less.weights["a"] < 0.0
    dear = target(trial, learners, rules, np.random.default_rng(0), least=5.0)
    assert dear.treated == 0.0
    assert dear.gains[NONE] == Effect(0.0, 0.0)
    assert dear.gains[ALL].value == pytest.approx(5.0, abs=0.3)


def test_pool_weighs_halves_by_who_was_judged() -> None:
    one, other = (Targeting({}, many, 1.0, {ALL: Effect(gain, 1.0)}) for many, gain in ((100, 1.0), (300, 5.0)))
    found = pool((one, other))[ALL]
    assert (found.value, found.error) == (4.0, pytest.approx(np.sqrt(0.25**2 + 0.75**2)))


@pytest.mark.parametrize("text", ["a", "d>=1", "a>=x", ">=1", "a=>1"])
def test_rule_that_cannot_be_read_is_refused(text) -> None:
    with pytest.raises(BadInputError) as refused:
        rules_of(made(0), (text,))
    assert refused.value.code == "rule_unreadable"


@pytest.mark.parametrize("sign", ["<", "<=", "=", ">=", ">"])
def test_rule_treats_whom_it_names(sign) -> None:
    trial = made(0)
    middle = float(trial.covariates[7, 0])
    told = rules_of(trial, (f"a {sign} {middle!r}",))
    (rule,) = (one for name, one in told.items() if name not in {ALL, NONE})
    column = trial.covariates[:, 0]
    is_meant = {"<": column < middle, "<=": column <= middle, "=": column == middle,
                ">=": column >= middle, ">": column > middle}  # fmt: skip
    assert (rule == is_meant[sign]).all()
