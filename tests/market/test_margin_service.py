"""Members and their margin: accounts that are opened, what is held of them, and who may not trade."""

from __future__ import annotations

import pytest
from tests.market.made import DAY, MEMBERS, NOW, WEEK, cancel, cover, later, order
from tests.market.test_clearing import DAY_LOT, TOMORROW, WEEK_H, WEEK_LOT, code_of, traded

from qipan.accounts.model.posting import Account, Action
from qipan.kernel.errors import QipanError
from qipan.market.model.clearing import Hold, Purse
from qipan.market.model.request import Member
from qipan.market.service import lock
from qipan.market.service.margin import MONEY
from qipan.storage.books import UnitOfWork

NAMES = sorted(one.member_id for one in MEMBERS)
"""Admitted at one time."""


@pytest.fixture
def locks(monkeypatch):
    """Return the names of the locks that are taken, in their order."""
    names = []
    monkeypatch.setattr(UnitOfWork, "lock", lambda _unit, name: names.append(name))
    return names


def asked(market, what, *args, **more):
    with market.books.read() as unit:
        return getattr(market.margins, what)(unit, *args, **more)


def called(market):
    """Let a day pass that calls the site, which sold two lots."""
    market.fund(3 * WEEK_LOT, share_fen=500 * WEEK_H)
    traded(market)
    market.mark(later(60))
    market.settle(later(61))
    market.mark(TOMORROW, {WEEK.name: 1400.0})
    market.settle(TOMORROW)


def take_back(market, member, fen, name):
    with market.books.begin(caller="test") as unit:
        return market.margins.take_back(unit, member, TOMORROW, account="outside", fen=fen, transfer_id=name)


def test_a_member_is_admitted_once_with_its_accounts_and_those_of_the_house(market):
    with market.books.begin(caller="test") as unit:
        assert market.margins.admit(unit, Member("new"), NOW)
        assert not market.margins.admit(unit, Member("new"), later(1))
        assert not market.margins.admit(unit, MEMBERS[0], later(2))
        found = market.accounts.accounts(unit)
        assert market.accounts.assets(unit) == {"fen": MONEY}
    assert found == {
        name: Account(name, owner, "fen", purpose)
        for name, owner, purpose in (
            ("market/clearing", "market", "clearing"),
            ("market/held", "market", "margin_held"),
            ("market/capital", "market", "capital"),
            ("new/margin", "new", "margin"),
            ("new/fund", "new", "fund"),
            ("site/margin", "site", "margin"),
            ("site/fund", "site", "fund"),
        )
    }
    assert market.margins.account("new") == "new/margin"


def test_money_is_brought_to_margin_or_fund_once(market):
    market.fund(0)
    assert market.bring("firm", 7, "x")
    assert not market.bring("firm", 7, "x")
    with market.books.begin(caller="test") as unit:
        told = {"source": "outside", "fen": 5, "transfer_id": "y"}
        assert market.margins.bring(unit, "firm", later(1), **told, to_fund=True)
        assert not market.margins.bring(unit, "firm", later(2), **told, to_fund=True)
    first, second = market.transfers()
    assert (first.debit, first.credit, first.amount, first.reason, first.at) == (
        "outside",
        "firm/margin",
        7,
        "margin",
        NOW,
    )
    assert (second.debit, second.credit, second.amount, second.at) == ("outside", "firm/fund", 5, later(1))
    assert take_back(market, "firm", 3, "z")
    last = market.transfers()[-1]
    assert (last.debit, last.credit, last.amount, last.at) == ("firm/margin", "outside", 3, TOMORROW)
    assert code_of(lambda: take_back(market, "nobody", 3, "n")) == "member_unknown"
    assert code_of(lambda: market.bring("nobody", 3, "n")) == "member_unknown"


def test_what_an_order_needs_is_held_to_the_fen(market):
    market.fund(0)
    # An account that nothing ever moved has nothing.
    with pytest.raises(QipanError) as caught:
        market.order(order("b1", "firm", "buy", 1, 1200))
    assert (caught.value.code, f"was 0 fen of {WEEK_LOT}: firm" in caught.value.message) == ("margin_short", True)
    market.bring("firm", WEEK_LOT - 1, "x")
    with pytest.raises(QipanError) as caught:
        market.order(order("b1", "firm", "buy", 1, 1200))
    assert (caught.value.code, f"was {WEEK_LOT - 1} fen of" in caught.value.message) == ("margin_short", True)
    market.bring("firm", 1, "y")
    market.order(order("b1", "firm", "buy", 1, 1200))
    market.bring("firm", DAY_LOT - 1, "z")
    with pytest.raises(QipanError) as caught:
        market.order(order("d1", "firm", "buy", 1, 1, DAY))
    assert f"was {WEEK_LOT + DAY_LOT - 1} fen of {WEEK_LOT + DAY_LOT}" in caught.value.message
    market.bring("firm", 1, "last")
    market.order(order("d1", "firm", "buy", 1, 1, DAY), at=later(5))
    first, *_, freed, held = market.transfers()[2:]
    assert (first.transfer_id, first.action, first.debit, first.credit) == (
        "im/r/b1", Action.PENDING, "firm/margin", "market/held",
    )  # fmt: skip
    assert (first.amount, first.reason, first.timeout_s) == (WEEK_LOT, "initial_margin", 0)
    assert (freed.action, freed.pending_id, freed.reason) == (Action.VOID, "im/r/b1", "initial_margin")
    assert (held.transfer_id, held.amount, held.chain, held.at) == (
        "im/r/d1", WEEK_LOT + DAY_LOT, freed.transfer_id, later(5),
    )  # fmt: skip


def test_an_order_that_needs_no_more_and_one_that_is_refused_post_nothing(market):
    market.fund(10 * WEEK_LOT)
    market.order(cover("c1", "site", 5))
    market.order(order("s1", "site", "sell", 2, 1200))
    before = market.transfers()
    market.order(order("b1", "site", "buy", 2, 1000))
    market.order(order("s2", "firm", "sell", 1, 1200))
    market.order(cancel("x", "site", "s1"))
    market.order(order("s1", "site", "sell", 2, 1200))
    assert market.transfers() == before
    assert market.order() == ()


def test_an_order_that_fills_at_once_is_secured(market):
    market.fund(10 * WEEK_LOT)
    traded(market, lots=2)
    market.order(order("b2", "bank", "buy", 1, 1300))
    market.order(order("s3", "site", "sell", 1, 1300))
    assert market.money("site/margin") == [(10 * WEEK_LOT, 7 * WEEK_LOT)]
    # Of several orders of one call the last names what is held.
    market.order(order("b3", "bank", "buy", 1, 1), order("f1", "firm", "buy", 1, 1), order("b4", "bank", "buy", 1, 1))
    names = [one.transfer_id for one in market.transfers() if one.action is Action.PENDING]
    assert names[-2:] == ["im/r/b4", "im/r/f1"]


def test_what_stands_behind_members_and_what_they_need(market):
    market.fund(10 * WEEK_LOT, share_fen=5)
    traded(market, lots=2)
    market.order(order("d1", "bank", "buy", 1, 900, DAY))
    assert asked(market, "purses") == (
        Purse("bank", 10 * WEEK_LOT, 5, Hold("bank", "im/r/d1", DAY_LOT)),
        Purse("firm", 10 * WEEK_LOT, 5, Hold("firm", "im/r/b1", 2 * WEEK_LOT)),
        Purse("site", 10 * WEEK_LOT, 5, Hold("site", "im/r/s1", 2 * WEEK_LOT)),
    )
    assert asked(market, "required") == {"bank": DAY_LOT, "firm": 2 * WEEK_LOT, "site": 2 * WEEK_LOT}
    assert asked(market, "required", without=WEEK.name) == {"bank": DAY_LOT}
    assert asked(market, "required", without=DAY.name) == {"firm": 2 * WEEK_LOT, "site": 2 * WEEK_LOT}


def test_members_without_margin_have_empty_purses(market):
    market.fund(0)
    assert asked(market, "purses") == tuple(Purse(name, 0, 0) for name in NAMES)


def test_who_is_called_or_has_defaulted_trades_no_more_and_may_cancel(market):
    called(market)
    assert asked(market, "calls") == {"site": 300 * WEEK_H}
    assert asked(market, "check_standing", {"firm", "bank"}) is None
    assert code_of(lambda: asked(market, "check_standing", ["firm", "site"])) == "margin_called"
    assert code_of(lambda: take_back(market, "site", 1, "x")) == "margin_called"
    market.order(cancel("c", "site", "s1"), at=TOMORROW)
    market.order(order("s1", "site", "sell", 2, 1200), at=TOMORROW)
    assert code_of(lambda: market.order(order("s9", "site", "buy", 1, 1), at=TOMORROW)) == "margin_called"
    market.default("site", TOMORROW)
    assert code_of(lambda: asked(market, "check_standing", ["firm", "site"])) == "member_defaulted"
    assert code_of(lambda: take_back(market, "site", 1, "x")) == "member_defaulted"
    assert [one.is_defaulted for one in asked(market, "purses")] == [name == "site" for name in NAMES]
    assert take_back(market, "bank", 1, "y")


def test_locks_are_taken_before_anything_is_read(market, locks):
    market.fund(10 * WEEK_LOT)
    locks.clear()
    market.order(order("b1", "firm", "buy", 1, 1200))
    assert (locks[0], "log" in locks) == (lock.of_book(WEEK.name), True)
    locks.clear()
    take_back(market, "firm", 1, "x")
    assert locks[0] == lock.DAY
