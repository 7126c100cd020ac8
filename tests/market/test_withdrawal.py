"""A defaulter's bids and offers are gone from auctions in the moment of its default, and their money pays for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.market.made import cover, order
from tests.market.made_spot import AFTER, BEFORE, CLASS, GATE, NARROW, SpotMarket, auction, bid, offer

from qipan.market.model.contract import Instrument, Window
from qipan.market.model.request import Listing

WEEK = Instrument(CLASS, "ningxia", Window.named("2026-W11"))
MARGIN = 400_000
"""Enough for a lot of the week, 134,400, but not for a loss of 250 fen in each of its 1,344 card-hours besides."""


@pytest.fixture
def spot(books) -> SpotMarket:
    """Return a market in which west has sold a week, bids and offers on spot, and cannot pay a dear day."""
    market = SpotMarket(books)
    market.open_spot(auction(NARROW), BEFORE, fen=MARGIN)
    with books.begin() as unit:
        market.trading.open_book(unit, Listing(WEEK, WEEK.window.start, 100, "assumed"), BEFORE)
    market.order(cover("c1", "west", 1, WEEK), at=BEFORE)
    market.order(order("s1", "west", "sell", 1, 1200, WEEK), order("b1", "east", "buy", 1, 1200, WEEK), at=BEFORE)
    west = offer("o-1", "west", 3, 900), bid("b-2", "west", 1, 1000, hour=10)
    market.enter(BEFORE, *west, offer("o-2", "site", 3, 950))
    market.mark(BEFORE, {WEEK.name: 1450.0})
    assert market.settle(BEFORE).calls_fen == {"west": 134_400 + 336_000 + 8_000 - MARGIN}
    return market


@pytest.mark.parametrize("at", [BEFORE, GATE + timedelta(hours=1)])
def test_default_takes_spot_orders_back_also_after_the_gate_and_frees_their_money(spot, at) -> None:
    assert spot.money("west/margin") == [(MARGIN, MARGIN - 134_400 - 8_000)]
    spot.default("west", at)
    assert spot.money("west/margin") == [(MARGIN, MARGIN - 134_400)]
    with spot.books.read() as unit:
        assert [one.order_id for one in spot.spot.orders(unit, spot.name)] == ["o-2"]
        told = [one for one in spot.spot.requests(unit, spot.name) if one.cancels]
    assert [(one.number, one.member, one.cancels) for one in told] == [(4, "west", "o-1"), (5, "west", "b-2")]
    # Nothing is left to take back when it is closed out again.
    spot.default("west", at)
    with spot.books.read() as unit:
        assert len(spot.spot.requests(unit, spot.name)) == 5
    if at < GATE:
        spot.enter(at, bid("b-3", "east", 1, 1500))
        assert [(one.order_id, one.lots) for one in spot.clear(AFTER).awards] == [("o-2", 1), ("b-3", 1)]
    assert spot.wrong() == ()
    assert spot.check() == ()


def test_default_leaves_what_was_awarded_before(spot) -> None:
    spot.enter(BEFORE, bid("b-3", "east", 3, 1500))
    outcome = spot.clear(AFTER)
    spot.default("west", AFTER)
    with spot.books.read() as unit:
        assert spot.spot.outcome(unit, spot.name).awards == outcome.awards
        assert len(spot.spot.requests(unit, spot.name)) == 4
    assert spot.wrong() == ()
