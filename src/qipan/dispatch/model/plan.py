"""Nouns of what is planned: classes of jobs, the plan and its prices, where each job runs, and what that came to.

Axes: ``jobs``, ``classes``, ``streams`` and those of the board. Work is quantity times hours (card-hours).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.model.job import KINDS, Jobs


@dataclass(frozen=True, slots=True)
class Streams:
    """Work that costs the same wherever it goes, a row each with the axis ``(streams,)``.

    ``sort`` points to what it reaches (`reach.Reach`).
    """

    sort: Ints
    origin: Ints
    tier: Ints
    gb_per_unit_h: Floats

    def __len__(self) -> int:
        return len(self.sort)


@dataclass(frozen=True, slots=True)
class Classes:
    """Many jobs alike, a row each with the axis ``(classes,)``; `of_job` has the axis ``(jobs,)``, -1 for none.

    ``demand_unit_h`` must be done in the slots ``[first_slot, end_slot)``, at most ``width`` units at once. Classes of
    one stream differ in their windows only.
    """

    of_job: Ints
    stream: Ints
    first_slot: Ints
    end_slot: Ints
    demand_unit_h: Floats
    width: Floats
    streams: Streams

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def tier(self) -> Ints:
        """Tier of each class, ``(classes,)``."""
        return self.streams.tier[self.stream]


class Instance(NamedTuple):
    """A day's programme: all that its plan and its prices depend on.

    Attributes
    ----------
    takes
        ``(streams, products)``: units of a product that a unit of work takes, 0 where it may not run.
    """

    board: Board
    classes: Classes
    rules: Rules
    takes: Floats

    @property
    def kind_of_stream(self) -> Ints:
        """Kind of each stream, that of what it may take, ``(streams,)``, as positions in `KINDS`."""
        kind = np.array([KINDS.index(product[1]) for product in self.board.products], dtype=np.int64)
        return np.asarray(kind[(self.takes > 0).argmax(axis=1)])

    @property
    def kind(self) -> Ints:
        """Kind of each class, ``(classes,)``, as positions in `KINDS`."""
        return self.kind_of_stream[self.classes.stream]


@dataclass(frozen=True, slots=True)
class Plan:
    """Primal and dual answer of the day's linear programme.

    Attributes
    ----------
    work_stream, work_product, work_slot, work_unit_h, takes, transfer_fen, nearness_fen
        ``(columns,)``: how much work of a stream goes to a product in a slot, how many units of the product a unit of
        it takes, and what moving it and its distance cost for a unit-hour.
    supply_unit_h
        ``(pools, slots)``
    unserved_unit_h
        ``(classes,)``
    lmp_fen_per_unit_h
        ``(products, slots)``, dual of the balance of a product in a slot: the price of its next unit-hour.
    delivered_fen_per_unit_h
        ``(streams, slots)``, what an hour of a unit costs a stream in a slot, moving and distance included.
    class_price_fen_per_unit_h
        ``(classes,)``, dual of the demand of a class: the price of its dearest hour.
    capacity_rent_fen_per_unit_h
        ``(pools, slots)``
    power_rent_fen_per_kwh
        ``(sites, slots)``
    link_rent_fen_per_gb, link_flow_gb
        ``(links, slots)``, signed by direction; empty without links.
    reserve_rent_fen_per_unit_h
        ``(groups, slots)``, part of the LMPs of a kind and model; empty where no reserve is kept.
    energy
        Where the energy comes from; none where all is bought at the price.
    objective_fen
        Cost of the plan: a lower bound for any placement of whole jobs.
    is_final
        Whether the prices follow the published pricing rule; else they are indicative.
    """

    classes: Classes
    work_stream: Ints
    work_product: Ints
    work_slot: Ints
    work_unit_h: Floats
    takes: Floats
    transfer_fen: Floats
    nearness_fen: Floats
    supply_unit_h: Floats
    unserved_unit_h: Floats
    lmp_fen_per_unit_h: Floats
    delivered_fen_per_unit_h: Floats
    class_price_fen_per_unit_h: Floats
    capacity_rent_fen_per_unit_h: Floats
    power_rent_fen_per_kwh: Floats
    link_rent_fen_per_gb: Floats
    link_flow_gb: Floats
    objective_fen: float
    reserve_rent_fen_per_unit_h: Floats
    energy: EnergyPlan | None = None
    is_final: bool = False


class Status(StrEnum):
    """What became of a job in a plan."""

    PLACED = "placed"
    CARRIED_OVER = "carried_over"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a job is not placed in the day, or must run where it does."""

    NONE = ""
    NO_SUCH_RESOURCE = "no_such_resource"
    NO_POWER = "no_power"
    TOO_LARGE = "too_large"
    TOO_FAR = "too_far"
    DATA_MAY_NOT_LEAVE = "data_may_not_leave"
    WINDOW_TOO_SHORT = "window_too_short"
    NO_ROOM = "no_room"
    OUTRANKED = "outranked"
    TURNED_OUT = "turned_out"
    LATER_IS_BETTER = "later_is_better"
    COVERED = "covered"


WITHOUT_ROOM: Final = (Reason.NO_ROOM, Reason.OUTRANKED, Reason.TURNED_OUT)
"""Of jobs that some site could have taken and none did; the last two because of their priority."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """When jobs run that stop and go, a row each in the order of jobs and time, with the axis ``(stretches,)``.

    A job with a row has two or more; they do not overlap, and together they last what it requests.
    """

    job: Ints
    start_s: Floats
    seconds: Floats


def _no_stretches() -> Stretches:
    return Stretches(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and when each job runs; every array has the axis ``(jobs,)``.

    ``pool`` is -1 and ``start_s`` is ``nan`` for a job without a place. A job carried over has a tentative place
    after the day, or none. A job runs in one stretch from ``start_s`` on, if it has no rows in ``stretches``. ``held``
    are the units of the pool that each job holds; none where all hold what they ask for.
    """

    pool: Ints
    start_s: Floats
    status: Texts
    reason: Texts
    stretches: Stretches = field(default_factory=_no_stretches)
    held: Floats | None = None

    def units(self, jobs: Jobs) -> Floats:
        """Return how many units of its pool each job holds, ``(jobs,)``."""
        return jobs.quantity if self.held is None else self.held

    @property
    def has_place(self) -> Bools:
        """Whether the job holds a pool, in the day or after it."""
        return np.asarray(self.pool >= 0)

    @property
    def had_no_room(self) -> Bools:
        """Whether some site could have taken the job and none did."""
        had_none = self.pool < 0
        had_none[had_none] = [reason in WITHOUT_ROOM for reason in self.reason[had_none]]
        return had_none

    def take(self, rows: Bools) -> Placement:
        """Return where and when some of the jobs run.

        Parameters
        ----------
        rows
            ``(jobs,)``
        """
        part = self.stretches
        kept, position = rows[part.job], np.cumsum(rows) - 1
        stretches = Stretches(position[part.job[kept]], part.start_s[kept], part.seconds[kept])
        held = None if self.held is None else self.held[rows]
        return Placement(self.pool[rows], self.start_s[rows], self.status[rows], self.reason[rows], stretches, held)

    def runs(self, seconds: Floats) -> Stretches:
        """Return when each job that holds a place runs, in one stretch or several, in the order of jobs and time.

        Parameters
        ----------
        seconds
            ``(jobs,)``, how long each runs at most; what its stretches last beyond that is left out.
        """
        part = self.stretches
        whole = self.has_place
        whole[part.job] = False
        job = np.concatenate([np.flatnonzero(whole), part.job])
        begun = np.cumsum(part.seconds) - part.seconds
        first = np.searchsorted(part.job, part.job)
        lasts = np.clip(seconds[part.job] - (begun - begun[first]), 0.0, part.seconds)
        start_s = np.concatenate([self.start_s[whole], part.start_s])
        order = np.argsort(job, kind="stable")
        return Stretches(job[order], start_s[order], np.concatenate([seconds[whole], lasts])[order])


@dataclass(frozen=True, slots=True)
class Score:
    """What a placement came to, measured on what happened, for all jobs that hold a place.

    Where nothing stands behind the meters, nothing is renewable, curtailed or beyond limits.

    Attributes
    ----------
    work_unit_h, lost_unit_h, tier_lost_unit_h
        By kind, in its unit-hours: what ran; what found no place; the latter by `job.Tier`.
    rated_kwh
        What the work that ran would draw at the mean rated power of a unit of its kind on this board: how much work of
        several kinds it is. Means and shares of work, such as ``moved_share``, weigh kinds alike.
    energy_kwh
        Drawn by work and, in the horizon, at no load.
    energy_fen
        Energy and running: the grid, own plants, limits overstepped and peaks; carbon has no price in it.
    planned_fen
        What the plan minimises, of this placement (`placement.score.planned_fen`): the hours that were asked for, with
        carbon, distance and lost work at their prices. ``cost_fen`` is the money of what ran instead, so the two may
        rank placements differently.
    location_kg, market_kg
        Of what is drawn from the grid; own plants count as nothing in both accounts.
    mean_wait_h, moved_share
        Of work; None where none ran.
    peak_kw
        The most that all sites draw at once.
    renewable_kwh, curtailed_kwh
        What own plants gave in the horizon, and what they could have given besides.
    peak_raised_kw, areas_peak_kw
        By how much the sites raise the highest load of their areas of the grid in the horizon, and that load with
        them; added up over the areas. None where no area is known.
    over_kwh
        Drawn beyond the limits of areas in the horizon.
    deadline_misses, deadline_miss_share
        Jobs that end later than their window allows, or that some site could have taken and all refused; and their
        share of the jobs that some site could have taken.
    """

    policy: str
    jobs_placed: int
    jobs_carried_over: int
    jobs_refused: int
    work_unit_h: dict[str, float]
    lost_unit_h: dict[str, float]
    rated_kwh: float
    energy_kwh: float
    energy_fen: float
    transfer_fen: float
    planned_fen: float
    location_kg: float
    market_kg: float
    realtime_p95_ms: float
    mean_wait_h: float | None
    peak_kw: float
    moved_share: float | None
    tier_lost_unit_h: dict[str, tuple[float, ...]]
    renewable_kwh: float
    curtailed_kwh: float
    peak_raised_kw: float | None
    areas_peak_kw: float | None
    over_kwh: float
    deadline_misses: int
    deadline_miss_share: float

    @property
    def cost_fen(self) -> float:
        """Energy, running and transfer cost together."""
        return self.energy_fen + self.transfer_fen
