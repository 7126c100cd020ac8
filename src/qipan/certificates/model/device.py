"""What makes renewable energy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """What a device makes energy of; what a store gives back is none of these, so it gets no certificate."""

    WIND = "wind"
    SOLAR = "solar"
    BIOMASS = "biomass"
    GEOTHERMAL = "geothermal"
    OCEAN = "ocean"
    HYDRO = "hydro"


@dataclass(frozen=True, slots=True)
class Device:
    """A plant behind one meter.

    Attributes
    ----------
    owner
        Who is issued its certificates.
    adcode
        Region that it stands in.
    capacity_w
        Rated power, in W.
    commissioned
        First moment of which energy is issued, in UTC.
    is_self_used
        Its energy is used behind the meter: certificates are issued, and may not be traded.
    """

    device_id: str
    owner: str
    source: Source
    adcode: str
    capacity_w: int
    commissioned: datetime
    is_self_used: bool = False
