"""Kinds of compute resource, each with its unit."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Kind of a resource; work of one kind never runs on another."""

    INTELLIGENT = "intelligent"
    GENERAL = "general"
    SUPERCOMPUTING = "supercomputing"
    STORAGE = "storage"

    @property
    def unit(self) -> str:
        """What one unit of capacity is called; a card is one accelerator."""
        return _UNITS[self]


_UNITS = {
    Kind.INTELLIGENT: "card",
    Kind.GENERAL: "core",
    Kind.SUPERCOMPUTING: "node",
    Kind.STORAGE: "TB",
}
