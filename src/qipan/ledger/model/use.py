"""Nouns of planned use: entries, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval


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
