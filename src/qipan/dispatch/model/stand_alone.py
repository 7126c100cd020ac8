"""Nouns of what each region gains from the common board."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandAlone:
    """One region: its work and its sites on the common board, and what they would come to alone.

    Money is in fen, for the horizon of the plan; unserved work counts at its value.

    Attributes
    ----------
    region_id, name_en, name_zh
        The region, by its code where it has one, else the origin or site that stands for itself.
    sites
        How many sites it has.
    asked_unit_h, unserved_unit_h, alone_unserved_unit_h
        By kind, in its unit-hours, then by tier, those without work left out: what is asked for, what the common plan
        leaves, and what the best plan of its own sites alone would leave.
    net_fen
        What its work pays at the common prices, less what its sites earn there over what running costs them.
    alone_fen
        What the best plan of its own sites alone costs; what it costs more than ``net_fen`` is the region's gain.
    worse_tiers
        Tiers of which the common plan leaves more of some kind unserved than the region alone would.
    """

    region_id: str
    name_en: str
    name_zh: str
    sites: int
    asked_unit_h: dict[str, dict[str, float]]
    unserved_unit_h: dict[str, dict[str, float]]
    alone_unserved_unit_h: dict[str, dict[str, float]]
    net_fen: float
    alone_fen: float
    worse_tiers: tuple[str, ...]
