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
    """

    group: str
    kind: Kind
    period: Interval
    certified_unit_h: float
    capacity_unit_h: float
    used_unit_h: float | None
    allocated_unit_h: float | None
    queued_unit_h: float | None

    @property
    def used_share(self) -> float | None:
        """Utilisation, ``None`` where nobody has told."""
        return None if self.used_unit_h is None or not self.capacity_unit_h else self.used_unit_h / self.capacity_unit_h

    @property
    def idle_unit_h(self) -> float | None:
        """What stood idle, ``None`` where nobody has told."""
        return None if self.used_unit_h is None else self.capacity_unit_h - self.used_unit_h

    @property
    def told_share(self) -> float | None:
        """Share of certified capacity for which use was told."""
        return self.capacity_unit_h / self.certified_unit_h if self.certified_unit_h else None

    @property
    def queue_pressure(self) -> float | None:
        """Demand that waited, for one unit of capacity."""
        told = self.queued_unit_h is not None and self.capacity_unit_h
        return (self.queued_unit_h or 0.0) / self.capacity_unit_h if told else None


@dataclass(frozen=True, slots=True)
class Burn:
    """What a group took from grid and water over a period; ``None`` is what no meter has told.

    Ratios compare only sites and time for which both sides were told.

    Source: ISO/IEC 30134-2 (PUE), 30134-8 (CUE), 30134-9 (WUE).

    Attributes
    ----------
    it_wh
        Energy of the machines: at the PDU, else at the hosts.
    location_kg
        Carbon by the average of the grid.
    market_kg
        Carbon after retired certificates, the rest at the residual mix.
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
    racked_rack_h: float | None
    rack_h: float | None
    location_kg: float | None
    market_kg: float | None

    @property
    def pue(self) -> float | None:
        """Energy at the grid for one unit at the machines."""
        return _ratio(self.grid_wh, self.it_wh)

    @property
    def wue_l_per_kwh(self) -> float | None:
        """Litres of water for a kilowatt-hour at the machines."""
        return _ratio(self.water_l, None if self.it_wh is None else self.it_wh / 1000.0)

    @property
    def cue_kg_per_kwh(self) -> float | None:
        """Carbon for a kilowatt-hour at the machines, location-based."""
        return _ratio(self.location_kg, None if self.it_wh is None else self.it_wh / 1000.0)

    @property
    def cue_market_kg_per_kwh(self) -> float | None:
        """Carbon for a kilowatt-hour at the machines, market-based."""
        return _ratio(self.market_kg, None if self.it_wh is None else self.it_wh / 1000.0)

    @property
    def green_share(self) -> float | None:
        """What of the energy was green, as the site says."""
        return _ratio(self.green_wh, self.grid_wh)

    @property
    def racked_share(self) -> float | None:
        """Rack-up rate (上架率); what it lacks of 1 is vacancy."""
        return _ratio(self.racked_rack_h, self.rack_h)


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of its time a meter has told, and when it was silent longest.

    Attributes
    ----------
    silences
        Intervals without a reading, in order; at most as many as were asked for, the longest kept.
    """

    meter_id: str
    site_id: str
    measure: str
    period: Interval
    told_s: float
    silences: tuple[Interval, ...]

    @property
    def told_share(self) -> float:
        """Share of the period for which there is a reading."""
        return self.told_s / self.period.duration_s


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


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None
