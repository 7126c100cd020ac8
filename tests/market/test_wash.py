"""Wash trades: what is planted is found, and honest markets are flagged no more often than promised."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from tests.market.made_monitor import LIMITS, honest_deals, seeded, washing

from qipan.market.model.monitor import FlagKind
from qipan.market.wash import _redealt, returned, washed


@pytest.mark.parametrize("members", [("m-00", "m-01"), ("m-00", "m-01", "m-02"), ("new-1", "new-2")])
def test_a_planted_circle_is_found_with_its_trades(members):
    deals = [*honest_deals(seeded()), *washing(members, 20)]
    flags = washed(deals, LIMITS, seeded())
    assert [(one.kind, one.members) for one in flags] == [(FlagKind.WASH, members)]
    (flag,) = flags
    assert {one.name for one in washing(members, 20)} <= set(flag.evidence)
    assert flag.figures["lots_returned"] > 50
    assert flag.chance is not None
    assert flag.chance <= LIMITS.false_flag_share


@pytest.mark.slow
def test_honest_markets_are_flagged_no_more_often_than_promised():
    """As many as a promise of 5 % allows with a chance of 98 %, counted one-sided."""
    limits = replace(LIMITS, false_flag_share=0.05, permutations=39)
    rng = seeded(1)
    alarms = sum(bool(washed(honest_deals(rng, 60, 6), limits, rng)) for _ in range(80))
    assert alarms <= binom.ppf(0.98, 80, 0.05)


def _apart_by_book(rng):
    """Return trades in six books of four members each, who meet at random there."""
    return [
        one._replace(
            instrument=f"book-{book}",
            seller=f"{book}/{one.seller}",
            buyer=f"{book}/{one.buyer}",
        )
        for book in range(6)
        for one in honest_deals(rng, 40, 4)
    ]


def _apart_by_day(rng):
    """Return trades of eight members of whom four, at random, are there on a day."""
    deals = []
    for day in range(10):
        there = {f"m-{at:02d}": f"m-{who}" for at, who in enumerate(rng.choice(8, 4, replace=False))}
        deals += [
            one._replace(day=f"2026-03-{day + 1:02d}", seller=there[one.seller], buyer=there[one.buyer])
            for one in honest_deals(rng, 12, 4)
        ]
    return deals


@pytest.mark.parametrize("made", [_apart_by_book, _apart_by_day])
def test_who_was_there_that_day_explains_nothing(made):
    """As many as a promise of 5 % allows with a chance of 98 %, counted one-sided."""
    limits = replace(LIMITS, false_flag_share=0.05, permutations=19)
    rng = seeded(1)
    assert sum(bool(washed(made(rng), limits, rng)) for _ in range(40)) <= binom.ppf(0.98, 40, 0.05)


def test_two_who_trade_with_each_other_alone_cannot_be_told_from_chance():
    assert washed(washing(("a", "b"), 20), LIMITS, seeded()) == ()


def test_prices_that_are_far_apart_undo_nothing():
    there, back = washing(("a", "b"), 5, ("2026-03-05",))
    assert returned([there, back._replace(fen_per_card_h=1200)], 0.01) == {}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 9)), max_size=12))
def test_no_more_comes_back_than_was_sold(rows):
    base = washing(("a", "b"), 1, ("2026-03-05",))[0]
    deals = [base._replace(seller=f"m{s}", buyer=f"m{b}", lots=lots) for s, b, lots in rows if s != b]
    found = returned(deals, 0.01)
    sold = Counter()
    for one in deals:
        sold[one.seller] += one.lots
    for member, lots in sold.items():
        assert sum(back for members, back in found.items() if member in members) <= lots
    assert sum(len(members) * lots for members, lots in found.items()) <= sum(sold.values())


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_a_deal_of_counterparties_keeps_everybody_as_busy_in_a_day_and_nobody_trades_with_itself(seed):
    deals = honest_deals(seeded(), 60, 5)
    dealt = _redealt(deals, seeded(seed))
    assert all(one.seller != one.buyer for one in dealt)
    assert Counter((one.day, one.buyer) for one in dealt) == Counter((one.day, one.buyer) for one in deals)
    assert [one._replace(buyer="") for one in dealt] == [one._replace(buyer="") for one in deals]
