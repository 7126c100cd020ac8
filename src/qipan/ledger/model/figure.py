"""Nouns of what the ledger tells: figures by group and period, completeness, freshness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval


class Group(StrEnum):
    """What figures are added up by; a site that has none of it stands under ``""``."""

    POOL = "pool"
    SITE = "site"
    HUB = "hub"
    REGION = "region"
    MACRO3 = "macro3"
    """The paper's east, central, west."""
    MACRO4 = "macro4"
    """The national four."""
    COUNTRY = "country"


class Step(StrEnum):
    """How long the period of one figure is; days are civil days of the ledger's zone."""

    HOUR = "hour"
    DAY = "day"
    WHOLE = "whole"
    """The whole interval that was asked for."""


@dataclass(frozen=True, slots=True)
class Supply:
    """How much compute of one kind a group had, and what became of it; ``None`` is what no meter has told.

    Capacity is certified capacity over the time for which use was told: silence is not idleness.

    Attributes
    ----------
    certified_unit_h
        Certified capacity over the whole period, silent hours included.
    capacity_unit_h
        Certified capacity over the time for which a meter of use has spoken.
    is_modelled
        Whether some of it comes from a simulation.
    queue_capacity_unit_h
        Certified capacity over the time for which a meter of the queue has spoken.
    """

    group: str
    kind: Kind
    period: Interval
    certified_unit_h: float
    capacity_unit_h: float
    used_unit_h: float | None
    allocated_unit_h: float | None
    queued_unit_h: float | None
    is_modelled: bool = False
    queue_capacity_unit_h: float = 0.0

    @property
    def used_share(self) -> float | None:
        """Utilisation, ``None`` where nobody has told."""
        return None if self.used_unit_h is None or not self.capacity_unit_h else self.used_unit_h / self.capacity_unit_h

    @property
    def is_contradicted(self) -> bool:
        """Whether more use was told than is certified, beyond a thousandth: then nobody knows what stood idle."""
        return self.used_unit_h is not None and self.used_unit_h > 1.001 * self.capacity_unit_h

    @property
    def idle_unit_h(self) -> float | None:
        """What stood idle, ``None`` where nobody has told or what was told cannot be."""
        known = self.used_unit_h is not None and not self.is_contradicted
        return max(self.capacity_unit_h - (self.used_unit_h or 0.0), 0.0) if known else None

    @property
    def told_share(self) -> float | None:
        """Share of certified capacity for which use was told."""
        return self.capacity_unit_h / self.certified_unit_h if self.certified_unit_h else None

    @property
    def queue_pressure(self) -> float | None:
        """Demand that waited, for one unit of capacity while the queue was told."""
        if self.queued_unit_h is None or not self.queue_capacity_unit_h:
            return None
        return self.queued_unit_h / self.queue_capacity_unit_h


@dataclass(frozen=True, slots=True)
class Burn:
    """What a group took from grid and water over a period; ``None`` is what no meter has told.

    Energies are plain sums of what was told. Each ratio rests only on sites and hours which both of its sides told in
    full.

    Source: ISO/IEC 30134-2 (PUE), 30134-8 (CUE), 30134-9 (WUE).

    Attributes
    ----------
    it_wh
        Energy of the machines: at the PDU, else at the hosts.
    green_wh
        What of the grid's energy the site says was green.
    location_kg
        Carbon of the grid's energy by the average of the grid.
    market_kg
        The same after retired certificates, the rest at the residual mix.
    pue
        Energy at the grid for one unit at the machines.
    wue_l_per_kwh, cue_kg_per_kwh, cue_market_kg_per_kwh
        Water, and carbon by both accounts, for a kilowatt-hour at the machines.
    green_share
        What of the energy was green, as the sites say.
    racked_share
        Rack-up rate (上架率); what it lacks of 1 is vacancy.
    is_modelled
        Whether some of it comes from a simulation.
    """

    group: str
    period: Interval
    card_wh: float | None
    host_wh: float | None
    pdu_wh: float | None
    it_wh: float | None
    grid_wh: float | None
    green_wh: float | None
    water_l: float | None
    location_kg: float | None
    market_kg: float | None
    pue: float | None
    wue_l_per_kwh: float | None
    cue_kg_per_kwh: float | None
    cue_market_kg_per_kwh: float | None
    green_share: float | None
    racked_share: float | None
    is_modelled: bool


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of its time a meter has told, and when it was silent longest.

    Attributes
    ----------
    valid_s
        Seconds of the period in which the meter was valid.
    silences
        Runs of hours that were not told in full, in order; at most as many as were asked for, the longest kept.
    is_overlapping
        Whether some hour was told more than once in other periods; such hours count as not told.
    """

    meter_id: str
    site_id: str
    measure: str
    period: Interval
    valid_s: float
    told_s: float
    silences: tuple[Interval, ...]
    is_overlapping: bool = False

    @property
    def told_share(self) -> float:
        """Share of the time it was valid for which there is a reading."""
        return self.told_s / self.valid_s


@dataclass(frozen=True, slots=True)
class Freshness:
    """When a source was heard last, and whether it is late by its own cadence."""

    source_id: str
    fleet_id: str
    heard: datetime | None
    """When its newest batch was received."""
    told_until: datetime | None
    """End of the newest period that it has told."""
    due: datetime | None
    """When the next batch is late."""
    is_late: bool
    has_agreement: bool
    missing: int = 0
    """Batches that the source has numbered below its newest one and that never came."""
    missing_number: int | None = None
    """The lowest number that never came."""


@dataclass(frozen=True, slots=True)
class Miscount:
    """Where a meter's counter contradicts itself or the values told beside it.

    Attributes
    ----------
    rule
        ``counter_fell``: it stands lower than before without a declared reset, or resets were taken back.
        ``value_not_counted``: a value is not what the counter rose by; across a silence, it is more than that.
    period
        From the first to the last reading of which this is so.
    broken, compared
        Readings of which this is so, and readings that could be held against the one before.
    most
        The furthest that counter and value are apart, in the meter's base unit.
    against
        The most that the counter should have said: where it stood, or what it rose by.
    """

    meter_id: str
    rule: str
    period: Interval
    broken: int
    compared: int
    most: int
    against: int

    @property
    def size(self) -> float:
        """How far they are apart, as a share of what the counter should have said."""
        return self.most / max(self.against, 1)
