"""The seller's remaining claim and the buyer's residual use add up: no Wh is claimed by two, none by nobody unseen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificates.made import SUN, WIND, held, used

from qipan.certificates.balance import balance, residual_kg_per_kwh
from qipan.certificates.model.certificate import State
from qipan.kernel.errors import BadInputError

OWNERS = {one.device_id: one.owner for one in (WIND, SUN)}
HOLDERS = ["west", "south", "east", "north"]
HELD = st.lists(
    st.tuples(
        st.sampled_from(HOLDERS), st.sampled_from(list(State)), st.integers(1, 500), st.sampled_from(sorted(OWNERS))
    )
)


@st.composite
def grids(draw):
    """Return shares where some of what is retired covers use, and no more."""
    holdings = [
        replace(held(f"i{number}", wh, holder=holder, state=state), device_id=device)
        for number, (holder, state, wh, device) in enumerate(draw(HELD))
    ]
    usages = [used(f"u{number}", number, draw(st.integers(1, 900)), holder) for number, holder in enumerate(HOLDERS)]
    retired = {
        name: sum(one.wh for one in holdings if (one.holder, one.state) == (name, State.RETIRED)) for name in HOLDERS
    }
    covering = {one.consumer: draw(st.integers(0, min(one.wh, retired[one.consumer]))) for one in usages}
    return holdings, balance(holdings, OWNERS, usages, covering)


@given(grids())
def test_what_is_made_is_claimed_by_one_or_open_or_over(told):
    holdings, shares = told
    assert all(one.is_even and one.residual_wh >= 0 for one in shares)
    made_wh = sum(one.wh for one in holdings if one.state is not State.WITHDRAWN)
    assert sum(one.made_wh for one in shares) == made_wh
    assert sum(one.open_wh + one.retired_wh + one.expired_wh for one in shares) == made_wh
    assert sum(one.sold_wh for one in shares) == sum(one.bought_wh for one in shares)
    assert sum(one.used_wh for one in shares) == sum(one.covering_wh + one.residual_wh for one in shares)


@given(grids(), st.integers(0, 10**9))
def test_emissions_of_residual_use_add_up_to_those_of_the_grid(told, grid_kg):
    _, shares = told
    grid_wh = sum(one.used_wh for one in shares)
    if sum(one.residual_wh for one in shares) == 0:
        return
    factor = residual_kg_per_kwh(shares, grid_wh=grid_wh, grid_kg=grid_kg)
    assert sum(Fraction(one.residual_wh, 1000) * factor for one in shares) == grid_kg


def test_a_seller_that_sold_uses_the_residual_mix() -> None:
    holdings = [held("i", 700, holder="east", state=State.RETIRED), held("j", 300)]
    seller, buyer = (
        next(one for one in balance(holdings, OWNERS, [used("u", 0, 700), used("v", 0, 50, "west")], {"east": 700})
             if one.holder == name)
        for name in ("west", "east")
    )  # fmt: skip
    assert (seller.made_wh, seller.sold_wh, seller.open_wh, seller.residual_wh) == (1000, 700, 300, 50)
    assert (buyer.bought_wh, buyer.covering_wh, buyer.residual_wh) == (700, 700, 0)


def test_shares_are_told_by_name_with_every_sum() -> None:
    holdings = [
        held("a", 1, state=State.HELD),
        held("b", 2, state=State.ALLOCATED, holder="east"),
        held("c", 4, state=State.RETIRED, holder="east"),
        held("d", 8, state=State.EXPIRED, holder="north"),
        held("e", 16, state=State.WITHDRAWN),
        held("f", 32, holder="east"),
    ]
    usages = [used("u", 0, 5, "east"), used("v", 1, 7, "east")]
    east, north, west = balance(holdings, OWNERS, usages, {"east": 4})
    assert (east.holder, north.holder, west.holder) == ("east", "north", "west")
    assert (east.bought_wh, east.open_wh, east.retired_wh, east.used_wh, east.covering_wh) == (38, 34, 4, 12, 4)
    assert (east.made_wh, east.sold_wh, east.expired_wh) == (0, 0, 0)
    assert (north.bought_wh, north.expired_wh, north.open_wh) == (8, 8, 0)
    assert (west.made_wh, west.sold_wh, west.open_wh, west.bought_wh) == (47, 46, 1, 0)
    assert residual_kg_per_kwh((east, north, west), grid_wh=12, grid_kg=0) == 0
    assert residual_kg_per_kwh((east,), grid_wh=1000, grid_kg=249) == Fraction(249_000, 996)


def test_a_grid_that_certificates_cover_whole_has_no_residual() -> None:
    (share,) = balance([], OWNERS, [used("u", 0, 5)], {"east": 5})
    with pytest.raises(BadInputError) as refused:
        residual_kg_per_kwh([share], grid_wh=5, grid_kg=1)
    assert refused.value.code == "grid_too_small"
    assert residual_kg_per_kwh([share], grid_wh=6, grid_kg=1) == 1000


def test_more_cover_than_use_is_not_even() -> None:
    (share,) = balance([], OWNERS, [used("u", 0, 5)], {"east": 6})
    assert not share.is_even


@pytest.mark.parametrize(("grid_wh", "grid_kg"), [(700, 1), (749, 1), (10**6, -1)])
def test_a_grid_that_delivered_less_than_was_used_is_refused(grid_wh, grid_kg):
    shares = balance([held("i", 700, holder="east", state=State.RETIRED)], OWNERS, [used("u", 0, 750)], {"east": 700})
    with pytest.raises(BadInputError) as refused:
        residual_kg_per_kwh(shares, grid_wh=grid_wh, grid_kg=grid_kg)
    assert refused.value.code == "grid_too_small"
    assert residual_kg_per_kwh(shares, grid_wh=750, grid_kg=10) == 200
