"""Farrington flexible: counts and rates against their season and trend, with what was outlying counting less."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of

from qipan.labour.detect.farrington import farrington
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cadence

WEEKS, NOW = 310, 300


def counted(rule="rise 50%", cells=24, mean=60.0, over=2.0, seed=1):
    """Return weekly counts with a season and a trend whose variance is so many times their mean."""
    rng = np.random.default_rng(seed)
    at = np.arange(WEEKS)
    expected = mean * np.exp(0.001 * (at - NOW) + 0.4 * np.sin(2 * np.pi * at / 52.18))
    size = expected / (over - 1.0)
    return rng.negative_binomial(size, 1.0 / over, (cells, WEEKS)).astype(float), EventRule.read(rule)


def scores_of(values, rule, unit="persons"):
    return farrington(Watch.over(panel_of(values, Cadence.WEEK, unit=unit), rule))


def test_counts_as_expected_score_as_normal_deviates_do():
    values, rule = counted(cells=40)
    scores = scores_of(values + 1.0, rule)[:, 270:]
    assert scores.mean() == pytest.approx(0.0, abs=0.1)
    assert scores.std() == pytest.approx(1.0, abs=0.15)
    assert (scores > 1.645).mean() == pytest.approx(0.05, abs=0.03)


def test_what_is_no_count_scores_as_normal_deviates_do():
    rng = np.random.default_rng(5)
    at = np.arange(WEEKS)
    values = 5.0 + 0.002 * at + 0.5 * np.sin(2 * np.pi * at / 52.18) + rng.normal(0.0, 0.2, (40, WEEKS))
    scores = scores_of(values, EventRule.read("rise 2.0"), unit="percent")[:, 270:]
    assert scores.mean() == pytest.approx(0.0, abs=0.1)
    assert scores.std() == pytest.approx(1.0, abs=0.15)


def test_the_last_half_year_of_the_baseline_has_no_say():
    values, rule = counted(cells=3)
    other = values.copy()
    other[:, NOW - 26 : NOW] *= 3
    np.testing.assert_array_equal(scores_of(values + 1, rule)[:, NOW], scores_of(other + 1, rule)[:, NOW])


def test_an_outbreak_of_the_past_hides_less_than_if_it_counted_in_full(monkeypatch):
    values, rule = counted(cells=8)
    values += 1.0
    values[:, NOW] = np.round(values[:, NOW] * 2.5)
    other = values.copy()
    other[:, NOW - 104 : NOW - 96] *= 4
    seen = scores_of(other, rule)[:, NOW].mean()
    monkeypatch.setattr("qipan.labour.detect.farrington.OUTLYING", np.inf)
    assert seen > scores_of(other, rule)[:, NOW].mean() + 0.5


def test_too_few_is_as_bad_for_a_fall_as_too_many_for_a_rise():
    values, rise = counted(cells=10)
    values += 1.0
    values[:, NOW] = np.round(values[:, NOW] / 3)
    assert scores_of(values, EventRule.read("fall 30%"))[:, NOW].min() > 2.0
    assert scores_of(values, rise)[:, NOW].max() < -2.0


def test_a_short_past_gives_a_level_alone():
    values = np.random.default_rng(3).normal(5.0, 0.1, (2, 20))
    scores = farrington(Watch.over(panel_of(values), EventRule.read("rise 2.0")))
    assert np.isnan(scores[:, :12]).all()
    baseline = values[0, : 18 - 6]
    wanted = (values[0, 18] - baseline.mean()) / (baseline.std(ddof=1) * np.sqrt(1 + 1 / 12))
    assert scores[0, 18] == pytest.approx(wanted, rel=1e-5)


def test_a_series_of_nothing_scores_without_a_warning_of_numbers():
    values = np.zeros((2, WEEKS))
    values[1] = 3.0
    values[:, NOW] = 9.0
    scores = scores_of(values, EventRule.read("rise 5"))
    assert np.isfinite(scores[:, NOW]).all()
    assert (scores[:, NOW] > 2.5).all()


@pytest.mark.parametrize(
    ("unit", "step", "is_count"), [("persons", 1.0, True), ("persons", 0.5, False), ("index", 1.0, False)]
)
def test_counts_are_whole_numbers_of_what_is_no_ratio(unit, step, is_count):
    watch = Watch.over(panel_of(step * np.arange(1, 25).reshape(2, 12), unit=unit), EventRule.read("rise 2"))
    assert (watch.counts is not None) is is_count
