"""Withholding: what is planted is found, and who offers its capacity as before is not flagged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.made_monitor import LIMITS, MARKET, START, hour

from qipan.market.model.monitor import FlagKind
from qipan.market.withhold import merit_price, withheld

HONEST = {"a": (10, 500), "b": (8, 700)}
CERTIFIED = {"a": 10, "b": 8}
PAST = [hour(at, HONEST, price=700, certified=CERTIFIED) for at in range(24)]
NEXT = 24


def judged(*hours):
    """Return what is found in hours after a day that is no longer watched."""
    return withheld([*PAST, *hours], LIMITS, START + timedelta(hours=NEXT))


def test_an_honest_market_has_no_flag():
    assert judged(*(hour(24 + at, HONEST, certified=CERTIFIED) for at in range(24))) == ((), 0)


def test_certified_lots_that_are_neither_offered_nor_sold_at_a_good_price_are_flagged():
    kept = [hour(NEXT + at, {"a": (4, 500), "b": (8, 700)}, price=900, certified=CERTIFIED) for at in range(3)]
    (flag,), unjudged = judged(*kept)
    assert (flag.kind, flag.market, flag.members, unjudged) == (FlagKind.PHYSICAL, MARKET, ("a",), 0)
    assert flag.figures == {"hours": 3, "lot_hours": 18, "worth_fen": 3 * 6 * 8 * 400}


def test_who_offers_nothing_at_all_is_held_to_what_it_asked_before():
    (flag,), _ = judged(hour(NEXT, {"b": (8, 700)}, price=900, certified=CERTIFIED))
    assert flag.figures == {"hours": 1, "lot_hours": 10, "worth_fen": 10 * 8 * 400}


@pytest.mark.parametrize(
    "change",
    [{"forward": {"a": 6}}, {"price": 500}, {"certified": {"a": 4, "b": 8}}],
    ids=["sold forward", "not worth it", "not certified"],
)
def test_what_is_sold_or_not_worth_it_is_not_withheld(change):
    told = {"price": 900, "certified": CERTIFIED} | change
    assert judged(hour(NEXT, {"a": (4, 500), "b": (8, 700)}, **told)) == ((), 0)


def test_a_tenth_may_stay_out():
    told = {"price": 900, "certified": {"a": 10}}
    assert judged(hour(NEXT, {"a": (9, 500)}, **told))[0] == ()
    assert len(judged(hour(NEXT, {"a": (8, 500)}, **told))[0]) == 1


def test_without_a_reference_it_cannot_be_told():
    # Neither whether "a" kept out what it has, nor whether "b" asks more than it did.
    assert withheld([hour(0, {"b": (8, 700)}, certified={"a": 10})], LIMITS) == ((), 2)


def test_hours_before_those_that_are_watched_are_references_alone():
    dear = [hour(NEXT + at, {"a": (10, 5000)}, bids=((8, 6000), (2, 5500))) for at in range(2)]
    (flag,), unjudged = judged(*dear)
    assert (flag.figures["offers"], unjudged) == (2, 0)
    later = dear[1].start
    assert withheld([*PAST, *dear], LIMITS, later)[0][0].figures["offers"] == 1


def test_a_dear_offer_that_moves_the_price_is_flagged_and_one_that_does_not_is_not():
    dear = {"a": (10, 2500), "b": (8, 700)}
    moved = hour(NEXT, dear, bids=((8, 3000), (10, 2600)), awarded={})
    (flag,), _ = judged(moved)
    assert (flag.kind, flag.members, flag.evidence) == (FlagKind.ECONOMIC, ("a",), ("o-24-a",))
    assert flag.figures["least_price_at_reference_fen"] == 700
    assert judged(hour(NEXT, dear, bids=((8, 3000),)))[0] == ()


def test_a_dear_offer_is_flagged_however_it_is_split():
    moved = hour(NEXT, {"a": (8, 5000), "b": (2, 700)}, bids=((4, 6000), (2, 5500)), awarded={})
    whole, other = moved.offers
    parts = (replace(whole, order_id="o-1", lots=4), replace(whole, order_id="o-2", lots=4), other)
    (flag,), _ = judged(moved)
    (split,), _ = judged(replace(moved, offers=parts))
    assert split.evidence == ("o-1", "o-2")
    name = "least_price_at_reference_fen"
    assert (split.members, split.figures[name]) == (flag.members, flag.figures[name]) == (("a",), 500)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 99)), max_size=5), st.integers(1, 99), st.integers(0, 50))
def test_a_cheaper_offer_never_makes_the_price_higher(bids, fen, less):
    one = hour(0, {"a": (3, 50), "b": (2, fen)}, bids=bids)
    two = hour(0, {"a": (3, 50), "b": (2, max(1, fen - less))}, bids=bids)
    assert merit_price(two.bids, two.offers) <= merit_price(one.bids, one.offers)
