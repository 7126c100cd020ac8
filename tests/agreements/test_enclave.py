"""One event stands in several regions' books, and all of it stands once."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agreements.made import START, shares

from qipan.agreements.enclave import split
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.sharing import SharingTable
from qipan.agreements.share import share
from qipan.kernel.errors import BadInputError, RuleBrokenError

AMOUNTS = st.dictionaries(st.sampled_from(Item), st.integers(0, 10**15), min_size=1)


@given(shares(), AMOUNTS)
def test_of_every_item_the_regions_parts_add_up_to_the_event(table, amounts) -> None:
    found = split(Event("e", date(2027, 5, 5), amounts), SharingTable((table,)))
    assert list(found.parts) == list(table.parts)
    assert found.shares_from == START
    for item, amount in amounts.items():
        assert sum(parts[item] for parts in found.parts.values()) == amount
        assert {region: parts[item] for region, parts in found.parts.items()} == share(amount, table)


@given(shares())
def test_an_event_before_its_table_is_refused(table) -> None:
    with pytest.raises(RuleBrokenError) as raised:
        split(Event("e", date(2026, 12, 31), {Item.TAX: 1}), SharingTable((table,)))
    assert raised.value.code == "table_not_yet"


@pytest.mark.parametrize("amounts", [{}, {Item.TAX: 5, Item.LOSS: -1}])
def test_an_event_has_amounts_without_a_sign(amounts) -> None:
    with pytest.raises(BadInputError) as raised:
        Event("e", START, amounts)
    assert raised.value.code == "event_unfit"
