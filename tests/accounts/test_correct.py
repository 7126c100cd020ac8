"""Corrections of random groups: they conserve, undo no more than was done, and leave who passed money on as it was."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.made import NOW

from qipan.accounts.correct import check_kept, correct, passed_through, reverses
from qipan.accounts.model.posting import Action, Draft, Transfer
from qipan.kernel.errors import BadInputError, QipanError, RuleBrokenError

MEMBERS = "abcd"


def transfer(name, debit, credit, amount, chain="", **more):
    told = {
        "action": Action.MOVE, "asset_id": "fen", "asked": amount, "period": None, "pending_id": "", "timeout_s": 0,
        "balancing_debit": False, "balancing_credit": False, "reason": "test", "reference": "", "debit_entry": 1,
        "credit_entry": 1, "at": NOW,
    }  # fmt: skip
    return Transfer(transfer_id=name, debit=debit, credit=credit, amount=amount, chain=chain, **{**told, **more})


@st.composite
def settlements(draw):
    """Return a group that passes through a house: some pay in, all of it is paid out."""
    paid = draw(st.lists(st.tuples(st.sampled_from(MEMBERS), st.integers(1, 50)), min_size=1, max_size=5))
    group = [transfer(f"in-{n}", one, "house", fen, "in-0") for n, (one, fen) in enumerate(paid)]
    left = sum(fen for _, fen in paid)
    while left:
        fen = draw(st.integers(1, left))
        group.append(transfer(f"out-{len(group)}", "house", draw(st.sampled_from(MEMBERS)), fen, "in-0"))
        left -= fen
    return group


@st.composite
def amounts_of(draw, group):
    """Return amounts to correct, on both sides as much."""
    sides = [[one for one in group if one.credit == "house"], [one for one in group if one.debit == "house"]]
    whole = draw(st.integers(1, sum(one.amount for one in sides[0])))
    found = {}
    for side in sides:
        left = whole
        for one in draw(st.permutations(side)):
            part = min(left, one.amount)
            if part:
                found[one.transfer_id] = part
            left -= part
    return found


def nets(moves):
    found = Counter()
    for one in moves:
        found[one.debit] -= one.amount
        found[one.credit] += one.amount
    return found


@given(st.data())
def test_corrections_conserve_and_the_house_stays_as_it_was(data):
    group = data.draw(settlements())
    amounts = data.draw(amounts_of(group))
    drafts = correct("d", amounts, group)
    assert sum(nets(drafts).values()) == 0
    assert nets(drafts)["house"] == 0
    assert {one.reference: one.amount for one in drafts} == amounts
    assert [one.linked for one in drafts] == [True] * (len(drafts) - 1) + [False]
    held = 0
    for one in drafts:
        held += one.amount * ((one.credit == "house") - (one.debit == "house"))
        assert held >= 0
    assert correct("d", dict(reversed(amounts.items())), group) == drafts


@given(st.data())
def test_a_whole_correction_leaves_everybody_as_they_were(data):
    group = data.draw(settlements())
    drafts = correct("d", {one.transfer_id: one.amount for one in group}, group)
    both = nets(group)
    both.update(nets(drafts))
    assert set(both.values()) == {0}


@given(st.data())
def test_more_on_one_side_than_on_the_other_is_refused(data):
    group = [transfer("e-in", "e", "house", 9, "in-0"), *data.draw(settlements())]
    group.append(transfer("f-out", "house", "f", 9, "in-0"))
    amounts = data.draw(amounts_of(group))
    name = data.draw(st.sampled_from(sorted(amounts)))
    less = {one: fen - (one == name) for one, fen in amounts.items() if fen > (one == name)}
    with pytest.raises(RuleBrokenError) as caught:
        correct("d", less, group)
    assert caught.value.code == "correction_one_sided"


@given(st.data(), st.integers(-3, 3))
def test_no_more_than_what_moved_goes_back(data, more):
    one = transfer("t", "a", "b", data.draw(st.integers(1, 50)))
    amount = one.amount + more
    if 1 <= amount <= one.amount:
        assert [draft.amount for draft in correct("d", {"t": amount}, [one])] == [amount]
    else:
        with pytest.raises(BadInputError) as caught:
            correct("d", {"t": amount}, [one])
        assert caught.value.code == "correction_unfit"


def test_nothing_is_corrected_by_no_amounts():
    assert correct("d", {}, [transfer("t", "a", "b", 5)]) == ()


def test_what_only_was_pending_is_foreign():
    with pytest.raises(QipanError) as caught:
        correct("d", {"t": 5}, [transfer("t", "a", "b", 5, action=Action.PENDING)])
    assert caught.value.code == "correction_foreign"


def test_passed_through_looks_at_linked_transfers_only():
    alone = [transfer("t", "a", "b", 5), transfer("u", "b", "c", 5)]
    assert passed_through(alone) == frozenset()
    linked = [transfer(one.transfer_id, one.debit, one.credit, 5, "t") for one in alone]
    assert passed_through(linked) == {("t", ("b", None))}


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ({}, True),
        ({"amount": 4}, False),
        ({"debit": "c"}, False),
        ({"credit": "c"}, False),
        ({"period": NOW}, False),
        ({"reason": "test"}, False),
        ({"action": Action.PENDING}, False),
    ],
)
def test_reverses_holds_ends_amount_and_reason(change, is_right):
    told = {"name": "x", "debit": "b", "credit": "a", "amount": 5, "reason": "correction", **change}
    assert reverses(transfer(**told), transfer("t", "a", "b", 5), 5) is is_right


def test_corrections_follow_from_the_decision_and_what_it_corrects_to_the_letter():
    group = [transfer("t", "a", "b", 5, "t", period=NOW), transfer("u", "b", "c", 7, "t")]
    first, second = correct("d-1", {"t": 2, "u": 2}, [*group, transfer("v", "c", "a", 1, "t")])
    assert first == Draft(
        transfer_id="dispute/d-1/1", debit="c", credit="b", amount=2, reason="correction", reference="u", linked=True
    )
    assert second == Draft(
        transfer_id="dispute/d-1/2", debit="b", credit="a", amount=2, period=NOW, reason="correction", reference="t"
    )


def test_what_passed_through_is_told_with_what_would_be_left_there():
    group = [transfer("t", "a", "house", 5, "t"), transfer("u", "house", "c", 5, "t")]
    for amounts, left in (({"t": 2}, "-2"), ({"u": 2}, "+2")):
        with pytest.raises(RuleBrokenError) as caught:
            correct("d", amounts, group)
        assert (
            caught.value.message == f"What passed through house must go back on both sides, was {left} left there of t."
        )


def test_who_was_left_as_they_were_by_one_other_alone_passed_nothing_on():
    back = [transfer("t", "a", "b", 5, "t"), transfer("u", "b", "a", 5, "t")]
    assert passed_through(back) == frozenset()
    uneven = [transfer("t", "a", "b", 5, "t"), transfer("u", "b", "c", 4, "t")]
    assert passed_through(uneven) == frozenset()


def test_what_records_rest_on_stays():
    check_kept({"t": 5, "u": 1}, {"t": 5, "u": 2})
    with pytest.raises(RuleBrokenError) as caught:
        check_kept({"u": 1, "t": 6}, {"t": 5, "u": 2})
    assert caught.value.code == "correction_kept"
    assert caught.value.message == "Of a transfer that records rest on at most 5 may go back, was 6: t."


@pytest.mark.parametrize(("change", "is_right"), [({}, True), ({"amount": 4}, False), ({"reason": "x"}, False)])
def test_reverses_holds_what_it_can_where_the_corrected_is_not_known(change, is_right):
    told = {"name": "x", "debit": "b", "credit": "a", "amount": 5, "reason": "correction", **change}
    assert reverses(transfer(**told), None, 5) is is_right
