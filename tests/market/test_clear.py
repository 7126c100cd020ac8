"""The spot auction in whole numbers: priority, pro rata, rational awards, a bill to the fen."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.market.clear import award, bill, deviations_fen, uplift_fen
from qipan.market.model.order import Order, Side
from qipan.market.model.spot import Cleared

SIDES = st.sampled_from(Side)
BOOKS = st.lists(st.tuples(st.integers(1, 30), st.integers(95, 105)), max_size=8)


def orders(side: Side, told: list[tuple[int, int]]) -> list[Order]:
    return [Order(str(i), "m", "x", side, lots, limit) for i, (lots, limit) in enumerate(told)]


@given(SIDES, BOOKS, st.integers(94, 106), st.data())
def test_awards_go_by_price_then_in_proportion(side: Side, told, price: int, data) -> None:
    asked = orders(side, told)
    gain = [(limit - price) if side is Side.BUY else (price - limit) for _, limit in told]
    backed = sum(lots for (lots, _), g in zip(told, gain, strict=True) if g >= 0)
    volume = data.draw(st.integers(0, backed))
    awarded = award(asked, price, volume)
    assert sum(awarded) == volume
    for i, (lots, _) in enumerate(told):
        assert 0 <= awarded[i] <= lots
        if gain[i] < 0:
            assert awarded[i] == 0
        better = sum(lots for (lots, _), g in zip(told, gain, strict=True) if g > gain[i])
        level = sum(lots for (lots, _), g in zip(told, gain, strict=True) if g == gain[i])
        share = Fraction(min(max(volume - better, 0), level) * lots, level) if gain[i] >= 0 else Fraction(0)
        assert abs(awarded[i] - share) < 1
    # Among equals that were cut alike, an earlier one never gets less than a later one of the same size.
    for i, (lots, limit) in enumerate(told):
        later = [awarded[j] for j in range(i + 1, len(told)) if told[j] == (lots, limit)]
        assert all(awarded[i] >= one for one in later)
    uplift = sum(max(g, 0) * (lots - got) for (lots, _), g, got in zip(told, gain, awarded, strict=True))
    assert uplift_fen(asked, awarded, price) == uplift * 8
    assert uplift_fen(asked, awarded, price, hours=24) == uplift * 8 * 24


@given(SIDES, BOOKS, st.integers(94, 106))
def test_a_volume_that_the_price_does_not_back_is_refused(side: Side, told, price: int) -> None:
    asked = orders(side, told)
    backed = sum(
        o.lots for o in asked if (o.fen_per_card_h >= price) == (side is Side.BUY) or o.fen_per_card_h == price
    )
    assert sum(award(asked, price, backed)) == backed
    for volume in (-1, backed + 1):
        with pytest.raises(BadInputError) as raised:
            award(asked, price, volume)
        assert raised.value.code == "volume_unbacked"


def test_sides_are_not_mixed() -> None:
    with pytest.raises(BadInputError) as raised:
        award([*orders(Side.BUY, [(1, 100)]), *orders(Side.SELL, [(1, 100)])], 100, 1)
    assert raised.value.code == "sides_mixed"


def test_awards_of_other_orders_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        uplift_fen(orders(Side.BUY, [(1, 100), (1, 100)]), [1], 100)


def test_the_remainder_goes_by_time() -> None:
    assert award(orders(Side.SELL, [(3, 100), (3, 99), (3, 100), (3, 100)]), 100, 8) == (2, 3, 2, 1)


NUMBERS = st.integers(-(10**6), 10**6)


@st.composite
def cleared(draw) -> Cleared:
    places, awards, links = draw(st.integers(1, 4)), draw(st.integers(0, 8)), draw(st.integers(0, 4))

    def row(of, count):
        return np.array(draw(st.lists(of, min_size=count, max_size=count)), dtype=np.int64)

    at = st.integers(0, places - 1)
    return Cleared(
        place=row(at, awards),
        bought_card_h=row(NUMBERS, awards),
        fen_per_card_h=row(st.integers(0, 10**5), places),
        link_from=row(at, links),
        link_to=row(at, links),
        flow_card_h=row(st.integers(0, 10**6), links),
        transfer_fen_per_card_h=row(st.integers(0, 500), links),
    )


@given(cleared(), st.integers(0, 10_000))
def test_payments_are_revenue_transfer_rent_fees_and_remainder(told: Cleared, fee_bp: int) -> None:
    found = bill(told, fee_bp)
    paid = found.paid_fen.tolist()
    prices = told.fen_per_card_h.tolist()
    values = [q * prices[p] for q, p in zip(told.bought_card_h.tolist(), told.place.tolist(), strict=True)]
    assert found.fee_fen.tolist() == [abs(value) * fee_bp // 10_000 for value in values]
    assert paid == [value + abs(value) * fee_bp // 10_000 for value in values]
    payments, revenue = sum(x for x in paid if x > 0), -sum(x for x in paid if x < 0)
    others = sum(found.transfer_fen.tolist()) + sum(found.rent_fen.tolist()) + sum(found.fee_fen.tolist())
    assert payments == revenue + others + found.remainder_fen
    # The remainder is what quantities lack to balance, at their prices.
    net = [0] * len(prices)
    for q, p in zip(told.bought_card_h.tolist(), told.place.tolist(), strict=True):
        net[p] += q
    for f, a, b in zip(told.flow_card_h.tolist(), told.link_from.tolist(), told.link_to.tolist(), strict=True):
        net[a] += f
        net[b] -= f
    assert found.remainder_fen == sum(n * p for n, p in zip(net, prices, strict=True))


def test_a_congested_link_leaves_its_rent() -> None:
    told = Cleared(
        place=np.array([0, 1, 1]),
        bought_card_h=np.array([-800, 900, -100]),
        fen_per_card_h=np.array([1000, 1500]),
        link_from=np.array([0]),
        link_to=np.array([1]),
        flow_card_h=np.array([800]),
        transfer_fen_per_card_h=np.array([20]),
    )
    found = bill(told, 25)
    assert found.fee_fen.tolist() == [2000, 3375, 375]
    assert found.paid_fen.tolist() == [-798_000, 1_353_375, -149_625]
    assert found.transfer_fen.tolist() == [16_000]
    assert found.rent_fen.tolist() == [384_000]
    assert found.remainder_fen == 0
    assert bill(told).paid_fen.tolist() == [-800_000, 1_350_000, -150_000]
    assert bill(told, 10_000).paid_fen.tolist() == [0, 2_700_000, 0]


@pytest.mark.parametrize("fee_bp", [-1, 10_001])
def test_a_fee_beyond_the_value_is_refused(fee_bp: int) -> None:
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(BadInputError) as raised:
        bill(Cleared(none, none, none, none, none, none, none), fee_bp)
    assert raised.value.code == "fee_bad"


def test_deviations_settle_at_the_rolling_price() -> None:
    # A buyer takes 20 more, a seller supplies 30 less, another seller 10 more; 40 were taken from elsewhere.
    paid, remainder = deviations_fen(np.array([100, -80, -20]), np.array([120, -50, -30]), np.array([50, 50, 50]))
    assert paid.tolist() == [1000, 1500, -500]
    assert remainder == 2000
