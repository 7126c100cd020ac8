"""Nouns of planning ahead: what could be built, in which futures it must serve, and what is built when.

Axes: ``options``, ``years``, ``growths``, ``days`` and ``cases``, a case being a year, a growth and a day in
this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.plan import Instance


class Build(StrEnum):
    """What an option builds, each counted in the unit of its shipped cost."""

    CARDS = "cards"
    """Cards at a site, old or new."""
    SOLAR = "solar"
    """Kilowatts of a solar plant behind a site's meter."""
    WIND = "wind"
    """Kilowatts of a wind plant behind a site's meter."""
    STORE = "store"
    """Kilowatt-hours of a battery."""
    LINK = "link"
    """Gigabytes an hour of a backbone link."""
    LINE = "line"
    """Gigabytes an hour of a direct line that cuts latency."""
    EXCHANGE = "exchange"
    """Gigabytes an hour through an exchange point."""
    GRID = "grid"
    """Kilowatts that the grid may feed."""
    LAND = "land"
    """Kilowatts of plant for which ground is reserved."""
    CLOSING = "closing"
    """Units that are closed; their yearly cost is saved."""
    MERGING = "merging"
    """Units that move to another site."""


class Limit(StrEnum):
    """A limit of a board that an option moves, and what it is counted in."""

    POOL = "pool"
    """Units of a pool."""
    POWER = "power"
    """Kilowatts of the power cap of a site."""
    RENEWABLE = "renewable"
    """Kilowatts of own plants of a site; the shape says which share of them there is in each slot."""
    STORE_KWH = "store_kwh"
    """What the store of a site holds."""
    STORE_KW = "store_kw"
    """How fast it is filled or emptied."""
    LINK = "link"
    """Gigabytes an hour of a link."""
    GRID = "grid"
    """Kilowatts that an area may feed."""


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What a unit of a build costs: once, and in each year that it stands; below zero what closing saves."""

    capital_fen: float
    lifetime_years: float
    upkeep_fen_per_year: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """What holds where a file leaves it out: a cost for each build, the discount rate, and carbon beyond a limit."""

    costs: Mapping[Build, UnitCost]
    discount_rate: float
    over_fen_per_kg: float


@dataclass(frozen=True, slots=True)
class Move:
    """By how much a unit of an option moves a limit; below zero where it is closed.

    Attributes
    ----------
    of
        Id of the pool or site, name of the link or area.
    shape
        By name of the day, ``(slots,)``; 1 in each slot of a day that it leaves out.
    """

    limit: Limit
    of: str
    per_unit: float
    shape: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Line:
    """A direct way from an origin to a site that crosses no link of the board."""

    origin_id: str
    site_id: str
    round_trip_ms: float
    transfer_fen_per_gb: float


@dataclass(frozen=True, slots=True)
class Option:
    """Something that could be built, or closed.

    Attributes
    ----------
    where
        Name of the place, as people call it.
    cost_fen_per_unit_year
        Annuity and upkeep of a unit in each year that it stands; below zero where closing saves.
    most, most_per_year
        Units in all, and in a single year.
    earliest
        First calendar year in which it can stand.
    lines, line_gb_per_h
        Ways that it opens, and what a unit of it carries over all of them together.
    needs, lead_years
        Option of which as many units must have stood so many years before; none where empty.
    """

    option_id: str
    build: Build
    name_en: str
    name_zh: str
    where: str
    moves: tuple[Move, ...]
    cost_fen_per_unit_year: float
    most: float
    most_per_year: float
    earliest: int
    lines: tuple[Line, ...] = ()
    line_gb_per_h: float = 0.0
    needs: str = ""
    lead_years: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A representative day and how many days of a year it stands for."""

    name: str
    days_per_year: float
    instance: Instance


@dataclass(frozen=True, slots=True)
class Growth:
    """A future: how likely it is, and demand over that of the days, ``(years,)``."""

    name: str
    probability: float
    factor: Floats


@dataclass(frozen=True, slots=True)
class Carbon:
    """What the board may emit.

    Attributes
    ----------
    most_kg
        ``(years,)``, ``inf`` for no limit.
    account
        ``location`` or ``market``.
    over_fen_per_kg
        What each kilogram beyond the limit costs.
    """

    most_kg: Floats
    account: str
    over_fen_per_kg: float


@dataclass(frozen=True, slots=True)
class Prospect:
    """All that a plan of expansion depends on.

    Builds are decided once for all growths; each case is then run at least cost.
    """

    years: tuple[int, ...]
    discount_rate: float
    days: tuple[Day, ...]
    growths: tuple[Growth, ...]
    carbon: Carbon
    options: tuple[Option, ...]

    @property
    def discount(self) -> Floats:
        """Value of a fen of each year in the first one, ``(years,)``."""
        return np.asarray((1.0 + self.discount_rate) ** -np.arange(len(self.years), dtype=float))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of years, growths and days."""
        return len(self.years), len(self.growths), len(self.days)

    @property
    def days_of_case(self) -> Floats:
        """Expected days of its year that a case stands for, ``(cases,)``."""
        probability = np.array([growth.probability for growth in self.growths])
        days = np.array([day.days_per_year for day in self.days])
        return np.tile((probability[:, None] * days).ravel(), len(self.years))

    @property
    def weight(self) -> Floats:
        """Weight of the cost of each case, discounted, ``(cases,)``."""
        return np.repeat(self.discount, len(self.growths) * len(self.days)) * self.days_of_case


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is built when, and what it is worth.

    Attributes
    ----------
    standing
        ``(options, years)``, units that stand in each year.
    build_fen, run_fen
        ``(years,)``, what stands costs, and what running is expected to cost; not discounted.
    cost_fen, bound_fen
        Both together, discounted to the first year, and what no plan can fall below.
    worth_fen
        ``(options, years)``, what one more unit would save in the running of the year: the shadow prices of the limits
        that it moves.
    carbon_kg
        ``(years,)``, expected.
    unserved_unit_h
        By kind, ``(years,)`` each, expected.
    steps
        How often the days were run.
    """

    standing: Floats
    build_fen: Floats
    run_fen: Floats
    cost_fen: float
    bound_fen: float
    worth_fen: Floats
    carbon_kg: Floats
    unserved_unit_h: dict[str, Floats]
    steps: int

    @property
    def gap(self) -> float:
        """Share by which the cost may lie above the least one."""
        return max(self.cost_fen - self.bound_fen, 0.0) / max(abs(self.bound_fen), 1.0)


@dataclass(frozen=True, slots=True)
class Weighing:
    """The plan, beside building nothing, and beside following the shadow prices with what the plan spends."""

    plan: Expansion
    nothing: Expansion
    followed: Expansion
