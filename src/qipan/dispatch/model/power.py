"""Nouns of compute and grid together: load of others, calls of the grid and their answers, flexibility, peaks, uptake.

Axes: ``regions``, ``hours`` of a year, and those of the board. Lists stand for arrays where an answer is kept as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qipan.dispatch.model.array import Floats

BASELINE: Final = "linear_programme"
"""What a call is measured against: the optimum of the day's linear programme without it."""


@dataclass(frozen=True, slots=True)
class GridLoad:
    """What regions draw in each hour of a year of 365 days.

    Attributes
    ----------
    adcodes
        ``(regions,)``
    load_kw
        ``(regions, hours)``, from the first civil hour of the first of January on.
    """

    adcodes: tuple[str, ...]
    load_kw: Floats


@dataclass(frozen=True, slots=True)
class Call:
    """The grid asks the sites of an area to draw less for some slots.

    Attributes
    ----------
    sites
        Positions of the sites that are asked.
    first_slot, end_slot
        Half-open.
    reduce_kw
        By how much, against the plan without the call.
    most_fen_per_kwh
        What a kilowatt-hour less may cost at most; the rest is not delivered. Without it, whatever it costs.
    """

    sites: tuple[int, ...]
    first_slot: int
    end_slot: int
    reduce_kw: float
    most_fen_per_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class Shifted:
    """Where work of one kind and tier went that a call drove out of its sites and slots, in unit-hours asked for.

    ``shed = elsewhere + earlier + later + lost``; a part is negative where work came back.

    Attributes
    ----------
    elsewhere_unit_h
        At other sites in the slots of the call.
    earlier_unit_h, later_unit_h
        At any site before and after them.
    """

    kind: str
    tier: str
    shed_unit_h: float
    elsewhere_unit_h: float
    earlier_unit_h: float
    later_unit_h: float
    lost_unit_h: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the plan answers to a call.

    The baseline is the linear programme of the day, in which work may be split: not the placed jobs.

    ``shed_kwh = work_kwh + store_kwh + renewable_kwh``: less work, more out of stores, more of own plants.

    Attributes
    ----------
    baseline
        What ``before_kw`` is: `BASELINE`.
    before_kw, after_kw
        ``(slots,)``, what the sites draw from the grid without and with the call.
    delivered_kw, short_kw
        ``(slots of the call,)``: how much less they draw, and what lacks of what was asked.
    is_met
        Whether nothing lacks.
    cost_fen
        By how much the plan is dearer, lost work at its value included.
    lost_fen
        Of that, the value of lost work.
    """

    baseline: str
    before_kw: list[float]
    after_kw: list[float]
    delivered_kw: list[float]
    short_kw: list[float]
    is_met: bool
    shed_kwh: float
    work_kwh: float
    store_kwh: float
    renewable_kwh: float
    cost_fen: float
    lost_fen: float
    shifted: list[Shifted]

    @property
    def fen_per_kwh(self) -> float | None:
        """Cost of a kilowatt-hour less; None where nothing was shed."""
        return self.cost_fen / self.shed_kwh if self.shed_kwh > 0 else None


@dataclass(frozen=True, slots=True)
class Flexibility:
    """What the plan would cost more if work of a kind and tier were less flexible, and of that lost work at its value.

    Attributes
    ----------
    work_unit_h, energy_kwh
        Such work that the plan serves, and what it draws.
    wait_fen
        If it could not wait.
    leave_region_fen, leave_macro_fen
        If it could not leave its own region, or its macro-region. Where none of its sites lies there it keeps those
        of the next larger one, in the end the nearest site.
    """

    kind: str
    tier: str
    work_unit_h: float
    energy_kwh: float
    wait_fen: float
    wait_lost_fen: float
    leave_region_fen: float
    leave_region_lost_fen: float
    leave_macro_fen: float
    leave_macro_lost_fen: float


@dataclass(frozen=True, slots=True)
class AreaPeaks:
    """One area of the grid over the horizon; lists are ``(slots,)``.

    ``peaks_kw`` has the highest load of others alone (``others``), with the sites by the plan (``qipan``), by a plan
    that knows neither peak nor limit (``blind``), and by home region first (``home_first``).
    """

    name: str
    others_kw: list[float]
    sites_kw: list[float]
    limit_kw: float | None
    over_kwh: float
    peaks_kw: dict[str, float]


@dataclass(frozen=True, slots=True)
class Uptake:
    """What the own plants of a site could give in the horizon, and what is taken, by policy."""

    site_id: str
    available_kwh: float
    taken_kwh: dict[str, float]


@dataclass(frozen=True, slots=True)
class PowerDay:
    """How a plan of whole jobs meets the grid."""

    areas: list[AreaPeaks]
    uptake: list[Uptake]
