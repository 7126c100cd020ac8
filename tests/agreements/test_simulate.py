"""Gains against no agreement: each is what cash flows say, they are conserved, and the range of prices is exact."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agreements.made import EAST, FUND, MONTHS, START, TERMS, TRAINING, WEST, agreements, deal, scenarios

from qipan.agreements.bill import bill
from qipan.agreements.model.agreement import MOST_FEN_PER_CARD_H as MOST
from qipan.agreements.model.agreement import Agreement
from qipan.agreements.model.bill import Use
from qipan.agreements.model.simulation import Case, Component, PriceRange, Scenario
from qipan.agreements.share import share
from qipan.agreements.simulate import simulate
from qipan.kernel.errors import QipanError


def at_base(agreement: Agreement, fen: int) -> Agreement:
    return replace(agreement, versions=tuple(replace(one, base_fen_per_card_h=fen) for one in agreement.versions))


def cash_fen(agreement: Agreement, case: Case, party: str) -> int:
    """Return what a party has more with the agreement than without, from its cash flows alone."""
    terms = agreement.terms(case.month)
    due = bill(agreement, Use(case.month, case.taken_card_h, case.available_card_h), case.index).due_fen
    ready = terms.card_h_per_month if case.available_card_h is None else case.available_card_h
    elsewhere = ready if case.seller_elsewhere_card_h is None else case.seller_elsewhere_card_h
    margin = case.seller_elsewhere_fen_per_card_h - case.seller_cost_fen_per_card_h
    gained = sum(
        share(fen, agreement.tables[pool].on(case.month)).get(party, 0)
        for pool, fen in (("rent", case.rent_fen), ("green_premium", case.green_premium_fen))
    )
    paid, trained = len(terms.contributions) * FUND.fen_per_month, len(terms.aid)
    if party == EAST:
        gained += case.taken_card_h * case.buyer_elsewhere_fen_per_card_h - due
        gained -= paid + trained * TRAINING.cost_fen_per_month
    if party == WEST:
        gained += due - case.taken_card_h * case.seller_cost_fen_per_card_h - elsewhere * max(margin, 0)
        gained += paid + trained * TRAINING.worth_fen_per_month
    return gained


@given(st.data())
def test_components_add_up_to_what_the_cash_flows_say(data) -> None:
    agreement = data.draw(agreements())
    courses = data.draw(scenarios(agreement))
    found = simulate(agreement, courses)
    assert [one.party for one in found.gains] == [EAST, WEST, "fund"]
    whole = sum(Fraction(one.weight) for one in courses)
    for gain in found.gains:
        cash = {one.name: sum(cash_fen(agreement, case, gain.party) for case in one.cases) for one in courses}
        assert gain.totals_fen == cash
        assert gain.expected_fen == sum(Fraction(one.weight) / whole * cash[one.name] for one in courses)
        assert gain.worst[1] == min(cash.values()) == cash[gain.worst[0]]
        assert gain.is_rational == (gain.expected_fen >= 0)


@given(st.data())
def test_what_one_pays_the_other_gets(data) -> None:
    agreement = data.draw(agreements())
    buyer, seller, *_ = simulate(agreement, data.draw(scenarios(agreement))).gains
    for component in (Component.INDEX, Component.LIMITS, Component.TAKE_OR_PAY, Component.FUND):
        for name, parts in buyer.by_scenario.items():
            assert parts[component] + seller.by_scenario[name][component] == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_ends_of_the_range_are_exact(data) -> None:
    agreement = data.draw(agreements())
    courses = data.draw(scenarios(agreement))
    found = simulate(agreement, courses)
    for within, suits in (
        (found.in_expectation, lambda gain: gain.expected_fen >= 0),
        (found.in_every_scenario, lambda gain: gain.worst[1] >= 0),
    ):
        high = -1 if within.most_fen is None else within.most_fen
        low = MOST + 1 if within.least_fen is None else within.least_fen
        for party, fen, is_suited in ((0, high, True), (0, high + 1, False), (1, low, True), (1, low - 1, False)):
            if 0 <= fen <= MOST:
                assert suits(simulate(at_base(agreement, fen), courses).gains[party]) is is_suited
    everywhere = found.in_every_scenario
    if not everywhere.is_empty:
        assert everywhere.least_fen in found.in_expectation
        assert everywhere.most_fen in found.in_expectation


CASE = Case(
    START,
    taken_card_h=900,
    buyer_elsewhere_fen_per_card_h=1500,
    seller_elsewhere_fen_per_card_h=900,
    seller_cost_fen_per_card_h=400,
    index=Decimal(100),
    seller_elsewhere_card_h=500,
)
PLAIN = deal(replace(TERMS, index=None, floor_fen_per_card_h=0, cap_fen_per_card_h=None))


def test_a_month_by_hand() -> None:
    """The buyer saves 900 x 300; the seller makes 900 x 800 and forgoes 500 x 500."""
    found = simulate(PLAIN, [Scenario("as planned", Decimal(1), (CASE,))])
    buyer, seller, fund = found.gains
    assert (buyer.expected_fen, seller.expected_fen, fund.expected_fen) == (270_000, 470_000, 0)
    # The buyer pays at most 1500; the seller needs 900 x (p - 400) >= 250,000, so 677.8.
    assert found.in_expectation == found.in_every_scenario == PriceRange(678, 1500)
    assert found.is_rational


def test_who_loses_is_told_by_what_how_much_and_when() -> None:
    slump = replace(CASE, taken_card_h=0, buyer_elsewhere_fen_per_card_h=700)
    found = simulate(PLAIN, [Scenario("boom", Decimal(1), (CASE,)), Scenario("slump", Decimal(3), (slump,))])
    buyer, seller, _ = found.gains
    # In a slump 800 card-hours are paid at 1200 and not taken.
    assert buyer.expected_fen == Fraction(270_000 - 3 * 960_000, 4)
    assert (buyer.worst, buyer.is_rational) == (("slump", -960_000), False)
    first, *others = buyer.reasons
    assert (first.component, first.fen, first.scenarios) == (Component.TAKE_OR_PAY, -720_000, ("slump",))
    assert others == []
    assert seller.is_rational
    assert not found.is_rational
    # The buyer pays at most 900 x 1500 / (900 + 3 x 800) = 409.1; the seller needs 1,360,000 / 3,300 = 412.1.
    assert found.in_expectation == PriceRange(413, 409)
    assert found.in_expectation.is_empty
    assert 410 not in found.in_expectation


def test_under_a_cap_no_base_price_is_too_high_for_the_buyer() -> None:
    capped = deal(replace(TERMS, index=None, cap_fen_per_card_h=1400))
    assert simulate(capped, [Scenario("one", Decimal(1), (CASE,))]).in_expectation.most_fen == 1_000_000


def test_there_may_be_no_price_at_all() -> None:
    worthless = replace(CASE, buyer_elsewhere_fen_per_card_h=0, seller_cost_fen_per_card_h=2_000)
    capped = deal(replace(TERMS, index=None))
    found = simulate(capped, [Scenario("one", Decimal(1), (worthless,))]).in_expectation
    assert (found.least_fen, found.most_fen, found.is_empty) == (None, None, True)


ONE = Scenario("one", Decimal(1), (CASE,))


@pytest.mark.parametrize(
    ("courses", "code"),
    [([], "scenarios_unfit"), ([ONE, ONE], "scenarios_unfit"), ([replace(ONE, weight=Decimal(0))], "scenarios_unfit"),
     ([replace(ONE, cases=())], "scenarios_unfit"), ([replace(ONE, cases=(CASE, CASE))], "scenarios_unfit"),
     ([ONE, Scenario("two", Decimal(1), (replace(CASE, month=MONTHS[1]),))], "scenarios_unfit"),
     ([replace(ONE, cases=(replace(CASE, taken_card_h=1001),))], "use_above_volume")],
)  # fmt: skip
def test_scenarios_that_cannot_be_compared_are_refused(courses, code: str) -> None:
    with pytest.raises(QipanError) as raised:
        simulate(PLAIN, courses)
    assert raised.value.code == code


def test_rent_without_a_table_is_refused_and_a_negative_figure_too() -> None:
    with pytest.raises(QipanError) as raised:
        simulate(deal(tables={}), [replace(ONE, cases=(replace(CASE, rent_fen=5),))])
    assert raised.value.code == "table_missing"
    with pytest.raises(QipanError) as raised:
        replace(CASE, rent_fen=-1)
    assert (raised.value.code, raised.value.field) == ("case_unfit", "rent_fen")
