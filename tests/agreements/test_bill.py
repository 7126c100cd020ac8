"""What a month owes: taken and, as far as take-or-pay reaches, not taken; never what was not ready."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agreements.made import START, agreements, cases, deal

from qipan.agreements.bill import bill
from qipan.agreements.model.bill import Use
from qipan.kernel.errors import BadInputError, RuleBrokenError


@given(st.data())
def test_a_month_owes_the_larger_of_taken_and_the_least_that_was_ready(data) -> None:
    agreement = data.draw(agreements())
    case = data.draw(cases(agreement, START))
    owed = bill(agreement, Use(START, case.taken_card_h, case.available_card_h), case.index)
    terms = agreement.terms(START)
    ready = terms.card_h_per_month if case.available_card_h is None else case.available_card_h
    paid = owed.taken_card_h + owed.untaken_card_h
    assert owed.due_fen == owed.taken_fen + owed.untaken_fen == paid * owed.price.fen_per_card_h
    assert owed.taken_card_h == case.taken_card_h
    assert paid <= ready
    assert paid == case.taken_card_h or paid == min(terms.least_card_h, ready) > case.taken_card_h
    assert terms.least_card_h <= terms.card_h_per_month * terms.take_or_pay < terms.least_card_h + 1


@pytest.mark.parametrize(
    ("taken", "ready", "untaken"), [(900, None, 0), (700, None, 100), (0, None, 800), (700, 750, 50), (0, 0, 0)]
)
def test_take_or_pay_reaches_to_its_share_of_the_volume_as_far_as_it_was_ready(taken, ready, untaken) -> None:
    assert bill(deal(), Use(START, taken, ready), Decimal(100)).untaken_card_h == untaken


@pytest.mark.parametrize(
    ("use", "code"),
    [(Use(START, 1001), "use_above_volume"), (Use(START, 5, 1001), "use_above_volume"),
     (Use(date(2028, 1, 1), 1), "month_outside"), (Use(date(2026, 12, 1), 1), "month_outside"),
     (Use(date(2027, 1, 2), 1), "month_outside")],
)  # fmt: skip
def test_what_is_not_agreed_on_is_not_billed(use: Use, code: str) -> None:
    with pytest.raises(RuleBrokenError) as raised:
        bill(deal(), use, Decimal(100))
    assert raised.value.code == code


@pytest.mark.parametrize(("taken", "ready"), [(-1, None), (5, 4)])
def test_nobody_takes_less_than_nothing_or_more_than_is_ready(taken: int, ready: int | None) -> None:
    with pytest.raises(BadInputError) as raised:
        Use(START, taken, ready)
    assert raised.value.code == "use_unfit"
