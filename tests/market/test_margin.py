"""Initial margin against a loop over days, variation margin against an account of every deal."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.margin import calls_fen, initial_margin_fen, rate_fen_per_card_h, scale, variation
from qipan.market.model.margin import Deals, MarginRule, Measure

QUANTILE = MarginRule(coverage=0.9, holding_days=1)


def ints(*values: object) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([0.5, 0.8, 0.9, 0.95]),
    st.sampled_from(Measure),
    st.integers(0, 2**32 - 1),
)
def test_initial_margin_is_the_loss_of_its_rank(holding, instruments, coverage, measure, seed) -> None:
    rng = np.random.default_rng(seed)
    marks = rng.integers(0, 500, (30, instruments))
    positions = rng.integers(-50, 50, (4, instruments))
    found = initial_margin_fen(positions, marks, MarginRule(coverage, measure, holding))
    for member, position in enumerate(positions.tolist()):
        losses = sorted(
            -sum(p * (int(marks[day + holding][i]) - int(marks[day][i])) for i, p in enumerate(position))
            for day in range(30 - holding)
        )
        # The least loss L such that at least a share `coverage` of n + 1 equally likely places lies at or below it.
        rank = next(k for k in range(1, 40) if k >= round(coverage * (len(losses) + 1), 9))
        tail = losses[rank - 1 :]
        expected = losses[rank - 1] if measure is Measure.QUANTILE else math.ceil(sum(tail) / len(tail))
        assert found[member] == max(expected, 0)


def test_shortfall_is_never_below_the_quantile() -> None:
    rng = np.random.default_rng(1)
    marks, positions = rng.integers(0, 500, (300, 3)), rng.integers(-50, 50, (20, 3))
    low = initial_margin_fen(positions, marks, MarginRule(0.97, Measure.QUANTILE, 2))
    high = initial_margin_fen(positions, marks, MarginRule(0.97, Measure.SHORTFALL, 2))
    assert (high >= low).all()
    assert (high > low).any()


def test_a_history_of_as_many_moves_as_coverage_asks_is_enough() -> None:
    marks = ints(*([i % 7] for i in range(101)))
    rule = MarginRule(coverage=0.99, holding_days=1)
    assert initial_margin_fen(ints([1]), marks[:100], rule).tolist() == [6]
    with pytest.raises(RuleBrokenError) as raised:
        initial_margin_fen(ints([1]), marks[:99], rule)
    assert raised.value.code == "history_short"
    assert "at least 99 moves" in raised.value.message
    assert "was 98." in raised.value.message


@pytest.mark.parametrize(
    "bad", [{"coverage": 1.0}, {"coverage": 0.49}, {"holding_days": 0}, {"decay": 0.0}, {"decay": 1.0}]
)
def test_a_rule_that_covers_nothing_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(BadInputError) as raised:
        MarginRule(**bad)
    assert raised.value.code == "margin_rule_bad"
    assert MarginRule(coverage=0.5, decay=0.999).coverage == 0.5


def test_scaled_moves_answer_to_what_moves_today() -> None:
    # One instrument that woke up, one that went to sleep, one that never moved.
    moves = ints(*([2, 40, 0] if day < 50 else [-40, 2, 0] for day in range(100)))
    scaled = scale(moves, 0.8)
    assert scaled[40, 0] > 15 * moves[40, 0]
    assert 0 < scaled[40, 1] < moves[40, 1] / 10
    assert not scaled[:, 2].any()
    assert (np.sign(scaled) == np.sign(moves)).all()
    assert scale(moves, None) is moves


def test_scaled_moves_follow_the_decaying_mean_square() -> None:
    moves = ints([3], [-4], [12])
    spread = [(9 + 16 + 144) / 3]
    for move in (3, -4, 12):
        spread.append(0.5 * spread[-1] + 0.5 * move**2)
    expected = [
        math.copysign(math.ceil(abs(m) * math.sqrt(spread[3] / s)), m)
        for m, s in zip((3, -4, 12), spread[:3], strict=True)
    ]
    assert scale(moves, 0.5)[:, 0].tolist() == expected
    assert scale(ints([3], [-4], [0], [0], [0], [0])[:, :1], 0.01)[:, 0].tolist() == [2, -2, 0, 0, 0, 0]


def test_margin_of_scaled_moves_uses_them() -> None:
    marks = np.cumsum(ints(*([1 if day < 80 else 30 * (-1) ** day] for day in range(100))), axis=0)
    plain = initial_margin_fen(ints([1]), marks, MarginRule(0.9, holding_days=1))
    scaled = initial_margin_fen(ints([1]), marks, MarginRule(0.9, holding_days=1, decay=0.9))
    assert plain.tolist() == [30]
    assert scaled[0] != plain[0]


CARD_H = (8, 192, 1344)
MEMBERS = 3


class Account(RuleBasedStateMachine):
    """Days of deals and marks: what was paid sums to zero, and a life's gain is last mark less price of the deal."""

    @initialize(first=st.tuples(*[st.integers(0, 2000)] * 3))
    def begin(self, first: tuple[int, ...]) -> None:
        self.marks = first
        self.positions = np.zeros((MEMBERS, 3), dtype=np.int64)
        self.paid = np.zeros(MEMBERS, dtype=np.int64)
        self.deals: list[tuple[int, int, int, int, int]] = []

    @rule(
        deals=st.lists(
            st.tuples(
                st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(1, 500), st.integers(0, 2000)
            ).filter(lambda deal: deal[1] != deal[2]),
            max_size=5,
        ),
        marks=st.tuples(*[st.integers(0, 2000)] * 3),
    )
    def day(self, deals: list[tuple[int, int, int, int, int]], marks: tuple[int, ...]) -> None:
        columns = np.array(deals, dtype=np.int64).reshape(-1, 5).T
        before = self.positions.copy()
        told = variation(self.positions, ints(*self.marks), ints(*marks), ints(*CARD_H), Deals(*columns))
        assert (self.positions == before).all()
        assert told.paid_fen.sum() == 0
        self.marks, self.positions = marks, told.positions
        self.paid += told.paid_fen
        self.deals += deals

    @invariant()
    def conserved(self) -> None:
        assert not self.positions.sum(axis=0).any()
        gains: dict[int, int] = defaultdict(int)
        lots: dict[tuple[int, int], int] = defaultdict(int)
        for kind, buyer, seller, count, price in self.deals:
            gain = count * CARD_H[kind] * (self.marks[kind] - price)
            gains[buyer] += gain
            gains[seller] -= gain
            lots[buyer, kind] += count
            lots[seller, kind] -= count
        assert self.paid.tolist() == [gains[member] for member in range(MEMBERS)]
        assert self.positions.tolist() == [[lots[member, kind] for kind in range(3)] for member in range(MEMBERS)]


Account.TestCase.settings = settings(max_examples=60, stateful_step_count=12)
TestAccount = Account.TestCase


def test_calls_ask_for_what_is_lacking() -> None:
    assert calls_fen(ints(100, -5, 70, 69), ints(60, 10, 70, 70)).tolist() == [0, 15, 0, 1]


def test_the_rate_is_the_larger_of_the_two_sides_and_at_least_a_fen() -> None:
    # A fall of 5 a day in ten, a rise of 3 or 7 otherwise.
    prices = np.cumsum(ints(*([-5] + [3] * 9) * 12))
    assert rate_fen_per_card_h(prices, MarginRule(0.95, holding_days=1)) == 5
    assert rate_fen_per_card_h(-prices, MarginRule(0.95, holding_days=1)) == 5
    assert rate_fen_per_card_h(np.full(30, 700), QUANTILE) == 1
    assert rate_fen_per_card_h(np.cumsum(ints(*[1, -1] * 30)), QUANTILE) == 1
    with pytest.raises(RuleBrokenError) as raised:
        rate_fen_per_card_h(prices[:5], QUANTILE)
    assert raised.value.code == "history_short"


def test_moves_that_are_as_large_as_ever_stay_as_they_are() -> None:
    moves = ints(*([7] if day % 2 else [-7] for day in range(40)))
    scaled = scale(moves, 0.9)
    assert scaled.tolist() == moves.tolist()
    assert scaled.dtype == np.int64
    none = ints().reshape(0, 2)
    assert scale(none, 0.9) is none
