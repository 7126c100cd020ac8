"""Shares sum to one, and what is shared sums to what there was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agreements.made import EAST, FUND, START, TERMS, TRAINING, WEST, shares

from qipan.agreements.model.sharing import Shares, SharingTable
from qipan.agreements.share import aided_fen, contributed_fen, share
from qipan.kernel.errors import BadInputError, RuleBrokenError


@given(shares(), st.integers(-(10**15), 10**15))
def test_parts_add_up_to_the_amount_and_lie_next_to_the_exact_ones(table, amount: int) -> None:
    parts = share(amount, table)
    assert sum(parts.values()) == amount
    assert all(abs(parts[party] - amount * Fraction(part)) < 1 for party, part in table.parts.items())
    assert share(-amount, table) == {party: -part for party, part in parts.items()}


@pytest.mark.parametrize(
    "parts",
    [{}, {"a": "0.5"}, {"a": "0.5", "b": "0.51"}, {"a": "1.5", "b": "-0.5"}, {"a": "1", "b": "0"}, {"a": "NaN"},
     {"": "1"}, {"a": "0.3333333333333333333333333333333333", "b": "0.6666666666666666666666666666666666"}],
)  # fmt: skip
def test_shares_that_do_not_sum_to_one_are_refused(parts: dict[str, str]) -> None:
    with pytest.raises(BadInputError) as raised:
        Shares(START, {party: Decimal(part) for party, part in parts.items()})
    assert raised.value.code == "shares_unfit"


def test_the_table_of_a_day_is_the_last_that_holds_then() -> None:
    old, new = Shares(START, {"a": Decimal(1)}), Shares(date(2028, 1, 1), {"b": Decimal(1)})
    table = SharingTable((old, new))
    assert (table.on(START), table.on(date(2027, 12, 31)), table.on(date(2030, 5, 5))) == (old, old, new)
    with pytest.raises(RuleBrokenError) as raised:
        table.on(date(2026, 12, 31))
    assert raised.value.code == "table_not_yet"


@pytest.mark.parametrize("days", [[], [date(2028, 1, 1), START], [START, START]])
def test_a_table_whose_versions_do_not_rise_is_refused(days: list[date]) -> None:
    with pytest.raises(BadInputError) as raised:
        SharingTable(tuple(Shares(day, {"a": Decimal(1)}) for day in days))
    assert raised.value.code == "table_out_of_order"


def test_contributions_move_money_and_aid_costs_other_than_it_is_worth() -> None:
    agreed = type(TERMS)(START, 1, 1, contributions=(FUND, FUND), aid=(TRAINING,))
    assert contributed_fen(agreed) == {EAST: -10_000, WEST: 10_000}
    assert aided_fen(agreed) == {EAST: -2_000, WEST: 3_000}
