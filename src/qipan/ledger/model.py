"""Nouns of the ledger: fleets, sites and their pools, origins, and entries of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import Finding
from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval

HOURS_OF_DAY: Final = 24
"""Prices of a civil day are told by the hour on the wall clock."""

DECLARED: Final = "declared"
"""Status of a figure that the owner of the site has stated."""

STATUSES: Final = ("official", "secondary", "modelled", "assumed", DECLARED)
"""What a figure can be, the surest first but for the declared ones, which rest on their owner's word."""

FIGURES: Final = (
    "point",
    "pue",
    "power_cap_kw",
    "price_fen_per_kwh",
    "location_kg_per_kwh",
    "green_share",
    "quantity",
    "it_kw_per_unit",
)
"""Figures of a site that carry a status; the last two are those of its pools."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Resources of one kind and card model in a site; an empty model takes any.

    Attributes
    ----------
    quantity
        How many units there are, in the unit of the kind (cards, cores, nodes, TB).
    it_kw_per_unit
        Power of one busy unit before cooling.
    """

    pool_id: str
    kind: Kind
    card_model: str
    quantity: float
    it_kw_per_unit: float


@dataclass(frozen=True, slots=True)
class Site:
    """A data centre and its pools.

    Attributes
    ----------
    hub_id, adcode, macro
        Its hub, region and macro-region; empty where it has none.
    pue
        Energy at the meter for one unit of energy at the machines.
    power_cap_kw
        Limit of the whole facility, ``inf`` for none; a site without power has 0.
    price_fen_per_kwh
        Price in each hour of the civil day, ``None`` for that of its region.
    location_kg_per_kwh
        Carbon of the average kilowatt-hour of its grid, ``None`` for that of its region.
    green_share
        Share of its use that retired certificates cover, 0 to 1.
    status
        Status of its `FIGURES`; one that is not named is declared.
    """

    site_id: str
    name_en: str
    name_zh: str
    hub_id: str
    adcode: str
    macro: str
    point: Point
    pue: float
    power_cap_kw: float
    price_fen_per_kwh: tuple[float, ...] | None
    location_kg_per_kwh: float | None
    green_share: float
    pools: tuple[Pool, ...]
    status: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_power(self) -> bool:
        """Whether anything can run here."""
        return self.power_cap_kw > 0

    @property
    def full_kw(self) -> float:
        """Power at the meter when every unit is busy."""
        return sum(pool.quantity * pool.it_kw_per_unit for pool in self.pools) * self.pue

    def quantity(self, kind: Kind) -> float:
        """Return how many units of a kind the site has."""
        return sum((pool.quantity for pool in self.pools if pool.kind is kind), 0.0)

    def status_of(self, figure: str) -> str:
        """Return the status of one of the `FIGURES`."""
        return self.status.get(figure, DECLARED)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where work comes from; its share of the work is its weight over the sum of all weights."""

    origin_id: str
    name_en: str
    name_zh: str
    adcode: str
    macro: str
    point: Point
    weight: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """Sites under one name, with the places their work comes from.

    Attributes
    ----------
    zone_name
        The zone of its civil day, as the IANA database names it.
    round_trip_ms
        Round trips that the owner has measured, by origin and site; a pair that is not named is computed.
    """

    fleet_id: str
    name_en: str
    name_zh: str
    zone_name: str
    sites: tuple[Site, ...]
    origins: tuple[Origin, ...]
    round_trip_ms: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetRelease:
    """One release of a fleet, with the SHA-256 of what it says."""

    fleet: Fleet
    released: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class FleetIntake:
    """What an adapter made of a file: a fleet that breaks no rule, or else every finding and no fleet."""

    fleet: Fleet | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """One entry of use: what a site had of one kind in a period, what of it was used, and what that burnt.

    Unit-hours are quantity times hours (card-hours); energy is at the meter, cooling included. ``nan`` stands for
    what nobody has told.
    """

    site_id: str
    kind: Kind
    period: Interval
    capacity_unit_h: float
    used_unit_h: float
    energy_wh: float


class Grouping(StrEnum):
    """What utilisation is added up by."""

    SITE = "site"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Utilisation:
    """How much of what one site or hub had of a kind was used."""

    group: str
    kind: Kind
    capacity_unit_h: float
    used_unit_h: float
    energy_wh: float

    @property
    def idle_unit_h(self) -> float:
        """What stood idle."""
        return self.capacity_unit_h - self.used_unit_h

    @property
    def used_share(self) -> float | None:
        """What was used of one unit-hour of capacity, ``None`` where there was no capacity."""
        return self.used_unit_h / self.capacity_unit_h if self.capacity_unit_h else None
