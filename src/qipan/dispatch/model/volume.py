"""Nouns of which work the west should take."""

from __future__ import annotations

from dataclasses import dataclass

EAST, WEST = "east", "west"
"""Macro-regions that the work comes from, and that should take it."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Work of one kind, tier, workload and data class that comes from the east, and what became of it; in unit-hours.

    ``asked = eligible + sum(excluded)`` and ``eligible = moved + price + nearness + room``.

    Attributes
    ----------
    excluded_unit_h
        By the first hard limit (`plan.Reason`) that leaves no western site for it.
    moved_unit_h
        What the plan runs in the west.
    price_unit_h, nearness_unit_h
        What stays since energy, carbon and network together cost no less in the west, or since the nearer site is
        preferred.
    room_unit_h
        What stays, or finds no place at all, for want of western room: without the rents of capacity and power there,
        it would cost less in the west.
    standard_unit_h
        The volume that the west should take: what moved and what lacked room.
    """

    kind: str
    tier: str
    workload: str
    data_class: str
    jobs: int
    asked_unit_h: float
    excluded_unit_h: dict[str, float]
    eligible_unit_h: float
    moved_unit_h: float
    price_unit_h: float
    nearness_unit_h: float
    room_unit_h: float
    standard_unit_h: float
