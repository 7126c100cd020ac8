"""Extent and claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Extent:
    """Units of an asset over a stretch of time; each unit at each moment can be claimed once.

    Attributes
    ----------
    units
        How many: Wh of an issuance, cards of a site, fen of a contract's revenue.
    start, end
        The stretch of time, half-open.
    """

    extent_id: str
    asset_id: str
    units: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's claim to the units ``[unit_start, unit_end)`` of an extent over ``[start, end)``.

    Attributes
    ----------
    is_final
        It can never be released, as of a certificate that is retired.
    """

    claim_id: str
    extent_id: str
    holder: str
    purpose: str
    unit_start: int
    unit_end: int
    start: datetime
    end: datetime
    is_final: bool = False
