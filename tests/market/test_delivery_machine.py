"""Delivery under random nominations, buy-ins, failures, repeats and lost transactions, against sums written anew.

The oracle knows positions, marks and what was told, and nothing of groups, escrow or holds: a member ends with what it
brought, its variation margin, and what the delivery of its lots comes to by the page docs/delivery.md.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.market.made import DAY, MEMBERS, NOW, WEEK, Market, cover, order

from qipan.kernel.errors import QipanError
from qipan.market.model.contract import HOUR, Instrument, Window
from qipan.market.model.delivery import Delivery, Failure
from qipan.market.model.request import Certification
from qipan.storage.books import Books

pytestmark = pytest.mark.slow

NAMES = [one.member_id for one in MEMBERS]
RICH = 10**8
SITES = {"north": 24, "south": 18}
REFUSED = {
    "nomination_above_owed",
    "nomination_above_certified",
    "gate_closed",
    "gate_open",
    "buy_in_above_lacking",
    "buy_in_uncertified",
    "spot_unpriced",
    "delivery_allocated",
    "delivery_uncascaded",
    "delivery_unallocated",
    "delivery_differs",
    "delivery_unfit",
    "delivery_not_over",
    "book_unsettled",
    "day_unsettled",
}


class LostError(Exception):
    """The process ends before its transaction does."""


class Hours(RuleBasedStateMachine):
    """A week that cascades, one of its days that is delivered, and a clock that goes on."""

    @initialize(week=st.integers(0, 2), day=st.integers(1, 3), fen=st.integers(900, 1300))
    def open(self, week, day, fen):
        self.books = Books("sqlite://")
        self.books.migrate()
        self.market = market = Market(self.books)
        market.open()
        market.fund(RICH)
        market.site("site", "north", 24)
        market.site("site", "south", 20, 10)
        market.site("bank", "east", 32)
        with self.books.begin(caller="test") as unit:
            step = Certification("bank", DAY.card_class, DAY.hub_id, WEEK.window.start, 32, "NC-3")
            market.trading.certify(unit, step, NOW)
        # A third site bears cover that north and south do not; nothing is nominated from it.
        market.site("site", "rest", 40)
        market.order(cover("c1", "site", 4))
        market.order(cover("c2", "site", 4, DAY))
        if week:
            market.order(order("s1", "site", "sell", week, 1000), order("b1", "firm", "buy", week, 1000))
        market.order(order("s2", "site", "sell", day, 1000, DAY), order("b2", "bank", "buy", day, 1000, DAY))
        self.held = {"site": -week - day, "firm": week, "bank": day}
        self.fen, self.number, self.outturn = fen, 0, None
        end = WEEK.window.start + timedelta(minutes=1)
        market.mark(end, {WEEK.name: 1000.0, DAY.name: 1000.0})
        assert market.settle(end).is_settled
        market.cascade(WEEK, end)
        assert market.cascade(WEEK, end) == ()
        self.clock = end

    def teardown(self):
        if hasattr(self, "books"):
            assert self.market.check() == ()
            self.books.close()

    def do(self, act):
        """Do something that may be refused for a reason that is known."""
        try:
            return act()
        except QipanError as error:
            if error.code not in REFUSED:
                raise
        return None

    @rule(
        member=st.sampled_from(["site", "bank"]),
        site=st.sampled_from(["north", "south", "east"]),
        lots=st.integers(0, 4),
        first=st.integers(0, 23),
        count=st.integers(1, 24),
        price=st.sampled_from([None, None, 800, 1500]),
        repeats=st.booleans(),
    )
    def supply(self, member, site, lots, first, count, price, repeats):
        self.number += 1
        start = DAY.window.start + first * HOUR
        end = min(start + count * HOUR, DAY.window.end)
        words = (f"w{self.number}", member, site, lots, DAY, self.clock)

        def say():
            return self.market.supply(*words, start=start, end=end, fen=price)

        if self.do(say) and repeats:
            assert not say()

    @precondition(lambda self: self.clock < DAY.window.start)
    @rule()
    def end_trading(self):
        """Let the day's book end, and mark and settle it at a price of its own."""
        self.clock = DAY.window.start + timedelta(minutes=1)
        parts = [Instrument(WEEK.card_class, WEEK.hub_id, Window.named(f"2026-03-{at:02d}")) for at in range(2, 9)]
        with self.books.read() as unit:
            known = set(self.market.trading.listings(unit))
        plan = {one.name: 1000.0 for one in parts if one.name in known}
        self.market.mark(self.clock, plan | {DAY.name: float(self.fen)})
        assert self.market.settle(self.clock).is_settled

    @rule(loses=st.booleans())
    def allocate(self, loses):
        if loses:
            try:
                with self.books.begin() as unit:
                    self.market.deliveries.allocate(unit, DAY.name, self.clock)
                    raise LostError
            except (LostError, QipanError):
                pass
        found = self.do(lambda: self.market.allocate(DAY, self.clock))
        if found:
            again = self.market.allocate(DAY, self.clock)
            assert (again.reserved, again.is_new) == (found.reserved, False)

    @rule(
        spot=st.sampled_from([None, 700, 1600]),
        failed=st.integers(0, 3),
        site=st.sampled_from(["north", "south"]),
        used=st.integers(0, 10**6),
    )
    def settle(self, spot, failed, site, used):
        if self.clock >= DAY.window.start:
            self.clock = max(self.clock, DAY.window.end)
        hours = [DAY.window.start + at * HOUR for at in range(24)]
        failures = (Failure("site", site, hours[3], hours[5], failed),) if failed else ()
        prices = {} if spot is None else dict.fromkeys(hours, spot)
        with self.books.read() as unit:
            ids = [one.reservation_id for one, _ in self.market.deliveries.uses(unit, DAY.name)]
        told = Delivery(DAY.name, failures, prices, dict.fromkeys(ids[:1], used))
        done = self.do(lambda: self.market.deliver(told, self.clock))
        if done and done.is_new:
            assert self.outturn is None
            self.outturn = done.outturn
            assert not self.market.deliver(told, self.clock).is_new

    @rule()
    def crash(self):
        self.market.begin_anew()

    @invariant()
    def lots_are_conserved_and_positions_sum_to_zero(self):
        with self.books.read() as unit:
            exposures = self.market.trading.exposures(unit)
        day = {one.member: one.position for one in exposures if one.instrument == DAY.name and one.position}
        if self.outturn is None:
            assert day == {name: lots for name, lots in self.held.items() if lots}
        else:
            assert day == {}
        for name in {one.instrument for one in exposures}:
            assert sum(one.position for one in exposures if one.instrument == name) == 0
        assert all(one.position == 0 for one in exposures if one.instrument == WEEK.name)

    @invariant()
    def no_fen_is_made_or_lost_and_each_member_has_what_it_must(self):
        accounts = [f"{name}/margin" for name in NAMES]
        found = dict(zip(NAMES, (posted for posted, _ in self.market.money(*accounts)), strict=True))
        ((escrow, _), (capital, _), (own, _)) = self.market.money(
            "market/delivery", "market/capital", "market/clearing"
        )
        assert own == 0
        assert sum(found.values()) + escrow + capital == RICH * len(NAMES)
        if self.outturn is None:
            return
        assert escrow == 0
        assert capital == self.outturn.house_fen
        # What the firm did not lack it has at the mark, and its variation margin brings it to the price of its deal.
        lots, lacking = self.held["firm"], self.outturn.unserved_card_h.get("firm", 0)
        gain = lots * 8 * 24 * (self.fen - 1000)
        damages = found["firm"] - RICH - gain + (lots * 8 * 24 - lacking) * self.fen
        assert 0 <= damages <= lacking * max(1600 - self.fen, 0)

    @invariant()
    def reservations_fit_what_is_certified_after_derating(self):
        with self.books.read() as unit:
            reserved = [one for one, _ in self.market.deliveries.uses(unit, DAY.name)]
            uses = self.market.deliveries.uses(unit, DAY.name)
        for hour in (DAY.window.start + at * HOUR for at in range(24)):
            for site, cards in {**SITES, "east": 32}.items():
                lots = sum(one.lots for one in reserved if one.site_id == site and one.start <= hour < one.end)
                assert lots * 8 <= cards
        for one, use in uses:
            if use is not None:
                whole = one.lots * 8 * int((one.end - one.start).total_seconds())
                assert use.used_card_s + use.unused_card_s == whole


Hours.TestCase.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
TestHours = Hours.TestCase
