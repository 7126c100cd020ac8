"""The clearing house: margin is held before an order stands, a day is paid whole or called for, a default runs down.

All amounts are computed here by hand: a lot of the week is 8 cards x 168 hours, one of the day 8 x 24.
Tests that ask for ``market`` also run on PostgreSQL, see tests/engines/test_market_on_postgresql.py.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from tests.market.made import DAY, NOW, WEEK, cancel, cover, later, order

from qipan.accounts.model.posting import Draft
from qipan.kernel.errors import EngineError, NotAllowedError, NotFoundError, QipanError, RuleBrokenError
from qipan.market.store.clearing import CALL, DEFAULT, HOLD, MARK, SETTLEMENT

WEEK_H, DAY_H = 8 * 168, 8 * 24
WEEK_LOT, DAY_LOT = 100 * WEEK_H, 130 * DAY_H
"""Initial margin of a lot, at the rates of the books."""

TODAY = date(2026, 2, 1)
TOMORROW = later(86_400)


def traded(market, lots=2, fen=1200):
    """Let the site sell to the firm."""
    market.order(cover("c1", "site", 5))
    market.order(order("s1", "site", "sell", lots, fen), order("b1", "firm", "buy", lots, fen))


def code_of(act):
    with pytest.raises(QipanError) as caught:
        act()
    return caught.value.code


def test_order_holds_margin_for_the_largest_position_it_can_lead_to(market):
    market.fund(10 * WEEK_LOT)
    market.order(cover("c1", "site", 5))
    market.order(order("s1", "site", "sell", 3, 1200))
    assert market.money("site/margin") == [(10 * WEEK_LOT, 7 * WEEK_LOT)]
    market.order(order("b1", "firm", "buy", 2, 1200), order("b2", "firm", "buy", 4, 1100))
    # Two bought and four more may be; both of the site's sides cannot lead to more than three.
    assert market.money("firm/margin", "site/margin") == [
        (10 * WEEK_LOT, 4 * WEEK_LOT),
        (10 * WEEK_LOT, 7 * WEEK_LOT),
    ]
    market.order(order("b3", "site", "buy", 3, 1000))
    assert market.money("site/margin") == [(10 * WEEK_LOT, 7 * WEEK_LOT)]
    market.order(order("b4", "site", "buy", 3, 1000))
    # Short of two, six more may be bought: long of four, or short of three.
    assert market.money("site/margin") == [(10 * WEEK_LOT, 6 * WEEK_LOT)]
    market.order(order("d1", "site", "buy", 1, 900, DAY))
    assert market.money("site/margin") == [(10 * WEEK_LOT, 6 * WEEK_LOT - DAY_LOT)]
    assert market.check() == ()


def test_order_without_margin_is_refused_and_leaves_nothing(market):
    market.fund(2 * WEEK_LOT)
    assert code_of(lambda: market.order(order("b1", "firm", "buy", 3, 1200))) == "margin_short"
    assert market.exposure("firm") is None
    assert market.money("firm/margin") == [(2 * WEEK_LOT, 2 * WEEK_LOT)]
    # The id stayed free.
    market.order(order("b1", "firm", "buy", 2, 1200))
    assert code_of(lambda: market.order(order("d1", "firm", "buy", 1, 1, DAY))) == "margin_short"
    market.bring("firm", DAY_LOT, "more")
    market.order(order("d1", "firm", "buy", 1, 1, DAY))
    assert market.money("firm/margin") == [(2 * WEEK_LOT + DAY_LOT, 0)]
    assert market.check() == ()


def test_order_that_the_book_refuses_posts_nothing(market):
    market.fund(10 * WEEK_LOT)
    before = market.transfers()
    market.order(order("s1", "firm", "sell", 1, 1200), cancel("x", "firm", "nothing"))
    assert market.transfers() == before


def test_orders_again_post_nothing_twice(market):
    market.fund(10 * WEEK_LOT)
    traded(market)
    before = market.transfers()
    market.order(order("s1", "site", "sell", 2, 1200), order("b1", "firm", "buy", 2, 1200))
    assert market.transfers() == before


def test_margin_that_is_held_cannot_be_taken_back(market):
    market.fund(10 * WEEK_LOT)
    traded(market)

    def back(fen, name):
        with market.books.begin() as unit:
            return market.margins.take_back(unit, "firm", NOW, account="outside", fen=fen, transfer_id=name)

    assert code_of(lambda: back(8 * WEEK_LOT + 1, "out1")) == "transfers_refused"
    assert back(8 * WEEK_LOT, "out2")
    assert not back(8 * WEEK_LOT, "out2")
    draft = Draft(transfer_id="x", debit="firm/margin", credit="outside", amount=1, reason="theft")
    with market.books.begin() as unit:
        assert market.accounts.post(unit, [draft], NOW) == ("below_floor",)


def test_day_pays_trades_to_the_mark_and_positions_from_mark_to_mark(market):
    market.fund(10 * WEEK_LOT)
    traded(market, lots=2, fen=1200)
    market.order(order("d1", "bank", "buy", 1, 900, DAY), at=later(60))
    marks = market.mark(later(120), {DAY.name: 950.0})
    assert [(one.instrument, one.mark.fen_per_card_h, one.mark.rule.value) for one in marks] == [
        (DAY.name, 950, "plan"),
        (WEEK.name, 1200, "vwap"),
    ]
    first = market.settle(later(130))
    assert (first.paid_fen, first.is_settled) == ({"firm": 0, "site": 0}, True)
    assert first.required_fen == {"bank": DAY_LOT, "firm": 2 * WEEK_LOT, "site": 2 * WEEK_LOT}
    # The next day: the firm sells one on to the bank at 1,260, and 1,250 is the middle of what stands.
    market.order(
        order("b2", "bank", "buy", 1, 1260), order("s2", "firm", "sell", 1, 1260), at=TOMORROW - timedelta(hours=2)
    )
    market.order(order("b3", "bank", "buy", 1, 1240), order("s3", "firm", "sell", 1, 1260), at=TOMORROW)
    marks = market.mark(TOMORROW + timedelta(seconds=1))
    assert {one.instrument: one.mark.fen_per_card_h for one in marks} == {WEEK.name: 1250}
    second = market.settle(TOMORROW + timedelta(seconds=2))
    assert second.paid_fen == {
        "bank": (1250 - 1260) * WEEK_H,
        "firm": (2 * (1250 - 1200) - (1250 - 1260)) * WEEK_H,
        "site": -2 * (1250 - 1200) * WEEK_H,
    }
    assert sum(second.paid_fen.values()) == 0
    balances = market.money("bank/margin", "firm/margin", "site/margin", "market/clearing")
    assert [posted for posted, _ in balances] == [
        10 * WEEK_LOT - 10 * WEEK_H,
        10 * WEEK_LOT + 110 * WEEK_H,
        10 * WEEK_LOT - 100 * WEEK_H,
        0,
    ]
    # The bank is long of one and may buy one more here and one of the day; the firm is long of one.
    held = {"bank": 2 * WEEK_LOT + DAY_LOT, "firm": WEEK_LOT, "site": 2 * WEEK_LOT}
    assert second.required_fen == held
    assert [posted - free for posted, free in balances[:3]] == [held["bank"], held["firm"], held["site"]]
    assert market.check() == ()


def test_day_again_gives_the_same_marks_and_digest_and_posts_nothing(market):
    market.fund(10 * WEEK_LOT)
    traded(market)
    marks = market.mark(later(60))
    found = market.settle(later(61))
    before = market.transfers()
    market.begin_anew()
    assert market.mark(later(70), {WEEK.name: 1.0}) == marks
    again = market.settle(later(71))
    assert (again.digest, again.paid_fen, again.is_settled) == (found.digest, found.paid_fen, True)
    assert len(found.digest) == 64
    assert market.transfers() == before


def test_same_requests_on_other_books_give_the_same_digest(market, tmp_path, empty):
    from shutil import copy

    from tests.market.made import Market

    from qipan.storage.books import Books

    other_books = Books(f"sqlite:///{copy(empty, tmp_path / 'other.sqlite')}")
    other = Market(other_books)
    other.open()
    digests = []
    for one in (market, other):
        one.fund(10 * WEEK_LOT)
        traded(one)
        one.mark(later(60))
        digests.append(one.settle(later(61)).digest)
    other_books.close()
    assert digests[0] == digests[1]


def test_linked_group_of_a_day_stands_or_falls_whole(market):
    market.fund(10 * WEEK_LOT)
    traded(market)
    market.mark(later(60))
    with market.books.begin() as unit:
        # Somebody else has taken the id of the last transfer of the group.
        taken = Draft(
            transfer_id=f"im/d/{TODAY}/site", debit="outside", credit="market/capital", amount=1, reason="mistake"
        )
        market.accounts.post_whole(unit, [taken], later(61))
    before = market.transfers()
    assert code_of(lambda: market.settle(later(62))) == "transfers_refused"
    assert market.transfers() == before
    assert market.money("firm/margin") == [(10 * WEEK_LOT, 8 * WEEK_LOT)]


def test_call_stops_the_day_until_it_is_answered(market):
    market.fund(3 * WEEK_LOT)
    traded(market, lots=2, fen=1200)
    market.mark(later(60))
    market.settle(later(61))
    marks = market.mark(TOMORROW, {WEEK.name: 1400.0})
    assert marks[0].mark.fen_per_card_h == 1400
    found = market.settle(TOMORROW)
    # Short of two lots: 400 fen a card-hour are lost, of the 300 that it has 200 must stay.
    assert found.calls_fen == {"site": (2 * 200 + 200 - 300) * WEEK_H}
    assert (found.is_settled, found.drafts) == (False, ())
    assert market.money("site/margin", "firm/margin") == [(3 * WEEK_LOT, WEEK_LOT)] * 2
    assert code_of(lambda: market.order(order("b9", "site", "buy", 1, 1000), at=TOMORROW)) == "margin_called"
    assert code_of(lambda: market.mark(TOMORROW + timedelta(days=1), {WEEK.name: 1400.0})) == "day_unsettled"
    market.bring("site", 300 * WEEK_H - 1, "almost", TOMORROW)
    assert market.settle(TOMORROW).calls_fen == {"site": 1}
    market.bring("site", 1, "rest", TOMORROW)
    assert market.settle(TOMORROW).is_settled
    assert market.money("site/margin", "firm/margin", "market/clearing") == [
        (200 * WEEK_H, 0),
        (700 * WEEK_H, 500 * WEEK_H),
        (0, 0),
    ]
    market.order(order("b9", "firm", "buy", 1, 1000), at=TOMORROW)
    assert market.check() == ()


def called(market):
    """Let the site be called for what a dear day costs it; return how much."""
    market.fund(3 * WEEK_LOT)
    traded(market, lots=2, fen=1200)
    market.mark(TOMORROW, {WEEK.name: 1400.0})
    return market.settle(TOMORROW).calls_fen["site"]


def test_member_that_answered_its_call_does_not_default_and_trades_at_once(market):
    fen = called(market)
    market.bring("site", fen - 1, "almost", TOMORROW)
    assert not market.bring("site", fen - 1, "almost", TOMORROW)
    with market.books.read() as unit:
        assert market.margins.calls(unit) == {"site": 1}
    market.bring("site", 1 + DAY_LOT, "rest", TOMORROW)
    assert code_of(lambda: market.default("site", TOMORROW)) == "default_uncalled"
    market.order(order("d1", "site", "buy", 1, 900, DAY), at=TOMORROW)
    assert market.settle(TOMORROW).is_settled
    assert market.check() == ()


def test_money_that_came_by_another_door_is_counted_before_a_default(market):
    fen = called(market)
    draft = Draft(transfer_id="gift", debit="outside", credit="site/margin", amount=fen - 1, reason="gift")
    with market.books.begin() as unit:
        market.accounts.post_whole(unit, [draft], TOMORROW)
    market.bring("site", 1, "one", TOMORROW)
    assert code_of(lambda: market.default("site", TOMORROW)) == "default_uncalled"


def test_member_that_answered_in_part_still_defaults(market):
    market.bring("site", called(market) - 1, "almost", TOMORROW)
    market.bring("firm", 1, "other", TOMORROW)
    market.default("site", TOMORROW)
    with market.books.read() as unit:
        assert [one.member for one in market.margins.purses(unit) if one.is_defaulted] == ["site"]


def test_default_runs_down_the_waterfall_and_every_fen_is_found(market):
    market.fund(3 * WEEK_LOT, share_fen=60 * WEEK_H, capital_fen=30 * WEEK_H)
    traded(market, lots=2, fen=1200)
    market.order(order("s2", "site", "sell", 1, 3000))
    market.mark(later(60))
    market.settle(later(61))
    assert code_of(lambda: market.default("site", later(62))) == "default_uncalled"
    market.order(order("o", "bank", "sell", 1, 1500), at=later(63))
    market.mark(TOMORROW, {WEEK.name: 1400.0})
    assert list(market.settle(TOMORROW).calls_fen) == ["site"]
    assert market.default("site", TOMORROW) == ()
    assert market.exposure("site").open_sell_lots == 0
    found = market.settle(TOMORROW)
    # It owes 400 a card-hour: its margin 300, its share 60, the house 30, the others 5 each.
    assert found.paid_fen == {"firm": 400 * WEEK_H, "site": -400 * WEEK_H}
    assert market.money("site/margin", "site/fund", "market/capital", "bank/fund", "firm/fund", "market/clearing") == [
        (0, 0),
        (0, 0),
        (0, 0),
        (55 * WEEK_H, 55 * WEEK_H),
        (55 * WEEK_H, 55 * WEEK_H),
        (0, 0),
    ]
    assert market.money("firm/margin") == [(700 * WEEK_H, 500 * WEEK_H)]
    assert code_of(lambda: market.order(order("b9", "site", "buy", 1, 1000), at=TOMORROW)) == "member_defaulted"
    assert market.check() == ()


def test_default_closes_positions_out_within_the_band_and_the_next_day_pays_for_it(market):
    market.fund(3 * WEEK_LOT, share_fen=500 * WEEK_H)
    market.order(cover("c1", "site", 5))
    market.order(order("s1", "site", "sell", 2, 1200), order("b1", "firm", "buy", 2, 1200))
    market.mark(later(60))
    market.settle(later(61))
    market.mark(TOMORROW, {WEEK.name: 1400.0})
    assert list(market.settle(TOMORROW).calls_fen) == ["site"]
    # 1,680 is the last price within a fifth of 1,400.
    market.order(order("f1", "firm", "sell", 1, 1680), order("f2", "firm", "sell", 1, 1681), at=TOMORROW)
    (trade,) = market.default("site", TOMORROW)
    assert (trade.buyer, trade.seller, trade.lots, trade.fen_per_card_h) == ("site", "firm", 1, 1680)
    assert market.exposure("site").position == -1
    assert market.settle(TOMORROW).paid_fen["site"] == -400 * WEEK_H
    assert market.money("site/margin", "site/fund") == [(0, 0), (400 * WEEK_H, 400 * WEEK_H)]
    third = TOMORROW + timedelta(days=1)
    market.order(cancel("y", "firm", "f2"), at=third)
    market.mark(third, {WEEK.name: 1400.0})
    # One lot bought back at 1,680 and marked at 1,400; the other has not moved.
    assert market.settle(third).paid_fen == {"firm": 280 * WEEK_H, "site": -280 * WEEK_H}
    assert market.money("site/fund") == [(120 * WEEK_H, 120 * WEEK_H)]
    assert market.check() == ()


def test_default_that_nothing_covers_posts_nothing_until_the_house_brings_capital(market):
    market.fund(3 * WEEK_LOT)
    traded(market)
    market.mark(later(60))
    market.settle(later(61))
    market.mark(TOMORROW, {WEEK.name: 1400.0})
    market.settle(TOMORROW)
    market.default("site", TOMORROW)
    assert code_of(lambda: market.settle(TOMORROW)) == "default_uncovered"
    assert market.money("site/margin") == [(3 * WEEK_LOT, WEEK_LOT)]
    with market.books.begin() as unit:
        more = Draft(transfer_id="cap", debit="outside", credit="market/capital", amount=100 * WEEK_H, reason="capital")
        market.accounts.post_whole(unit, [more], TOMORROW)
    assert market.settle(TOMORROW).is_settled
    assert market.check() == ()


def test_last_mark_comes_when_trading_has_ended_and_takes_the_quotes_before_it(market):
    market.fund(10 * WEEK_LOT)
    traded(market, fen=1200)
    market.order(order("b2", "bank", "buy", 1, 1100), order("s2", "site", "sell", 1, 1200))
    end = WEEK.window.start
    (found,) = market.mark(end + timedelta(minutes=5))
    assert (found.mark.fen_per_card_h, found.mark.rule.value, found.is_final) == (1150, "mid", True)
    assert found.mark.closing.end == end
    assert market.settle(end + timedelta(minutes=6)).paid_fen == {"firm": -100 * WEEK_H, "site": 100 * WEEK_H}
    assert market.exposure("bank").open_buy_lots == 0
    assert market.mark(end + timedelta(days=1)) == ()
    assert market.check() == ()


def test_mark_counts_a_trade_once_though_two_closing_windows_hold_it(market):
    market.fund(10 * WEEK_LOT)
    # Ten minutes before and after midnight of UTC+8.
    midnight = NOW.replace(hour=16)
    traded(market)
    market.order(
        order("s2", "site", "sell", 1, 1300), order("b2", "firm", "buy", 1, 1300), at=midnight - timedelta(0, 900)
    )
    assert market.mark(midnight - timedelta(0, 600))[0].mark.fen_per_card_h == 1300
    market.settle(midnight - timedelta(0, 600))
    (found,) = market.mark(midnight + timedelta(0, 600), {WEEK.name: 1250.0})
    assert (found.mark.fen_per_card_h, found.mark.rule.value, found.mark.lots) == (1250, "plan", 0)


def test_mark_without_a_price_is_refused_for_every_book_at_once(market):
    market.fund(10 * WEEK_LOT)
    traded(market)
    market.order(order("d1", "firm", "buy", 1, 900, DAY), order("d2", "bank", "buy", 1, 900, DAY))
    assert market.mark(later(60))[0].instrument == WEEK.name
    market.settle(later(61))
    with pytest.raises(RuleBrokenError) as caught:
        market.mark(TOMORROW)
    assert caught.value.code == "marks_missing"
    assert [(one.value, one.rule) for one in caught.value.findings] == [(WEEK.name, "mark_missing")]
    with pytest.raises(NotFoundError):
        market.mark(TOMORROW, {"nothing": 1.0})
    assert code_of(lambda: market.mark(NOW - timedelta(days=1))) == "day_past"


def test_settle_before_the_first_mark_is_refused(market):
    market.fund(1)
    assert code_of(lambda: market.settle(NOW)) == "day_unmarked"
    assert market.mark(NOW) == ()
    found = market.settle(NOW)
    assert (found.drafts, found.paid_fen, found.is_settled) == ((), {}, True)
    with pytest.raises(NotFoundError), market.books.begin() as unit:
        market.margins.bring(unit, "nobody", NOW, source="outside", fen=1, transfer_id="x")


def test_between_mark_and_settlement_who_stands_in_a_book_takes_nothing_back(market):
    market.fund(3 * WEEK_LOT)
    traded(market)
    market.mark(TOMORROW, {WEEK.name: 1050.0})

    def take(member, name):
        with market.books.begin() as unit:
            return market.margins.take_back(unit, member, TOMORROW, account="outside", fen=1, transfer_id=name)

    assert code_of(lambda: take("firm", "x")) == "day_unsettled"
    assert take("bank", "y")
    assert market.settle(TOMORROW).calls_fen == {"firm": 2 * 150 * WEEK_H - WEEK_LOT}
    market.bring("firm", 2 * 150 * WEEK_H, "more", TOMORROW)
    assert market.settle(TOMORROW).is_settled
    assert take("firm", "x")
    assert market.check() == ()


def test_called_member_takes_nothing_back(market):
    market.fund(3 * WEEK_LOT)
    traded(market)
    market.mark(later(60))
    market.settle(later(61))
    market.mark(TOMORROW, {WEEK.name: 1400.0})
    market.settle(TOMORROW)
    with pytest.raises(NotAllowedError) as caught, market.books.begin() as unit:
        market.margins.take_back(unit, "site", TOMORROW, account="outside", fen=1, transfer_id="x")
    assert caught.value.code == "margin_called"


@pytest.mark.parametrize(
    "change",
    [sa.update(MARK).values(fen_per_card_h=1), sa.delete(SETTLEMENT), sa.update(SETTLEMENT).values(digest="")],
)
def test_what_was_marked_and_settled_is_never_changed(market, change):
    market.fund(10 * WEEK_LOT)
    traded(market)
    market.mark(later(60))
    market.settle(later(61))
    with pytest.raises(EngineError), market.books.begin() as unit:
        unit.execute(change)


def test_check_finds_money_that_does_not_follow_from_the_marks(market):
    market.fund(10 * WEEK_LOT)
    traded(market)
    market.mark(later(60))
    market.settle(later(61))
    with market.books.begin() as unit:
        stray = Draft(transfer_id="stray", debit="outside", credit="market/clearing", amount=5, reason="mistake")
        market.accounts.post_whole(unit, [stray], later(62))
        unit.execute(sa.update(HOLD).where(HOLD.c.member == "firm").values(fen=10**9))
        assert unit.execute(sa.select(CALL)).all() == unit.execute(sa.select(DEFAULT)).all() == []
    assert [one.rule for one in market.check()] == ["hold_differs", "clearing_not_empty"]
