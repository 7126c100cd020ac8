"""Marks, buy-ins and deliveries take what hours cost in cleared auctions; a price is stated only where none has one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.market.made_spot import AFTER, BEFORE, CLASS, GATE, PLAIN, SpotMarket, auction, bid, offer

from qipan.kernel.errors import QipanError
from qipan.market.bid import by_hour
from qipan.market.model.contract import HOUR, Instrument, Window
from qipan.market.model.delivery import Delivery
from qipan.market.model.mark import MarkRule
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel, Cover, Listing
from qipan.market.service.quote import mean_fen, spot_fen

DAY = Instrument(CLASS, "ningxia", Window.named("2026-03-03"))
START, END = DAY.window.start, DAY.window.end
LOT_H = 8 * 24
NIGHT = START + timedelta(hours=22)


def code_of(act) -> str:
    with pytest.raises(QipanError) as caught:
        act()
    return caught.value.code


@pytest.fixture
def market(books) -> SpotMarket:
    """Return a market in which ``site`` sold two lots of a day to ``east`` and nominates nothing."""
    made = SpotMarket(books)
    made.open_spot(auction(PLAIN), BEFORE)
    with made.books.begin(caller="test") as unit:
        made.trading.open_book(unit, Listing(DAY, GATE, 10, "assumed"), BEFORE)
        made.margins.send(unit, [Cover("c", "site", DAY.name, 2)], BEFORE)
        for name, member, side in (("s", "site", Side.SELL), ("b", "east", Side.BUY)):
            made.margins.send(unit, [Order(name, member, DAY.name, side, 2, 900)], BEFORE)
    made.site("west", "yinchuan", 800)
    return made


def offered(market, *, first=0):
    """Let west offer each hour from one on, dearer by the hour, and clear the auction."""
    offers = by_hour([Order("o", "west", DAY.name, Side.SELL, 2, 1000)])[first:]
    dearer = [
        Order(one.order_id, one.member, one.instrument, one.side, one.lots, 1000 + at)
        for at, one in enumerate(offers, start=first)
    ]
    bids = by_hour([Order("i", "north", DAY.name, Side.BUY, 1, 2000)])[first:]
    market.enter(BEFORE, *dearer, *bids)
    market.clear(AFTER)


def delivery(spot=None):
    return Delivery(DAY.name, (), spot or {}, {})


def test_a_day_is_marked_bought_in_and_delivered_at_the_prices_of_the_auction(market):
    offered(market)
    with market.books.read() as unit:
        assert spot_fen(unit, DAY) == {START + at * HOUR: 1000 + at for at in range(24)}
        assert mean_fen(unit, DAY) == 1011.5
    assert code_of(lambda: market.mark(AFTER, {DAY.name: 1000.0})) == "spot_priced"
    (marked,) = market.mark(AFTER)
    # Halves to even.
    assert (marked.mark.fen_per_card_h, marked.mark.rule, marked.mark.plan_fen_per_card_h) == (
        1012,
        MarkRule.SPOT,
        1011.5,
    )
    market.settle(AFTER)
    gate = START - timedelta(hours=6)
    assert code_of(lambda: market.supply("x", "west", "yinchuan", 2, DAY, gate, fen=1)) == "spot_priced"
    assert market.supply("in", "west", "yinchuan", 2, DAY, gate, at_spot=True)
    assert market.allocate(DAY, gate).allocation is not None
    assert code_of(lambda: market.deliver(delivery({START: 7}), END)) == "spot_priced"
    done = market.deliver(delivery(), END)
    cost = sum(2 * 8 * (1000 + at) for at in range(24))
    # In the mean the hours cost half a fen less than the mark: what is below goes to the house, hour by hour.
    above = sum(2 * 8 * max(1000 + at - 1012, 0) for at in range(24))
    assert done.outturn.paid_fen == {"east": 0, "site": -above, "west": cost}
    again = market.deliver(delivery(), END)
    assert (again.is_new, done.spot_rule, again.spot_rule) == (False, "auction", "auction")
    assert market.check() == ()


def test_a_price_at_which_nobody_traded_is_none(market):
    market.enter(BEFORE, offer("o", "west", 1, 900_000, hour=5), bid("b", "east", 1, 900_000, hub="guizhou", hour=6))
    prices = {one.instrument: one.fen_per_card_h for one in market.clear(AFTER).prices}
    assert prices[f"{DAY.name}T05"] == 900_000
    guizhou = Instrument(CLASS, "guizhou", DAY.window)
    assert f"{guizhou.name}T06" in prices
    with market.books.read() as unit:
        assert spot_fen(unit, DAY) == spot_fen(unit, guizhou) == {}
    # Who is stated a price for such an hour may buy in at it.
    gate = START - timedelta(hours=6)
    market.mark(AFTER, {DAY.name: 1000.0})
    market.settle(AFTER)
    assert market.supply("in", "west", "yinchuan", 2, DAY, gate, start=START + 5 * HOUR, end=START + 6 * HOUR, fen=1)


def test_hours_that_no_auction_has_priced_are_named_and_may_be_stated(market):
    offered(market, first=22)
    gate = START - timedelta(hours=6)
    assert code_of(lambda: market.mark(AFTER)) == "marks_missing"
    market.mark(AFTER, {DAY.name: 1000.0})
    market.settle(AFTER)
    assert code_of(lambda: market.supply("x", "west", "yinchuan", 2, DAY, gate, at_spot=True)) == "spot_unpriced"
    assert market.supply("in-1", "west", "yinchuan", 2, DAY, gate, end=NIGHT, fen=1100)
    assert market.supply("in-2", "west", "yinchuan", 1, DAY, gate, start=NIGHT, at_spot=True)
    market.allocate(DAY, gate)
    # One lot lacks in the last two hours, whose prices the auction has.
    done = market.deliver(delivery(), END)
    cost = 2 * 8 * 22 * 1100 + 8 * (1022 + 1023)
    damage = 8 * (22 + 23)
    assert done.outturn.paid_fen["west"] == cost
    assert done.outturn.unserved_card_h == {"east": 2 * 8}
    assert done.outturn.paid_fen["site"] == -2 * 8 * 22 * 100 - 8 * (22 + 23) - damage
    assert market.check() == ()


def test_a_request_of_a_day_stands_for_one_in_each_of_its_hours():
    first, *_, last = by_hour([Cancel("x", "west", DAY.name, "o")])
    assert (first.request_id, first.order_id, last.instrument) == ("x.00", "o.00", f"{DAY.name}T23")
    assert len(by_hour([Order("o", "west", f"{DAY.name}T05", Side.SELL, 1, 1)])) == 1
