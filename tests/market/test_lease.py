"""Leases: principal is the asset to the fen, level but for the last, default and resale settle exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.market.lease import instalments, repossess, standing
from qipan.market.model.lease import Standing


@given(st.integers(1, 10**10), st.integers(0, 500), st.integers(1, 60))
def test_instalments_repay_the_asset_and_are_level(asset: int, rate_bp: int, periods: int) -> None:
    plan = instalments(asset, rate_bp, periods)
    assert len(plan) == periods
    assert sum(one.principal_fen for one in plan) == asset
    balance = asset
    for one in plan:
        assert abs(one.interest_fen - balance * rate_bp / 10_000) <= 0.5 + 1e-6 * balance**0.5
        balance -= one.principal_fen
        assert one.balance_fen == balance >= 0
        assert one.due_fen == one.interest_fen + one.principal_fen
    assert balance == 0
    if asset > 10**6:
        assert len({one.due_fen for one in plan[:-1]}) <= 1
        # What rounding leaves in the last one: half a fen a period, with its interest.
        assert abs(plan[-1].due_fen - plan[0].due_fen) <= periods * (1 + rate_bp / 10_000) ** periods + 1
        payment, rate = plan[0].due_fen, rate_bp / 10_000
        level = asset * rate / (1 - (1 + rate) ** -periods) if rate else asset / periods
        assert payment == pytest.approx(level, abs=0.5 + 1e-6 * level) or periods == 1


def test_a_lease_of_a_year_has_the_instalments_of_the_annuity_table() -> None:
    # 100,000 yuan at 1 % a month over 12 months: 8,884.88 yuan a month.
    plan = instalments(10_000_000, 100, 12)
    assert [one.due_fen for one in plan[:11]] == [888_488] * 11
    assert plan[0].interest_fen == 100_000


@pytest.mark.parametrize("bad", [(0, 100, 3), (-5, 100, 3), (100, -1, 3), (100, 0, 0)])
def test_a_lease_that_cannot_be_is_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(BadInputError) as raised:
        instalments(*bad)
    assert raised.value.code == "lease_bad"


PLAN = instalments(400, 0, 4)


@pytest.mark.parametrize(
    ("paid", "due", "grace", "expected"),
    [
        (0, 0, 0, Standing.CURRENT),
        (100, 1, 0, Standing.CURRENT),
        (300, 1, 0, Standing.CURRENT),
        (99, 1, 0, Standing.DEFAULT),
        (99, 1, 1, Standing.BEHIND),
        (100, 3, 2, Standing.BEHIND),
        (100, 3, 1, Standing.DEFAULT),
        (199, 3, 1, Standing.DEFAULT),
        (200, 3, 1, Standing.BEHIND),
        (399, 4, 1, Standing.BEHIND),
        (400, 4, 0, Standing.ENDED),
        (401, 0, 0, Standing.ENDED),
    ],
)
def test_a_lease_stands_by_the_instalments_that_are_behind(paid: int, due: int, grace: int, expected) -> None:
    assert standing(PLAN, paid, due, grace) is expected


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**10))
def test_a_resale_is_shared_between_lessor_and_lessee(balance: int, overdue: int, resale: int) -> None:
    told = repossess(balance, overdue, resale)
    assert told.lessor_fen + told.lessee_fen == resale
    assert told.lessor_fen + told.owed_fen == balance + overdue
    assert told.lessee_fen * told.owed_fen == 0
    assert min(told.lessor_fen, told.lessee_fen, told.owed_fen) >= 0


@pytest.mark.parametrize("bad", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_a_negative_resale_is_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(BadInputError) as raised:
        repossess(*bad)
    assert raised.value.code == "repossession_negative"
