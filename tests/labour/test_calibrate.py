"""A threshold keeps its promise on what it was found on, and a lower one would not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.labour.calibrate import calibrate
from qipan.labour.count_false import count_false
from qipan.labour.model.event import History
from qipan.labour.model.promise import Promise
from qipan.labour.raise_alarms import raise_alarms


def history_of(is_quiet) -> History:
    return History((), 24, np.asarray(is_quiet, dtype=bool))


@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.05, 0.1, 0.5]), st.integers(0, 12))
def test_no_more_false_alarms_than_promised(seed, promised, rest):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(10, 240))
    is_quiet = rng.random(scores.shape) < 0.8
    history = history_of(is_quiet)
    threshold = calibrate(scores, history, 12.0, Promise(promised), rest)
    false = (raise_alarms(scores, threshold, history, rest).begins & is_quiet).sum()
    assert false <= promised * is_quiet.sum() / 12.0
    assert np.isfinite(threshold)


def test_nothing_quiet_gives_no_threshold():
    assert calibrate(np.ones((1, 5)), history_of(np.zeros((1, 5))), 12.0, Promise(0.05), 0) == np.inf


def test_a_promise_of_none_is_kept():
    scores = np.arange(100.0).reshape(1, 100)
    history = history_of(np.ones_like(scores))
    threshold = calibrate(scores, history, 12.0, Promise(0.0), 0)
    assert not raise_alarms(scores, threshold, history, 0).begins.any()


@given(st.integers(0, 1_000))
def test_a_sure_promise_is_kept_by_the_bound_and_asks_for_more(seed):
    scores = np.random.default_rng(seed).normal(size=(20, 240))
    history = history_of(np.ones_like(scores))
    sure, plain = (calibrate(scores, history, 12.0, Promise(0.1, is_sure=one), 3) for one in (True, False))
    assert count_false(raise_alarms(scores, sure, history, 3).begins, history.is_quiet, 12.0).to_come <= 0.1
    assert sure > plain


@pytest.mark.parametrize("a_year", [-0.1, float("nan"), float("inf")])
def test_a_promise_that_is_none_is_refused(a_year):
    with pytest.raises(BadInputError) as refused:
        Promise(a_year)
    assert refused.value.code == "promise_bad"
