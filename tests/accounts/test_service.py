"""Accounts in the books: what the engine itself refuses, repeats, time, and what is proved.

Tests that ask for ``opened`` also run on PostgreSQL, see tests/engines/test_accounts_on_postgresql.py.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.accounts.made import ACCOUNTS, ASSETS, HOUR, NOW, later, move

from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Draft, Outcome
from qipan.accounts.store.posting import ACCOUNT, ASSET, BALANCE, ENTRIES, PENDING, TRANSFER
from qipan.kernel.errors import BadInputError, ConflictError, EngineError, NotFoundError, RuleBrokenError
from qipan.storage.trail import TRAIL

FIRST = [move("fund", "bank", "a", 100), move("p", "a", "b", 60, action=Action.PENDING, timeout_s=10)]


def send(opened, house, drafts, now=NOW):
    with opened.begin() as unit:
        return [one.value for one in house.accounts.post(unit, drafts, now)]


def held(opened, house, account_id, period=None):
    with opened.read() as unit:
        return house.accounts.balances(unit, [account_id])[account_id, period]


def all_is_well(opened, house):
    with opened.read() as unit:
        return house.accounts.check(unit) == () and house.log.check(unit) == ()


def test_post_keeps_balances_transfers_leaves_and_trail(opened, house):
    assert send(opened, house, FIRST) == ["created", "created"]
    assert (held(opened, house, "a").posted, held(opened, house, "a").available) == (100, 40)
    with opened.read() as unit:
        assert [one.transfer_id for one in house.accounts.transfers(unit)] == ["fund", "p"]
        assert [one.transfer_id for one in house.accounts.transfers(unit, "b")] == ["p"]
        leaves = house.log.leaves(unit, kind="transfer")
        trail = unit.execute(sa.select(TRAIL.c.subject, TRAIL.c.detail).where(TRAIL.c.action == "transfers_posted"))
        assert trail.all() == [(str(leaves[0].seq), '{"count": 2}')]
    assert len(leaves) == 2
    assert all_is_well(opened, house)


def test_post_nothing_leaves_no_trace(opened, house):
    assert send(opened, house, []) == []
    assert send(opened, house, [move("x", "a", "b", 1)]) == ["below_floor"]
    with opened.read() as unit:
        assert house.log.leaves(unit, kind="transfer") == ()
        assert "transfers_posted" not in unit.execute(sa.select(TRAIL.c.action)).scalars().all()


def test_post_again_after_a_lost_answer_exists(opened, house):
    send(opened, house, FIRST)
    assert send(opened, house, FIRST, later(5)) == ["exists", "exists"]
    assert send(opened, house, [replace(FIRST[0], amount=99)]) == ["exists_with_different_amount"]


def test_post_whole_refuses_all_with_a_code_for_each(opened, house):
    drafts = [FIRST[0], move("x", "a", "b", 500), move("y", "a", "none", 1)]
    with pytest.raises(RuleBrokenError) as caught, opened.begin() as unit:
        house.accounts.post_whole(unit, drafts, NOW)
    assert caught.value.code == "transfers_refused"
    assert [(one.row, one.rule) for one in caught.value.findings] == [(2, "below_floor"), (3, "credit_unknown")]
    with opened.read() as unit:
        assert list(house.accounts.transfers(unit)) == []
    with opened.begin() as unit:
        assert house.accounts.post_whole(unit, FIRST, NOW) == 2
        assert house.accounts.post_whole(unit, FIRST, NOW) == 0


def test_post_with_a_strange_name_reads_nothing_and_is_refused(opened, house):
    strange = [move("x\0", "a\0", "\ud800", 1), Draft(transfer_id="y", action=Action.POST, pending_id="\0", reason="r")]
    assert send(opened, house, strange) == ["transfer_id_malformed", "pending_unknown"]


def test_pending_lapses_with_the_next_posting_or_by_itself(opened, house):
    send(opened, house, FIRST)
    assert send(opened, house, [], later(9)) == []
    assert held(opened, house, "a").available == 40
    assert send(opened, house, [move("all", "a", "b", 100)], later(10)) == ["created"]
    assert held(opened, house, "a").available == 0
    late = Draft(transfer_id="late", action=Action.POST, pending_id="p", reason="test")
    assert send(opened, house, [late], later(10)) == ["pending_lapsed"]
    with opened.read() as unit:
        assert [one.transfer_id for one in house.accounts.transfers(unit)] == ["fund", "p", "lapse/p", "all"]
        assert unit.execute(sa.select(PENDING)).all() == []
    assert all_is_well(opened, house)


def test_clock_that_goes_back_stands_still(opened, house):
    send(opened, house, FIRST[:1], later(100))
    send(opened, house, [move("x", "a", "b", 1)], later(-100))
    with opened.read() as unit:
        assert [one.at for one in house.accounts.transfers(unit)] == [later(100), later(100)]


def test_expire_takes_what_is_over_once_and_leaves_what_is_pending(opened, house):
    ends = HOUR + timedelta(hours=1)
    send(
        opened,
        house,
        [
            move("x", "site", "h", 5, period=HOUR),
            move("y", "site", "i", 7, period=ends),
            move("z", "h", "i", 2, period=HOUR, action=Action.PENDING),
        ],
    )
    with opened.begin() as unit:
        assert house.accounts.expire(unit, "a100@gui", ends - timedelta(seconds=1)) == ()
        assert house.accounts.expire(unit, "a100@gui", ends) == (Outcome.CREATED,)
        assert house.accounts.expire(unit, "a100@gui", ends) == ()
    assert (held(opened, house, "over", HOUR).posted, held(opened, house, "h", HOUR).available) == (3, 0)
    void = Draft(transfer_id="v", action=Action.VOID, pending_id="z", reason="test")
    assert send(opened, house, [void], ends) == ["created"]
    with opened.begin() as unit:
        assert house.accounts.expire(unit, "a100@gui", ends) == (Outcome.CREATED,)
    assert held(opened, house, "over", HOUR).posted == 5
    assert held(opened, house, "i", ends).posted == 7
    assert all_is_well(opened, house)


def test_expire_without_an_account_for_it_is_refused(opened, house):
    with pytest.raises(NotFoundError) as caught, opened.begin() as unit:
        house.accounts.expire(unit, "fen", NOW)
    assert caught.value.code == "expired_account_missing"


@pytest.mark.parametrize(
    "change",
    [
        sa.update(TRANSFER).values(amount=1),
        sa.delete(TRANSFER),
        sa.update(ACCOUNT).values(floor=-1000),
        sa.delete(ASSET),
        sa.update(BALANCE).values(debits_posted=1000),
        sa.update(BALANCE).where(BALANCE.c.account_id == "a").values(credits_posted=-1),
    ],
    ids=["amount", "transfer", "floor", "asset", "below_floor", "negative"],
)
def test_engine_itself_refuses_what_breaks_the_books(opened, house, change):
    send(opened, house, FIRST)
    with pytest.raises(EngineError) as caught, opened.begin() as unit:
        unit.execute(change)
    assert caught.value.code == "books_failed"
    assert all_is_well(opened, house)


def test_engine_itself_refuses_a_second_resolution(opened, house):
    send(opened, house, [*FIRST, Draft(transfer_id="v", action=Action.VOID, pending_id="p", reason="test")])
    with opened.read() as unit:
        row = dict(unit.execute(sa.select(TRANSFER).where(TRANSFER.c.transfer_id == "v")).mappings().one())
    with pytest.raises(EngineError), opened.begin() as unit:
        unit.execute(
            sa.insert(TRANSFER), {**row, "leaf": 99, "transfer_id": "w", "debit_entry": 99, "credit_entry": 99}
        )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (sa.update(BALANCE).where(BALANCE.c.account_id == "bank").values(debits_posted=5), "balance_differs"),
        (sa.update(ENTRIES).where(ENTRIES.c.account_id == "a").values(entries=5), "count_differs"),
        (sa.delete(PENDING), "pending_differs"),
    ],
    ids=["balance", "entries", "pending"],
)
def test_check_finds_what_does_not_follow_from_the_transfers(opened, house, change, rule):
    send(opened, house, FIRST)
    with opened.begin() as unit:
        unit.execute(change)
    with opened.read() as unit:
        assert rule in {one.rule for one in house.accounts.check(unit)}


def test_post_by_many_threads_loses_nothing(opened, house):
    send(opened, house, [move("fund", "bank", "a", 30)])
    outcomes = []

    def spend(who):
        for number in range(10):
            outcomes.extend(send(opened, house, [move(f"{who}-{number}", "a", "b", 2)]))

    threads = [threading.Thread(target=spend, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["below_floor"] * 15 + ["created"] * 15
    assert held(opened, house, "a").posted == 0
    assert all_is_well(opened, house)


def test_open_the_same_again_changes_nothing_and_another_is_refused(opened, house):
    with opened.begin() as unit:
        assert not house.accounts.open_asset(unit, ASSETS[0], NOW)
        assert not house.accounts.open_account(unit, ACCOUNTS[1], NOW)
        assert house.accounts.accounts(unit, owner="a") == {"a": ACCOUNTS[1]}
        assert house.accounts.assets(unit) == {one.asset_id: one for one in ASSETS}
    for account in (replace(ACCOUNTS[1], floor=-1), replace(ACCOUNTS[1], account_id="other")):
        with pytest.raises(ConflictError) as caught, opened.begin() as unit:
            house.accounts.open_account(unit, account, NOW)
        assert caught.value.code == "account_taken"
    with pytest.raises(ConflictError) as caught, opened.begin() as unit:
        house.accounts.open_asset(unit, replace(ASSETS[1], place="other"), NOW)
    assert caught.value.code == "asset_taken"


def test_open_an_account_of_no_asset_is_refused(opened, house):
    with pytest.raises(NotFoundError) as caught, opened.begin() as unit:
        house.accounts.open_account(unit, Account("x", "x", "none", "cash"), NOW)
    assert caught.value.code == "asset_unknown"
    with pytest.raises(NotFoundError) as caught, opened.begin() as unit:
        house.accounts.account(unit, "x")
    assert caught.value.code == "account_unknown"


@pytest.mark.parametrize(
    ("asset", "code"),
    [
        (Asset("", AssetKind.MONEY), "name_unfit"),
        (Asset("x" * 65, AssetKind.MONEY), "name_unfit"),
        (Asset("x\n", AssetKind.MONEY), "name_unfit"),
        (Asset("x", AssetKind.COMPUTE, "A100"), "asset_unfit"),
        (Asset("x", AssetKind.CERTIFICATE_HOUR), "asset_unfit"),
        (Asset("x", AssetKind.MEMO), "asset_unfit"),
        (Asset("x", AssetKind.MONEY, lifetime_h=1), "asset_unfit"),
        (Asset("x", AssetKind.QUOTA, lifetime_months=1201), "asset_unfit"),
        (Asset("x", AssetKind.QUOTA, lifetime_h=-1), "asset_unfit"),
    ],
)
def test_open_an_asset_that_is_not_whole_is_refused(opened, house, asset, code):
    with pytest.raises(BadInputError) as caught, opened.begin() as unit:
        house.accounts.open_asset(unit, asset, NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (Account("x", "", "fen", "cash"), "name_unfit"),
        (Account("x", "x", "fen", "Cash"), "name_unfit"),
        (Account("x", "x", "fen", "cash", floor=1), "account_unfit"),
        (Account("x", "x", "fen", "cash", floor=-(2**53)), "account_unfit"),
        (Account("x", "x", "fen", "cash", ceiling=-1), "account_unfit"),
        (Account("x", "x", "fen", "cash", ceiling=2**53), "account_unfit"),
    ],
)
def test_open_an_account_that_is_not_whole_is_refused(opened, house, account, code):
    with pytest.raises(BadInputError) as caught, opened.begin() as unit:
        house.accounts.open_account(unit, account, NOW)
    assert caught.value.code == code
