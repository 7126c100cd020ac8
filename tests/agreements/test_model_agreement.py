"""Versions: a new one holds from its month on, older ones stay; what breaks a rule of the form is refused by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.agreements.made import END, FUND, START, TERMS, TRAINING, WEST, deal

from qipan.agreements.model.agreement import Aid, AidKind, Contribution, Indexation
from qipan.kernel.errors import BadInputError

JULY = date(2027, 7, 1)


def test_a_new_version_holds_from_its_month_and_the_old_one_until_then() -> None:
    cheaper = replace(TERMS, holds_from=JULY, base_fen_per_card_h=1100)
    before = deal()
    after = before.amended(cheaper)
    assert after.terms(date(2027, 6, 1)) is TERMS
    assert after.terms(JULY) is after.terms(date(2027, 12, 1)) is cheaper
    assert before.versions == (TERMS,)


@pytest.mark.parametrize("holds_from", [START, date(2026, 1, 1), END])
def test_a_version_that_would_change_an_older_one_or_never_hold_is_refused(holds_from: date) -> None:
    with pytest.raises(BadInputError) as raised:
        deal().amended(replace(TERMS, holds_from=holds_from))
    assert (raised.value.code, raised.value.field) == ("agreement_unfit", "versions")


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"agreement_id": "Shanghai Ningxia"}, "id"), ({"buyer": "31"}, "buyer"), ({"seller": "999999"}, "seller"),
     ({"seller": "310000"}, "seller"), ({"hub_id": ""}, "card_class"), ({"end": START}, "until"),
     ({"start": date(2027, 1, 2)}, "until"), ({"versions": ()}, "versions"),
     ({"versions": (replace(TERMS, aid=(replace(TRAINING, taker="fund"),)),)}, "versions"),
     ({"versions": (replace(TERMS, contributions=(replace(FUND, taker="fund"),)),)}, "versions")],
)  # fmt: skip
def test_an_agreement_that_breaks_its_form_is_refused(changed, field: str) -> None:
    with pytest.raises(BadInputError) as raised:
        deal(**changed)
    assert (raised.value.code, raised.value.field) == ("agreement_unfit", field)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"holds_from": date(2027, 1, 2)}, "holds_from"), ({"card_h_per_month": -1}, "card_h_per_month"),
     ({"card_h_per_month": 10**9 + 1}, "card_h_per_month"), ({"base_fen_per_card_h": 10**6 + 1}, "base_fen_per_card_h"),
     ({"cap_fen_per_card_h": 999}, "floor_fen_per_card_h"), ({"take_or_pay": Decimal("1.01")}, "take_or_pay"),
     ({"take_or_pay": Decimal("NaN")}, "take_or_pay")],
)  # fmt: skip
def test_terms_that_break_their_form_are_refused(changed, field: str) -> None:
    with pytest.raises(BadInputError) as raised:
        replace(TERMS, **changed)
    assert (raised.value.code, raised.value.field) == ("agreement_unfit", field)


@pytest.mark.parametrize(
    "make",
    [lambda: Indexation("", Decimal(1), Decimal(0)), lambda: Indexation("cpi", Decimal(0), Decimal(0)),
     lambda: Indexation("cpi", Decimal(1), Decimal(2)), lambda: Contribution(WEST, WEST, 1),
     lambda: Contribution("310000", WEST, 0), lambda: replace(TRAINING, giver=WEST),
     lambda: Aid(AidKind.TECHNICAL_AID, "310000", WEST, 1, 1, " "), lambda: replace(TRAINING, worth_fen_per_month=-1)],
)  # fmt: skip
def test_parts_of_terms_that_break_their_form_are_refused(make) -> None:
    with pytest.raises(BadInputError) as raised:
        make()
    assert raised.value.code == "agreement_unfit"
