"""Nouns of what stands behind the meters of sites, and of the parts of the grid before them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Carrier(StrEnum):
    """What a plant makes electricity of."""

    WIND = "wind"
    SOLAR = "solar"
    OTHER = "other"


class Medium(StrEnum):
    """What a store holds; heat or cold counts as the electricity that it saves."""

    BATTERY = "battery"
    THERMAL = "thermal"


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant behind a site's meter.

    Attributes
    ----------
    peak_kw
        What it gives at most.
    price_fen_per_kwh
        What a kilowatt-hour of it costs the site.
    availability
        Share of ``peak_kw`` that can be had in each hour of the civil day; empty for the shape of the facts.
    """

    carrier: Carrier
    peak_kw: float
    price_fen_per_kwh: float = 0.0
    availability: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """A store behind a site's meter.

    Attributes
    ----------
    power_kw
        How fast it is filled or emptied.
    efficiency
        What comes out of what went in, above 0 and at most 1.
    """

    medium: Medium
    capacity_kwh: float
    power_kw: float
    efficiency: float


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the grid: that of regions, or a connection of some sites' own.

    Attributes
    ----------
    adcodes
        Regions whose sites belong to it, and whose other load it carries.
    site_ids
        Sites that belong to it besides.
    limit_kw
        What the sites may draw together, ``inf`` for no limit.
    peak_fen_per_kw
        What each kilowatt costs by which the sites raise the area's highest load of a plan.
    """

    area_id: str
    name_en: str
    name_zh: str
    adcodes: tuple[str, ...] = ()
    site_ids: tuple[str, ...] = ()
    limit_kw: float = math.inf
    peak_fen_per_kw: float = 0.0
