"""Accounts against a model written a second time, over random drafts, clocks, repeats and lost transactions.

Invariants of every state: each asset adds up to zero, no account breaks its limits, the books follow from the
transfers, the log holds each of them, and an earlier head of the log is a prefix of the newest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.accounts.made import ACCOUNTS, ASSETS, HOUR, NOW, expiry, move
from tests.independent.accounts_model import Model

from qipan.accounts.model.posting import Action, Draft
from qipan.accounts.service.posting import Accounts
from qipan.log.service import Log
from qipan.log.tree import verify_consistency
from qipan.storage.books import Books

PERIODS = [None, HOUR, HOUR + timedelta(hours=1), HOUR + timedelta(minutes=30)]
NAMES = st.sampled_from([f"t{number}" for number in range(12)])
AMOUNTS = st.one_of(st.integers(1, 40), st.sampled_from([1, 50, 100, 2**53 - 1]))
FEN = [one.account_id for one in ACCOUNTS if one.asset_id == "fen"]
COMPUTE = [one.account_id for one in ACCOUNTS if one.asset_id != "fen"]


@st.composite
def drafts(draw):
    """Return a draft that is well formed, and often one that can be posted."""
    name, linked = draw(NAMES), draw(st.sampled_from([False, False, True]))
    if draw(st.integers(0, 3)) == 0:
        return Draft(
            transfer_id=name,
            action=draw(st.sampled_from([Action.POST, Action.VOID])),
            pending_id=draw(NAMES),
            amount=draw(st.sampled_from([0, 0, 1, 7])),
            reason="test",
            linked=linked,
        )
    of_money = draw(st.booleans())
    pool = [*(FEN if of_money else COMPUTE), *draw(st.sampled_from([[], [], ["none", "h"]]))]
    action = draw(st.sampled_from([Action.MOVE, Action.MOVE, Action.PENDING, Action.EXPIRE]))
    return move(
        name,
        draw(st.sampled_from(pool)),
        draw(st.sampled_from(pool)),
        draw(AMOUNTS),
        action=action,
        period=None if of_money else draw(st.sampled_from(PERIODS)),
        timeout_s=draw(st.sampled_from([0, 5, 60])) if action is Action.PENDING else 0,
        balancing_debit=draw(st.sampled_from([False, False, True])),
        balancing_credit=draw(st.sampled_from([False, False, False, True])),
        linked=linked,
    )


class LostError(Exception):
    """The process ends before its transaction does."""


class Posting(RuleBasedStateMachine):
    """One book, one model, and a clock that jumps."""

    @initialize()
    def open(self):
        self.books, self.log = Books("sqlite://"), Log()
        self.books.migrate()
        self.accounts = Accounts(self.log)
        with self.books.begin() as unit:
            for asset in ASSETS:
                self.accounts.open_asset(unit, asset, NOW)
            for account in ACCOUNTS:
                self.accounts.open_account(unit, account, NOW)
            self.head = self.log.head(unit)
        told = {one.account_id: (one.asset_id, one.purpose, one.floor, one.ceiling) for one in ACCOUNTS}
        self.model = Model(told, expiry)
        self.clock = NOW
        self.sent = []
        self.send([move("seed", "bank", "a", 100), move("seed2", "site", "h", 100, period=HOUR)])

    def teardown(self):
        if hasattr(self, "books"):
            self.books.close()

    def send(self, batch):
        with self.books.begin() as unit:
            outcomes = self.accounts.post(unit, batch, self.clock)
        assert [one.value for one in outcomes] == self.model.send(batch, self.clock)

    @rule(batch=st.lists(drafts(), min_size=1, max_size=6))
    def post(self, batch):
        self.sent.append(batch)
        self.send(batch)

    @rule(batch=st.lists(drafts(), min_size=1, max_size=6))
    def post_and_lose(self, batch):
        """Lose the transaction before it is committed."""
        try:
            with self.books.begin() as unit:
                self.accounts.post(unit, batch, self.clock)
                raise LostError
        except LostError:
            self.sent.append(batch)

    @rule(data=st.data())
    def repeat(self, data):
        """Send an earlier batch again, as one does whose answer was lost; it may come late and in another order."""
        if self.sent:
            batch = data.draw(st.sampled_from(self.sent))
            self.send(data.draw(st.permutations(batch)) if data.draw(st.booleans()) else batch)

    @rule(data=st.data())
    def send_another_under_the_id(self, data):
        if self.sent:
            one = data.draw(st.sampled_from(data.draw(st.sampled_from(self.sent))))
            change = data.draw(st.sampled_from([{"amount": 3}, {"reason": "other"}, {"linked": False}]))
            self.send([replace(one, **change)])

    @rule(jump_s=st.sampled_from([-3600, -1, 1, 5, 61, 1800, 3600]))
    def jump(self, jump_s):
        self.clock += timedelta(seconds=jump_s)

    @invariant()
    def cells_are_those_of_the_model(self):
        with self.books.read() as unit:
            found = self.accounts.balances(unit, [one.account_id for one in ACCOUNTS])
        told = {cell: (one.posted, one.debits_pending, one.credits_pending) for cell, one in found.items()}
        assert told == self.model.cells

    @invariant()
    def assets_add_up_to_zero_and_limits_hold(self):
        sums = {}
        for (name, period), (final, out, coming) in self.model.cells.items():
            asset, _, floor, ceiling = self.model.accounts[name]
            sums[asset, period] = sums.get((asset, period), 0) + final
            assert floor is None or final - out >= floor
            assert ceiling is None or final + coming <= ceiling
        assert set(sums.values()) <= {0}

    @invariant()
    def books_follow_from_the_transfers_and_the_log_from_both(self):
        with self.books.read() as unit:
            assert self.accounts.check(unit) == ()
            transfers = list(self.accounts.transfers(unit))
            head = self.log.head(unit)
            growth = self.log.prove_growth(unit, self.head.size)
        assert len(transfers) == self.model.written
        assert [one.at for one in transfers] == sorted(one.at for one in transfers)
        assert verify_consistency(
            old_size=self.head.size,
            new_size=head.size,
            path=growth.path,
            old_root=self.head.root,
            new_root=head.root,
        )
        self.head = head


Posting.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestPosting = Posting.TestCase
