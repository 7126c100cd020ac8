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
