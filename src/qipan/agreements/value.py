"""What a compute site's future income is worth: cash by year, discounted; exact until the last rounding to the fen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Context
from fractions import Fraction

from qipan.agreements.model.prospectus import MOST_FEN, Prospectus, Timing, Valuation, YearFlow
from qipan.kernel.errors import RuleBrokenError


def value(prospectus: Prospectus) -> Valuation:
    """Return cash by year and its net present value at the beginning of the first year.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from qipan.agreements.model.prospectus import Prospectus, Step
    >>> ten = Prospectus(
    ...     name="a hall",
    ...     first_year=2027,
    ...     years=10,
    ...     unit="card-hours",
    ...     units_per_year=1_000_000,
    ...     fen_per_unit=1_000,
    ...     occupancy=(Step(2027, Decimal("0.8")),),
    ...     noi_margin=Decimal("0.5"),
    ...     discount_rate=Decimal("0.08"),
    ... )
    >>> found = value(ten)
    >>> found.flows[0].noi_fen, found.value_fen, round(float(found.distribution_yields[2027]), 4)
    (400000000, 2684032560, 0.149)
    """
    flows = tuple(_flows(prospectus))
    factor = 1 / (1 + Fraction(prospectus.discount_rate))
    now = sum((one.cash_fen * factor**number for number, one in enumerate(flows, start=1)), Fraction(0))
    if prospectus.timing is Timing.MIDDLE:
        now *= Fraction((1 + prospectus.discount_rate).sqrt(Context(prec=50)))
    residual = prospectus.residual_fen * factor**prospectus.years
    worth = round(now + residual)
    return Valuation(flows, worth, round(residual), worth if prospectus.offer_fen is None else prospectus.offer_fen)


def required_fen_per_unit(prospectus: Prospectus, value_fen: int) -> int:
    """Return the lowest price of the first year at which it is worth an amount, in whole fen a unit.

    Raises
    ------
    RuleBrokenError
        ``value_out_of_reach`` where no price of at most `MOST_FEN` suffices.
    """
    low, high = 0, MOST_FEN
    if value(replace(prospectus, fen_per_unit=high)).value_fen < value_fen:
        raise RuleBrokenError(
            f"A value must be within reach of some price, was {value_fen} fen.",
            code="value_out_of_reach",
            hint="Ask for less, or look at occupancy and margin.",
        )
    while low < high:
        middle = (low + high) // 2
        if value(replace(prospectus, fen_per_unit=middle)).value_fen >= value_fen:
            high = middle
        else:
            low = middle + 1
    return low


def _flows(prospectus: Prospectus) -> Iterator[YearFlow]:
    """Yield the cash of each year, every amount rounded to whole fen, halves to even."""
    price, cost = Fraction(prospectus.fen_per_unit), Fraction(prospectus.operating_fen_per_year)
    for year in range(prospectus.first_year, prospectus.first_year + prospectus.years):
        if year > prospectus.first_year:
            price *= 1 + _growth(prospectus, year)
            cost *= 1 + Fraction(prospectus.operating_growth)
        share = next(one.share for one in reversed(prospectus.occupancy) if one.from_year <= year)
        sold = prospectus.units_per_year * Fraction(share)
        income = round(sold * price)
        own, passed = _electricity_fen(prospectus, sold)
        margin = prospectus.noi_margin
        operating = round(cost) if margin is None else income - round(income * Fraction(margin))
        capex = prospectus.capex_fen_per_year + prospectus.capex_fen.get(year, 0)
        cash = income - own - operating - capex
        yield YearFlow(
            year, sold, income, own, passed, operating, capex, round(max(cash, 0) * Fraction(prospectus.payout))
        )


def _growth(prospectus: Prospectus, year: int) -> Fraction:
    """Return by how much the price grows at the beginning of a year."""
    held = [one for one in prospectus.growth if one.from_year <= year]
    if not held or (year - held[-1].from_year) % held[-1].every_years:
        return Fraction(0)
    return Fraction(held[-1].rate)


def _electricity_fen(prospectus: Prospectus, sold: Fraction) -> tuple[int, int]:
    """Return what the owner pays for electricity, and what tenants pay."""
    power = prospectus.electricity
    if power is None:
        return 0, 0
    fen = round(sold * Fraction(power.kwh_per_unit) * Fraction(power.pue) * Fraction(power.fen_per_kwh))
    return (0, fen) if power.is_passed_through else (fen, 0)
