"""Marks by the written rule, each part of it in its turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import RuleBrokenError
from qipan.kernel.time import Interval
from qipan.market.mark import mark
from qipan.market.model.mark import MarkRule
from qipan.market.model.order import Trade

OPENS = datetime(2026, 2, 1, 6, 30, tzinfo=UTC)
CLOSING = Interval(OPENS, OPENS + timedelta(minutes=30))
TICK = timedelta(microseconds=1)


def trade(lots: int, price: int, at: datetime = OPENS) -> Trade:
    return Trade(1, at, "b", "s", "firm", "site", lots, price)


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(0, 9999)), min_size=1, max_size=6))
def test_trades_of_the_closing_window_weigh_by_their_lots(deals: list[tuple[int, int]]) -> None:
    found = mark([trade(*deal) for deal in deals], CLOSING, bid_fen_per_card_h=1, ask_fen_per_card_h=2)
    lots, value = sum(lots for lots, _ in deals), sum(lots * price for lots, price in deals)
    expected = (Decimal(value) / Decimal(lots)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert (found.fen_per_card_h, found.rule) == (int(expected), MarkRule.VWAP)
    assert (found.lots, found.value_fen_lots, found.closing) == (lots, value, CLOSING)


@pytest.mark.parametrize(("prices", "expected"), [((10, 11), 10), ((11, 12), 12)])
def test_halves_go_to_the_even_fen(prices: tuple[int, int], expected: int) -> None:
    assert mark([trade(1, price) for price in prices], CLOSING).fen_per_card_h == expected
    middle = mark([], CLOSING, bid_fen_per_card_h=prices[0], ask_fen_per_card_h=prices[1])
    assert (middle.fen_per_card_h, middle.rule) == (expected, MarkRule.MID)


def test_the_closing_window_is_half_open() -> None:
    trades = [
        trade(1, 100, OPENS - TICK),
        trade(2, 200, OPENS),
        trade(2, 300, CLOSING.end - TICK),
        trade(9, 900, CLOSING.end),
    ]
    found = mark(trades, CLOSING)
    assert (found.fen_per_card_h, found.lots) == (250, 4)


def test_too_few_lots_leave_it_to_the_book() -> None:
    book = {"bid_fen_per_card_h": 90, "ask_fen_per_card_h": 94, "plan_fen_per_card_h": 70.0}
    assert mark([trade(4, 200)], CLOSING, least_lots=4, **book).fen_per_card_h == 200
    found = mark([trade(3, 200)], CLOSING, least_lots=4, **book)
    assert (found.fen_per_card_h, found.rule, found.lots) == (92, MarkRule.MID, 3)
    assert (found.bid_fen_per_card_h, found.ask_fen_per_card_h, found.plan_fen_per_card_h) == (90, 94, 70.0)


def test_a_price_of_nothing_is_a_price() -> None:
    assert mark([], CLOSING, bid_fen_per_card_h=0, ask_fen_per_card_h=0, plan_fen_per_card_h=5.0).fen_per_card_h == 0
    assert mark([], CLOSING, plan_fen_per_card_h=0.0).fen_per_card_h == 0


@pytest.mark.parametrize("book", [{}, {"bid_fen_per_card_h": 90}, {"ask_fen_per_card_h": 90}])
def test_half_a_book_leaves_it_to_the_plan(book: dict[str, int]) -> None:
    found = mark([], CLOSING, plan_fen_per_card_h=70.5, **book)
    assert (found.fen_per_card_h, found.rule) == (70, MarkRule.PLAN)
    with pytest.raises(RuleBrokenError) as raised:
        mark([trade(5, 80)], CLOSING, least_lots=6, **book)
    assert raised.value.code == "mark_missing"


def test_no_lots_are_never_enough() -> None:
    with pytest.raises(RuleBrokenError):
        mark([], CLOSING, least_lots=0)
