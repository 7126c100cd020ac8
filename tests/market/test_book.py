"""The order book against a naive one that keeps a list and sorts it anew for every question."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.independent.naive_book import NaiveBook, plain

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.book import Book
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import (
    MOST_FEN_PER_CARD_H,
    MOST_LOTS,
    Change,
    Entry,
    Order,
    Refusal,
    Side,
    State,
    Trade,
)
from qipan.market.refuse import refuse

WEEK = Instrument("h100-80g", "ningxia", Window.named("2026-W10"))
T0 = datetime(2026, 2, 1, tzinfo=UTC)
END = T0 + timedelta(hours=40)
HOUR = timedelta(hours=1)
MEMBERS = ("east", "west", "north")


class Books(RuleBasedStateMachine):
    """Random requests to both books: the same events, and the invariants of the notes in the real one."""

    @initialize()
    def begin(self) -> None:
        self.book, self.naive, self.now = Book(WEEK, END), NaiveBook(END), T0
        self.sequence, self.sent, self.trades = 0, [], []

    def heard(self, events: list[Trade | Change], expected: list[tuple[object, ...]]) -> None:
        assert plain(events) == expected
        assert [e.sequence for e in events] == list(range(self.sequence + 1, self.sequence + len(events) + 1))
        assert all(e.at == self.now for e in events)
        self.sequence += len(events)
        self.trades += [e for e in events if isinstance(e, Trade)]

    @rule(member=st.sampled_from(MEMBERS), lots=st.integers(0, 12))
    def grant(self, member: str, lots: int) -> None:
        self.book.grant(member, lots)
        self.naive.granted[member] += lots

    @rule(member=st.sampled_from(MEMBERS), lots=st.integers(1, 12))
    def withdraw(self, member: str, lots: int) -> None:
        if lots > self.naive.free(member):
            with pytest.raises(RuleBrokenError) as raised:
                self.book.withdraw(member, lots)
            assert raised.value.code == "cover_spent"
        else:
            self.book.withdraw(member, lots)
            self.naive.granted[member] -= lots

    @rule(
        member=st.sampled_from(MEMBERS),
        side=st.sampled_from(Side),
        lots=st.integers(1, 9),
        price=st.integers(8, 12),
        entry=st.sampled_from([Entry.STANDING, Entry.STANDING, Entry.IMMEDIATE, Entry.PASSIVE]),
        is_whole=st.booleans(),
        hours=st.none() | st.integers(0, 30),
    )
    def enter(self, member, side, lots, price, entry, is_whole, hours) -> None:
        until = None if hours is None else self.now + hours * HOUR
        order = Order(f"o{len(self.sent)}", member, WEEK.name, side, lots, price, entry, is_whole, until)
        self.sent.append(order)
        self.heard(self.book.enter(order, self.now), self.naive.enter(order, self.now))

    @rule(data=st.data())
    def enter_again(self, data: st.DataObject) -> None:
        if self.sent:
            order = data.draw(st.sampled_from(self.sent))
            order = replace(order, lots=order.lots + data.draw(st.integers(0, 1)))
            self.heard(self.book.enter(order, self.now), self.naive.enter(order, self.now))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        ids = [order.order_id for order in self.sent]
        order_id = data.draw(st.sampled_from([*ids, "never"]))
        owners = [order.member for order in self.sent if order.order_id == order_id]
        member = data.draw(st.sampled_from([*owners * 5, "east"]))
        self.heard(self.book.cancel(order_id, member, self.now), self.naive.cancel(order_id, member, self.now))

    @rule(hours=st.integers(0, 6))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR
        self.heard(self.book.expire(self.now), self.naive.pass_time(self.now))

    @invariant()
    def same_books(self) -> None:
        for side in Side:
            stands = [s for s in self.naive.stands if s.order.side == side]
            stands.sort(key=lambda s: (-side * s.order.fen_per_card_h, s.came))
            assert self.book.standing(side) == tuple((s.order, s.left) for s in stands)
            prices = [s.order.fen_per_card_h for s in stands]
            assert self.book.best_fen_per_card_h(side) == (prices[0] if prices else None)
            levels = [(p, sum(s.left for s in stands if s.order.fen_per_card_h == p)) for p in dict.fromkeys(prices)]
            assert self.book.depth(side) == tuple(levels)
        for member in MEMBERS:
            assert self.book.cover_lots(member) == self.naive.free(member)
            assert self.book.positions.get(member, 0) == self.naive.bought[member]
        for order in self.sent:
            assert self.book.state(order.order_id).value == self.naive.state[order.order_id][1]

    @invariant()
    def never_crossed_nor_fillable(self) -> None:
        parts = {side: [o.fen_per_card_h for o, _ in self.book.standing(side) if not o.is_whole] for side in Side}
        if all(parts.values()):
            assert max(parts[Side.BUY]) < min(parts[Side.SELL])
        assert not any(s.order.is_whole and self.naive.plan(s) for s in self.naive.stands)

    @invariant()
    def conserved_and_covered(self) -> None:
        assert sum(self.book.positions.values()) == 0
        orders = {order.order_id: order for order in self.sent}
        filled: Counter[str] = Counter()
        for trade in self.trades:
            buy, sell = orders[trade.buy_id], orders[trade.sell_id]
            assert (buy.member, sell.member) == (trade.buyer, trade.seller)
            assert trade.buyer != trade.seller
            assert sell.fen_per_card_h <= trade.fen_per_card_h <= buy.fen_per_card_h
            filled.update({trade.buy_id: trade.lots, trade.sell_id: trade.lots})
        for order_id, lots in filled.items():
            assert lots <= orders[order_id].lots
            if orders[order_id].is_whole:
                assert lots == orders[order_id].lots
        for member in MEMBERS:
            assert self.book.positions.get(member, 0) + self.naive.granted[member] >= 0


Books.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestBooks = Books.TestCase


@pytest.fixture
def book(week: Instrument, now: datetime) -> Book:
    """Return a book in which 6 lots are asked for at 12 in parts, and 4 bid for at 10 in parts."""
    book = Book(week, week.window.start - HOUR)
    book.grant("site", 10)
    book.enter(Order("ask", "site", week.name, Side.SELL, 6, 12), now)
    book.enter(Order("bid", "firm", week.name, Side.BUY, 4, 10), now)
    return book


GOOD = Order("new", "east", WEEK.name, Side.BUY, 1, 11)
BAD = {
    Refusal.ELSEWHERE: [replace(GOOD, instrument="h100-80g@ningxia/2026-W11")],
    Refusal.OUT_OF_GRID: [
        replace(GOOD, lots=1.0),
        replace(GOOD, lots=True),
        replace(GOOD, fen_per_card_h=11.5),
        replace(GOOD, lots=MOST_LOTS + 1),
        replace(GOOD, fen_per_card_h=MOST_FEN_PER_CARD_H + 1),
        replace(GOOD, good_until=datetime(2026, 2, 20)),  # noqa: DTZ001
    ],
    Refusal.NEGATIVE: [replace(GOOD, lots=0), replace(GOOD, lots=-3), replace(GOOD, fen_per_card_h=-1)],
    Refusal.EXPIRED: [replace(GOOD, good_until=T0), replace(GOOD, good_until=T0 - HOUR)],
    Refusal.OVERSOLD: [replace(GOOD, side=Side.SELL), replace(GOOD, member="site", side=Side.SELL, lots=5)],
    Refusal.SELF_TRADE: [
        replace(GOOD, member="site", fen_per_card_h=12),
        replace(GOOD, member="site", fen_per_card_h=12, entry=Entry.PASSIVE),
    ],
    Refusal.CROSSED: [
        replace(GOOD, fen_per_card_h=12, entry=Entry.PASSIVE),
        replace(GOOD, fen_per_card_h=12, entry=Entry.PASSIVE, is_whole=True, lots=7),
    ],
    Refusal.REPLAYED: [Order("bid", "firm", WEEK.name, Side.BUY, 4, 10)],
    Refusal.DIFFERS: [Order("bid", "firm", WEEK.name, Side.BUY, 4, 11), replace(GOOD, order_id="ask")],
}


@pytest.mark.parametrize(
    ("refusal", "order"), [(refusal, order) for refusal, orders in BAD.items() for order in orders], ids=str
)
def test_enter_refuses_with_its_code_and_changes_nothing(book: Book, now: datetime, refusal, order: Order) -> None:
    def shown() -> tuple[object, ...]:
        return (*map(book.standing, Side), dict(book.positions), *map(book.cover_lots, ("site", "firm", "east")))

    before, known = shown(), book.state(order.order_id)
    (event,) = book.enter(order, now)
    assert (event.order_id, event.refusal) == (order.order_id, refusal)
    assert event.state is (known or State.REJECTED)
    assert shown() == before
    assert refuse(refusal, order).code == refusal.value
    assert book.state(order.order_id) is (known or (None if refusal is Refusal.ELSEWHERE else State.REJECTED))


@pytest.mark.parametrize("order", [replace(GOOD, lots=MOST_LOTS), replace(GOOD, fen_per_card_h=0)], ids=str)
def test_enter_takes_orders_at_the_ends_of_the_grid(book: Book, now: datetime, order: Order) -> None:
    assert book.enter(order, now)[-1].state is State.OPEN


def test_enter_takes_a_limit_at_the_top_of_the_grid(book: Book, now: datetime) -> None:
    trade, change = book.enter(replace(GOOD, fen_per_card_h=MOST_FEN_PER_CARD_H), now)
    assert (trade.fen_per_card_h, change.state) == (12, State.FILLED)


def test_enter_refuses_at_the_last_moment_of_trading(book: Book) -> None:
    assert book.enter(GOOD, book.last_trading - timedelta(microseconds=1))[-1].state is State.OPEN
    told = book.enter(replace(GOOD, order_id="late"), book.last_trading)
    assert [(e.order_id, e.state) for e in told] == [
        ("ask", State.EXPIRED),
        ("bid", State.EXPIRED),
        ("new", State.EXPIRED),
        ("late", State.REJECTED),
    ]
    assert told[-1].refusal is Refusal.EXPIRED
    assert book.cover_lots("site") == 10


@pytest.mark.parametrize("change", [{"side": 1}, {"side": -1}, {"entry": "standing"}])
def test_an_order_in_other_words_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInputError) as raised:
        replace(GOOD, **change)
    assert raised.value.code == "order_malformed"


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 40).filter(lambda p: p != 20)), max_size=8, unique_by=lambda o: o[1]
    ),
    st.randoms(use_true_random=False),
)
def test_orders_that_do_not_meet_may_come_in_any_order(told: list[tuple[int, int]], rng) -> None:
    def run(order_of: list[int]) -> tuple[object, ...]:
        book = Book(WEEK, END)
        book.grant("site", 100)
        for i in order_of:
            lots, price = told[i]
            side, member = (Side.SELL, "site") if price > 20 else (Side.BUY, "firm")
            (change,) = book.enter(Order(str(i), member, WEEK.name, side, lots, price), T0)
            assert change.state is State.OPEN
        return (*map(book.standing, Side), book.cover_lots("site"), dict(book.positions))

    shuffled = list(range(len(told)))
    rng.shuffle(shuffled)
    assert run(shuffled) == run(list(range(len(told))))


def test_time_never_runs_back_in_a_book(book: Book, now: datetime) -> None:
    book.expire(now + 5 * HOUR)
    (told,) = book.enter(GOOD, now - HOUR)
    assert told.at == now + 5 * HOUR
    (told,) = book.enter(replace(GOOD, order_id="old", good_until=now + HOUR), now)
    assert told.refusal is Refusal.EXPIRED


def test_orders_of_a_whole_kind_wait_until_a_walk_fills_them(week: Instrument, now: datetime) -> None:
    book = Book(week, week.window.start)
    book.grant("site", 20)
    book.enter(Order("whole", "firm", week.name, Side.BUY, 10, 50, is_whole=True), now)
    (first,) = book.enter(Order("s1", "site", week.name, Side.SELL, 3, 40), now)
    assert first.state is State.OPEN
    told = plain(book.enter(Order("s2", "site", week.name, Side.SELL, 8, 45), now))
    # The buyer came first and sets the price; the rest of the last sell stands.
    assert told == [
        ("s2", "open", 8, None),
        ("whole", "s1", 3, 50),
        ("s1", "filled", 0, None),
        ("whole", "s2", 7, 50),
        ("whole", "filled", 0, None),
    ]
    assert book.depth(Side.SELL) == ((45, 1),)
    assert book.depth(Side.BUY) == ()


def test_a_cancelled_order_lets_a_whole_one_fill(week: Instrument, now: datetime) -> None:
    book = Book(week, week.window.start)
    book.grant("site", 20)
    for name, lots in (("seven", 7), ("five", 5), ("other", 5)):
        book.enter(Order(name, "site", week.name, Side.SELL, lots, 40, is_whole=True), now)
    assert plain(book.enter(Order("ten", "firm", week.name, Side.BUY, 10, 40, is_whole=True), now)) == [
        ("ten", "open", 10, None)
    ]
    told = book.cancel("seven", "site", now)
    assert [(e.buy_id, e.sell_id) for e in told if isinstance(e, Trade)] == [("ten", "five"), ("ten", "other")]


@pytest.mark.parametrize("lots", [-1, 1.5, True])
def test_cover_must_be_whole_lots(book: Book, lots: float) -> None:
    for give in (book.grant, book.withdraw):
        with pytest.raises(BadInputError) as raised:
            give("site", lots)
        assert raised.value.code == "cover_negative"
    assert book.cover_lots("site") == 4


def test_trading_must_end_before_delivery_starts(week: Instrument) -> None:
    assert Book(week, week.window.start).last_trading == week.window.start
    with pytest.raises(BadInputError) as raised:
        Book(week, week.window.start + timedelta(microseconds=1))
    assert raised.value.code == "last_trading_late"


def test_the_same_requests_give_the_same_events(week: Instrument, now: datetime) -> None:
    def run() -> list[Trade | Change]:
        book = Book(week, week.window.start)
        book.grant("west", 500)
        told = []
        for i in range(200):
            side = Side.SELL if i * 7919 % 3 == 0 else Side.BUY
            member = "west" if side is Side.SELL else "east"
            limit = 90 + i * 104729 % 21
            told += book.enter(Order(str(i), member, week.name, side, 1 + i % 4, limit, is_whole=i % 5 == 0), now)
        return told

    first = run()
    assert first == run()
    assert sum(isinstance(event, Trade) for event in first) > 50
