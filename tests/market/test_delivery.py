"""Delivery: windows cascade, sites are reserved and paid ahead, failures are bought in, everything is paid once.

All amounts are computed here by hand: a lot of the day is 8 cards x 24 hours, its margin 130 fen a card-hour.
Tests that ask for ``market`` also run on PostgreSQL, see tests/engines/test_market_on_postgresql.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.market.made import DAY, WEEK, cover, later, order

from qipan.accounts.model.posting import Draft
from qipan.kernel.errors import EngineError, QipanError
from qipan.market.deliver import gate_of
from qipan.market.model.contract import HOUR, Instrument, Window
from qipan.market.model.delivery import Delivery, Failure, Use
from qipan.market.model.request import Certification, Listing
from qipan.market.store.clearing import marks, set_calls
from qipan.market.store.delivery import ALLOCATION, DELIVERY, RESERVATION, SITE, SUPPLY

START, END = DAY.window.start, DAY.window.end
LOT_H = 8 * 24
LOT = 1000 * LOT_H
"""Price of a lot at the mark."""
RICH = 20 * LOT
ENDED = START + timedelta(minutes=1)
AFTER = END + timedelta(hours=1)
ESCROW = "market/delivery"


def code_of(act):
    with pytest.raises(QipanError) as caught:
        act()
    return caught.value.code


def told(failures=(), spot=None, used=None, ware=DAY):
    prices = {} if spot is None else {ware.window.start + at * HOUR: spot for at in range(ware.window.hours)}
    return Delivery(ware.name, tuple(failures), prices, used or {})


def sold(market, *, rich=RICH, nominate=5, is_funded=False):
    """Let the site sell five lots of the day to firm and bank at 1,000, nominate, and mark and settle the last day."""
    if not is_funded:
        market.fund(rich)
    market.site("site", "north", 24)
    market.site("site", "south", 18, 10)
    market.order(cover("c1", "site", 5, DAY))
    market.order(
        order("s1", "site", "sell", 5, 1000, DAY),
        order("b1", "firm", "buy", 3, 1000, DAY),
        order("b2", "bank", "buy", 2, 1000, DAY),
    )
    if nominate:
        market.supply("n1", "site", "north", min(nominate, 3))
    if nominate > 3:
        market.supply("n2", "site", "south", nominate - 3)
    market.mark(ENDED, {DAY.name: 1000.0})
    assert market.settle(ENDED).is_settled


def test_day_is_reserved_paid_ahead_and_paid_out_and_margin_is_freed(market):
    sold(market)
    found = market.allocate(DAY, ENDED)
    # The largest buyer takes the site that holds it whole.
    assert [(r.reservation_id, r.member, r.site_id, r.lots, r.start, r.end) for r in found.reserved] == [
        ("a1-1", "bank", "south", 2, START, END),
        ("a1-2", "firm", "north", 3, START, END),
    ]
    assert (dict(found.paid_fen), found.is_new) == ({"bank": 2 * LOT, "firm": 3 * LOT}, True)
    assert market.money(ESCROW, "firm/margin") == [
        (5 * LOT, 5 * LOT),
        (RICH - 3 * LOT, RICH - 3 * LOT - 3 * 130 * LOT_H),
    ]
    assert market.check() == ()
    before = market.transfers()
    again = market.allocate(DAY, later(10**9))
    assert (again.reserved, again.paid_fen, again.is_new) == (found.reserved, found.paid_fen, False)
    done = market.deliver(told(used={"a1-2": 3 * LOT_H * 3600 - 60}), AFTER)
    assert done.outturn.paid_fen == {"bank": 0, "firm": 0, "site": 5 * LOT}
    assert (done.outturn.failed_card_h, done.is_new) == ({}, True)
    assert market.money("site/margin", "firm/margin", "bank/margin", ESCROW) == [
        (RICH + 5 * LOT, RICH + 5 * LOT),
        (RICH - 3 * LOT, RICH - 3 * LOT),
        (RICH - 2 * LOT, RICH - 2 * LOT),
        (0, 0),
    ]
    assert {market.exposure(name, DAY).position for name in ("site", "firm", "bank")} == {0}
    with market.books.read() as unit:
        uses = {one.reservation_id: use for one, use in market.deliveries.uses(unit, DAY.name)}
    assert uses == {"a1-1": None, "a1-2": Use(3 * LOT_H * 3600 - 60, 60, 0)}
    count = len(market.transfers())
    assert not market.deliver(told(used={"a1-2": 3 * LOT_H * 3600 - 60}), AFTER).is_new
    assert len(market.transfers()) == count > len(before)
    assert code_of(lambda: market.deliver(told(), AFTER)) == "delivery_differs"
    assert market.check() == ()
    # The next day has nothing to mark and nothing to hold.
    assert market.mark(AFTER + timedelta(days=1)) == ()
    assert market.settle(AFTER + timedelta(days=1)).required_fen == {}
    assert market.check() == ()


def test_what_was_not_nominated_is_refunded_at_spot_out_of_the_sellers_margin(market):
    sold(market, nominate=3)
    found = market.allocate(DAY, ENDED)
    assert sum(one.lots for one in found.reserved) == 3
    # 1.2 and 1.8 lots: what rounding leaves over goes by name.
    assert found.paid_fen == {"bank": 2 * LOT, "firm": LOT}
    done = market.deliver(told(spot=1300), AFTER)
    damage = 300 * LOT_H
    assert done.outturn.failed_card_h == {"site": 2 * LOT_H}
    assert done.outturn.unserved_card_h == {"firm": 2 * LOT_H}
    assert done.outturn.paid_fen == {"bank": 0, "firm": 2 * damage, "site": 3 * LOT - 2 * damage}
    assert market.check() == ()


def test_failure_without_a_price_on_spot_waits_for_one(market):
    sold(market, nominate=3)
    market.allocate(DAY, ENDED)
    before = market.transfers()
    assert code_of(lambda: market.deliver(told(), AFTER)) == "spot_unpriced"
    assert market.transfers() == before
    assert market.deliver(told(spot=1000), AFTER).outturn.paid_fen == {"bank": 0, "firm": 0, "site": 3 * LOT}


def test_failed_day_is_bought_in_and_the_seller_pays_what_it_costs_above_the_mark(market):
    sold(market, nominate=3)
    market.site("bank", "east", 16)
    with market.books.begin() as unit:
        step = Certification("bank", DAY.card_class, DAY.hub_id, START, 16, "NC-9")
        market.trading.certify(unit, step, ENDED)
    assert code_of(lambda: market.supply("x1", "bank", "east", 3, at=ENDED, fen=1200)) == "buy_in_above_lacking"
    assert code_of(lambda: market.supply("x2", "bank", "east", 2, fen=1200)) == "gate_open"
    assert code_of(lambda: market.supply("x3", "site", "north", 1, at=ENDED, fen=1200)) == "buy_in_above_lacking"
    assert market.supply("in1", "bank", "east", 2, at=ENDED, fen=1200)
    found = market.allocate(DAY, ENDED)
    assert sum(one.lots for one in found.reserved) == 5
    done = market.deliver(told(spot=1500), AFTER)
    # The bank is paid 1,200 for what it supplied; two lots cost the site 200 more than they earned it.
    assert done.outturn.paid_fen == {
        "bank": 2 * 1200 * LOT_H,
        "firm": 0,
        "site": 3 * LOT - 2 * 200 * LOT_H,
    }
    assert done.outturn.failed_card_h == {"site": 2 * LOT_H}
    assert market.check() == ()


def test_a_buy_in_becomes_less_also_where_the_certificate_was_cut(market):
    sold(market, nominate=3)
    market.site("bank", "east", 16)
    assert market.supply("in1", "bank", "east", 2, at=ENDED, fen=1200)
    market.site("bank", "east", 0)
    assert market.supply("in2", "bank", "east", 1, at=ENDED, fen=1200)
    assert code_of(lambda: market.supply("in3", "bank", "east", 2, at=ENDED, fen=1200)) == "nomination_above_certified"
    assert market.supply("in4", "bank", "east", 0, at=ENDED, fen=1200)


def test_buy_in_below_the_mark_goes_to_the_house(market):
    sold(market, nominate=4)
    market.site("bank", "east", 16)
    with market.books.begin() as unit:
        market.trading.certify(unit, Certification("bank", DAY.card_class, DAY.hub_id, START, 16, "N"), ENDED)
    market.supply("in1", "bank", "east", 1, at=ENDED, fen=900)
    market.allocate(DAY, ENDED)
    done = market.deliver(told(spot=900), AFTER)
    assert (done.outturn.house_fen, done.outturn.paid_fen["site"]) == (100 * LOT_H, 4 * LOT)
    assert market.money("market/capital") == [(100 * LOT_H, 100 * LOT_H)]
    assert market.check() == ()


def test_site_that_fails_in_the_day_is_not_paid_and_buyers_get_back_what_they_paid(market):
    sold(market)
    market.allocate(DAY, ENDED)
    failed = Failure("site", "north", START + 2 * HOUR, START + 4 * HOUR, 2)
    done = market.deliver(told([failed], spot=1100), AFTER)
    card_h = 2 * 2 * 8
    assert done.outturn.paid_fen == {
        "bank": 0,
        "firm": card_h * (1000 + 100),
        "site": 5 * LOT - card_h * (1000 + 100),
    }
    assert market.check() == ()


UNFIT = [
    ({"failures": [Failure("site", "north", START, END, 4)]}, "failure_unsupplied"),
    ({"failures": [Failure("firm", "north", START, END, 1)]}, "failure_unsupplied"),
    ({"failures": [Failure("site", "north", START, END, 0)]}, "failure_unsupplied"),
    ({"failures": [Failure("site", "north", START, END + HOUR, 1)]}, "failure_unsupplied"),
    ({"failures": [Failure("site", "north", END, END, 1)]}, "failure_unsupplied"),
    ({"spot": -1}, "spot_unfit"),
    ({"used": {"a9-1": 1}}, "use_unreserved"),
    ({"used": {"a1-1": -1}}, "use_unreserved"),
]


def test_what_cannot_be_is_refused_and_nothing_is_posted(market):
    sold(market)
    market.allocate(DAY, ENDED)
    before = market.transfers()
    for more, rule in UNFIT:
        with pytest.raises(QipanError) as caught:
            market.deliver(told(**more), AFTER)
        assert (caught.value.code, caught.value.findings[0].rule) == ("delivery_unfit", rule)
    assert market.transfers() == before
    assert market.check() == ()


def test_steps_out_of_order_are_refused(market):
    assert code_of(lambda: market.allocate(DAY, gate_of(DAY.window) - HOUR)) == "gate_open"
    assert code_of(lambda: market.allocate(WEEK, AFTER)) == "window_too_long"
    assert code_of(lambda: market.allocate(DAY, WEEK.window.start - HOUR)) == "gate_open"
    assert code_of(lambda: market.allocate(DAY, gate_of(DAY.window))) == "book_unsettled"
    assert code_of(lambda: market.deliver(told(), AFTER)) == "delivery_unallocated"
    assert code_of(lambda: market.cascade(WEEK, AFTER)) == "book_unsettled"
    hour = Instrument(DAY.card_class, DAY.hub_id, Window.named("2026-03-03T05"))
    assert code_of(lambda: market.cascade(hour, AFTER)) == "book_unknown"
    sold(market)
    market.allocate(DAY, ENDED)
    assert code_of(lambda: market.deliver(told(), END - HOUR)) == "delivery_not_over"
    assert code_of(lambda: market.supply("late", "site", "north", 1, at=ENDED)) == "delivery_allocated"
    assert not market.supply("n1", "site", "north", 3, at=ENDED)
    assert code_of(lambda: market.cascade(DAY, ENDED)) == "delivery_allocated"
    with market.books.read() as unit:
        assert code_of(lambda: market.deliveries.outturn(unit, DAY.name)) == "delivery_unsettled"


def test_buyer_that_cannot_pay_is_called_and_nothing_is_delivered_until_it_does(market):
    sold(market, rich=2 * LOT + 5 * 130 * LOT_H)
    before = market.transfers()
    found = market.allocate(DAY, ENDED)
    # Its price of three lots and margin of three, of which it has the price of two and the margin of five.
    lacking = LOT - 2 * 130 * LOT_H
    assert (found.allocation, found.reserved, found.calls_fen) == (None, (), {"firm": lacking})
    assert market.transfers() == before
    assert code_of(lambda: market.deliver(told(), AFTER)) == "delivery_unallocated"
    market.bring("firm", lacking, "more", ENDED)
    assert market.allocate(DAY, ENDED).is_new
    assert market.deliver(told(), AFTER).is_new
    assert market.money("firm/margin") == [(3 * 130 * LOT_H, 3 * 130 * LOT_H)]
    assert market.check() == ()


def test_member_that_is_called_nominates_nothing(market):
    sold(market, nominate=0, rich=2 * LOT + 5 * 130 * LOT_H)
    with market.books.begin() as unit:
        set_calls(unit, {"site": 5})
    assert code_of(lambda: market.supply("n1", "site", "north", 1)) == "call_unmet"


def test_defaulted_buyer_is_paid_for_down_the_waterfall(market):
    market_money = 2 * LOT + 5 * 130 * LOT_H
    sold(market, rich=market_money)
    with market.books.begin() as unit:
        draft = Draft(transfer_id="in/cap", debit="outside", credit="market/capital", amount=2 * LOT, reason="capital")
        market.accounts.post_whole(unit, [draft], ENDED)
    market.allocate(DAY, ENDED)
    market.default("firm", ENDED)
    assert market.allocate(DAY, ENDED).is_new
    # The firm's margin goes first, then the capital of the house.
    assert market.money("firm/margin", "market/capital", ESCROW) == [
        (0, 0),
        (2 * LOT - (3 * LOT - market_money), 2 * LOT - (3 * LOT - market_money)),
        (5 * LOT, 5 * LOT),
    ]
    assert market.check() == ()
    assert market.deliver(told(), AFTER).is_new
    assert market.check() == ()


def test_week_cascades_into_days_with_its_margin_and_value(market):
    market.fund(100 * RICH)
    market.order(cover("c1", "site", 5))
    market.order(order("s1", "site", "sell", 2, 1200), order("b1", "firm", "buy", 2, 1200))
    end = WEEK.window.start + timedelta(minutes=1)
    market.mark(end, {WEEK.name: 1250.0, DAY.name: 1000.0})
    held = market.settle(end).required_fen
    parts = market.cascade(WEEK, end)
    assert len(parts) == 2 * 7
    assert sum(one.card_h for one in parts if one.member == "firm") == 2 * 8 * 168
    assert {one.carried_fen_per_card_h for one in parts} == {1250}
    assert market.cascade(WEEK, end) == ()
    monday = Instrument(WEEK.card_class, WEEK.hub_id, Window.named("2026-03-02"))
    assert (market.exposure("site", monday).position, market.exposure("site").position) == (-2, 0)
    with market.books.read() as unit:
        listings = market.trading.listings(unit)
        needed = market.margins.required(unit)
    assert listings[monday.name].last_trading == monday.window.start - timedelta(hours=12)
    # Seven days at the rate of the week; the day that had a book of its own secures more.
    assert needed == {name: fen + 2 * 30 * LOT_H for name, fen in held.items()}
    # Cover of the week stays where it was promised: what was sold there cannot be taken back and sold again.
    assert code_of(lambda: market.send(cover("c2", "site", -4), at=end)) == "cover_spent"
    assert market.check() == ()
    # The next day marks what had no trade at the price it came at, and pays the day that has a price of its own.
    market.mark(end + timedelta(days=1), {DAY.name: 1000.0})
    with market.books.read() as unit:
        told_marks = {one.instrument: one.mark for one in marks(unit, (end + timedelta(days=1, hours=8)).date())}
    assert (told_marks[monday.name].rule.value, told_marks[monday.name].fen_per_card_h) == ("carried", 1250)
    paid = market.settle(end + timedelta(days=1)).paid_fen
    assert paid == {"firm": -250 * 2 * LOT_H, "site": 250 * 2 * LOT_H}
    assert market.check() == ()


def test_day_waits_for_the_week_around_it(market):
    sold(market)
    market.site("site", "west", 8)
    market.order(cover("c2", "site", 1))
    # A week book that still trades, or holds positions, could send them here.
    assert code_of(lambda: market.allocate(DAY, gate_of(DAY.window) - timedelta(days=3))) == "gate_open"
    early = Instrument(DAY.card_class, DAY.hub_id, Window.named("2026-03-02"))
    with market.books.begin() as unit:
        market.trading.open_book(unit, Listing(early, early.window.start, 100, "assumed"), ENDED)
    assert code_of(lambda: market.allocate(early, gate_of(early.window))) == "delivery_uncascaded"


def test_what_was_delivered_is_never_changed(market):
    sold(market)
    market.allocate(DAY, ENDED)
    market.deliver(told(), AFTER)
    for table in (SITE, SUPPLY, ALLOCATION, RESERVATION, DELIVERY):
        column = next(iter(table.c))
        for change in (sa.delete(table), sa.update(table).values({column.name: column})):
            with pytest.raises(EngineError), market.books.begin() as unit:
                unit.execute(change)


def test_check_finds_money_and_reservations_that_do_not_follow(market):
    sold(market)
    market.allocate(DAY, ENDED)
    with market.books.begin() as unit:
        draft = Draft(transfer_id="theft", debit=ESCROW, credit="outside", amount=7, reason="theft")
        market.accounts.post_whole(unit, [draft], ENDED)
        row = {"reservation_id": "a1-9", "instrument": DAY.name, "member": "firm", "site_id": "north"}
        unit.execute(sa.insert(RESERVATION).values({**row, "start": START, "end": END, "lots": 1}))
    found = {one.rule for one in market.check()}
    assert {"escrow_differs", "reservation_differs", "delivery_payment_differs", "delivery_leaf_missing"} <= found
