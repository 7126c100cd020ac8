"""The waterfall: inflow of each period goes out to the fen, in order, and debts are kept."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.agreements.model.waterfall import Structure, Tranche
from qipan.agreements.waterfall import run_down
from qipan.kernel.errors import BadInputError

NONE = Tranche(0, Decimal(0), ())


@st.composite
def tranches(draw) -> Tranche:
    schedule = draw(st.lists(st.integers(0, 2_000), max_size=6))
    return Tranche(sum(schedule) + draw(st.integers(0, 2_000)), draw(st.decimals(0, "0.3", places=3)), tuple(schedule))


structures = st.builds(Structure, st.integers(0, 300), tranches(), tranches(), st.integers(0, 500), st.integers(0, 500))
inflows = st.lists(st.integers(0, 5_000), min_size=1, max_size=8)


@given(inflows, structures)
def test_what_comes_in_goes_out_in_each_period(some, structure) -> None:
    held = structure.reserve_fen
    for inflow, one in zip(some, run_down(some, structure), strict=True):
        parts = (one.fees_fen, one.senior_fen, one.reserve_fen, one.junior_fen, one.residual_fen)
        assert sum(parts) == inflow == one.inflow_fen
        assert min(one.fees_fen, one.senior_fen, one.junior_fen, one.residual_fen, one.reserve_held_fen) >= 0
        held += one.reserve_fen
        assert held == one.reserve_held_fen
    assert held == 0


@given(inflows, structures)
def test_nobody_is_paid_before_those_above(some, structure) -> None:
    paid = run_down(some, structure)
    for number, one in enumerate(paid):
        target = 0 if number == len(paid) - 1 else structure.reserve_target_fen
        above = [one.fees_fen == one.fees_due_fen, one.senior_fen == one.senior_due_fen,
                 one.reserve_held_fen == target, one.junior_fen == one.junior_due_fen]  # fmt: skip
        below = [one.senior_fen, one.reserve_held_fen, one.junior_fen, one.residual_fen]
        for is_paid, what in zip(above, below, strict=True):
            assert is_paid or what == 0
        assert one.senior_fen <= one.senior_due_fen
        assert one.junior_fen <= one.junior_due_fen


@given(inflows, structures)
def test_a_debt_falls_by_what_is_paid_and_rises_by_its_interest(some, structure) -> None:
    owed = structure.senior.principal_fen
    for one in run_down(some, structure):
        interest = round(owed * Fraction(structure.senior.rate))
        owed += interest - one.senior_fen
        assert one.senior_owed_fen == owed >= 0


def test_a_bad_year_is_made_good_from_the_reserve_and_then_from_later_years() -> None:
    debt = Tranche(1000, Decimal("0.1"), (0, 500, 500))
    first, second, third = run_down([300, 0, 2000], Structure(10, debt, NONE, reserve_target_fen=200))
    # 100 of interest, 10 of fees; the rest is below the target.
    assert (first.senior_fen, first.reserve_held_fen, first.residual_fen) == (100, 190, 0)
    # 10 of fees and 180 of the 600 that are due come from the reserve.
    assert (second.fees_fen, second.senior_fen, second.senior_due_fen, second.senior_owed_fen) == (10, 180, 600, 920)
    assert second.senior_cover == Fraction(-10, 600)
    assert (third.senior_fen, third.senior_owed_fen, third.residual_fen) == (1012, 0, 978)


def test_without_debt_there_is_no_cover_and_holders_get_the_rest() -> None:
    (only,) = run_down([100], Structure(30, NONE, NONE))
    assert (only.senior_cover, only.residual_fen) == (None, 70)
    assert run_down([], Structure(30, NONE, NONE)) == ()


@pytest.mark.parametrize(
    ("make", "code"),
    [(lambda: Tranche(100, Decimal("0.1"), (60, 60)), "tranche_unfit"),
     (lambda: Tranche(-1, Decimal(0), ()), "tranche_unfit"), (lambda: Tranche(100, Decimal(2), ()), "tranche_unfit"),
     (lambda: Tranche(100, Decimal(0), (-5, 5)), "tranche_unfit"),
     (lambda: Structure(-1, NONE, NONE), "structure_unfit"),
     (lambda: run_down([5, -1], Structure(0, NONE, NONE)), "inflow_negative")],
)  # fmt: skip
def test_what_cannot_run_down_is_refused(make, code: str) -> None:
    with pytest.raises(BadInputError) as raised:
        make()
    assert raised.value.code == code
