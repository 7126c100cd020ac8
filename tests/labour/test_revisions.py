"""Revisions: learned from what was known, corrected by it, made of the usual sizes, and judged by what agrees."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of, waves

from qipan.labour.agree import agree
from qipan.labour.correct import correct
from qipan.labour.correct_releases import correct_releases
from qipan.labour.learn_revisions import age_values, learn_revisions
from qipan.labour.make_releases import LABEL, make_releases
from qipan.labour.model.event import Direction, EventRule
from qipan.labour.model.promise import Promise
from qipan.labour.model.revision import Revisions

FALL = EventRule.read("fall 3%")


def released(cells: int = 40, periods: int = 96, seed: int = 3):
    panel = panel_of(np.full((cells, periods), 100.0))
    return make_releases(panel, Direction.FALL, np.random.default_rng(seed))


def test_made_releases_are_labelled_rosy_and_of_the_usual_sizes():
    releases = released()
    aged = age_values(releases, 14)
    first = aged[1, :, :80] / 100.0 - 1.0
    assert releases.sources == (LABEL,)
    assert 0.01 < first.mean() < 0.02
    sizes = np.median(np.abs(first), axis=1)
    assert 0.004 < sizes.min() < sizes.max() < 0.035
    np.testing.assert_allclose(aged[13, :, :80], 100.0)
    assert releases.latest().values == pytest.approx(100.0)


def test_what_is_learned_is_near_what_was_put_in():
    aged = np.log(age_values(released(), 14))
    known = learn_revisions(aged, 95, 12)
    true = np.log(100.0) - aged[1, :, :80].mean(axis=1)
    assert known.learned == 83
    assert np.abs(known.bias[:, 1] - true).max() < 0.005
    assert (known.spread[:, 1] > known.spread[:, 6]).all()


def test_nothing_that_comes_later_is_learned():
    aged = np.log(age_values(released(), 14))
    later = aged.copy()
    later[-1, :, 40:] += 1.0
    before, after = learn_revisions(aged, 52, 12), learn_revisions(later, 52, 12)
    np.testing.assert_array_equal(before.bias, after.bias)
    np.testing.assert_array_equal(before.spread, after.spread)
    assert not np.array_equal(learn_revisions(aged, 53, 12).bias, learn_revisions(later, 53, 12).bias)


def test_with_too_little_final_time_nothing_is_corrected():
    assert not learn_revisions(np.log(age_values(released(), 14)), 20, 12).bias.any()


def test_corrected_values_are_nearer_to_final_ones_without_doubt():
    releases = released()
    panel = releases.as_of(releases.starts[90])
    at = correct_releases(releases, FALL, 0.0)(panel, 89)
    known = ~np.isnan(panel.values[:, -6:])
    before, after = (np.abs(one.values[:, -6:][known] - 100.0).mean() for one in (panel, at))
    assert after < 0.7 * before


def test_doubt_takes_values_to_be_better_whichever_way_is_bad():
    panel = panel_of([[5.0, 5.0]])
    known = Revisions(np.zeros((1, 1)), np.array([[0.1]]), 36)
    assert correct(panel, 1, known, EventRule.read("rise 2"), 2.0).values[0, 1] == pytest.approx(4.8)
    assert correct(panel, 1, known, EventRule.read("fall 2"), 2.0).values[0, 1] == pytest.approx(5.2)
    assert correct(panel, 1, known, FALL, 2.0).values[0].tolist() == pytest.approx([5.0, 5.0 * np.exp(0.2)])


@pytest.mark.slow
def test_alarms_on_releases_that_need_no_correction_agree():
    releases = make_releases(panel_of(waves(8, 240, seed=1)), Direction.RISE, np.random.default_rng(0))
    found = agree(releases, EventRule.read("rise 2.0"), "rise", Promise(0.05))
    assert found["as_released"].due == found["corrected"].due > 5
    assert all(0.0 <= one.share_agreeing <= 1.0 for one in found.values())
    assert found["corrected"].raised <= found["unbiased"].raised
    assert found["corrected"].share_agreeing >= 0.9
