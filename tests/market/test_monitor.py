"""Concentration and pivotal offerers, against numbers worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.made_monitor import LIMITS, MARKET, hour

from qipan.market.model.monitor import FlagKind, Measure
from qipan.market.monitor import concentrated, concentration, pivotal


@pytest.mark.parametrize(
    ("amounts", "hhi"),
    [({}, 0), ({"a": 5}, 10_000), ({"a": 1, "b": 1}, 5000), (dict.fromkeys("abcdefghij", 1), 1000), ({"a": 0}, 0)],
)
def test_hhi_is_the_sum_of_squared_shares(amounts, hhi):
    assert concentration(MARKET, Measure.SOLD, amounts).hhi == hhi


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 10**9), min_size=1, max_size=30))
def test_hhi_lies_between_an_even_split_and_a_monopoly(amounts):
    found = concentration(MARKET, Measure.SOLD, amounts)
    assert 10_000 / len(amounts) - 1 <= found.hhi <= 10_000
    assert [share for _, share in found.largest] == sorted((share for _, share in found.largest), reverse=True)


def test_only_a_highly_concentrated_market_is_flagged():
    even = concentration(MARKET, Measure.SOLD, dict.fromkeys("abcdef", 1))
    big = concentration(MARKET, Measure.CERTIFIED, {"a": 6, "b": 2, "c": 2})
    (flag,) = concentrated([even, big], LIMITS)
    assert (flag.kind, flag.members[:2], flag.figures["hhi"]) == (FlagKind.CONCENTRATION, ("certified", "a"), 4400)


def test_who_is_needed_is_pivotal_and_who_is_not_is_not():
    hours = [hour(at, {"a": (10, 500), "b": (8, 500), "c": (8, 500)}, bids=((17, 900),)) for at in range(3)]
    found = pivotal([*hours, hour(4, {"a": (10, 500)}, bids=())], LIMITS)
    assert [(one.members, one.figures) for one in found] == [
        (("a",), {"hours": 3, "hours_watched": 3, "least_residual_supply": round(16 / 17, 4)})
    ]
