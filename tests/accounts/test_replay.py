"""Books beside what follows from their transfers: each finding with its row, column, rule and value."""

from __future__ import annotations

from dataclasses import replace

from tests.accounts.made import ACCOUNTS, NOW

from qipan.accounts.model.posting import Account, Action, Balance, Transfer
from qipan.accounts.replay import Replay, check_books, unbalanced
from qipan.kernel.errors import Finding

KNOWN = {one.account_id: one for one in ACCOUNTS}


def entered(name, debit, credit, amount, entries, **more):
    told = {"action": Action.MOVE, "asset_id": "fen", "period": None, "at": NOW, **more}
    fields = dict.fromkeys(("pending_id", "chain", "reason", "reference"), "") | told
    return Transfer(
        transfer_id=name, debit=debit, credit=credit, amount=amount, asked=amount, timeout_s=0,
        balancing_debit=False, balancing_credit=False, debit_entry=entries[0], credit_entry=entries[1], **fields,
    )  # fmt: skip


FUND = entered("fund", "bank", "a", 100, (1, 1))
HOLD = entered("p", "a", "b", 60, (2, 1), action=Action.PENDING)
PART = entered("r", "a", "b", 20, (3, 2), action=Action.POST, pending_id="p")


def after(*transfers):
    replay = Replay(KNOWN)
    for row, one in enumerate(transfers, start=1):
        assert replay.take(row, one) == ()
    return replay


def test_pending_transfers_are_held_and_then_posted_in_part_or_let_go():
    replay = after(FUND, HOLD)
    assert replay.balances == {
        ("bank", None): Balance(100, 0, 0, 0),
        ("a", None): Balance(0, 100, 60, 0),
        ("b", None): Balance(0, 0, 0, 60),
    }
    assert (replay.entries, replay.open) == ({"bank": 1, "a": 2, "b": 1}, {"p": HOLD})
    replay = after(FUND, HOLD, PART)
    assert replay.balances["a", None] == Balance(20, 100, 0, 0)
    assert replay.balances["b", None] == Balance(0, 20, 0, 0)
    assert replay.open == {}
    for action in (Action.VOID, Action.LAPSE):
        replay = after(FUND, HOLD, replace(PART, action=action, amount=60))
        assert replay.balances["a", None] == Balance(0, 100, 0, 0)
        assert replay.balances["b", None] == Balance(0, 0, 0, 0)


def test_a_transfer_of_an_account_that_is_not_open_is_strange_and_changes_nothing():
    replay = after(FUND)
    for one in (replace(FUND, debit="none"), replace(FUND, credit="none")):
        (found,) = replay.take(7, one)
        assert (found.row, found.column, found.rule) == (7, "debit", "account_strange")
        assert "was not: none." in found.message
    assert replay.entries == {"bank": 1, "a": 1}


def test_entries_that_do_not_follow_each_other_are_told():
    replay = after(FUND)
    found = replay.take(2, replace(FUND, debit_entry=3, credit_entry=1))
    assert [(one.row, one.column, one.rule, one.value) for one in found] == [
        (2, "entry", "entry_differs", "3"),
        (2, "entry", "entry_differs", "1"),
    ]
    assert found[0].message == "Entries of bank must follow each other, was 3 where 2 must stand."
    assert replay.entries == {"bank": 2, "a": 2}


def test_what_is_resolved_twice_is_strange_and_moves_nothing():
    replay = after(FUND, HOLD, PART)
    (found,) = replay.take(4, replace(PART, debit_entry=4, credit_entry=3))
    assert (found.row, found.column, found.rule) == (4, "pending", "pending_strange")
    assert found.message == "A pending transfer must be resolved once, was not open: p."
    assert replay.balances["a", None] == Balance(20, 100, 0, 0)


def test_balances_beyond_a_floor_or_a_ceiling_are_told_and_those_at_it_are_not():
    replay = after(FUND, replace(FUND, debit="a", credit="b", debit_entry=2, credit_entry=1))
    assert replay.take(3, entered("x", "b", "a", 150, (2, 3))) == ()
    (found,) = replay.take(4, entered("y", "b", "a", 1, (3, 4)))
    assert found == Finding(4, "amount", "below_floor", "b must hold at least -50, was -51.", "-51")
    replay = Replay({**KNOWN, "b": Account("b", "b", "fen", "cash", ceiling=100), "bank": KNOWN["bank"]})
    assert replay.take(1, entered("x", "bank", "b", 100, (1, 1))) == ()
    (found,) = replay.take(2, entered("y", "bank", "b", 1, (2, 2), action=Action.PENDING))
    assert found == Finding(2, "amount", "above_ceiling", "b must hold at most 100, was 101.", "101")


def check(transfers, balances, entries, pending):
    found = check_books(KNOWN, transfers, balances=balances, entries=entries, pending=pending)
    return [(one.row, one.column, one.rule, one.message) for one in found]


def test_books_that_follow_from_their_transfers_are_well_and_others_are_told():
    replay = after(FUND, HOLD)
    good = {"balances": replay.balances, "entries": replay.entries, "pending": ["p"]}
    assert check([FUND, HOLD], **good) == []
    zero = {"balances": {**replay.balances, ("gone", None): Balance()}, "entries": {**replay.entries, "gone": 0}}
    assert check([FUND, HOLD], **{**good, **zero}) == []
    lacking = {("bank", None): Balance(100, 0, 0, 0), ("a", None): Balance(0, 100, 60, 0)}
    told = check([FUND, HOLD], **{**good, "balances": lacking})
    assert told == [
        (0, "balance", "balance_differs", f"The balance of b must be {Balance(0, 0, 0, 60)}, was {Balance()}."),
        (0, "asset", "asset_unbalanced", "Accounts of fen must add up to 0, was 0, -60."),
    ]
    told = check([FUND, HOLD], replay.balances, {"bank": 1, "a": 3, "gone": 1}, ["q"])
    assert told == [
        (0, "entry", "count_differs", "a must have 2 entries, was 3."),
        (0, "entry", "count_differs", "b must have 1 entries, was 0."),
        (0, "entry", "count_differs", "gone must have 0 entries, was 1."),
        (0, "pending", "pending_differs", "A pending transfer must be open in both: p."),
        (0, "pending", "pending_differs", "A pending transfer must be open in both: q."),
    ]
    of_hour = {("site", NOW): Balance(1, 0, 0, 0), ("site", None): Balance(0, 1, 0, 0)}
    assert len(check([], of_hour, {}, [])) == 4
    (first, *_) = check([replace(FUND, debit_entry=2), HOLD], **good)
    assert first[:3] == (1, "entry", "entry_differs")


def test_assets_must_add_up_to_nothing_in_each_period():
    cells = {
        ("bank", None): Balance(7, 0, 0, 0),
        ("a", None): Balance(0, 5, 0, 1),
        ("site", NOW): Balance(3, 0, 2, 0),
        ("h", NOW): Balance(0, 3, 0, 2),
    }
    assert unbalanced(KNOWN, cells) == (
        Finding(0, "asset", "asset_unbalanced", "Accounts of fen must add up to 0, was -2, 1."),
    )
    other = {("site", NOW): Balance(3, 0, 0, 0), ("h", None): Balance(0, 3, 0, 0)}
    assert {one.message for one in unbalanced(KNOWN, other)} == {
        "Accounts of a100@gui must add up to 0, was -3, 0.",
        "Accounts of a100@gui must add up to 0, was 3, 0.",
    }
