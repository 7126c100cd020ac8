"""Nouns of the register: fleets, sites and their pools, meters and their sources, networks, data, origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from qipan.kernel.errors import Finding
from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.ledger.model.power import Area, Plant, Store
from qipan.ledger.model.reading import Measure

HOURS_OF_DAY: Final = 24
"""Prices of a civil day are told by the hour on the wall clock."""

MONTHS_OF_YEAR: Final = 12

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
    "fixed_kw",
    "plants",
    "store",
)
"""Figures of a site that carry a status; ``quantity`` and ``it_kw_per_unit`` are those of its pools."""


@dataclass(frozen=True, slots=True)
class Certified:
    """Capacity that was certified: from ``start`` on, until the next one, a pool holds ``quantity`` units.

    Attributes
    ----------
    certificate
        Number of the paper that says so; empty where the owner declares it.
    """

    start: datetime
    quantity: float
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """What measures one thing at a site or one of its pools; its name is its own in the whole ledger.

    Attributes
    ----------
    pool_id
        The pool it measures; empty for the site as a whole.
    source_id
        The one source that may speak for it.
    start, end
        When it is valid, half-open; ``None`` for always.
    """

    meter_id: str
    measure: Measure
    source_id: str
    pool_id: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An Ed25519 key with which a source signs; signatures of batches released outside ``[start, end)`` are refused.

    Attributes
    ----------
    public_key
        32 bytes, in base64.
    """

    key_id: str
    public_key: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What allows the ledger to hold and share what a source tells.

    Attributes
    ----------
    reference
        Number or address of the paper that was signed.
    shared_with
        Who may see it: ``site`` its operator, ``region`` its departments, ``public`` everyone, as sums.
    """

    reference: str
    shared_with: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends readings: its rhythm, its keys and its agreement.

    Attributes
    ----------
    cadence_s
        Seconds from one batch to the next.
    lateness_s
        Seconds a batch may be late before the source counts as silent.
    keys
        Empty where we collect.
    """

    source_id: str
    name_en: str
    name_zh: str
    cadence_s: int
    lateness_s: int
    keys: tuple[Key, ...] = ()
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class ExchangePoint:
    """Where networks meet (交换中心)."""

    exchange_id: str
    name_en: str
    name_zh: str
    adcode: str
    point: Point


@dataclass(frozen=True, slots=True)
class Link:
    """A direct link between two sites or exchange points.

    Attributes
    ----------
    end_a, end_b
        Names of sites or exchange points of the fleet.
    round_trip_ms
        As measured, ``None`` where nobody has.
    """

    link_id: str
    end_a: str
    end_b: str
    capacity_gbit_per_s: float
    round_trip_ms: float | None = None


@dataclass(frozen=True, slots=True)
class DataResource:
    """A data set that lies at a site.

    Attributes
    ----------
    data_class
        Where it may go: ``province``, ``region`` or ``free``.
    """

    data_id: str
    name_en: str
    name_zh: str
    site_id: str
    size_tb: float
    data_class: str
    resource_code: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """Resources of one kind and card model in a site; an empty model takes any.

    Attributes
    ----------
    quantity
        How many units there are, in the unit of the kind (cards, cores, nodes, TB).
    it_kw_per_unit
        Power of one busy unit before cooling.
    resource_code
        National compute identifier (统一算力标识); empty until it has one.
    certified
        Steps of its certified capacity in the order of their start; none means ``quantity`` at all times.
    """

    pool_id: str
    kind: Kind
    card_model: str
    quantity: float
    it_kw_per_unit: float
    resource_code: str = ""
    certified: tuple[Certified, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A data centre and its pools.

    Attributes
    ----------
    hub_id, adcode, macro
        Its hub, region and macro-region; empty where it has none.
    pue
        Energy at the meter for one unit of energy at the machines, when all of them are busy.
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
    operator
        Who runs it; empty where nobody has said.
    resource_code
        National compute identifier (统一算力标识); empty until it has one.
    racks
        Racks that it has room for; 0 where nobody has said.
    meters
        What measures it and its pools.
    pue_by_month
        The same in each month from January on; empty for ``pue`` in all of them.
    fixed_kw
        Part of the full power that is drawn at no load as well.
    plants, store
        What generates and stores behind its meter.
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
    operator: str = ""
    resource_code: str = ""
    racks: int = 0
    meters: tuple[Meter, ...] = ()
    pue_by_month: tuple[float, ...] = ()
    fixed_kw: float = 0.0
    plants: tuple[Plant, ...] = ()
    store: Store | None = None

    @property
    def has_power(self) -> bool:
        """Whether anything can run here."""
        return self.power_cap_kw > 0

    @property
    def it_kw(self) -> float:
        """Power of the machines when every unit is busy."""
        return sum(pool.quantity * pool.it_kw_per_unit for pool in self.pools)

    @property
    def full_kw(self) -> float:
        """Power at the meter when every unit is busy."""
        return self.it_kw * self.pue

    def pue_in(self, month: int) -> float:
        """Return the PUE of a month, January being 1."""
        return self.pue_by_month[month - 1] if self.pue_by_month else self.pue

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
    sources, exchange_points, links, data_resources
        Who sends readings; the networks between sites; the data that lie at them.
    areas
        Parts of the grid with a limit or a price of their peak.
    """

    fleet_id: str
    name_en: str
    name_zh: str
    zone_name: str
    sites: tuple[Site, ...]
    origins: tuple[Origin, ...]
    round_trip_ms: Mapping[tuple[str, str], float] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    exchange_points: tuple[ExchangePoint, ...] = ()
    links: tuple[Link, ...] = ()
    data_resources: tuple[DataResource, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A meter where it stands in the register; ``pool`` is ``None`` for a meter of the whole site."""

    fleet: Fleet
    site: Site
    pool: Pool | None
    meter: Meter


@dataclass(frozen=True, slots=True)
class RegisteredSource:
    """A source and the fleet that it belongs to."""

    fleet_id: str
    source: Source


@dataclass(frozen=True, slots=True)
class FleetRelease:
    """One release of a fleet, with the SHA-256 of what it says."""

    fleet: Fleet
    released: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a fleet that two releases say differently; empty words where one says nothing."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FleetIntake:
    """What an adapter made of a file: a fleet that breaks no rule, or else every finding and no fleet."""

    fleet: Fleet | None
    findings: tuple[Finding, ...]
