"""Insurance: premiums cover past claims, claims follow from a figure, a fund never pays more than it holds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.market.insure import claim_fen, pay, premium_fen
from qipan.market.model.contract import Instrument
from qipan.market.model.insurance import Policy, Risk

WEEK = Instrument.named("h100@gui/2026-W10")


def policy(risk: Risk, limit: int = 10**9) -> Policy:
    return Policy("p", "firm", risk, WEEK, card_h=1000, fen_per_card_h=500, limit_fen=limit)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.integers(0, 20_000))
def test_a_premium_is_the_loaded_mean_rounded_up(claims: list[int], loading: int) -> None:
    exact = Fraction(sum(claims), len(claims)) * (1 + Fraction(loading, 10_000))
    assert 0 <= premium_fen(claims, loading) - exact < 1


def test_a_premium_without_a_past_is_refused() -> None:
    with pytest.raises(RuleBrokenError) as raised:
        premium_fen([], 0)
    assert raised.value.code == "history_short"


@pytest.mark.parametrize(
    ("risk", "figure", "held", "paid", "expected"),
    [
        (Risk.FAILURE, 200, 1000, 0, 100_000),
        (Risk.FAILURE, 2000, 5000, 0, 500_000),
        (Risk.FAILURE, 900, 300, 0, 150_000),
        (Risk.FAILURE, 0, 1000, 0, 0),
        (Risk.PRICE_ABOVE, 620, 1000, 0, 120_000),
        (Risk.PRICE_ABOVE, 620, 400, 0, 48_000),
        (Risk.PRICE_ABOVE, 500, 1000, 0, 0),
        (Risk.PRICE_ABOVE, 380, 1000, 0, 0),
        (Risk.PRICE_BELOW, 380, 2000, 0, 120_000),
        (Risk.PRICE_BELOW, 620, 1000, 0, 0),
    ],
)
def test_a_claim_follows_from_the_figure(risk: Risk, figure: int, held: int, paid: int, expected: int) -> None:
    assert claim_fen(policy(risk), figure=figure, held_card_h=held, paid_fen=paid) == expected


def test_a_policy_pays_up_to_its_limit_and_no_more() -> None:
    short = policy(Risk.PRICE_ABOVE, limit=100_000)
    assert claim_fen(short, figure=620, held_card_h=1000) == 100_000
    assert claim_fen(short, figure=620, held_card_h=1000, paid_fen=30_000) == 70_000
    assert claim_fen(short, figure=620, held_card_h=1000, paid_fen=100_000) == 0
    assert claim_fen(short, figure=620, held_card_h=1000, paid_fen=100_001) == 0


@pytest.mark.parametrize("bad", [{"figure": -1}, {"held_card_h": -1}, {"paid_fen": -1}])
def test_a_claim_on_a_negative_figure_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(BadInputError) as raised:
        claim_fen(policy(Risk.FAILURE), **({"figure": 1, "held_card_h": 1} | bad))
    assert raised.value.code == "claim_negative"


@given(st.lists(st.integers(0, 10**6), max_size=6), st.integers(0, 3 * 10**6))
def test_a_fund_pays_all_or_in_proportion(claims: list[int], fund: int) -> None:
    told = pay(claims, fund)
    assert sum(told.paid_fen) + told.left_fen == fund
    if fund >= sum(claims):
        assert told.paid_fen == tuple(claims)
    else:
        assert told.left_fen == 0
        assert all(abs(p - Fraction(c * fund, sum(claims))) < 1 for p, c in zip(told.paid_fen, claims, strict=True))
