"""Chances and sizes: they rise with the score, are those of what came, and ask nothing of time that is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.foresee import Sizes, chances, split


def made(cells=400, periods=60, seed=3):
    """Return scores, of which the chance of a loss in the next period is the logistic function, and the wait for it."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(-1.0, 1.0, (cells, periods))
    comes = rng.random((cells, periods)) < 1.0 / (1.0 + np.exp(-scores))
    return scores, np.where(comes, 1.0, np.inf)


def test_chances_are_those_that_made_the_losses():
    scores, wait = made()
    (steps,), asked = chances(scores, wait, np.ones(scores.shape, dtype=bool), (2,), 12.0)
    assert asked == scores.size - len(scores)
    told = steps.at(np.array([-2.0, 0.0, 1.0]))
    assert told == pytest.approx(1.0 / (1.0 + np.exp([2.0, 0.0, -1.0])), abs=0.04)


@given(st.floats(-6.0, 6.0))
def test_the_chances_of_all_stretches_are_no_more_than_one(score):
    scores, wait = made(cells=20)
    wait = np.where(np.isinf(wait), 4.0, wait)
    until = (2, 4, 9)
    steps, _ = chances(scores, wait, np.ones(scores.shape, dtype=bool), until, 12.0)
    found = split(steps, until, score)
    assert [(one.first, one.until) for one in found] == [(1, 2), (2, 4), (4, 9)]
    assert min(one.probability for one in found) >= 0.0
    assert sum(one.probability for one in found) <= 1.0 + 1e-9


def test_a_size_lies_among_what_was_lost_after_like_scores():
    rng = np.random.default_rng(4)
    scores = rng.uniform(0.0, 1.0, (50, 40))
    scores[:, -1] = np.nan
    losses = np.zeros((50, 40))
    losses[:, 1:] = scores[:, :-1]
    # What is lost in the next period beyond today is the score itself less what stands today.
    found = Sizes(losses, scores, np.ones(losses.shape, dtype=bool), 2).at(1.0, 1.0, depth=2.0)
    assert 0.5 <= found.low <= found.expected <= found.high <= 1.0


def test_too_short_a_history_is_refused():
    scores, wait = made(cells=2, periods=6)
    with pytest.raises(RuleBrokenError, match="7 known periods") as error:
        chances(scores, wait, np.ones(scores.shape, dtype=bool), (8,), 12.0)
    assert error.value.code == "history_short"


def test_scores_that_are_equal_have_one_chance_and_size_whatever_the_order_of_cells() -> None:
    rng = np.random.default_rng(7)
    scores = np.where(rng.random((6, 60)) < 0.8, 0.0, rng.random((6, 60)))
    wait = np.where(rng.random((6, 60)) < 0.5, 2.0, np.inf)
    losses, opens = rng.random((6, 60)), np.ones((6, 60), dtype=bool)
    at, told = np.array([0.0, 0.4, 0.9]), []
    for order in (np.arange(6), np.arange(6)[::-1], rng.permutation(6)):
        (steps,), _ = chances(scores[order], wait[order], opens, [4], 12.0)
        sizes = Sizes(losses[order], scores[order], opens, 4)
        size = sizes.at(0.0, 0.0, 1.0)
        low, high = sizes.between(at[None])
        assert (size.low, size.high) == pytest.approx((low[0, 0], high[0, 0]))
        told.append([*steps.at(at), size.expected, *low[0], *high[0]])
    assert told[1] == pytest.approx(told[0])
    assert told[2] == pytest.approx(told[0])
