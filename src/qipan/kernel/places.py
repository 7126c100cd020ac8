"""Places: points on the earth, regions, hubs and clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True, slots=True)
class Point:
    """A point on the earth in degrees, WGS 84."""

    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Region:
    """A province-level unit.

    Attributes
    ----------
    adcode
        Six-digit administrative code, for example ``"640000"``.
    name_zh, name_en
        Short names, for example 宁夏 and Ningxia.
    macro4
        National partition: ``east``, ``central``, ``west``, ``northeast``; empty for Hong Kong, Macau and Taiwan.
    macro3
        The paper's partition: ``east``, ``central``, ``west``; empty for the same three.
    seat
        Where its capital lies.
    """

    adcode: str
    name_zh: str
    name_en: str
    macro4: str
    macro3: str
    seat: Point


@dataclass(frozen=True, slots=True)
class Hub:
    """A national compute hub: several clusters under one name."""

    hub_id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data-centre cluster of a national hub; it lies in one region for accounts."""

    cluster_id: str
    hub_id: str
    adcode: str
    name_zh: str
    name_en: str
    point: Point


def great_circle_km(a: Point, b: Point) -> float:
    """Return the great-circle distance in kilometres (haversine).

    Examples
    --------
    >>> round(great_circle_km(Point(116.407, 39.904), Point(121.474, 31.230)))
    1067
    """
    lat_a, lat_b = math.radians(a.lat_deg), math.radians(b.lat_deg)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b.lon_deg - a.lon_deg) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))
