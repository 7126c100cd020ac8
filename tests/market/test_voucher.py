"""Vouchers: parts add up to the price, caps hold over a life, and each rule refuses with its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.model.voucher import Voucher
from qipan.market.voucher import redeem

ENDS = datetime(2027, 1, 1, tzinfo=UTC)
NOW = ENDS - timedelta(microseconds=1)
VOUCHER = Voucher("v", "firm", 3000, 50_000, 60_000, frozenset({"site", "other"}), ENDS)
PURCHASE = {"buyer": "firm", "supplier": "site", "now": NOW}


@given(st.integers(0, 10_000), st.integers(0, 500), st.integers(1, 900), st.lists(st.integers(0, 2000), max_size=6))
def test_caps_hold_over_the_life_of_a_voucher(rate_bp: int, cap: int, left: int, prices: list[int]) -> None:
    voucher, paid = replace(VOUCHER, rate_bp=rate_bp, cap_fen=cap, left_fen=left), 0
    for price in prices:
        if not voucher.left_fen:
            break
        told = redeem(voucher, price, **PURCHASE)
        assert told.holder_fen + told.fund_fen == price
        assert told.fund_fen == min(int(price * rate_bp / 10_000), cap, left - paid)
        paid += told.fund_fen
        assert told.voucher == replace(voucher, left_fen=left - paid)
        voucher = told.voucher
    assert paid <= left


def test_the_fund_pays_its_rate_rounded_down() -> None:
    told = redeem(replace(VOUCHER, rate_bp=8000), 12_349, **PURCHASE)
    assert (told.fund_fen, told.holder_fen) == (9879, 2470)


@pytest.mark.parametrize(
    ("voucher", "price", "change", "code"),
    [
        (VOUCHER, -1, {}, "purchase_negative"),
        (VOUCHER, 100, {"buyer": "thief"}, "voucher_not_held"),
        (VOUCHER, 100, {"supplier": "stranger"}, "supplier_ineligible"),
        (replace(VOUCHER, suppliers=frozenset({"firm"})), 100, {"supplier": "firm"}, "supplier_ineligible"),
        (VOUCHER, 100, {"now": ENDS}, "voucher_over"),
        (replace(VOUCHER, left_fen=0), 100, {}, "voucher_over"),
    ],
)
def test_a_redemption_against_a_rule_is_refused(voucher: Voucher, price: int, change, code: str) -> None:
    with pytest.raises((BadInputError, RuleBrokenError)) as raised:
        redeem(voucher, price, **(PURCHASE | change))
    assert raised.value.code == code


def test_the_last_fen_of_a_voucher_is_worth_it() -> None:
    assert redeem(replace(VOUCHER, left_fen=1), 100, **PURCHASE).fund_fen == 1
    assert redeem(VOUCHER, 0, **PURCHASE).fund_fen == 0
