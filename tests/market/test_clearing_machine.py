"""Clearing under random trading, days, calls, defaults, repeats and lost transactions, against sums written anew.

The oracle knows money brought, trades told and marks told, and nothing of holds, groups or the waterfall: what a member
has gained is lots x hours x (last mark - price of the deal), whatever the marks were on the way.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.market.made import DAY, MEMBERS, NOW, WEEK, Market, cancel, cover, order

from qipan.kernel.errors import NotAllowedError, RuleBrokenError
from qipan.market.model.order import Trade
from qipan.storage.books import Books

pytestmark = pytest.mark.slow

HOURS = {WEEK.name: 8 * 168, DAY.name: 8 * 24}
RATES = {WEEK.name: 100, DAY.name: 130}
NAMES = [one.member_id for one in MEMBERS]
START, SHARE, CAPITAL = 700_000, 300_000, 200_000
REFUSED = {"margin_short", "cover_uncertified", "day_unsettled", "default_uncovered", "default_uncalled"}


class LostError(Exception):
    """The process ends before its transaction does."""


class Days(RuleBasedStateMachine):
    """Two books, three members, and a clock that goes on."""

    @initialize()
    def open(self):
        self.books = Books("sqlite://")
        self.books.migrate()
        self.market = Market(self.books)
        self.market.open()
        self.market.fund(START, SHARE, CAPITAL)
        self.brought = dict.fromkeys(NAMES, START)
        self.defaulted = set()
        self.trades: list[tuple[str, Trade]] = []
        self.waiting = {}
        self.marked = {}
        self.covered = {WEEK.name: 0, DAY.name: 0}
        self.clock, self.number = NOW, 0
        self.market.order(cover("seed1", "site", 7), at=NOW)
        self.market.order(cover("seed2", "site", 5, DAY), at=NOW)
        self.deal(WEEK, 3, 1200)
        self.deal(DAY, 3, 1200)

    def teardown(self):
        if hasattr(self, "books"):
            assert self.market.check() == ()
            self.books.close()

    def named(self):
        self.number += 1
        return f"r{self.number}"

    def do(self, act):
        """Do something that may be refused for a reason that is known; tell whether it was done."""
        try:
            return act()
        except NotAllowedError as error:
            if error.code not in {"margin_called", "member_defaulted"}:
                raise
        except RuleBrokenError as error:
            if error.code not in REFUSED:
                raise
        return None

    def take(self, ware, answers):
        for answer in answers or ():
            self.trades += [(ware.name, one) for one in answer.trades]

    @rule(
        ware=st.sampled_from([WEEK, DAY]),
        member=st.sampled_from(NAMES),
        side=st.sampled_from(["buy", "sell"]),
        lots=st.integers(1, 3),
        fen=st.integers(1100, 1300),
        repeats=st.booleans(),
    )
    def trade(self, ware, member, side, lots, fen, repeats):
        one = order(self.named(), member, side, lots, fen, ware)
        answers = self.do(lambda: self.market.order(one, at=self.clock))
        self.take(ware, answers)
        if answers and repeats:
            (again,) = self.market.order(one, at=self.clock)
            assert (again.is_new, again.entered) == (False, answers[0].entered)

    @rule(ware=st.sampled_from([WEEK, DAY]), lots=st.integers(1, 3), fen=st.integers(1100, 1300))
    def deal(self, ware, lots, fen):
        """Let two members meet at a price."""
        for member, side in (("site", "sell"), ("firm", "buy")):
            one = order(self.named(), member, side, lots, fen, ware)
            self.take(ware, self.do(lambda one=one: self.market.order(one, at=self.clock)))

    @rule(member=st.sampled_from(NAMES), number=st.integers(1, 60), ware=st.sampled_from([WEEK, DAY]))
    def cancel(self, member, number, ware):
        self.market.order(cancel(self.named(), member, f"r{number}", ware), at=self.clock)

    @rule(member=st.sampled_from(NAMES), fen=st.sampled_from([1, 50_000, 400_000]))
    def bring(self, member, fen):
        name = self.named()
        assert self.market.bring(member, fen, name, self.clock)
        assert not self.market.bring(member, fen, name, self.clock)
        self.brought[member] += fen

    @rule(
        week=st.integers(800, 1700),
        day=st.integers(800, 1700),
        loses=st.booleans(),
        answers=st.sampled_from(["all", "none", "some"]),
    )
    def day(self, week, day, loses, answers):
        """Mark a day and settle it; who is called brings what is missing, or defaults, or lets it wait."""
        self.clock += timedelta(days=1)
        found = self.do(lambda: self.market.mark(self.clock, {WEEK.name: float(week), DAY.name: float(day)}))
        if found is not None:
            self.waiting = {one.instrument: (one.mark.fen_per_card_h, one.last_trade) for one in found}
        if loses:
            self.lose()
        told = self.settle()
        for member, fen in sorted(told.calls_fen.items()) if told and answers != "none" else ():
            if answers == "all":
                self.bring(member, fen)
            else:
                self.default(member)
        self.settle()

    def lose(self):
        """Lose a settlement before it is committed."""
        try:
            with self.books.begin() as unit:
                self.market.clearing.settle(unit, self.clock)
                raise LostError
        except (LostError, RuleBrokenError):
            pass

    def settle(self):
        found = self.do(lambda: self.market.settle(self.clock))
        if found and found.is_settled:
            for name, (fen, last) in self.waiting.items():
                self.marked[name], self.covered[name] = fen, last
            assert self.market.settle(self.clock).digest == found.digest
        return found

    def default(self, member):
        assert self.do(lambda: self.market.default(member, self.clock)) is not None
        self.defaulted.add(member)
        with self.books.read() as unit:
            self.trades = [
                (ware.name, one) for ware in (WEEK, DAY) for one in self.market.trading.trades(unit, ware.name)
            ]

    @rule(member=st.sampled_from(NAMES))
    def default_without_a_call(self, member):
        with self.books.read() as unit:
            is_called = member in self.market.margins.calls(unit)
        if not is_called and member not in self.defaulted:
            assert self.do(lambda: self.market.default(member, self.clock)) is None

    @rule()
    def crash(self):
        self.market.begin_anew()

    @invariant()
    def every_member_has_what_it_brought_and_gained(self):
        gains = dict.fromkeys(NAMES, 0)
        for name, one in self.trades:
            if one.sequence <= self.covered[name]:
                gain = one.lots * HOURS[name] * (self.marked[name] - one.fen_per_card_h)
                gains[one.buyer] += gain
                gains[one.seller] -= gain
        assert sum(gains.values()) == 0
        posted = {name: self.market.money(f"{name}/margin", f"{name}/fund") for name in NAMES}
        for name in NAMES:
            (margin, free), (share, _) = posted[name]
            assert free >= 0
            if not self.defaulted:
                assert (margin, share) == (self.brought[name] + gains[name], SHARE)
            elif name not in self.defaulted:
                assert margin == self.brought[name] + gains[name]
                assert 0 <= share <= SHARE
        ((capital, _), (own, _)) = self.market.money("market/capital", "market/clearing")
        assert own == 0
        whole = sum(margin[0] + share[0] for margin, share in posted.values()) + capital
        assert whole == sum(self.brought.values()) + 3 * SHARE + CAPITAL

    @invariant()
    def what_is_held_covers_the_largest_position(self):
        with self.books.read() as unit:
            exposures = self.market.trading.exposures(unit)
            calls = self.market.margins.calls(unit)
        for name in set(NAMES) - self.defaulted - set(calls):
            needed = sum(
                max(abs(one.position + one.open_buy_lots), abs(one.position - one.open_sell_lots))
                * HOURS[one.instrument]
                * RATES[one.instrument]
                for one in exposures
                if one.member == name
            )
            ((posted, free),) = self.market.money(f"{name}/margin")
            assert posted - free >= needed


Days.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestDays = Days.TestCase
