"""Nouns of finance: what a REIT or special bond on compute income rests on, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR

MOST_YEARS: Final = 100
MOST_UNITS: Final = 10**12
MOST_FEN: Final = 10**15
"""Largest amount of one input."""

ASSUMED: Final = "assumed"
"""Source of an input for which none is told."""


class Timing(StrEnum):
    """When in its year cash comes, for discounting."""

    END = "end"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True)
class Step:
    """A share that holds from a year on, as occupancy."""

    from_year: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Growth:
    """How the price grows from a year on: by a rate in that year, and then after every so many years."""

    from_year: int
    rate: Decimal
    every_years: int = 1


@dataclass(frozen=True, slots=True)
class Electricity:
    """Electricity of what is sold.

    Attributes
    ----------
    kwh_per_unit
        Energy of the cards or cabinets themselves for one unit that is sold.
    pue
        What the site draws over that.
    is_passed_through
        Whether the tenants pay it; else it is a cost of the owner.
    """

    kwh_per_unit: Decimal
    pue: Decimal
    fen_per_kwh: Decimal
    is_passed_through: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospectus:
    """What is sold, for how long, and what it costs.

    Attributes
    ----------
    first_year, years
        The first of the years that are valued, at its beginning, and how many there are.
    unit, units_per_year
        What is sold, as card-hours, and how many a year at full occupancy.
    fen_per_unit
        Price in the first year.
    noi_margin
        Net operating income over income, both without electricity; ``None`` where costs are told.
    operating_fen_per_year, operating_growth
        Operating cost without electricity in the first year, and its yearly growth.
    capex_fen_per_year, capex_fen
        Renewals each year, and further ones by year.
    residual_fen
        What is left at the end of the last year.
    offer_fen
        What is asked for the whole; ``None`` for its value.
    payout
        Share of the cash that is distributed.
    sources
        Where inputs come from, by key of the file; the others are assumed.

    Raises
    ------
    BadInputError
        ``prospectus_unfit`` with the field that breaks its rule.
    """

    name: str
    first_year: int
    years: int
    unit: str
    units_per_year: int
    fen_per_unit: int
    occupancy: tuple[Step, ...]
    discount_rate: Decimal
    growth: tuple[Growth, ...] = ()
    electricity: Electricity | None = None
    noi_margin: Decimal | None = None
    operating_fen_per_year: int = 0
    operating_growth: Decimal = Decimal(0)
    capex_fen_per_year: int = 0
    capex_fen: Mapping[int, int] = field(default_factory=dict)
    residual_fen: int = 0
    offer_fen: int | None = None
    payout: Decimal = Decimal(1)
    timing: Timing = Timing.END
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        last = self.first_year + self.years
        _require(self.name and self.unit, "Name and unit must be told", repr(self.name), "name")
        _require(self.first_year >= FIRST_YEAR and last <= LAST_YEAR and 1 <= self.years <= MOST_YEARS,
                 f"A term must have 1 to {MOST_YEARS} years within {FIRST_YEAR} to {LAST_YEAR}",
                 f"{self.years} from {self.first_year} on", "years")  # fmt: skip
        _require(0 <= self.units_per_year <= MOST_UNITS, f"Units must be 0 to {MOST_UNITS}", self.units_per_year,
                 "units_per_year")  # fmt: skip
        for name in ("fen_per_unit", "operating_fen_per_year", "capex_fen_per_year", "residual_fen"):
            told = getattr(self, name)
            _require(0 <= told <= MOST_FEN, f"An amount must be 0 to {MOST_FEN} fen", told, name)
        _require(self.offer_fen is None or 0 < self.offer_fen <= MOST_FEN, f"An offer must be 1 to {MOST_FEN} fen",
                 self.offer_fen, "offer_fen")  # fmt: skip
        for year, fen in self.capex_fen.items():
            _require(self.first_year <= year < last and 0 <= fen <= MOST_FEN, "Renewals must lie in the term",
                     f"{fen} fen in {year}", "capex_fen")  # fmt: skip
        starts = [one.from_year for one in self.occupancy]
        _require(starts and starts[0] <= self.first_year and all(a < b for a, b in pairwise(starts)),
                 "Occupancy must begin with the term and have years that rise", starts, "occupancy")  # fmt: skip
        for step in self.occupancy:
            _require(_lies(step.share, 0, 1), "Occupancy must be a share of 0 to 1", step.share, "occupancy")
        starts = [one.from_year for one in self.growth]
        _require(all(a < b for a, b in pairwise(starts)), "Growth must have years that rise", starts, "growth")
        for one in self.growth:
            _require(_lies(one.rate, -1, 1) and one.every_years >= 1, "Growth must be -1 to 1, every 1 or more years",
                     f"{one.rate} every {one.every_years}", "growth")  # fmt: skip
        _require(_lies(self.discount_rate, 0, 1), "A discount rate must lie in 0 to 1", self.discount_rate,
                 "discount_rate")  # fmt: skip
        _require(_lies(self.payout, 0, 1), "A payout must be a share of 0 to 1", self.payout, "payout")
        _require(_lies(self.operating_growth, -1, 1), "Growth must be a rate of -1 to 1", self.operating_growth,
                 "operating_growth")  # fmt: skip
        margin = self.noi_margin
        _require(margin is None or (_lies(margin, 0, 1) and not self.operating_fen_per_year),
                 "A margin must be a share of 0 to 1, and stand instead of operating cost", margin,
                 "noi_margin")  # fmt: skip
        power = self.electricity
        _require(power is None or (_lies(power.kwh_per_unit, 0, 10**6) and _lies(power.pue, 1, 5)
                 and _lies(power.fen_per_kwh, 0, 10**4)), "Electricity must be of 0 or more, at a PUE of 1 to 5", power,
                 "electricity")  # fmt: skip

    def source(self, key: str) -> str:
        """Return where an input comes from."""
        return self.sources.get(key, ASSUMED)


@dataclass(frozen=True, slots=True)
class YearFlow:
    """What a year brings, fen.

    Attributes
    ----------
    income_fen
        Without electricity that tenants pay.
    electricity_fen
        What the owner pays.
    passed_through_fen
        Electricity that tenants pay: income and cost alike.
    """

    year: int
    units_sold: Fraction
    income_fen: int
    electricity_fen: int
    passed_through_fen: int
    operating_fen: int
    capex_fen: int
    distributed_fen: int

    @property
    def noi_fen(self) -> int:
        """Net operating income; before capex and without debt also the funds from operations."""
        return self.income_fen - self.electricity_fen - self.operating_fen

    @property
    def cash_fen(self) -> int:
        """What is left after capex."""
        return self.noi_fen - self.capex_fen


@dataclass(frozen=True, slots=True)
class Valuation:
    """What the cash is worth at the beginning of the first year.

    Attributes
    ----------
    value_fen
        Net present value, whole fen.
    residual_fen
        What of it comes from the residual value.
    price_fen
        What yields and P/FFO are over: the offer, else the value.
    """

    flows: tuple[YearFlow, ...]
    value_fen: int
    residual_fen: int
    price_fen: int

    @property
    def distribution_yields(self) -> dict[int, Fraction | None]:
        """What is distributed over the price, by year; ``None`` where the price is not above 0."""
        return {one.year: _over(one.distributed_fen, self.price_fen) for one in self.flows}

    @property
    def price_to_ffo(self) -> Fraction | None:
        """The price over the funds from operations of the first year; ``None`` where they are not above 0."""
        return _over(self.price_fen, self.flows[0].noi_fen)


def _over(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below > 0 else None


def _lies(value: Decimal, least: int, most: int) -> bool:
    return value.is_finite() and least <= value <= most


def _require(is_met: object, must: str, told: object, name: str) -> None:
    if not is_met:
        raise BadInputError(
            f"{must}, was {told}.",
            code="prospectus_unfit",
            hint="Correct the prospectus; docs/finance.md has examples.",
            field=name,
        )
