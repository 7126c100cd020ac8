"""Nouns of why: the parts of a price and of a cost."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """What a price or a cost consists of; `SCARCITY` are the rents of what is scarce."""

    ENERGY = "energy"
    RUNNING = "running"
    NETWORK = "network"
    NEARNESS = "nearness"
    CARBON = "carbon"
    CAPACITY = "capacity"
    POWER = "power"
    GRID = "grid"
    LINK = "link"
    RESERVE = "reserve"


SCARCITY = (Part.CAPACITY, Part.POWER, Part.GRID, Part.LINK, Part.RESERVE)
