"""Kupiec's test against his table and an exact count; its power against bad rules and a break."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.back_test import exceptions, kupiec, power
from qipan.market.model.margin import MarginRule

# Not rejected at 95 % confidence (Kupiec 1995; Jorion, Value at Risk): coverage, trials, exceptions in between.
REGIONS = [
    (0.99, 255, -1, 7),
    (0.99, 510, 1, 11),
    (0.99, 1000, 4, 17),
    (0.975, 255, 2, 12),
    (0.975, 510, 6, 21),
    (0.975, 1000, 15, 36),
    (0.95, 255, 6, 21),
    (0.95, 510, 16, 36),
    (0.95, 1000, 37, 65),
    (0.925, 255, 11, 28),
    (0.925, 1000, 59, 92),
    (0.90, 255, 16, 36),
    (0.90, 510, 38, 65),
    (0.90, 1000, 81, 120),
]


@pytest.mark.parametrize(("coverage", "trials", "low", "high"), REGIONS)
def test_kupiec_keeps_the_regions_of_his_table(coverage: float, trials: int, low: int, high: int) -> None:
    kept = [found for found in range(max(low - 5, 0), high + 6) if not kupiec(found, trials, coverage).is_rejected]
    # The table's regions are open at the ends; for 255 trials at 99 % no exception at all is rejected too.
    assert kept == list(range(max(low + 1, 1), high))


def test_kupiec_is_the_likelihood_ratio() -> None:
    told = kupiec(8, 250, 0.99)
    n, x, p = 250, 8, 0.01
    log = (n - x) * math.log(1 - x / n) + x * math.log(x / n) - (n - x) * math.log(1 - p) - x * math.log(p)
    assert told.statistic == pytest.approx(2 * log, rel=1e-12)
    assert told.p_value == pytest.approx(math.erfc(math.sqrt(log)), rel=1e-9)
    more = 1 - sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(x))
    assert told.p_more == pytest.approx(more, rel=1e-9)
    assert (told.exceptions, told.trials, told.coverage, told.is_rejected, told.is_short) == (8, 250, 0.99, True, True)


def test_too_much_margin_is_rejected_and_not_short() -> None:
    told = kupiec(0, 1000, 0.99)
    assert told.statistic == pytest.approx(-2000 * math.log(0.99))
    assert (told.is_rejected, told.is_short, told.p_more) == (True, False, 1.0)


def test_what_was_promised_is_not_rejected() -> None:
    told = kupiec(10, 1000, 0.99)
    assert told.statistic == pytest.approx(0.0, abs=1e-9)
    assert not told.is_rejected
    assert told.p_value == pytest.approx(1.0, abs=1e-4)
    assert kupiec(5, 5, 0.99).is_short


def test_significance_moves_the_border() -> None:
    assert kupiec(7, 255, 0.99, 0.05).is_short
    assert not kupiec(7, 255, 0.99, 0.01).is_rejected


@pytest.mark.parametrize(("found", "trials"), [(-1, 10), (11, 10), (0, 0)])
def test_counts_that_cannot_be_are_refused(found: int, trials: int) -> None:
    with pytest.raises(BadInputError) as raised:
        kupiec(found, trials, 0.99)
    assert raised.value.code == "trials_bad"


@pytest.mark.parametrize(
    ("trials", "coverage", "rate"), [(250, 0.99, 0.01), (250, 0.99, 0.05), (100, 0.95, 0.12), (6, 0.9, 0.9)]
)
def test_power_counts_what_would_be_rejected(trials: int, coverage: float, rate: float) -> None:
    expected = sum(
        math.comb(trials, x) * rate**x * (1 - rate) ** (trials - x)
        for x in range(trials + 1)
        if kupiec(x, trials, coverage).is_short
    )
    assert power(trials, coverage, rate) == pytest.approx(expected, rel=1e-9)


def test_power_is_near_one_against_a_rule_that_covers_97_of_100() -> None:
    assert power(1000, 0.99, 0.03) > 0.98
    assert power(1000, 0.99, 0.01) < 0.03
    assert power(1000, 0.99, 0.03, 0.01) < power(1000, 0.99, 0.03)


HISTORY, TRIED = 500, 500


def walk(seed: int, factor: float = 1.0) -> np.ndarray:
    """Return marks with heavy-tailed daily moves that grow by a factor when the trial begins."""
    rng = np.random.default_rng(seed)
    moves = rng.standard_t(4, HISTORY + TRIED) * 40.0
    moves[HISTORY:] *= factor
    return 100_000 + np.cumsum(np.rint(moves).astype(np.int64))[:, None]


def trial(seed: int, rule: MarginRule, factor: float = 1.0) -> tuple[int, int]:
    found = exceptions(np.array([[1], [-1]]), walk(seed, factor), rule, HISTORY)
    return int(found[:, 0].sum()), len(found)


def test_exceptions_hold_each_loss_against_the_margin_of_its_first_day() -> None:
    marks = np.array([[0], [5], [0], [5], [0], [5], [0], [-1], [-7], [-7]])
    found = exceptions(np.array([[2], [-2]]), marks, MarginRule(0.8, holding_days=1), window_days=6)
    # Moves after day 5: -5, -1, -6, 0; a window of five moves covers 5 either way.
    assert found.tolist() == [[False, False], [False, False], [True, False], [False, False]]


def test_periods_do_not_overlap() -> None:
    marks = np.array([[day % 3] for day in range(30)])
    found = exceptions(np.array([[1]]), marks, MarginRule(0.8, holding_days=3), window_days=12)
    assert found.shape == (6, 1)
    with pytest.raises(RuleBrokenError) as raised:
        exceptions(np.array([[1]]), marks[:14], MarginRule(0.8, holding_days=3), window_days=12)
    assert raised.value.code == "history_short"
    assert len(exceptions(np.array([[1]]), marks[:15], MarginRule(0.8, holding_days=3), window_days=12)) == 1


def test_back_test_keeps_a_right_rule_and_rejects_a_short_one_and_a_break() -> None:
    seeds = range(12)
    right = MarginRule(0.99, holding_days=1)
    kept = [kupiec(*trial(seed, right), 0.99).is_short for seed in seeds]
    short = [kupiec(*trial(seed, MarginRule(0.95, holding_days=1)), 0.99).is_short for seed in seeds]
    broken = [kupiec(*trial(seed, right, 3.0), 0.99).is_short for seed in seeds]
    assert sum(kept) <= 1
    assert sum(short) >= 11
    assert sum(broken) >= 11


def test_scaled_moves_answer_to_a_break() -> None:
    seeds = range(3)
    plain = [trial(seed, MarginRule(0.99, holding_days=1), 2.5)[0] for seed in seeds]
    scaled = [trial(seed, MarginRule(0.99, holding_days=1, decay=0.97), 2.5)[0] for seed in seeds]
    assert sum(scaled) < sum(plain) / 2
