"""Nouns of why: what a plan's prices consist of, and what a job would cost elsewhere.

Axes: ``products``, ``slots``, ``origins``, ``sites``, ``tiers``. Lists stand for arrays, so that all of it can be kept
as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from qipan.dispatch.model.board import Substitute


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
    ROUNDING = "rounding"


SCARCITY = (Part.CAPACITY, Part.POWER, Part.GRID, Part.LINK, Part.RESERVE)


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What a product costs in a plan.

    Attributes
    ----------
    site
        Position of its site.
    units_max
        The most units that one job can ever hold.
    parts_fen_per_unit_h
        ``(slots,)`` of each `Part` of its price; those that are nothing in every slot are left out.
    left_units
        ``(slots,)``, what the placement leaves of it (`left.left_units`); empty where an older version kept the plan.
    """

    site: int
    kind: str
    card_model: str
    units_max: float
    parts_fen_per_unit_h: dict[str, list[float]]
    left_units: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a plan's costs depend on, kept with it so that they can be explained later.

    Attributes
    ----------
    round_trip_ms, transfer_fen_per_gb
        ``(origins, sites)``
    data_class_max
        ``(origins, sites)``, the strictest `job.DataClass` that may go from an origin to a site.
    link_fen_per_gb
        ``(origins, sites, slots)``, rent of the links on the way; empty without links.
    round_trip_ms_max, nearness_fen_per_unit_h_ms
        ``(tiers,)``; no limit is None.
    """

    slot_h: float
    slot_count: int
    site_ids: list[str]
    origin_ids: list[str]
    products: list[ProductTerms]
    round_trip_ms: list[list[float]]
    transfer_fen_per_gb: list[list[float]]
    data_class_max: list[list[int]]
    link_fen_per_gb: list[list[list[float]]]
    round_trip_ms_max: list[float | None]
    nearness_fen_per_unit_h_ms: list[float]
    substitutes: list[Substitute] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobTerms:
    """One job as its plan saw it; hours count from the start of the horizon.

    ``planned_h`` are the hours inside the horizon, of ``requested_h``. A job without a place has no ``site``.

    Attributes
    ----------
    may_split
        Whether it may stop and go.
    placed_kind, placed_model
        What it is placed on.
    runs
        Start and length of each stretch in which it is placed.
    """

    kind: str
    card_model: str
    tier: int
    data_class: int
    origin: int
    quantity: float
    requested_h: float
    planned_h: float
    data_gb: float
    first_h: float
    latest_h: float
    site: int | None = None
    placed_kind: str = ""
    placed_model: str = ""
    may_split: bool = False
    is_covered: bool = False
    runs: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One site for a job, and what it costs there at the plan's prices.

    It runs at its best start in its window, or in the cheapest hours of it if it may stop and go.
    ``parts_fen`` add up to ``cost_fen``, ``difference_parts_fen`` to ``difference_fen``: by how much it costs more than
    where the job is placed; both are empty or None for a job without a place. An option that ``is_full`` has no room
    for the job through some slot of that run, beside all that are placed. It holds ``units`` of ``kind`` and
    ``card_model``, which may be a substitute for what the job asks for.
    """

    site: int
    start_h: float
    cost_fen: float
    parts_fen: dict[str, float]
    difference_fen: float | None
    difference_parts_fen: dict[str, float]
    is_full: bool
    kind: str = ""
    card_model: str = ""
    units: float = 0.0
    on_substitute: bool = False


@dataclass(frozen=True, slots=True)
class JobExplanation:
    """Why a job is here and not there.

    Attributes
    ----------
    chosen
        Where and when it is placed; None without a place.
    alternatives
        The cheapest other sites, the cheapest first.
    excluded
        For each site that a hard limit excludes, its position and the first such limit (`plan.Reason`).
    """

    chosen: Option | None
    alternatives: tuple[Option, ...]
    excluded: dict[int, str]


@dataclass(frozen=True, slots=True)
class PriceExplanation:
    """What made the price of a product in a slot.

    Attributes
    ----------
    parts_fen_per_unit_h
        By `Part`; they add up to the price, which is rounded to the tick.
    binding
        The constraints with a rent, the dearest first; none where the price is what running costs.
    why_en, why_zh
        The same in words.
    """

    kind: str
    card_model: str
    lmp_fen_per_unit_h: float
    parts_fen_per_unit_h: dict[str, float]
    binding: tuple[str, ...]
    why_en: str
    why_zh: str
