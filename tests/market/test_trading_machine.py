"""Kept books against the pure rules, over random requests, repeats, lost transactions, crashes and clocks that jump.

The oracle is one pure book for each kept one, fed with what was acknowledged, once, at the moment that the answer told.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.market.made import CARDS, DAY, IMMEDIATE, NOW, PASSIVE, STANDING, WEEK, Market, cancel, cover, order

from qipan.kernel.errors import ConflictError, RuleBrokenError
from qipan.market.book import Book
from qipan.market.model.order import Order, Side, Trade
from qipan.market.model.request import Cancel, id_of
from qipan.storage.books import Books

pytestmark = pytest.mark.slow

WARES = (WEEK, DAY)
NAMES = st.sampled_from(["site", "firm", "bank"])
IDS = st.sampled_from([f"r{number}" for number in range(40)])


@st.composite
def requests(draw, ware):
    """Return a request that is well formed."""
    name, member = draw(IDS), draw(NAMES)
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return cover(name, member, draw(st.sampled_from([1, 4, -1])), ware)
    if kind == 1:
        return cancel(name, member, draw(IDS), ware)
    return order(
        name,
        member,
        draw(st.sampled_from(["buy", "sell"])),
        draw(st.integers(1, 4)),
        draw(st.integers(9, 12)),
        ware,
        entry=draw(st.sampled_from([STANDING, STANDING, IMMEDIATE, PASSIVE])),
        is_whole=draw(st.sampled_from([False, False, True])),
        good_until=draw(st.sampled_from([None, None, NOW + timedelta(seconds=30)])),
    )


class LostError(Exception):
    """The process ends before its transaction does."""


class Keeping(RuleBasedStateMachine):
    """Two books, the pure rules beside them, and a clock that jumps."""

    @initialize()
    def open(self):
        self.books = Books("sqlite://")
        self.books.migrate()
        self.market = Market(self.books)
        self.market.open()
        self.pure = {ware.name: Book(ware, ware.window.start) for ware in WARES}
        self.granted = {ware.name: {} for ware in WARES}
        self.trades = {ware.name: [] for ware in WARES}
        self.stands = {}
        self.clock = NOW
        for number, ware in enumerate(WARES):
            self.send([cover(f"seed{number}", "site", 4, ware)])

    def teardown(self):
        if hasattr(self, "books"):
            self.books.close()

    def taken(self, answer, request):
        """Let the pure book take what was acknowledged as new."""
        book = self.pure[request.instrument]
        at = answer.entered.at
        events = []
        if isinstance(request, Order):
            events = book.enter(request, at)
        elif isinstance(request, Cancel):
            events = book.cancel(request.order_id, request.member, at)
        else:
            granted = self.granted[request.instrument]
            granted[request.member] = granted.get(request.member, 0) + request.lots
            (book.grant if request.lots > 0 else book.withdraw)(request.member, abs(request.lots))
        trades = tuple(one for one in events if isinstance(one, Trade))
        self.trades[request.instrument] += trades
        assert answer.trades == trades
        if events:
            last = [one for one in events if not isinstance(one, Trade) and one.order_id == request.order_id][-1]
            told = answer.entered.state, answer.entered.left_lots, answer.entered.refusal
            assert told == (last.state, last.left_lots, last.refusal)
        self.stands[id_of(request)] = request, answer.entered

    def send(self, batch):
        try:
            answers = self.market.send(*batch, at=self.clock)
        except ConflictError:
            seen = dict(self.stands)
            clash = False
            for request in batch:
                clash |= id_of(request) in seen and seen[id_of(request)][0] != request
                seen.setdefault(id_of(request), (request, None))
            assert clash
            return
        except RuleBrokenError as error:
            if error.code not in {"cover_uncertified", "cover_ungranted", "cover_spent"}:
                raise
            return
        for request, answer in zip(batch, answers, strict=True):
            if id_of(request) in self.stands:
                assert self.stands[id_of(request)] == (request, answer.entered)
            else:
                self.taken(answer, request)

    @rule(data=st.data(), ware=st.sampled_from(WARES), size=st.integers(1, 5))
    def enter(self, data, ware, size):
        self.send([data.draw(requests(ware)) for _ in range(size)])

    @rule(data=st.data(), ware=st.sampled_from(WARES))
    def enter_and_lose(self, data, ware):
        """Lose the transaction before it is committed."""
        batch = [data.draw(requests(ware)) for _ in range(3)]
        try:
            with self.books.begin() as unit:
                self.market.trading.send(unit, batch, self.clock)
                raise LostError
        except (LostError, ConflictError, RuleBrokenError):
            pass

    @rule(data=st.data())
    def repeat(self, data):
        """Send an earlier request again, as one does whose answer was lost."""
        if self.stands:
            request, entered = self.stands[data.draw(st.sampled_from(sorted(self.stands)))]
            (answer,) = self.market.send(request, at=self.clock)
            assert (answer.is_new, answer.entered) == (False, entered)

    @rule()
    def crash(self):
        """Begin anew with nothing in memory."""
        self.market.begin_anew()

    @rule(jump_s=st.sampled_from([-3600, -1, 1, 31, 86_400]))
    def jump(self, jump_s):
        self.clock += timedelta(seconds=jump_s)

    @invariant()
    def books_are_those_of_the_rules(self):
        with self.books.read() as unit:
            for ware in WARES:
                pure, name = self.pure[ware.name], ware.name
                with self.market.trading.look(unit, name) as kept:
                    for side in Side:
                        assert kept.book.standing(side) == pure.standing(side)
                assert list(self.market.trading.trades(unit, name)) == self.trades[name]
                for one in self.market.trading.exposures(unit, instrument=name):
                    standing = {
                        side: sum(left for order, left in pure.standing(side) if order.member == one.member)
                        for side in Side
                    }
                    assert one.position == pure.positions.get(one.member, 0)
                    assert (one.open_buy_lots, one.open_sell_lots) == (standing[Side.BUY], standing[Side.SELL])
                    assert one.cover_lots == pure.cover_lots(one.member)

    @invariant()
    def positions_sum_to_zero_and_no_hour_is_promised_twice(self):
        with self.books.read() as unit:
            exposures = self.market.trading.exposures(unit)
            assert self.market.trading.check(unit) == ()
        for ware in WARES:
            assert sum(one.position for one in exposures if one.instrument == ware.name) == 0
        # The day lies in the week, so both promise its hours.
        assert sum(one.granted_lots for one in exposures if one.member == "site") <= CARDS // 8
        for name, granted in self.granted.items():
            told = {one.member: one.granted_lots for one in exposures if one.instrument == name and one.granted_lots}
            assert told == {member: lots for member, lots in granted.items() if lots}


Keeping.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestKeeping = Keeping.TestCase
