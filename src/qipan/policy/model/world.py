"""Regions at the start of a simulation: their stocks, and what they are like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qipan.policy.model.array import Floats


class Stock(StrEnum):
    """What a region has."""

    KNOWLEDGE = "knowledge"
    """Index of AI knowledge; 1 is the mean of the nation at the start."""
    DATA = "data"
    """Index of data; 1 is the mean of the nation at the start."""
    COMPUTE = "compute"
    """Capacity, in the unit of the table."""
    TALENT = "talent"
    """People, in the unit of the table."""
    PENETRATION = "penetration"
    """Share of work that uses AI, 0 to 1."""
    CAPITAL = "capital"
    """100 million yuan."""
    OUTPUT = "output"
    """100 million yuan a year."""
    DISPLACED = "displaced"
    """People out of work by AI, 10,000 persons."""


class Trait(StrEnum):
    """What a region is like; 1 is as any."""

    FIT = "fit"
    """How well its industries couple with AI, from its location quotients."""
    GREEN = "green"
    """How green and cheap its power is."""
    EXPOSURE = "exposure"
    """How exposed its jobs are."""


NEEDED: Final = ("population", Stock.OUTPUT)
"""Columns that a table of regions must have."""
MAY: Final = tuple(one for one in (*Stock, *Trait) if one is not Stock.OUTPUT)
"""Columns that it may have; where a cell is empty, the value is assumed and marked so."""


@dataclass(frozen=True, slots=True)
class World:
    """Regions at the start.

    Attributes
    ----------
    population
        10,000 persons, ``(regions,)``.
    stocks
        ``(regions,)`` by stock.
    traits
        ``(regions,)`` by trait.
    nearness
        How easily people and data move between two regions, ``(regions, regions)``, symmetric, 0 with itself.
    groups
        By the name of a partition, the group of each region.
    assumed
        Regions whose value was not told, by column.
    """

    regions: tuple[str, ...]
    population: Floats
    stocks: Mapping[Stock, Floats]
    traits: Mapping[Trait, Floats]
    nearness: Floats
    groups: Mapping[str, tuple[str, ...]]
    assumed: Mapping[str, tuple[str, ...]]
