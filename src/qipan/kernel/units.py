"""Conversions between units, named by what goes in and what comes out."""

from __future__ import annotations

S_PER_H = 3600.0
S_PER_DAY = 86400.0
H_PER_DAY = 24.0
KW_PER_MW = 1000.0
WH_PER_KWH = 1000.0
WH_PER_MWH = 1_000_000.0
KG_PER_T = 1000.0
KM_PER_S_IN_FIBRE = 200_000.0
"""Speed of light in fibre, 5 microseconds a kilometre."""


def h_from_s(duration_s: float) -> float:
    """Convert seconds to hours.

    Examples
    --------
    >>> h_from_s(5400)
    1.5
    """
    return duration_s / S_PER_H


def kw_from_mw(power_mw: float) -> float:
    """Convert megawatts to kilowatts.

    Examples
    --------
    >>> kw_from_mw(1.5)
    1500.0
    """
    return power_mw * KW_PER_MW


def wh_from_kwh(energy_kwh: float) -> int:
    """Convert kilowatt-hours to whole watt-hours, rounded down as certificates are.

    Examples
    --------
    >>> wh_from_kwh(1.2345)
    1234
    """
    return int(energy_kwh * WH_PER_KWH + 1e-6)


def one_way_ms_from_km(fibre_km: float) -> float:
    """Convert kilometres of fibre to the one-way latency in milliseconds.

    Examples
    --------
    >>> one_way_ms_from_km(1000)
    5.0
    """
    return fibre_km / KM_PER_S_IN_FIBRE * 1000.0


def round_trip_ms_from_one_way_ms(one_way_ms: float) -> float:
    """Convert a one-way latency to a round trip.

    Examples
    --------
    >>> round_trip_ms_from_one_way_ms(20.0)
    40.0
    """
    return 2.0 * one_way_ms
