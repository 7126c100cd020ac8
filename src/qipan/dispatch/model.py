"""Nouns of dispatch: jobs, the board they run on, the rules of a plan, and what a plan is.

Arrays carry named axes: ``jobs``, ``classes``, ``streams``, ``sites``, ``pools``, ``products``, ``origins``, ``slots``,
``links``. A *product* is what a job can ask for at one place: a site, a kind and a card model. One price holds
for a product and slot. Times are seconds since 1970-01-01 UTC; work is quantity times hours (card-hours).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import Finding
from qipan.kernel.resources import Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[Any]

KINDS = tuple(Kind)


class Tier(IntEnum):
    """Class of latency need, the most urgent first."""

    REALTIME = 0
    INTERACTIVE = 1
    BATCH = 2
    OFFLINE = 3

    @property
    def label(self) -> str:
        """Lower-case name, as files and doors write it."""
        return self.name.lower()


class DataClass(IntEnum):
    """Where the data of a job may go."""

    FREE = 0
    REGION = 1
    PROVINCE = 2

    @property
    def label(self) -> str:
        """Lower-case name, as files and doors write it."""
        return self.name.lower()


class Status(StrEnum):
    """What became of a job in a plan."""

    PLACED = "placed"
    CARRIED_OVER = "carried_over"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a job is not placed in the day."""

    NONE = ""
    NO_SUCH_RESOURCE = "no_such_resource"
    NO_POWER = "no_power"
    TOO_LARGE = "too_large"
    TOO_FAR = "too_far"
    DATA_MAY_NOT_LEAVE = "data_may_not_leave"
    WINDOW_TOO_SHORT = "window_too_short"
    NO_ROOM = "no_room"
    LATER_IS_BETTER = "later_is_better"


@dataclass(frozen=True, slots=True)
class Jobs:
    """Many jobs, a row each; every array has the axis ``(jobs,)``.

    What a trace leaves out is ``nan``, ``""`` or ``-1`` until `assume.complete` fills it; `assumed` says
    where that happened, one bit a column in the order of `ASSUMABLE`.
    """

    job_id: Texts
    label: Texts
    submit_s: Floats
    kind: Ints
    card_model: Texts
    quantity: Floats
    requested_s: Floats
    actual_s: Floats
    origin: Texts
    tier: Ints
    data_class: Ints
    start_by_s: Floats
    finish_by_s: Floats
    data_gb: Floats
    preemptible: Bools
    priority: Ints
    assumed: Ints

    def __len__(self) -> int:
        return len(self.job_id)

    def take(self, index: NDArray[Any]) -> Jobs:
        """Return the jobs at ``index`` (positions or a mask), in that order."""
        return replace(self, **{column.name: getattr(self, column.name)[index] for column in fields(self)})

    @property
    def work_unit_h(self) -> Floats:
        """Requested work, quantity times hours."""
        return self.quantity * self.requested_s / 3600.0

    @property
    def latest_start_s(self) -> Floats:
        """Latest start that keeps both ``start_by`` and ``finish_by``."""
        return np.minimum(self.start_by_s, self.finish_by_s - self.requested_s)


ASSUMABLE = (
    "requested_s",
    "origin",
    "tier",
    "data_class",
    "start_by_s",
    "finish_by_s",
    "data_gb",
    "preemptible",
    "priority",
    "submit_s",
)


@dataclass(frozen=True, slots=True)
class Intake:
    """What an adapter made of a file.

    Every row read is a job, out of scope, or quarantined by at least one finding:
    ``rows_read == rows_accepted + sum(out_of_scope.values()) + number of distinct rows above 0 in findings``.
    A row may become several jobs or, where many rows become hourly demand, share one.
    """

    jobs: Jobs
    rows_read: int
    rows_accepted: int
    out_of_scope: dict[str, int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A data centre as dispatch sees it; one price holds in it for each product and slot."""

    site_id: str
    name_en: str
    name_zh: str
    hub_id: str
    adcode: str
    macro: str
    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Resources of one kind and model in a site; an empty model takes any card model."""

    pool_id: str
    site: int
    kind: Kind
    card_model: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where work comes from: a region, or a place named by the user."""

    origin_id: str
    name_en: str
    name_zh: str
    adcode: str
    macro: str


@dataclass(frozen=True, slots=True)
class Links:
    """Backbone links that limit what moves in a slot.

    Attributes
    ----------
    names
        ``(links,)``
    capacity_gb
        ``(links, slots)``, in either direction.
    factor
        ``(links, origins, sites)``: share of a flow from origin to site that crosses the link, signed by direction.
    """

    names: tuple[str, ...]
    capacity_gb: Floats
    factor: Floats


@dataclass(frozen=True, slots=True)
class Board:
    """Everything a plan may use, over a horizon of equal slots.

    Attributes
    ----------
    start_s, slot_s, day_slots
        Start of the horizon, length of a slot, and how many slots the planned day itself has; what follows
        is the outlook, in which work may be tentatively placed.
    capacity
        ``(pools, slots)``, units that may be busy at once.
    it_kw_per_unit
        ``(pools,)``, power of one busy unit before cooling.
    opex_fen_per_unit_h
        ``(pools,)``, running cost besides energy.
    pue
        ``(sites,)``
    power_cap_kw
        ``(sites,)`` of the whole facility, ``inf`` where none is stated.
    price_fen_per_kwh
        ``(sites, slots)``
    location_kg_per_kwh, market_kg_per_kwh
        ``(sites,)``, the two carbon factors of a kilowatt-hour drawn there.
    round_trip_ms
        ``(origins, sites)``
    transfer_fen_per_gb
        ``(origins, sites)``
    """

    sites: tuple[Site, ...]
    pools: tuple[Pool, ...]
    origins: tuple[Origin, ...]
    start_s: float
    slot_s: float
    day_slots: int
    capacity: Floats
    it_kw_per_unit: Floats
    opex_fen_per_unit_h: Floats
    pue: Floats
    power_cap_kw: Floats
    price_fen_per_kwh: Floats
    location_kg_per_kwh: Floats
    market_kg_per_kwh: Floats
    round_trip_ms: Floats
    transfer_fen_per_gb: Floats
    links: Links | None = None

    @property
    def slot_count(self) -> int:
        """Number of slots of the horizon."""
        return int(self.capacity.shape[1])

    @property
    def slot_h(self) -> float:
        """Length of a slot in hours."""
        return self.slot_s / 3600.0

    @property
    def day_end_s(self) -> float:
        """End of the planned day."""
        return self.start_s + self.day_slots * self.slot_s

    @property
    def end_s(self) -> float:
        """End of the horizon."""
        return self.start_s + self.slot_count * self.slot_s

    @property
    def pool_site(self) -> Ints:
        """Site of each pool, ``(pools,)``."""
        return np.array([pool.site for pool in self.pools], dtype=np.int64)

    @property
    def kwh_per_unit_h(self) -> Floats:
        """Energy at the meter of one unit-hour, cooling included, ``(pools,)``."""
        return self.it_kw_per_unit * self.pue[self.pool_site]

    @property
    def products(self) -> tuple[tuple[int, Kind, str], ...]:
        """What can be asked for: (site, kind, card model), in the order of the pools."""
        return tuple(dict.fromkeys((pool.site, pool.kind, pool.card_model) for pool in self.pools))

    @property
    def pool_product(self) -> Ints:
        """Product of each pool, ``(pools,)``."""
        position = {product: index for index, product in enumerate(self.products)}
        return np.array([position[(p.site, p.kind, p.card_model)] for p in self.pools], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a plan owes to one tier.

    Attributes
    ----------
    round_trip_ms_max
        Hard limit of the round trip between origin and site, ``inf`` for none.
    nearness_fen_per_unit_h_ms
        Preference for the nearer site: what a millisecond is worth for an hour of a unit.
    unserved_fen_per_unit_h
        Value of a lost unit-hour.
    """

    round_trip_ms_max: float
    nearness_fen_per_unit_h_ms: float
    unserved_fen_per_unit_h: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a plan: one `TierRule` for each `Tier`, and what carbon costs in it.

    ``carbon_account`` names the account that the price applies to: ``location`` or ``market``.
    """

    tiers: tuple[TierRule, ...]
    carbon_fen_per_kg: float = 0.0
    carbon_account: str = "location"


@dataclass(frozen=True, slots=True)
class Streams:
    """Work that costs the same wherever it goes, a row each with the axis ``(streams,)``.

    ``sort`` points to what it reaches (`reach.Reach`).
    """

    sort: Ints
    origin: Ints
    tier: Ints
    gb_per_unit_h: Floats

    def __len__(self) -> int:
        return len(self.sort)


@dataclass(frozen=True, slots=True)
class Classes:
    """Many jobs alike, a row each with the axis ``(classes,)``; `of_job` has the axis ``(jobs,)``, -1 for none.

    ``demand_unit_h`` must be done in the slots ``[first_slot, end_slot)``, at most ``width`` units at once. Classes of
    one stream differ in their windows only.
    """

    of_job: Ints
    stream: Ints
    first_slot: Ints
    end_slot: Ints
    demand_unit_h: Floats
    width: Floats
    streams: Streams

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def tier(self) -> Ints:
        """Tier of each class, ``(classes,)``."""
        return self.streams.tier[self.stream]


@dataclass(frozen=True, slots=True)
class Plan:
    """Primal and dual answer of the day's linear programme.

    Attributes
    ----------
    work_stream, work_product, work_slot, work_unit_h, transfer_fen, nearness_fen
        ``(columns,)``: how much work of a stream goes to a product in a slot, and what moving it and its distance cost
        for a unit-hour.
    supply_unit_h
        ``(pools, slots)``
    unserved_unit_h
        ``(classes,)``
    lmp_fen_per_unit_h
        ``(products, slots)``, dual of the balance of a product in a slot: the price of its next unit-hour.
    delivered_fen_per_unit_h
        ``(streams, slots)``, what an hour of a unit costs a stream in a slot, moving and distance included.
    class_price_fen_per_unit_h
        ``(classes,)``, dual of the demand of a class: the price of its dearest hour.
    capacity_rent_fen_per_unit_h
        ``(pools, slots)``
    power_rent_fen_per_kwh
        ``(sites, slots)``
    link_rent_fen_per_gb, link_flow_gb
        ``(links, slots)``, signed by direction; empty without links.
    objective_fen
        Cost of the plan: a lower bound for any placement of whole jobs.
    is_final
        Whether the prices follow the published pricing rule; else they are indicative.
    """

    classes: Classes
    work_stream: Ints
    work_product: Ints
    work_slot: Ints
    work_unit_h: Floats
    transfer_fen: Floats
    nearness_fen: Floats
    supply_unit_h: Floats
    unserved_unit_h: Floats
    lmp_fen_per_unit_h: Floats
    delivered_fen_per_unit_h: Floats
    class_price_fen_per_unit_h: Floats
    capacity_rent_fen_per_unit_h: Floats
    power_rent_fen_per_kwh: Floats
    link_rent_fen_per_gb: Floats
    link_flow_gb: Floats
    objective_fen: float
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and when each job runs; every array has the axis ``(jobs,)``.

    ``pool`` is -1 and ``start_s`` is ``nan`` for a job without a place. A job carried over has a tentative place
    after the day, or none.
    """

    pool: Ints
    start_s: Floats
    status: Texts
    reason: Texts

    @property
    def has_place(self) -> Bools:
        """Whether the job holds a pool, in the day or after it."""
        return np.asarray(self.pool >= 0)


@dataclass(frozen=True, slots=True)
class Score:
    """What a placement came to, measured on what happened, for all jobs that hold a place.

    Work is in unit-hours, ``work_unit_h`` what ran and ``lost_unit_h`` what was refused.
    """

    policy: str
    jobs_placed: int
    jobs_carried_over: int
    jobs_refused: int
    work_unit_h: float
    lost_unit_h: float
    energy_kwh: float
    energy_fen: float
    transfer_fen: float
    location_kg: float
    market_kg: float
    realtime_p95_ms: float
    mean_wait_h: float
    peak_kw: float
    moved_share: float

    @property
    def cost_fen(self) -> float:
        """Energy, running and transfer cost together."""
        return self.energy_fen + self.transfer_fen
