"""An agreement's record: one text for equal agreements, and the agreement again; what a new text may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agreements.made import EAST, START, TABLES, TERMS, TRAINING, WEST, agreements, deal

from qipan.agreements.amend import check_amends
from qipan.agreements.model.agreement import Pool
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.sharing import Shares, SharingTable
from qipan.agreements.record import decimal_text, event_record, read, read_event, record
from qipan.kernel.errors import QipanError

JULY = date(2027, 7, 1)
LATER = replace(TERMS, holds_from=JULY, aid=(TRAINING,))


@given(agreements())
def test_a_record_is_read_back_and_written_the_same(agreement) -> None:
    text = record(agreement)
    assert read(text) == agreement
    assert record(read(text)) == text


def test_equal_agreements_have_one_record_however_their_decimals_are_written() -> None:
    assert record(deal(replace(TERMS, take_or_pay=Decimal("0.800")))) == record(deal())


@given(st.decimals(0, 10**12, places=15))
def test_a_decimal_is_written_exactly_and_without_an_exponent(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert set(text) <= set("0123456789.")


@given(st.dictionaries(st.sampled_from(Item), st.integers(0, 10**15), min_size=1))
def test_an_event_is_read_back(amounts) -> None:
    event = Event("e", START, amounts)
    assert read_event(event_record(event)) == event


def grown(pool: Pool, *more: Shares):
    old = TABLES[pool].versions if pool in TABLES else ()
    return {**TABLES, pool: SharingTable((*old, *more))}


EVEN = {WEST: Decimal("0.5"), EAST: Decimal("0.5")}


@pytest.mark.parametrize(
    "after",
    [deal(), deal().amended(LATER), deal(tables=grown(Pool.RENT, Shares(JULY, EVEN))),
     deal(tables=grown(Pool.ENCLAVE, Shares(START, EVEN)))],
)  # fmt: skip
def test_a_text_may_add_what_holds_later_and_a_new_table(after) -> None:
    check_amends(deal(), after, date(2027, 6, 1))


@pytest.mark.parametrize(
    ("after", "code"),
    [(deal(replace(TERMS, base_fen_per_card_h=1)), "agreement_differs"), (deal(hub_id="guizhou"), "agreement_differs"),
     (deal(tables={}), "agreement_differs"),
     (deal(tables={**TABLES, Pool.RENT: SharingTable((Shares(START, EVEN),))}), "agreement_differs"),
     (deal().amended(LATER), "agreement_posted"),
     (deal(tables=grown(Pool.RENT, Shares(JULY, EVEN))), "agreement_posted")],
)  # fmt: skip
def test_a_text_that_changes_what_holds_or_was_posted_is_refused(after, code: str) -> None:
    with pytest.raises(QipanError) as raised:
        check_amends(deal(), after, JULY)
    assert raised.value.code == code
