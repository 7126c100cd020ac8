"""Delivery at a hub: each refusal of a nomination, allocation that conserves lots, buy-in that sums to zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.deliver import allocate, buy_in, failed_lots, nominate, use
from qipan.market.model.delivery import Nomination, Reservation

GATE = datetime(2026, 3, 1, 14, tzinfo=UTC)
BEFORE = GATE - timedelta(microseconds=1)
ASKED = Nomination("west", "zhongwei", 3, BEFORE)
STANDING = (Nomination("west", "qingyang", 4, BEFORE), Nomination("east", "zhongwei", 9, BEFORE))
TERMS = {"gate": GATE, "owed_lots": 7, "site_cards": 24}


def test_nominations_of_a_member_and_site_replace_each_other() -> None:
    first = nominate(ASKED, STANDING, **TERMS)
    assert first == (*STANDING, ASKED)
    less = replace(ASKED, lots=1)
    assert nominate(less, first, **TERMS) == (*STANDING, less)
    assert nominate(replace(ASKED, lots=0), first, **TERMS) == STANDING
    elsewhere = replace(ASKED, site_id="jiuquan", lots=0)
    assert nominate(elsewhere, first, **TERMS) == first


def test_a_nomination_becomes_less_also_where_the_certificate_was_cut() -> None:
    cut = TERMS | {"site_cards": -48}
    first = nominate(ASKED, STANDING, **TERMS)
    assert nominate(replace(ASKED, lots=0), first, **cut) == STANDING
    assert nominate(replace(ASKED, lots=2), first, **cut)[-1].lots == 2
    for lots, standing in ((4, first), (1, STANDING)):
        with pytest.raises(RuleBrokenError) as raised:
            nominate(replace(ASKED, lots=lots), standing, **cut | {"owed_lots": 99})
        assert raised.value.code == "nomination_above_certified"


def test_who_bought_back_takes_nominations_back_site_by_site() -> None:
    first, owes_less = nominate(ASKED, STANDING, **TERMS), TERMS | {"owed_lots": 3}
    assert nominate(replace(ASKED, lots=1), first, **owes_less)[-1].lots == 1
    assert nominate(replace(ASKED, lots=0), first, **owes_less) == STANDING
    with pytest.raises(RuleBrokenError) as raised:
        nominate(replace(ASKED, lots=4), first, **TERMS | {"owed_lots": 7})
    assert raised.value.code == "nomination_above_owed"


@pytest.mark.parametrize(
    ("change", "terms", "code"),
    [
        ({"lots": -1}, {}, "nomination_negative"),
        ({"lots": 1.5}, {}, "nomination_negative"),
        ({"lots": True}, {}, "nomination_negative"),
        ({"at": GATE}, {}, "gate_closed"),
        ({}, {"called": {"west"}}, "call_unmet"),
        ({}, {"owed_lots": 6}, "nomination_above_owed"),
        ({}, {"site_cards": 23}, "nomination_above_certified"),
    ],
)
def test_a_nomination_against_a_rule_is_refused(change, terms, code: str) -> None:
    assert nominate(ASKED, STANDING, **TERMS, called={"east"})
    with pytest.raises((BadInputError, RuleBrokenError)) as raised:
        nominate(replace(ASKED, **change), STANDING, **(TERMS | terms))
    assert raised.value.code == code


def test_what_is_owed_and_not_nominated_failed() -> None:
    assert failed_lots({"west": 9, "south": 2, "east": 9}, [*STANDING, ASKED]) == {"south": 2, "west": 2}
    assert list(failed_lots({"b": 1, "a": 1}, [])) == ["a", "b"]


NAMES = st.sampled_from("abcdef")
LOTS = st.dictionaries(NAMES, st.integers(0, 40), min_size=1)


@given(LOTS, LOTS)
def test_allocation_serves_all_there_is_room_for(bought: dict[str, int], room: dict[str, int]) -> None:
    found = allocate(bought, room)
    demand, supply = sum(bought.values()), sum(room.values())
    assert sum(one.lots for one in found) == min(demand, supply)
    assert all(one.lots > 0 for one in found)
    assert len({(one.member, one.site_id) for one in found}) == len(found)
    for site_id, most in room.items():
        assert sum(one.lots for one in found if one.site_id == site_id) <= most
    for member, lots in bought.items():
        got = sum(one.lots for one in found if one.member == member)
        assert got <= lots
        assert abs(got - Fraction(lots * min(demand, supply), demand or 1)) < 1
    assert found == allocate(dict(reversed(bought.items())), dict(reversed(room.items())))
    assert list(found) == sorted(found, key=lambda one: (one.member, one.site_id))
    # Each split of a buyer uses a site up, but for its last.
    assert len(found) <= len(bought) + len(room)


def test_allocation_keeps_buyers_whole_where_a_site_holds_them() -> None:
    found = allocate({"small": 2, "large": 6, "mid": 4}, {"a": 5, "b": 7})
    assert found == (Reservation("large", "b", 6), Reservation("mid", "a", 4), Reservation("small", "a", 1),
                     Reservation("small", "b", 1))  # fmt: skip


def test_a_site_that_just_holds_a_buyer_is_taken() -> None:
    assert allocate({"x": 3}, {"a": 5, "b": 3, "c": 4}) == (Reservation("x", "b", 3),)


def test_ties_go_by_name() -> None:
    assert allocate({"y": 3, "x": 3}, {"q": 3, "p": 3}) == (Reservation("x", "p", 3), Reservation("y", "q", 3))
    assert allocate({"x": 5}, {"q": 3, "p": 3}) == (Reservation("x", "p", 3), Reservation("x", "q", 2))
    assert allocate({"b": 1, "a": 1}, {"p": 1}) == (Reservation("a", "p", 1),)


FEN = st.integers(0, 10**6)


@given(st.integers(0, 10**4), st.data(), FEN, FEN, FEN)
def test_a_buy_in_sums_to_zero_and_no_failure_pays(failed: int, data, cost: int, mark: int, index: int) -> None:
    bought = data.draw(st.integers(0, failed))
    told = buy_in(failed, bought, cost_fen=cost, mark_fen_per_card_h=mark, index_fen_per_card_h=index)
    assert told.buyer_fen + told.spot_fen + told.seller_fen + told.house_fen == 0
    assert told.seller_fen <= 0
    assert told.house_fen >= 0
    assert told.spot_fen == cost
    # The buyer has its card-hours at the mark, or the money to buy them at the index.
    lacking = failed - bought
    assert told.buyer_fen >= lacking * (index - mark) - bought * mark
    if index >= mark:
        assert told.buyer_fen == lacking * (index - mark) - bought * mark
    else:
        assert told.buyer_fen == -bought * mark


def test_a_cheap_buy_in_goes_to_the_house() -> None:
    told = buy_in(10, 10, cost_fen=900, mark_fen_per_card_h=100, index_fen_per_card_h=300)
    assert (told.buyer_fen, told.seller_fen, told.house_fen) == (-1000, 0, 100)


@pytest.mark.parametrize(
    "bad",
    [{"bought_card_h": 11}, {"bought_card_h": -1}, {"cost_fen": -1}, {"mark_fen_per_card_h": -1},
     {"index_fen_per_card_h": -1}],
)  # fmt: skip
def test_a_buy_in_that_cannot_be_is_refused(bad: dict[str, int]) -> None:
    given_ = {"bought_card_h": 5, "cost_fen": 1, "mark_fen_per_card_h": 1, "index_fen_per_card_h": 1}
    with pytest.raises(BadInputError) as raised:
        buy_in(10, **(given_ | bad))
    assert raised.value.code == "buy_in_bad"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_used_and_unused_are_what_was_reserved(reserved: int, metered: int) -> None:
    told = use(reserved, metered)
    assert told.used_card_s + told.unused_card_s == reserved
    assert told.used_card_s + told.beyond_card_s == metered
    assert told.unused_card_s * told.beyond_card_s == 0
    assert min(told.used_card_s, told.unused_card_s, told.beyond_card_s) >= 0
