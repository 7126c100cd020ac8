"""What every detector must do: look back only, wait until enough is known, see what is there."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of, waves

from qipan.labour.detect.choose import DETECTORS, choose
from qipan.labour.find_events import find_events
from qipan.labour.model.detector import Lesson, Watch
from qipan.labour.model.event import EventRule

RULE = EventRule.read("rise 2.0")
PERIODS, NOW = 240, 150


def watch_of(values) -> Watch:
    return Watch.over(panel_of(values), RULE)


def lesson_of(watch: Watch, until: int) -> Lesson:
    periods = np.arange(watch.losses.shape[1]) < until
    return Lesson(find_events(watch.losses, watch.depth, allowance=3, horizon=24), periods)


def scored(name: str, watch: Watch, until: int):
    one = choose(name)
    seen = one.see(watch)
    return one.learn(seen, lesson_of(watch, until))(seen)


@pytest.mark.parametrize("name", DETECTORS)
def test_no_score_depends_on_what_comes_after_it(name):
    values = waves(12, PERIODS, seed=3)
    changed = values.copy()
    changed[:, NOW:] = np.random.default_rng(4).uniform(0.0, 30.0, (12, PERIODS - NOW))
    changed[5, NOW:] = np.nan
    watch, other = watch_of(values), watch_of(changed)
    # What was learned before stays; only the panel's future differs.
    one = choose(name)
    score = one.learn(one.see(watch), lesson_of(watch, NOW - 30))
    np.testing.assert_array_equal(score(one.see(watch))[:, :NOW], score(one.see(other))[:, :NOW])


@pytest.mark.parametrize("name", DETECTORS)
def test_what_is_learned_rests_on_the_lesson_alone(name):
    values = waves(12, PERIODS, seed=3)
    watch = watch_of(values)
    lesson = lesson_of(watch, NOW)
    changed = values.copy()
    changed[:, NOW:] += np.random.default_rng(5).normal(0.0, 1.0, (12, PERIODS - NOW))
    one = choose(name)
    seen = one.see(watch)
    np.testing.assert_array_equal(one.learn(seen, lesson)(seen), one.learn(one.see(watch_of(changed)), lesson)(seen))


@pytest.mark.parametrize("name", DETECTORS)
def test_a_cell_that_begins_to_lose_scores_higher_than_one_that_does_not(name):
    values = waves(12, PERIODS, seed=6)
    values[0, NOW : NOW + 6] = values[0, NOW - 1] + 0.25 * np.arange(1, 7)
    values[1, NOW : NOW + 6] = values[1, NOW - 1]
    watch = watch_of(values)
    scores = scored(name, watch, NOW)
    assert scores[0, NOW + 5] > scores[1, NOW + 5]


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_is_said_where_nothing_is_known(name):
    values = waves(6, PERIODS, seed=7)
    values[2, 100:140] = np.nan
    watch = watch_of(values)
    scores = scored(name, watch, 90)
    held = watch.periods(0.25)
    assert np.isnan(scores[2, 100 + held : 140]).all()
    assert not np.isnan(scores[0, 30:]).any()


def test_hazard_without_an_event_to_learn_from_says_nothing():
    watch = watch_of(np.full((3, 60), 5.0))
    assert np.isnan(scored("hazard", watch, 60)).all()
