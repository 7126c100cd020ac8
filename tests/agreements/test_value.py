"""What future income is worth: against closed forms and a plain sum, monotone in what it should be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.agreements.model.prospectus import Electricity, Growth, Prospectus, Step, Timing
from qipan.agreements.sensitivity import by_rate_and_occupancy, one_at_a_time
from qipan.agreements.value import required_fen_per_unit, value
from qipan.kernel.errors import BadInputError, RuleBrokenError

HALL = Prospectus(
    name="a hall",
    first_year=2027,
    years=10,
    unit="card-hours",
    units_per_year=1_000_000,
    fen_per_unit=1_000,
    occupancy=(Step(2027, Decimal("0.8")),),
    discount_rate=Decimal("0.08"),
    noi_margin=Decimal("0.5"),
)
share = st.decimals(0, 1, places=3)


@st.composite
def prospectuses(draw) -> Prospectus:
    years = draw(st.integers(1, 15))
    starts = sorted(draw(st.sets(st.integers(2028, 2040), max_size=2)))
    margin = draw(st.none() | share)
    tariff = st.decimals(0, 90, places=1)
    power = st.builds(Electricity, st.decimals(0, 3, places=2), st.decimals(1, 2, places=2), tariff, st.booleans())
    rate = st.decimals("-0.2", "0.2", places=3)
    return Prospectus(
        name="drawn",
        first_year=2027,
        years=years,
        unit="card-hours",
        units_per_year=draw(st.integers(0, 10**9)),
        fen_per_unit=draw(st.integers(0, 5_000)),
        occupancy=tuple(Step(year, draw(share)) for year in (2027, *starts)),
        discount_rate=draw(st.decimals(0, "0.3", places=4)),
        growth=tuple(Growth(year, draw(rate), draw(st.integers(1, 3))) for year in starts),
        electricity=draw(st.none() | power),
        noi_margin=margin,
        operating_fen_per_year=0 if margin is not None else draw(st.integers(0, 10**12)),
        operating_growth=draw(st.decimals("-0.1", "0.1", places=3)),
        capex_fen_per_year=draw(st.integers(0, 10**10)),
        capex_fen={2027 + draw(st.integers(0, years - 1)): draw(st.integers(0, 10**11))},
        residual_fen=draw(st.integers(0, 10**12)),
        payout=draw(share),
        timing=draw(st.sampled_from(Timing)),
    )


def test_level_cash_is_worth_its_annuity_and_the_residual_its_discount() -> None:
    found = value(replace(HALL, residual_fen=1_000_000_000))
    level = 400_000_000 * (1 - Fraction(25, 27) ** 10) / Fraction(2, 25)
    residual = 1_000_000_000 * Fraction(25, 27) ** 10
    assert [one.cash_fen for one in found.flows] == [400_000_000] * 10
    assert (found.value_fen, found.residual_fen) == (round(level + residual), round(residual))
    assert found.price_to_ffo == Fraction(found.value_fen, 400_000_000)


@settings(max_examples=60, deadline=None)
@given(prospectuses())
def test_the_value_is_the_plain_sum_of_discounted_cash(drawn) -> None:
    found = value(drawn)
    shift = 0.5 if drawn.timing is Timing.MIDDLE else 0.0
    rate = 1 + float(drawn.discount_rate)
    cash = [one.income_fen - one.electricity_fen - one.operating_fen - one.capex_fen for one in found.flows]
    plain = sum(fen / rate ** (year - shift) for year, fen in enumerate(cash, start=1))
    scale = sum(abs(fen) for fen in cash) + drawn.residual_fen
    assert found.value_fen == pytest.approx(plain + drawn.residual_fen / rate**drawn.years, abs=1 + 1e-12 * scale)
    for one in found.flows:
        assert one.electricity_fen * one.passed_through_fen == 0
        assert 0 <= one.distributed_fen <= max(one.cash_fen, 0)
        assert one.units_sold <= drawn.units_per_year


@settings(max_examples=60, deadline=None)
@given(prospectuses(), st.integers(0, 5_000), share)
def test_a_higher_price_never_lowers_it_and_a_higher_rate_never_raises_what_only_brings(drawn, more, higher) -> None:
    own_power = drawn.electricity is not None and not drawn.electricity.is_passed_through
    assert value(replace(drawn, fen_per_unit=drawn.fen_per_unit + more)).value_fen >= value(drawn).value_fen
    bare = replace(drawn, operating_fen_per_year=0, capex_fen_per_year=0, capex_fen={}, timing=Timing.END)
    if not own_power:
        rate = max(drawn.discount_rate, higher)
        assert value(replace(bare, discount_rate=rate)).value_fen <= value(bare).value_fen


def test_growth_steps_count_from_their_own_year() -> None:
    grown = replace(HALL, growth=(Growth(2029, Decimal("0.1"), 2), Growth(2034, Decimal(0))))
    incomes = [one.income_fen // 8_000_000 for one in value(grown).flows]
    assert incomes == [100, 100, 110, 110, 121, 121, 133, 133, 133, 133]


def test_occupancy_holds_from_its_year_on() -> None:
    rising = replace(HALL, occupancy=(Step(2027, Decimal("0.5")), Step(2030, Decimal(1))))
    assert [one.income_fen // 10**8 for one in value(rising).flows] == [5, 5, 5] + [10] * 7


@pytest.mark.parametrize(("is_passed", "noi"), [(True, 800_000_000), (False, 800_000_000 - 34_560_000)])
def test_electricity_costs_the_owner_only_where_tenants_do_not_pay_it(is_passed: bool, noi: int) -> None:
    power = Electricity(Decimal(1), Decimal("1.2"), Decimal(36), is_passed_through=is_passed)
    found = value(replace(HALL, noi_margin=None, electricity=power)).flows[0]
    assert found.noi_fen == noi
    assert found.electricity_fen + found.passed_through_fen == 34_560_000


def test_yields_are_over_the_offer_where_there_is_one() -> None:
    found = value(replace(HALL, offer_fen=4_000_000_000, payout=Decimal("0.9")))
    assert found.distribution_yields[2027] == Fraction(9, 100)
    assert found.price_to_ffo == 10
    broke = value(replace(HALL, units_per_year=0))
    assert (broke.distribution_yields[2027], broke.price_to_ffo) == (None, None)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 10**13))
def test_the_required_price_is_the_lowest(wanted: int) -> None:
    found = required_fen_per_unit(HALL, wanted)
    assert value(replace(HALL, fen_per_unit=found)).value_fen >= wanted
    assert found == 0 or value(replace(HALL, fen_per_unit=found - 1)).value_fen < wanted


def test_no_price_is_enough_where_nothing_is_sold() -> None:
    with pytest.raises(RuleBrokenError) as raised:
        required_fen_per_unit(replace(HALL, units_per_year=0), 1)
    assert raised.value.code == "value_out_of_reach"


def test_what_is_not_there_is_not_moved_and_shares_stay_shares() -> None:
    full = replace(HALL, occupancy=(Step(2027, Decimal(1)),))
    moved = one_at_a_time(full)
    assert set(moved) == {"fen_per_unit", "occupancy", "noi_margin", "discount_rate"}
    base = value(full).value_fen
    assert moved["occupancy"][0] == pytest.approx(base * 0.9, abs=1)
    assert moved["occupancy"][1] == base
    assert moved["discount_rate"][0] > base > moved["discount_rate"][1]


def test_the_table_of_rates_and_occupancies_holds_the_value_itself() -> None:
    grid = by_rate_and_occupancy(HALL, [Decimal("0.07"), Decimal("0.08")], [Decimal("0.4"), Decimal("0.8")])
    assert grid[1][1] == value(HALL).value_fen
    assert grid[0][1] > grid[1][1] > grid[1][0]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"name": ""}, "name"), ({"years": 0}, "years"), ({"years": 101}, "years"),
     ({"first_year": 2150, "years": 60}, "years"), ({"units_per_year": -1}, "units_per_year"),
     ({"fen_per_unit": -1}, "fen_per_unit"), ({"offer_fen": 0}, "offer_fen"), ({"capex_fen": {2040: 1}}, "capex_fen"),
     ({"occupancy": ()}, "occupancy"), ({"occupancy": (Step(2028, Decimal(1)),)}, "occupancy"),
     ({"occupancy": (Step(2027, Decimal("1.1")),)}, "occupancy"),
     ({"growth": (Growth(2030, Decimal(0)), Growth(2030, Decimal(0)))}, "growth"),
     ({"growth": (Growth(2030, Decimal(0), 0),)}, "growth"), ({"discount_rate": Decimal("NaN")}, "discount_rate"),
     ({"payout": Decimal(2)}, "payout"), ({"operating_growth": Decimal(-2)}, "operating_growth"),
     ({"operating_fen_per_year": 5}, "noi_margin"),
     ({"electricity": Electricity(Decimal(1), Decimal("0.9"), Decimal(1), is_passed_through=True)}, "electricity")],
)  # fmt: skip
def test_a_prospectus_that_breaks_its_form_is_refused(changed, field: str) -> None:
    with pytest.raises(BadInputError) as raised:
        replace(HALL, **changed)
    assert (raised.value.code, raised.value.field) == ("prospectus_unfit", field)
