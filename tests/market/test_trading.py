"""Books that are kept: each request is durable before its answer, replays change nothing, a crash loses nothing.

Tests that ask for ``market`` also run on PostgreSQL, see tests/engines/test_market_on_postgresql.py.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.market.made import CARDS, DAY, IMMEDIATE, LISTINGS, MEMBERS, NOW, PASSIVE, WEEK, cancel, cover, later, order

from qipan.kernel.errors import (
    BadInputError,
    ConflictError,
    EngineError,
    NotAllowedError,
    NotFoundError,
    QipanError,
    RuleBrokenError,
)
from qipan.log.note import SIGNS, Signer, sign
from qipan.market.deliver import gate_of
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import Refusal, Side, State
from qipan.market.model.request import Certification, Member
from qipan.market.record import record, signed_text
from qipan.market.service.trading import Trading
from qipan.market.store.book import BOOK, EXPOSURE, MEMBER, REQUEST, TRADE

FIRST = (cover("c1", "site", 5), order("s1", "site", "sell", 5, 1200), order("b1", "firm", "buy", 2, 1300))


def rows(market, table):
    with market.books.read() as unit:
        return unit.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_send_keeps_requests_trades_exposures_and_leaves(market):
    assert market.told(*FIRST) == [(None, 0, None), ("open", 5, None), ("filled", 0, None)]
    with market.books.read() as unit:
        (trade,) = market.trading.trades(unit, WEEK.name)
        kinds = [leaf.kind for leaf in market.log.leaves(unit)]
    assert (trade.buyer, trade.seller, trade.lots, trade.fen_per_card_h) == ("firm", "site", 2, 1200)
    site, firm = market.exposure("site"), market.exposure("firm")
    assert (site.position, site.open_sell_lots, site.cover_lots, site.granted_lots) == (-2, 3, 0, 5)
    assert (firm.position, firm.open_buy_lots, firm.cover_lots) == (2, 0, 2)
    assert kinds == ["market_request"] * 3
    assert market.check() == ()


def test_send_again_after_a_lost_answer_is_told_the_same(market):
    first = market.send(*FIRST)
    again = market.send(*FIRST, at=later(60))
    assert [replace(one, is_new=True) for one in again] == list(first)
    assert not any(one.is_new for one in again)
    assert (rows(market, REQUEST), rows(market, TRADE)) == (3, 1)


@pytest.mark.parametrize(
    "other", [replace(FIRST[1], lots=4), cancel("s1", "site", "s1"), replace(FIRST[1], member="firm")]
)
def test_send_another_under_the_id_is_refused(market, other):
    market.send(*FIRST)
    with pytest.raises(ConflictError) as caught:
        market.send(other)
    assert caught.value.code == "order_differs"
    assert rows(market, REQUEST) == 3


def test_send_an_id_of_another_book_is_refused(market):
    market.send(*FIRST)
    with pytest.raises(ConflictError) as caught:
        market.send(order("b1", "firm", "buy", 2, 1300, DAY))
    assert caught.value.code == "order_differs"


def test_book_is_made_anew_after_a_crash_and_goes_on_as_if_nothing_was(market):
    market.send(*FIRST)
    market.begin_anew()
    assert market.told(order("b2", "bank", "buy", 4, 1250), at=later(5)) == [("open", 1, None)]
    with market.books.read() as unit:
        assert [one.sequence for one in market.trading.trades(unit, WEEK.name)] == [2, 4]
        with market.trading.look(unit, WEEK.name) as kept:
            assert kept.book.depth(Side.BUY) == ((1250, 1),)
    assert market.check() == ()


def test_book_in_memory_forgets_a_unit_of_work_that_was_undone(market):
    market.send(*FIRST[:2])
    with suppress(ZeroDivisionError), market.books.begin() as unit:
        market.trading.send(unit, FIRST[2:], NOW)
        raise ZeroDivisionError
    assert market.told(order("b9", "bank", "buy", 5, 1300)) == [("filled", 0, None)]
    assert market.exposure("firm") is None
    assert market.check() == ()


def test_two_services_on_one_book_take_turns(market):
    other = Trading(market.log)
    market.send(*FIRST[:2])
    with market.books.begin() as unit:
        other.send(unit, [order("b1", "firm", "buy", 1, 1200)], later(1))
    assert market.told(order("b2", "firm", "buy", 5, 1200), at=later(2)) == [("open", 1, None)]
    with market.books.begin() as unit:
        other.send(unit, [cancel("x", "firm", "b2")], later(3))
    assert market.exposure("firm").open_buy_lots == 0
    assert market.check() == ()


def test_clock_that_goes_back_stands_still(market):
    market.send(*FIRST[:1], at=later(100))
    (answer,) = market.send(FIRST[1], at=later(-100))
    assert answer.entered.at == later(100)


@pytest.mark.parametrize(
    ("bad", "refusal"),
    [
        (order("x", "firm", "buy", 1, 1200, entry=PASSIVE), Refusal.CROSSED),
        (order("x", "site", "sell", 1, 1200), Refusal.OVERSOLD),
        (order("x", "site", "buy", 1, 1200), Refusal.SELF_TRADE),
        (order("x", "firm", "buy", 1, 1, good_until=NOW), Refusal.EXPIRED),
        (cancel("x", "firm", "s1"), Refusal.UNKNOWN),
        (cancel("x", "site", "nothing"), Refusal.UNKNOWN),
    ],
)
def test_send_what_the_book_refuses_is_kept_with_its_code_and_changes_nothing(market, bad, refusal):
    market.send(*FIRST[:2])
    before = market.exposure("site")
    (answer,) = market.send(bad)
    assert (answer.entered.refusal, answer.trades) == (refusal, ())
    assert market.exposure("site") == before
    assert (rows(market, REQUEST), rows(market, TRADE)) == (3, 0)
    assert market.send(bad)[0].entered == answer.entered
    assert market.check() == ()


@pytest.mark.parametrize(
    ("bad", "kind", "code"),
    [
        (order("x", "firm", "buy", -1, 1200), BadInputError, "order_negative"),
        (order("x", "firm", "buy", 0, 1200), BadInputError, "order_negative"),
        (order("x", "firm", "buy", 1, -1), BadInputError, "order_negative"),
        (order("x", "firm", "buy", 1.5, 1200), BadInputError, "order_out_of_grid"),
        (order("x", "firm", "buy", True, 1200), BadInputError, "order_out_of_grid"),
        (order("x", "firm", "buy", 1, 12.25), BadInputError, "order_out_of_grid"),
        (order("x", "firm", "buy", 10**6 + 1, 1200), BadInputError, "order_out_of_grid"),
        (order("x", "firm", "buy", 1, 1200, good_until=NOW.replace(tzinfo=None)), BadInputError, "order_out_of_grid"),
        (order("a b", "firm", "buy", 1, 1200), BadInputError, "request_id_malformed"),
        (order("passing/x", "firm", "buy", 1, 1200), BadInputError, "request_id_malformed"),
        (order("x", "thief", "buy", 1, 1200), NotFoundError, "member_unknown"),
        (order("x", "", "buy", 1, 1200), NotFoundError, "member_unknown"),
        (order("x", "firm", "buy", 1, 1200, replace(WEEK, hub_id="guizhou")), NotFoundError, "book_unknown"),
        (cover("x", "site", 0), BadInputError, "cover_malformed"),
        (cover("x", "site", -1), RuleBrokenError, "cover_ungranted"),
        (cover("x", "site", CARDS // 8 + 1), RuleBrokenError, "cover_uncertified"),
        (cover("x", "firm", 1), RuleBrokenError, "cover_uncertified"),
    ],
)
def test_send_what_no_book_can_keep_is_raised_and_leaves_nothing(market, bad, kind, code):
    with pytest.raises(QipanError) as caught:
        market.send(bad)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert rows(market, REQUEST) == rows(market, EXPOSURE) == 0


def test_send_requests_of_two_books_is_refused(market):
    with pytest.raises(BadInputError) as caught:
        market.send(FIRST[0], order("x", "firm", "buy", 1, 1200, DAY))
    assert caught.value.code == "order_elsewhere"
    with pytest.raises(BadInputError) as caught:
        market.send(FIRST[0], cover("x", "site", 1, DAY))
    assert caught.value.code == "requests_of_several_books"


def test_cover_promises_each_hour_once_over_all_books_of_a_member(market):
    market.send(cover("c1", "site", 8))
    with pytest.raises(RuleBrokenError) as caught:
        market.send(cover("c2", "site", 5, DAY))
    assert caught.value.code == "cover_uncertified"
    market.send(cover("c3", "site", 4, DAY))
    market.send(cover("c4", "site", -3))
    market.send(cover("c5", "site", 3, DAY))
    assert (market.exposure("site").granted_lots, market.exposure("site", DAY).granted_lots) == (5, 7)
    market.send(order("s", "site", "sell", 5, 1200))
    with pytest.raises(RuleBrokenError) as caught:
        market.send(cover("c6", "site", -1))
    assert caught.value.code == "cover_spent"
    assert market.check() == ()


def test_cover_after_capacity_was_cut_is_refused(market):
    cut = Certification("site", WEEK.card_class, WEEK.hub_id, WEEK.window.start + timedelta(hours=100), 39, "NC-2")
    with market.books.begin() as unit:
        market.trading.certify(unit, cut, NOW)
    with pytest.raises(RuleBrokenError):
        market.send(cover("c1", "site", 5))
    market.send(cover("c2", "site", 4))
    # The day lies before the cut: twelve lots are certified, four are promised.
    market.send(cover("c3", "site", 8, DAY))
    with pytest.raises(RuleBrokenError):
        market.send(cover("c4", "site", 1, DAY))


def test_forged_requests_are_refused_and_signed_ones_are_kept(market):
    east, thief = Signer("east", SIGNS, bytes(range(32))), Signer("east", SIGNS, bytes(range(1, 33)))
    with market.books.begin() as unit:
        market.trading.admit(unit, Member("east", str(east.verifier)), NOW)
    wanted = order("e1", "east", "buy", 2, 1300)
    good = str(sign(signed_text(record(wanted)), east))
    forged = [
        {},
        {"e1": "nonsense"},
        {"e1": str(sign(signed_text(record(wanted)), thief))},
        {"e1": str(sign(signed_text(record(replace(wanted, lots=3))), east))},
        {"e1": f"{good}\n{good}"},
    ]
    for signatures in forged:
        with pytest.raises(NotAllowedError) as caught:
            market.send(wanted, signatures=signatures)
        assert caught.value.code == "request_forged"
    assert rows(market, REQUEST) == 0
    (answer,) = market.send(wanted, signatures={"e1": good})
    assert (answer.entered.state, answer.entered.signature) == (State.OPEN, good)
    assert market.check() == ()


def test_orders_expire_as_time_is_entered_and_the_book_closes(market):
    market.send(*FIRST[:2], order("b0", "firm", "buy", 1, 900, good_until=later(10)))
    with market.books.read() as unit:
        with market.trading.look(unit, WEEK.name, later(9)) as before:
            assert before.book.depth(Side.BUY) == ((900, 1),)
        with market.trading.look(unit, WEEK.name, later(11)) as kept:
            # Whoever looks at what has not changed takes the book in memory.
            assert kept is before
            assert kept.book.depth(Side.BUY) == ()
        with market.trading.look(unit, WEEK.name) as anew:
            assert anew is not before
            assert anew.book.depth(Side.BUY) == ((900, 1),)
    with market.books.begin() as unit:
        market.trading.pass_time(unit, WEEK.name, later(11))
        market.trading.pass_time(unit, WEEK.name, WEEK.window.start)
    assert (market.exposure("firm").open_buy_lots, market.exposure("site").open_sell_lots) == (0, 0)
    assert market.exposure("site").cover_lots == 5
    assert market.told(order("b3", "firm", "buy", 1, 900)) == [("rejected", 1, "order_expired")]
    assert market.check() == ()


def test_immediate_and_whole_orders_keep_their_meaning(market):
    market.send(*FIRST[:2])
    told = market.told(
        order("i", "firm", "buy", 9, 1300, entry=IMMEDIATE),
        order("w", "bank", "buy", 3, 1300, is_whole=True),
    )
    assert told == [("cancelled", 4, None), ("open", 3, None)]
    assert (market.exposure("firm").position, market.exposure("bank").open_buy_lots) == (5, 3)


def test_week_is_opened_before_the_gate_of_its_first_day_or_never(market):
    week = Instrument(WEEK.card_class, WEEK.hub_id, Window.named("2026-W11"))
    gate, listing = gate_of(week.window), replace(LISTINGS[0], instrument=week, last_trading=week.window.start)

    def open_at(now, listing=listing):
        with market.books.begin() as unit:
            return market.trading.open_book(unit, listing, now)

    with pytest.raises(RuleBrokenError) as caught:
        open_at(gate)
    assert caught.value.code == "book_late"
    assert open_at(gate - timedelta(microseconds=1))
    # It stands as it was opened; a day may be opened until it begins.
    assert not open_at(gate)
    day = Instrument(WEEK.card_class, WEEK.hub_id, Window.named("2026-03-16"))
    assert open_at(gate_of(day.window), replace(listing, instrument=day, last_trading=day.window.start))


def test_members_and_books_keep_what_they_were_entered_with(market):
    with market.books.begin() as unit:
        assert not market.trading.admit(unit, MEMBERS[0], NOW)
        assert not market.trading.open_book(unit, LISTINGS[0], NOW)
    bad = [
        (
            lambda unit: market.trading.admit(unit, Member("site", str(Signer("s", SIGNS, bytes(32)).verifier)), NOW),
            "member_taken",
        ),
        (lambda unit: market.trading.admit(unit, Member("market"), NOW), "member_unfit"),
        (lambda unit: market.trading.admit(unit, Member("Ä"), NOW), "member_unfit"),
        (lambda unit: market.trading.admit(unit, Member("x", "no key"), NOW), "key_line_malformed"),
        (lambda unit: market.trading.open_book(unit, replace(LISTINGS[0], margin_fen_per_card_h=1), NOW), "book_taken"),
        (
            lambda unit: market.trading.open_book(unit, replace(LISTINGS[0], margin_fen_per_card_h=0), NOW),
            "listing_unfit",
        ),
        (
            lambda unit: market.trading.open_book(unit, replace(LISTINGS[0], last_trading=WEEK.window.end), NOW),
            "last_trading_late",
        ),
        (lambda unit: market.trading.certify(unit, Certification("no", "a", "b", NOW, 1, ""), NOW), "member_unknown"),
        (
            lambda unit: market.trading.certify(unit, Certification("site", "a", "b", later(1), 1, ""), NOW),
            "certification_unfit",
        ),
        (
            lambda unit: market.trading.certify(unit, Certification("site", "a", "b", NOW, -1, ""), NOW),
            "certification_unfit",
        ),
    ]
    for act, code in bad:
        with pytest.raises(QipanError) as caught, market.books.begin() as unit:
            act(unit)
        assert caught.value.code == code
    with market.books.read() as unit:
        assert list(market.trading.members(unit)) == ["bank", "firm", "site"]
        assert market.trading.listings(unit) == {one.instrument.name: one for one in (LISTINGS[1], LISTINGS[0])}


@pytest.mark.parametrize(
    "change",
    [
        sa.update(REQUEST).values(record="{}"),
        sa.delete(REQUEST),
        sa.update(TRADE).values(lots=1),
        sa.delete(TRADE),
        sa.update(BOOK).values(margin_fen_per_card_h=1),
        sa.delete(MEMBER),
    ],
)
def test_what_was_entered_is_never_changed(market, change):
    market.send(*FIRST)
    with pytest.raises(EngineError), market.books.begin() as unit:
        unit.execute(change)


def test_check_finds_an_exposure_that_does_not_follow(market):
    market.send(*FIRST)
    with market.books.begin() as unit:
        unit.execute(sa.update(EXPOSURE).where(EXPOSURE.c.member == "firm").values(position=3))
    assert [one.rule for one in market.check()] == ["exposure_differs"]
