"""What was foretold, against what came: nothing looks ahead, parts add up, intervals hold what they should."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from tests.labour.conftest import panel_of, waves

from qipan.labour.detect.choose import choose
from qipan.labour.judge_chances import Foretold, _share, draws_of, foretell, judge_chances
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.promise import Promise
from qipan.labour.tell_chances import tell_judgement

RULE, PROMISE, AHEAD = EventRule.read("rise 2.0"), Promise(0.1), 6
NOW = 150


@pytest.fixture(scope="module")
def values():
    return waves(8, 200, seed=5, every=48)


@pytest.fixture(scope="module")
def told(values) -> Foretold:
    return foretell(Watch.over(panel_of(values), RULE), choose("turn"), PROMISE, AHEAD)


def drawn(came, chance, until=(3, 10, 25), seed=1) -> Foretold:
    """Return chances of one stretch that were told, with what came after them."""
    shape = (3, *came.shape)
    chances = np.broadcast_to(chance, shape).copy()
    usual = np.full(shape, came.mean())
    lies = np.where(np.random.default_rng(seed).random(shape) < 0.8, 0.0, 1.0)
    is_open = np.ones(came.shape, dtype=np.bool_)
    return Foretold(until, chances, usual, np.broadcast_to(came, shape).copy(), lies, is_open, is_open)


@pytest.mark.parametrize("detector", ["turn", "hazard"])
def test_nothing_foretold_depends_on_what_comes_after_it(values, detector):
    changed = values.copy()
    changed[:, NOW:] = np.random.default_rng(4).uniform(0.0, 30.0, (8, 50))
    changed[5, NOW:] = np.nan
    whole, other = (
        foretell(Watch.over(panel_of(one), RULE), choose(detector), PROMISE, AHEAD) for one in (values, changed)
    )
    assert np.isfinite(whole.below[:, :, :NOW]).any(axis=(1, 2)).all()
    for name in ("below", "usual", "is_open", "is_warned"):
        np.testing.assert_array_equal(getattr(whole, name)[..., :NOW], getattr(other, name)[..., :NOW])
    # What came is asked only of time that is known in full.
    for at, end in enumerate(whole.until):
        assert np.isnan(whole.came[at, :, 200 - (end - 1) :]).all()
        known = NOW - (end - 1)
        np.testing.assert_array_equal(whole.lies[at, :, :known], other.lies[at, :, :known])


def test_a_longer_time_never_lowers_a_chance(told):
    below = told.below[:, np.isfinite(told.below).all(axis=0)]
    assert below.size
    assert (np.diff(below, axis=0) >= 0.0).all()


def test_warned_cells_are_some_of_those_that_are_open(told):
    assert told.is_warned.any()
    assert not (told.is_warned & ~told.is_open).any()


def test_the_brier_score_is_the_sum_of_its_parts(told):
    for judged in judge_chances(told, 16):
        for one in judged.reliabilities:
            whole = one.miscalibration - one.discrimination + one.uncertainty
            assert one.brier == pytest.approx(whole)
            assert min(one.miscalibration, one.discrimination) >= -1e-12
            assert sum(part.share.asked for part in one.bins) == one.share.asked


def test_chances_that_are_right_are_told_apart_from_those_twice_as_high():
    rng = np.random.default_rng(2)
    chance = rng.uniform(0.0, 0.5, (40, 240))
    came = (rng.random(chance.shape) < chance).astype(np.float64)
    right, wrong = (judge_chances(drawn(came, one), 20)[0].reliabilities[0] for one in (chance, 2 * chance))
    assert right.miscalibration < 0.005
    assert wrong.miscalibration > 0.05
    assert right.brier < right.climatology < wrong.brier
    assert right.share.at_least < right.foretold < right.share.at_most < wrong.foretold
    assert all(part.share.at_least <= part.share.came <= part.share.at_most for part in right.bins)


def test_coverage_counts_what_lies_in_intervals():
    came = np.zeros((40, 240))
    for one in judge_chances(drawn(came, np.full(came.shape, 0.1)), 20)[0].coverages:
        assert one.share.came + one.below + one.above == pytest.approx(1.0)
        assert one.share.at_least < 0.8 < one.share.at_most


def test_bad_times_that_cells_share_widen_an_interval():
    rng = np.random.default_rng(3)
    asked = np.ones((50, 200), dtype=np.bool_)
    alone = rng.random((50, 200)) < 0.2
    shared = np.repeat(rng.random((1, 20)) < 0.2, 10, axis=1) & asked
    narrow, wide = (_share(one, asked, 20) for one in (alone, shared))
    assert wide.at_most - wide.at_least > 5 * (narrow.at_most - narrow.at_least)


def test_what_never_came_in_few_draws_may_still_come_and_one_draw_tells_nothing():
    asked = np.ones((5, 40), dtype=np.bool_)
    never = _share(~asked, asked, 4)
    assert (never.came, never.at_least) == (0.0, 0.0)
    assert never.at_most == pytest.approx(1.0 - 0.05 ** (1 / 4))
    once = asked.copy()
    once[:, 10:] = False
    assert _share(once, once, 4).at_most is None


def test_panels_joined_are_judged_as_one(told):
    joined = Foretold.joined([told, told])
    assert {one.name for one in fields(joined)} == {one.name for one in fields(told)}
    once, twice = judge_chances(told, 16)[0], judge_chances(joined, 32)[0]
    assert twice.reliabilities[0].brier == pytest.approx(once.reliabilities[0].brier)
    assert twice.reliabilities[0].share.asked == 2 * once.reliabilities[0].share.asked


def test_a_panel_too_short_to_foretell_is_judged_by_nothing(values):
    watch = Watch.over(panel_of(values[:, :30]), RULE)
    told = foretell(watch, choose("turn"), PROMISE, AHEAD)
    assert np.isnan(told.below).all()
    assert all(tell_judgement(one)["reliability"] == [] for one in judge_chances(told, draws_of(watch)))


def test_what_is_told_has_plain_numbers(told):
    judged = tell_judgement(judge_chances(replace(told), 16)[0])
    stretches = [(one["first"], one["until"]) for one in judged["reliability"]]
    assert stretches == [(1, 3), (3, 10), (1, 10), (1, 25)]
    for one in judged["reliability"]:
        assert one["skill"] == pytest.approx(1.0 - one["brier"] / one["brier_climatology"], abs=0.02)
