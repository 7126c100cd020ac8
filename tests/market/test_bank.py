"""The compute bank: credit sums to zero, deposits are drawn in proportion and never beyond."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.bank import draw
from qipan.market.model.bank import Deposit

HOUR = "h100@gansu/2026-03-02T05"
MEMBERS = st.sampled_from("abc")


@given(st.lists(st.tuples(MEMBERS, st.integers(0, 100)), max_size=5), st.data(), MEMBERS, st.integers(0, 2000))
def test_draws_conserve_card_hours_and_credit(told, data, member: str, price: int) -> None:
    deposits = [Deposit(owner, HOUR, card_h) for owner, card_h in told]
    whole = sum(card_h for _, card_h in told)
    asked = data.draw(st.integers(0, whole))
    found = draw(deposits, asked, member=member, fen_per_card_h=price, credit_fen={}, floor_fen=-(10**9))
    assert sum(found.taken_card_h) == asked
    for (_, card_h), part in zip(told, found.taken_card_h, strict=True):
        assert 0 <= part <= card_h
        assert abs(part - Fraction(asked * card_h, whole or 1)) < 1
    assert sum(found.credit_fen.values()) == 0
    own = sum(part for (owner, _), part in zip(told, found.taken_card_h, strict=True) if owner == member)
    assert found.credit_fen[member] == -(asked - own) * price
    for owner in {owner for owner, _ in told} - {member}:
        lent = sum(part for (who, _), part in zip(told, found.taken_card_h, strict=True) if who == owner)
        assert found.credit_fen[owner] == lent * price


GIVEN = [Deposit("a", HOUR, 8), Deposit("b", HOUR, 16)]
TERMS = {"member": "c", "fen_per_card_h": 100, "credit_fen": {"c": 900}, "floor_fen": -300}


def test_a_draw_may_use_credit_down_to_the_floor() -> None:
    assert draw(GIVEN, 12, **TERMS).credit_fen == {"a": 400, "b": 800, "c": -1200}
    assert draw(GIVEN, 0, **TERMS).taken_card_h == (0, 0)
    assert draw(GIVEN, 24, **(TERMS | {"fen_per_card_h": 0})).taken_card_h == (8, 16)
    assert draw(GIVEN, 24, **(TERMS | {"fen_per_card_h": 50, "credit_fen": {}, "floor_fen": -1200}))


def test_a_member_without_credit_draws_nothing_where_nobody_lends() -> None:
    terms = {"member": "c", "fen_per_card_h": 1}
    assert draw(GIVEN, 1, **terms, credit_fen={"c": 1}).credit_fen["c"] == -1
    with pytest.raises(RuleBrokenError):
        draw(GIVEN, 1, **terms, credit_fen={"c": 0})


@pytest.mark.parametrize(
    ("deposits", "card_h", "change", "code"),
    [
        (GIVEN, -1, {}, "draw_negative"),
        (GIVEN, 1, {"fen_per_card_h": -1}, "draw_negative"),
        ([*GIVEN, Deposit("a", "h100@gansu/2026-03-02T06", 8)], 1, {}, "deposits_mixed"),
        (GIVEN, 25, {"fen_per_card_h": 0}, "deposits_short"),
        ([], 1, {}, "deposits_short"),
        (GIVEN, 13, {}, "credit_short"),
        (GIVEN, 1, {"member": "d", "floor_fen": 0}, "credit_short"),
        (GIVEN, 1, {"credit_fen": {"c": -201}}, "credit_short"),
    ],
)
def test_a_draw_against_a_rule_is_refused(deposits, card_h: int, change, code: str) -> None:
    with pytest.raises((BadInputError, RuleBrokenError)) as raised:
        draw(deposits, card_h, **(TERMS | change))
    assert raised.value.code == code
