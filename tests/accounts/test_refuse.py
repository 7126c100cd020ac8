"""Why a draft is refused, rule by rule, at the last value that is fine and the first that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.accounts.made import ACCOUNTS, ASSETS, HOUR, NOW, later, move
from tests.accounts.test_replay import HOLD

from qipan.accounts.model.posting import AMOUNT_MAX, SUM_MAX, Account, Action, Balance, Draft, Outcome
from qipan.accounts.refuse import TIMEOUT_MAX_S, compare, deadline, form, limits, pair, resolution

KNOWN = {one.account_id: one for one in ACCOUNTS}
FEN, CARDS = ASSETS
MOVE = move("x", "a", "b", 1)
POST = Draft(transfer_id="x", action=Action.POST, pending_id="p", reason="test")


@pytest.mark.parametrize(
    "draft",
    [
        MOVE,
        replace(MOVE, transfer_id="A" + "./:_-9" * 10 + "xyz"),
        replace(MOVE, transfer_id="lapse"),
        replace(MOVE, reason="a" * 40),
        replace(MOVE, reason="a_1"),
        replace(MOVE, reference="棋" * 200),
        replace(MOVE, amount=AMOUNT_MAX),
        replace(MOVE, balancing_debit=True, balancing_credit=True),
        replace(MOVE, action=Action.EXPIRE),
        replace(MOVE, action=Action.PENDING, timeout_s=1),
        replace(MOVE, action=Action.PENDING, timeout_s=TIMEOUT_MAX_S),
        POST,
        replace(POST, amount=AMOUNT_MAX),
        replace(POST, action=Action.VOID),
    ],
)
def test_a_form_at_its_edge_is_fine(draft):
    assert form(draft) is None


@pytest.mark.parametrize(
    ("draft", "outcome"),
    [
        (replace(MOVE, transfer_id="x" * 65), Outcome.TRANSFER_ID_MALFORMED),
        (replace(MOVE, transfer_id="-x"), Outcome.TRANSFER_ID_MALFORMED),
        (replace(POST, action=Action.LAPSE), Outcome.TRANSFER_ID_MALFORMED),
        (replace(MOVE, reason="a" * 41), Outcome.REASON_MALFORMED),
        (replace(MOVE, reference="x" * 201), Outcome.REASON_MALFORMED),
        (replace(MOVE, reference="a\0"), Outcome.REASON_MALFORMED),
        (replace(MOVE, reference="a\ud800"), Outcome.REASON_MALFORMED),
        (replace(MOVE, reference="a\udfffb"), Outcome.REASON_MALFORMED),
        (replace(MOVE, amount=0), Outcome.AMOUNT_OUT_OF_RANGE),
        (replace(POST, amount=-1), Outcome.AMOUNT_OUT_OF_RANGE),
        (replace(MOVE, amount=AMOUNT_MAX + 1), Outcome.AMOUNT_OUT_OF_RANGE),
        (replace(POST, amount=AMOUNT_MAX + 1), Outcome.AMOUNT_OUT_OF_RANGE),
        (replace(MOVE, action=Action.PENDING, timeout_s=TIMEOUT_MAX_S + 1), Outcome.FIELDS_UNFIT),
        (replace(MOVE, action=Action.PENDING, timeout_s=-1), Outcome.FIELDS_UNFIT),
        (replace(MOVE, timeout_s=1), Outcome.FIELDS_UNFIT),
        (replace(POST, timeout_s=1), Outcome.FIELDS_UNFIT),
        (replace(POST, balancing_credit=True), Outcome.FIELDS_UNFIT),
        (replace(POST, balancing_debit=True), Outcome.FIELDS_UNFIT),
        (replace(POST, pending_id=""), Outcome.FIELDS_UNFIT),
        (replace(MOVE, pending_id="p"), Outcome.FIELDS_UNFIT),
    ],
)
def test_a_form_beyond_its_edge_is_refused(draft, outcome):
    assert form(draft) is outcome


def test_references_keep_letters_next_to_halves_of_pairs():
    assert form(replace(MOVE, reference="\ud7ff\ue000")) is None


@pytest.mark.parametrize(
    ("draft", "names", "at", "outcome"),
    [
        (MOVE, ("a", "b"), NOW, None),
        (MOVE, ("a", "a"), NOW, Outcome.ACCOUNTS_SAME),
        (MOVE, ("a", "h"), NOW, Outcome.ASSET_DIFFERS),
        (replace(MOVE, period=HOUR), ("a", "b"), NOW, Outcome.PERIOD_UNFIT),
        (MOVE, ("a", "gone"), NOW, None),
        (MOVE, ("gone", "a"), NOW, Outcome.ACCOUNT_SEALED),
        (replace(MOVE, action=Action.EXPIRE), ("gone", "a"), NOW, Outcome.ACCOUNT_SEALED),
        (replace(MOVE, action=Action.EXPIRE), ("a", "b"), NOW, Outcome.FIELDS_UNFIT),
    ],
)
def test_units_without_periods_move_between_two_open_accounts(draft, names, at, outcome):
    debit, credit = (KNOWN[name] for name in names)
    assert pair(draft, debit, credit, FEN, at) is outcome


def test_units_of_a_period_move_until_it_is_over_and_then_only_expire():
    hold, over, ends = KNOWN["h"], KNOWN["over"], HOUR + timedelta(hours=1)
    draft = move("x", "h", "i", 1, period=HOUR)
    expire = replace(draft, action=Action.EXPIRE)
    before = ends - timedelta(microseconds=1)
    assert pair(draft, hold, KNOWN["i"], CARDS, before) is None
    assert pair(draft, hold, KNOWN["i"], CARDS, ends) is Outcome.PERIOD_EXPIRED
    assert pair(draft, hold, over, CARDS, ends) is Outcome.ACCOUNT_SEALED
    assert pair(expire, hold, over, CARDS, ends) is None
    assert pair(expire, hold, over, CARDS, before) is Outcome.FIELDS_UNFIT
    assert pair(expire, hold, KNOWN["i"], CARDS, ends) is Outcome.FIELDS_UNFIT
    assert pair(expire, over, hold, CARDS, ends) is Outcome.ACCOUNT_SEALED


def test_limits_count_what_is_pending():
    free = Account("x", "x", "fen", "cash", floor=None)
    kept, capped = replace(free, floor=-5), replace(free, ceiling=20)
    some = Balance(3, 10, 4, 6)

    def broken(amount, debit=free, credit=free, giving=some, taking=some):
        return limits(amount, debit=debit, credit=credit, giving=giving, taking=taking)

    assert broken(SUM_MAX - 16) is None
    assert broken(SUM_MAX - 15) is Outcome.BALANCE_OVERFLOW
    assert broken(SUM_MAX - 7, taking=Balance()) is None
    assert broken(SUM_MAX - 6, taking=Balance()) is Outcome.BALANCE_OVERFLOW
    # Available: 10 - 3 - 4; at most: 10 - 3 + 6.
    assert broken(8, debit=kept) is None
    assert broken(9, debit=kept) is Outcome.BELOW_FLOOR
    assert broken(7, credit=capped) is None
    assert broken(8, credit=capped) is Outcome.ABOVE_CEILING


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, None),
        ({"debit": "a", "credit": "b"}, None),
        ({"amount": 60}, None),
        ({"amount": 59}, None),
        ({"amount": 61}, Outcome.PENDING_EXCEEDED),
        ({"action": Action.VOID}, None),
        ({"action": Action.VOID, "amount": 60}, None),
        ({"action": Action.VOID, "amount": 59}, Outcome.PENDING_DIFFERS),
        ({"debit": "b"}, Outcome.PENDING_DIFFERS),
        ({"credit": "a"}, Outcome.PENDING_DIFFERS),
        ({"period": HOUR}, Outcome.PENDING_DIFFERS),
    ],
)
def test_a_pending_transfer_is_resolved_as_it_is_pending(change, outcome):
    assert resolution(replace(POST, **change), HOLD, None, NOW) is outcome


def test_a_pending_transfer_of_a_period_is_resolved_by_its_period_or_none():
    of_hour = replace(HOLD, period=HOUR)
    assert resolution(POST, of_hour, None, NOW) is None
    assert resolution(replace(POST, period=HOUR), of_hour, None, NOW) is None
    assert resolution(replace(POST, period=later(0)), of_hour, None, NOW) is Outcome.PENDING_DIFFERS


def test_a_pending_transfer_is_resolved_once_and_before_its_deadline():
    assert resolution(POST, HOLD, Action.POST, NOW) is Outcome.PENDING_POSTED
    assert resolution(POST, HOLD, Action.VOID, NOW) is Outcome.PENDING_VOIDED
    assert resolution(POST, HOLD, Action.LAPSE, NOW) is Outcome.PENDING_LAPSED
    brief = replace(HOLD, timeout_s=10)
    assert (deadline(HOLD), deadline(brief)) == (None, later(10))
    assert resolution(POST, brief, None, later(10) - timedelta(microseconds=1)) is None
    assert resolution(POST, brief, None, later(10)) is Outcome.PENDING_LAPSED


def test_what_stands_exists_and_the_first_difference_is_told():
    stands = replace(HOLD, chain="k", reason="test", reference="r", timeout_s=5, balancing_debit=True)
    draft = Draft(
        transfer_id="p", action=Action.PENDING, debit="a", credit="b", amount=60, timeout_s=5, balancing_debit=True,
        reason="test", reference="r",
    )  # fmt: skip
    assert compare(draft, stands, "k") is Outcome.EXISTS
    changes = [
        ("action", {"action": Action.MOVE}),
        ("debit", {"debit": ""}),
        ("credit", {"credit": ""}),
        ("amount", {"amount": 61}),
        ("period", {"period": HOUR}),
        ("pending", {"pending_id": "q"}),
        ("timeout", {"timeout_s": 6}),
        ("balancing", {"balancing_debit": False}),
        ("chain", {}),
        ("reason", {"reason": "other"}),
        ("reference", {"reference": "s"}),
    ]
    other = draft
    for name, change in reversed(changes):
        alone = compare(replace(draft, **change), stands, "k" if change else "")
        assert alone.value == f"exists_with_different_{name}"
        # With all that comes after it different too, this is what is told.
        other = replace(other, **change)
        if name not in {"reason", "reference"}:
            assert compare(other, stands, "").value == f"exists_with_different_{name}"
    assert compare(replace(draft, period=None), replace(stands, period=HOUR), "k").value.endswith("period")


def test_what_resolves_may_leave_accounts_and_period_to_what_is_pending():
    stands = replace(HOLD, transfer_id="x", action=Action.POST, pending_id="p", asked=0, period=HOUR, reason="test")
    assert compare(POST, stands, "") is Outcome.EXISTS
    assert compare(replace(POST, debit="a", credit="b", period=HOUR), stands, "") is Outcome.EXISTS
    assert compare(replace(POST, debit="b"), stands, "").value.endswith("debit")
    assert compare(replace(POST, credit="a"), stands, "").value.endswith("credit")
    assert compare(replace(POST, period=NOW), stands, "").value.endswith("period")
