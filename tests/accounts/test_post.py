"""The rules of posting, each with the code that says so; the outcome, and that a refusal leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.accounts.made import ACCOUNTS, ASSETS, HOUR, NOW, later, move

from qipan.accounts.model.posting import (
    AMOUNT_MAX,
    SUM_MAX,
    Action,
    Balance,
    Draft,
    Outcome,
    Posting,
    Standing,
    Transfer,
)
from qipan.accounts.post import post

EMPTY = Standing({a.asset_id: a for a in ASSETS}, {a.account_id: a for a in ACCOUNTS}, {}, {}, {}, {})


def after(standing: Standing, posting: Posting) -> Standing:
    """Return what the next drafts rest on."""
    return Standing(
        standing.assets,
        standing.accounts,
        {**standing.balances, **posting.balances},
        {**standing.entries, **posting.entries},
        {**standing.transfers, **{one.transfer_id: one for one in posting.transfers}},
        {**standing.resolved, **{one.pending_id: one.action for one in posting.transfers if one.pending_id}},
    )


def standing(*drafts: Draft) -> Standing:
    """Return what stands after drafts that all must be posted."""
    posting = post(EMPTY, drafts, NOW)
    assert set(posting.outcomes) == {Outcome.CREATED}
    return after(EMPTY, posting)


def pending(name, debit, credit, amount, **more):
    return move(name, debit, credit, amount, action=Action.PENDING, **more)


def resolve(name, pending_id, amount=0, *, action=Action.POST, **more):
    return Draft(transfer_id=name, action=action, pending_id=pending_id, amount=amount, reason="test", **more)


FUNDED = standing(move("fund", "bank", "a", 100))
HELD = standing(move("fund", "bank", "a", 100), pending("p", "a", "b", 60, timeout_s=10))


def test_move_changes_both_sides_and_numbers_the_entries():
    posting = post(FUNDED, [move("x", "a", "b", 30)], NOW)
    assert posting.outcomes == (Outcome.CREATED,)
    assert posting.balances == {("a", None): Balance(30, 100, 0, 0), ("b", None): Balance(0, 30, 0, 0)}
    assert posting.entries == {"a": 2, "b": 1}
    (made,) = posting.transfers
    assert (made.debit_entry, made.credit_entry, made.asset_id, made.at) == (2, 1, "fen", NOW)


@pytest.mark.parametrize(
    ("draft", "outcome"),
    [
        (move("", "a", "b", 1), Outcome.TRANSFER_ID_MALFORMED),
        (move("lapse/x", "a", "b", 1), Outcome.TRANSFER_ID_MALFORMED),
        (move("x" * 65, "a", "b", 1), Outcome.TRANSFER_ID_MALFORMED),
        (move("棋", "a", "b", 1), Outcome.TRANSFER_ID_MALFORMED),
        (move("x", "a", "b", 1, action=Action.LAPSE), Outcome.TRANSFER_ID_MALFORMED),
        (replace(move("x", "a", "b", 1), reason=""), Outcome.REASON_MALFORMED),
        (replace(move("x", "a", "b", 1), reason="Why Not"), Outcome.REASON_MALFORMED),
        (move("x", "a", "b", 1, reference="r" * 201), Outcome.REASON_MALFORMED),
        (move("x", "a", "b", 1, reference="\0"), Outcome.REASON_MALFORMED),
        (move("x", "a", "b", 1, reference="\ud800"), Outcome.REASON_MALFORMED),
        (move("x", "a", "b", 0), Outcome.AMOUNT_OUT_OF_RANGE),
        (move("x", "a", "b", -1), Outcome.AMOUNT_OUT_OF_RANGE),
        (move("x", "a", "b", AMOUNT_MAX + 1), Outcome.AMOUNT_OUT_OF_RANGE),
        (resolve("x", "p", -1), Outcome.AMOUNT_OUT_OF_RANGE),
        (move("x", "a", "b", 1, timeout_s=1), Outcome.FIELDS_UNFIT),
        (pending("x", "a", "b", 1, timeout_s=-1), Outcome.FIELDS_UNFIT),
        (pending("x", "a", "b", 1, timeout_s=2**31), Outcome.FIELDS_UNFIT),
        (move("x", "a", "b", 1, pending_id="p"), Outcome.FIELDS_UNFIT),
        (resolve("x", ""), Outcome.FIELDS_UNFIT),
        (resolve("x", "p", balancing_debit=True), Outcome.FIELDS_UNFIT),
        (move("x", "none", "b", 1), Outcome.DEBIT_UNKNOWN),
        (move("x", "a", "none", 1), Outcome.CREDIT_UNKNOWN),
        (move("x", "a", "a", 1), Outcome.ACCOUNTS_SAME),
        (move("x", "a", "h", 1), Outcome.ASSET_DIFFERS),
        (move("x", "a", "b", 1, period=HOUR), Outcome.PERIOD_UNFIT),
        (move("x", "site", "h", 1), Outcome.PERIOD_UNFIT),
        (move("x", "site", "h", 1, period=HOUR + timedelta(minutes=1)), Outcome.PERIOD_UNFIT),
        (move("x", "site", "h", 1, period=HOUR.replace(tzinfo=None)), Outcome.PERIOD_UNFIT),
        (move("x", "site", "h", 1, period=HOUR - timedelta(hours=2)), Outcome.PERIOD_EXPIRED),
        (move("x", "gone", "a", 1), Outcome.ACCOUNT_SEALED),
        (move("x", "site", "over", 1, period=HOUR), Outcome.ACCOUNT_SEALED),
        (move("x", "site", "over", 1, period=HOUR, action=Action.EXPIRE), Outcome.FIELDS_UNFIT),
        (move("x", "a", "b", 1, action=Action.EXPIRE), Outcome.FIELDS_UNFIT),
        (move("x", "a", "b", 101), Outcome.BELOW_FLOOR),
        (move("x", "b", "a", 51), Outcome.BELOW_FLOOR),
        (move("x", "a", "debt", 1), Outcome.ABOVE_CEILING),
        (resolve("x", "none"), Outcome.PENDING_UNKNOWN),
        (resolve("x", "fund"), Outcome.PENDING_UNKNOWN),
    ],
)
def test_draft_that_breaks_a_rule_is_refused_and_leaves_nothing(draft, outcome):
    assert post(FUNDED, [draft], NOW) == Posting((outcome,), (), {}, {})


@pytest.mark.parametrize("draft", [move("x", "a", "b", 100), move("y" * 64, "b", "a", 50), move("z", "bank", "a", 1)])
def test_draft_at_the_edge_of_a_rule_is_posted(draft):
    assert post(FUNDED, [draft], NOW).outcomes == (Outcome.CREATED,)


def test_period_expires_with_its_end_and_not_before():
    draft = move("x", "site", "h", 1, period=HOUR)
    ends = HOUR + timedelta(hours=1)
    assert post(EMPTY, [draft], ends - timedelta(microseconds=1)).outcomes == (Outcome.CREATED,)
    assert post(EMPTY, [draft], ends).outcomes == (Outcome.PERIOD_EXPIRED,)


def test_units_of_one_period_do_not_pay_for_another():
    held = standing(move("x", "site", "h", 5, period=HOUR))
    other = move("y", "h", "i", 5, period=HOUR + timedelta(hours=1))
    assert post(held, [other, move("z", "h", "i", 5, period=HOUR)], NOW).outcomes == (
        Outcome.BELOW_FLOOR,
        Outcome.CREATED,
    )


def test_same_draft_again_exists_and_changes_nothing():
    draft = move("fund", "bank", "a", 100)
    assert post(FUNDED, [draft, draft], NOW) == Posting((Outcome.EXISTS, Outcome.EXISTS), (), {}, {})


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"action": Action.PENDING}, "action"),
        ({"debit": "b"}, "debit"),
        ({"credit": "b"}, "credit"),
        ({"amount": 99}, "amount"),
        ({"period": HOUR}, "period"),
        ({"balancing_debit": True}, "balancing"),
        ({"balancing_credit": True}, "balancing"),
        ({"reason": "other"}, "reason"),
        ({"reference": "other"}, "reference"),
    ],
)
def test_other_draft_under_an_id_says_what_differs(change, differs):
    draft = replace(move("fund", "bank", "a", 100), **change)
    assert post(FUNDED, [draft], NOW) == Posting((Outcome(f"exists_with_different_{differs}"),), (), {}, {})


def test_other_timeout_pending_or_chain_under_an_id_says_so():
    held = after(HELD, post(HELD, [resolve("r", "p")], NOW))
    drafts = [
        pending("p", "a", "b", 60, timeout_s=11),
        resolve("r", "q"),
        pending("p", "a", "b", 60, timeout_s=10, linked=True),
        pending("q", "a", "b", 1),
    ]
    assert [one.value for one in post(held, drafts, NOW).outcomes] == [
        "exists_with_different_timeout",
        "exists_with_different_pending",
        "exists_with_different_chain",
        "linked_failed",
    ]


def test_pending_debit_counts_against_the_floor_and_pending_credit_not_for_it():
    assert post(HELD, [move("x", "a", "b", 41), move("y", "a", "b", 40)], NOW).outcomes == (
        Outcome.BELOW_FLOOR,
        Outcome.CREATED,
    )
    assert post(HELD, [move("x", "b", "bank", 51)], NOW).outcomes == (Outcome.BELOW_FLOOR,)


def test_pending_credit_counts_against_the_ceiling():
    lent = standing(move("lend", "debt", "a", 10), pending("pay", "a", "debt", 7))
    assert post(lent, [move("x", "b", "debt", 4), move("y", "b", "debt", 3)], NOW).outcomes == (
        Outcome.ABOVE_CEILING,
        Outcome.CREATED,
    )


@pytest.mark.parametrize(("asked", "moved"), [(0, 60), (60, 60), (25, 25)])
def test_post_moves_what_is_asked_and_releases_the_rest(asked, moved):
    posting = post(HELD, [resolve("r", "p", asked)], NOW)
    assert posting.balances == {("a", None): Balance(moved, 100, 0, 0), ("b", None): Balance(0, moved, 0, 0)}
    (made,) = posting.transfers
    assert (made.debit, made.credit, made.amount, made.asked) == ("a", "b", moved, asked)
    again = after(HELD, posting)
    assert post(again, [resolve("r", "p", asked)], NOW).outcomes == (Outcome.EXISTS,)


def test_void_releases_all():
    posting = post(HELD, [resolve("r", "p", action=Action.VOID)], NOW)
    assert posting.balances == {("a", None): Balance(0, 100, 0, 0), ("b", None): Balance(0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("draft", "outcome"),
    [
        (resolve("r", "p", 61), Outcome.PENDING_EXCEEDED),
        (resolve("r", "p", 59, action=Action.VOID), Outcome.PENDING_DIFFERS),
        (resolve("r", "p", debit="b"), Outcome.PENDING_DIFFERS),
        (resolve("r", "p", credit="a"), Outcome.PENDING_DIFFERS),
        (resolve("r", "p", period=HOUR), Outcome.PENDING_DIFFERS),
        (resolve("r", "p", 60, action=Action.VOID, debit="a", credit="b"), Outcome.CREATED),
    ],
)
def test_resolving_otherwise_than_it_is_pending_is_refused(draft, outcome):
    assert post(HELD, [draft], NOW).outcomes == (outcome,)


@pytest.mark.parametrize(
    ("first", "outcome"), [(Action.POST, Outcome.PENDING_POSTED), (Action.VOID, Outcome.PENDING_VOIDED)]
)
def test_pending_is_resolved_once(first, outcome):
    drafts = [resolve("r", "p", action=first), resolve("s", "p"), resolve("t", "p", action=Action.VOID)]
    assert post(HELD, drafts, NOW).outcomes == (Outcome.CREATED, outcome, outcome)


def test_pending_lapses_at_its_timeout_and_not_before():
    assert post(HELD, [resolve("r", "p")], later(10) - timedelta(microseconds=1)).outcomes == (Outcome.CREATED,)
    assert post(HELD, [resolve("r", "p")], later(10)).outcomes == (Outcome.PENDING_LAPSED,)
    due = replace(HELD, due=(HELD.transfers["p"],))
    posting = post(due, [move("x", "a", "b", 100), resolve("r", "p")], later(10))
    assert posting.outcomes == (Outcome.CREATED, Outcome.PENDING_LAPSED)
    lapsed, moved = posting.transfers
    assert (lapsed.transfer_id, lapsed.action, lapsed.pending_id, lapsed.amount) == ("lapse/p", Action.LAPSE, "p", 60)
    assert (lapsed.debit_entry, moved.debit_entry) == (3, 4)
    assert posting.balances == {("a", None): Balance(100, 100, 0, 0), ("b", None): Balance(0, 100, 0, 0)}


def test_what_lapses_is_told_whole():
    chain = [
        move("fund", "site", "h", 9, period=HOUR, linked=True),
        pending(
            "p", "h", "i", 7, period=HOUR, timeout_s=10, balancing_debit=True, balancing_credit=True, reference="r"
        ),
    ]
    held = post(replace(EMPTY, accounts={**EMPTY.accounts, "i": replace(ACCOUNTS[7], ceiling=7)}), chain, NOW)
    due = replace(after(EMPTY, held), due=held.transfers[1:])
    posting = post(due, [], later(99))
    assert posting.transfers == (
        Transfer(
            transfer_id="lapse/p", action=Action.LAPSE, asset_id="a100@gui", debit="h", credit="i", amount=7, asked=7,
            period=HOUR, pending_id="p", timeout_s=0, chain="", balancing_debit=False, balancing_credit=False,
            reason="lapsed", reference="r", debit_entry=3, credit_entry=2, at=later(99),
        ),
    )  # fmt: skip
    assert posting.balances == {("h", HOUR): Balance(0, 9, 0, 0), ("i", HOUR): Balance(0, 0, 0, 0)}


def test_what_is_posted_is_told_whole():
    drafts = [
        pending("p", "site", "h", 7, period=HOUR, timeout_s=10, reference="r"),
        replace(resolve("q", "p", 3), reference="s"),
        replace(resolve("v", "p", action=Action.VOID, linked=True), reason="other"),
    ]
    first, second = post(EMPTY, drafts, NOW).transfers
    told = {"asset_id": "a100@gui", "debit": "site", "credit": "h", "period": HOUR, "chain": "", "at": NOW,
            "balancing_debit": False, "balancing_credit": False, "reason": "test"}  # fmt: skip
    assert first == Transfer(
        transfer_id="p", action=Action.PENDING, amount=7, asked=7, pending_id="", timeout_s=10, reference="r",
        debit_entry=1, credit_entry=1, **told,
    )  # fmt: skip
    assert second == Transfer(
        transfer_id="q", action=Action.POST, amount=3, asked=3, pending_id="p", timeout_s=0, reference="s",
        debit_entry=2, credit_entry=2, **told,
    )  # fmt: skip


def test_linked_drafts_stand_together_and_again_exist():
    chain = [move("x", "a", "b", 10, linked=True), move("y", "b", "a", 60)]
    posting = post(FUNDED, chain, NOW)
    assert posting.outcomes == (Outcome.CREATED,) * 2
    assert [one.chain for one in posting.transfers] == ["x", "x"]
    assert post(after(FUNDED, posting), chain, NOW) == Posting((Outcome.EXISTS,) * 2, (), {}, {})


def test_linked_drafts_with_one_that_is_refused_all_fall_and_the_next_stands():
    chain = [
        move("w", "a", "b", 1),
        move("x", "a", "b", 10, linked=True),
        pending("q", "b", "a", 5, linked=True),
        resolve("r", "q", linked=True),
        move("y", "b", "a", 1000, linked=True),
        move("z", "a", "b", 1),
        move("v", "a", "b", 99),
    ]
    posting = post(FUNDED, chain, NOW)
    failed = Outcome.LINKED_FAILED
    assert posting.outcomes == (
        Outcome.CREATED, failed, failed, failed, Outcome.BELOW_FLOOR, failed, Outcome.CREATED,
    )  # fmt: skip
    assert [one.transfer_id for one in posting.transfers] == ["w", "v"]
    assert posting.balances == {("a", None): Balance(100, 100, 0, 0), ("b", None): Balance(0, 100, 0, 0)}
    assert posting.entries == {"a": 3, "b": 2}


def test_what_a_fallen_chain_resolved_is_pending_as_before():
    chain = [resolve("r", "p", 25, linked=True), move("y", "a", "b", 1000)]
    drafts = [*chain, move("z", "a", "b", 41), resolve("s", "p")]
    posting = post(HELD, drafts, NOW)
    assert posting.outcomes == (
        Outcome.LINKED_FAILED, Outcome.BELOW_FLOOR, Outcome.BELOW_FLOOR, Outcome.CREATED,
    )  # fmt: skip
    assert posting.balances == {("a", None): Balance(60, 100, 0, 0), ("b", None): Balance(0, 60, 0, 0)}
    assert posting.entries == {"a": 3, "b": 2}
    assert post(HELD, chain, NOW) == Posting((Outcome.LINKED_FAILED, Outcome.BELOW_FLOOR), (), {}, {})


def test_ids_of_drafts_that_fell_can_be_used_again():
    fell = [move("x", "a", "b", 10, linked=True), move("y", "a", "b", 1000), move("x", "a", "b", 2)]
    assert post(FUNDED, fell, NOW).outcomes == (Outcome.LINKED_FAILED, Outcome.BELOW_FLOOR, Outcome.CREATED)


def test_chain_that_stands_in_part_falls():
    twice = [move("x", "a", "b", 1, linked=True), move("x", "a", "b", 1)]
    assert post(FUNDED, twice, NOW) == Posting((Outcome.LINKED_FAILED, Outcome.EXISTS), (), {}, {})
    chain = [move("x", "a", "b", 1, linked=True), move("y", "a", "b", 1)]
    stood = after(FUNDED, post(FUNDED, chain, NOW))
    longer = [*[replace(one, linked=True) for one in chain], move("z", "a", "b", 1)]
    assert post(stood, longer, NOW) == Posting((Outcome.EXISTS, Outcome.EXISTS, Outcome.LINKED_FAILED), (), {}, {})


def test_chain_without_an_end_falls():
    posting = post(FUNDED, [move("x", "a", "b", 1, linked=True), move("y", "a", "b", 1, linked=True)], NOW)
    assert posting == Posting((Outcome.LINKED_FAILED, Outcome.LINKED_CHAIN_OPEN), (), {}, {})


def test_balancing_debit_moves_what_is_there_above_the_floor():
    drafts = [
        move("x", "a", "b", AMOUNT_MAX, balancing_debit=True),
        move("y", "b", "a", AMOUNT_MAX, balancing_debit=True),
        move("z", "b", "a", 5, balancing_debit=True),
        move("w", "bank", "a", 5, balancing_debit=True),
    ]
    posting = post(FUNDED, drafts, NOW)
    assert [(one.amount, one.asked) for one in posting.transfers] == [
        (100, AMOUNT_MAX), (150, AMOUNT_MAX), (0, 5), (0, 5),
    ]  # fmt: skip


def test_balancing_credit_moves_what_there_is_room_for():
    lent = standing(move("lend", "debt", "a", 10), pending("pay", "a", "debt", 3))
    drafts = [
        move("x", "a", "debt", 5, balancing_credit=True),
        move("y", "a", "debt", 5, balancing_credit=True, balancing_debit=True),
        move("z", "bank", "a", 5, balancing_credit=True),
    ]
    assert [one.amount for one in post(lent, drafts, NOW).transfers] == [5, 2, 0]
    # Where there is no ceiling, there is no room.
    assert [one.amount for one in post(EMPTY, [move("w", "bank", "b", 5, balancing_credit=True)], NOW).transfers] == [0]


def test_sum_beyond_what_the_books_hold_is_refused():
    near = replace(FUNDED, balances={("bank", None): Balance(SUM_MAX - 10, 0, 0, 0), ("a", None): Balance(0, 0, 0, 0)})
    assert post(near, [move("x", "bank", "a", 11), move("y", "bank", "a", 10)], NOW).outcomes == (
        Outcome.BALANCE_OVERFLOW,
        Outcome.CREATED,
    )
    full = replace(FUNDED, balances={("a", None): Balance(0, SUM_MAX - 5, 0, 0)})
    assert post(full, [move("x", "bank", "a", 6)], NOW).outcomes == (Outcome.BALANCE_OVERFLOW,)


def test_expire_takes_only_what_is_over():
    held = standing(move("x", "site", "h", 5, period=HOUR))
    sweep = move("e", "h", "over", 5, period=HOUR, action=Action.EXPIRE)
    at = HOUR + timedelta(hours=1)
    assert post(held, [sweep], NOW).outcomes == (Outcome.FIELDS_UNFIT,)
    posting = post(held, [sweep, replace(sweep, transfer_id="f")], at)
    assert posting.outcomes == (Outcome.CREATED, Outcome.BELOW_FLOOR)
    assert posting.balances["over", HOUR] == Balance(0, 5, 0, 0)
