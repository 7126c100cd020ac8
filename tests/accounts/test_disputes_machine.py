"""Disputes over random acts of right and wrong people, against states written a second time.

Invariants of every state: the asset adds up to zero, nothing is corrected twice or beyond what moved, every balance is
what it was less what was decided, and the books follow from the log.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.accounts.made import NOW
from tests.accounts.made_dispute import MANDATES, answer, court_in, decision, opening, withdrawal

from qipan.accounts.model.dispute import DisputeState
from qipan.kernel.errors import QipanError
from qipan.storage.books import Books

IDS = st.sampled_from(["d-1", "d-2", "d-3"])
USERS = st.sampled_from([*MANDATES, "nobody"])
PARTIES = st.sampled_from(["a", "b", "c", "house"])
MOVED = {
    "s/a": ("a", "through", 300),
    "s/b": ("b", "through", 100),
    "s/c": ("through", "c", 400),
    "fee": ("a", "b", 50),
}
START = {"a": 650, "b": 950, "c": 1400, "through": 0}
AMOUNTS = st.sampled_from([
    {}, {"fee": 50}, {"fee": 7}, {"fee": 51}, {"s/a": 300, "s/c": 300}, {"s/b": 100, "s/c": 100}, {"s/a": 1},
    {"s/a": 300, "s/b": 100, "s/c": 400}, {"s/c": 400},
])  # fmt: skip


class Disputing(RuleBasedStateMachine):
    """One book and whoever speaks in it."""

    @initialize()
    def open_books(self):
        self.books = Books("sqlite://")
        self.books.migrate()
        self.court = court_in(self.books)
        self.states, self.decided, self.clock = {}, {}, NOW

    def teardown(self):
        if hasattr(self, "books"):
            self.books.close()

    def ask(self, ask, act):
        """Do an act; return whether it is new, or nothing where it was refused."""
        try:
            with self.books.begin() as unit:
                made, is_new = ask(unit, act, self.clock)
        except QipanError:
            return None
        return made.state if is_new else None

    @rule(name=IDS, party=PARTIES, by=USERS, transfer=st.sampled_from([*MOVED, "none"]))
    def open(self, name, party, by, transfer):
        if self.ask(self.court.disputes.open, opening(name, party, by, (transfer,))):
            assert name not in self.states
            assert MANDATES[by][1] == party
            assert party in {*MOVED[transfer][:2]}
            self.states[name] = DisputeState.OPENED

    @rule(name=IDS, party=PARTIES, by=USERS, words=st.sampled_from(["No.", "Yes.", ""]))
    def answer(self, name, party, by, words):
        if self.ask(self.court.disputes.answer, answer(name, party, by, words)):
            assert MANDATES[by][1] == party
            assert not self.states[name].is_over
            self.states[name] = DisputeState.ANSWERED

    @rule(name=IDS, by=USERS)
    def withdraw(self, name, by):
        if self.ask(self.court.disputes.withdraw, withdrawal(name, by)):
            assert not self.states[name].is_over
            self.states[name] = DisputeState.WITHDRAWN

    @rule(name=IDS, by=USERS, amounts=AMOUNTS)
    def decide(self, name, by, amounts):
        state = self.ask(self.court.disputes.decide, decision(amounts, name, by))
        if state:
            assert by in {"clerk", "auditor"}
            assert not self.states[name].is_over
            assert not set(amounts) & set(self.decided)
            assert state is (DisputeState.UPHELD if amounts else DisputeState.DISMISSED)
            self.states[name] = state
            self.decided |= amounts

    @rule(days=st.sampled_from([-1, 1, 16]))
    def pass_time(self, days):
        self.clock += timedelta(days=days)

    @invariant()
    def states_are_those_of_the_model(self):
        with self.books.read() as unit:
            found = {one.dispute_id: one.state for one in self.court.disputes.disputes(unit)}
        assert found == self.states

    @invariant()
    def balances_are_what_they_were_less_what_was_decided(self):
        wanted = Counter(START)
        for name, amount in self.decided.items():
            debit, credit, moved = MOVED[name]
            assert amount <= moved
            wanted[debit] += amount
            wanted[credit] -= amount
        with self.books.read() as unit:
            found = self.court.accounts.balances(unit, list(START))
        assert {name: found[name, None].posted for name in START} == dict(wanted)

    @invariant()
    def books_follow_from_the_log(self):
        with self.books.read() as unit:
            assert self.court.disputes.check(unit) == ()
            assert self.court.accounts.check(unit) == ()


Disputing.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestDisputing = Disputing.TestCase
