"""What is asked of a day, and what its run tells: plain values that every door renders.

Axes: ``slots`` are the slots of the horizon, of which the first ``day_slots`` are the planned day. Every figure keeps
the status of the facts it rests on.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from qipan.dispatch.model.explanation import Terms
from qipan.dispatch.model.plan import Score
from qipan.dispatch.model.power import PowerDay
from qipan.dispatch.model.reservation import ReservationsReport
from qipan.dispatch.model.stand_alone import StandAlone
from qipan.dispatch.model.substituted import Substituted
from qipan.dispatch.model.upheld import Upheld
from qipan.dispatch.model.volume import Volume
from qipan.kernel.errors import Finding


@dataclass(frozen=True, slots=True)
class JobsImport:
    """What became of a file of jobs.

    Attributes
    ----------
    days
        Jobs by the day of their submission, ISO date to number.
    are_hours_of_requests
        Whether each job is an hour of requests, which a day splits over the regions: each part is then a job.
    sequence
        Number of the batch in the books; its findings can be asked for by it.
    is_new
        Whether the same file had not been imported before.
    """

    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    out_of_scope: dict[str, int]
    days: dict[str, int]
    are_hours_of_requests: bool
    findings: tuple[Finding, ...]
    sequence: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class JobsAccount:
    """Every row read is accounted for, and every job of the day.

    ``rows_read == rows_accepted + sum(out_of_scope) + rows_quarantined`` and
    ``jobs == placed + carried_over + refused``.

    Attributes
    ----------
    jobs_outside_day
        Accepted jobs submitted on other days, left for their own day.
    import_sequence
        Number of the import, by which the rows set aside can be looked up.
    refused_by_reason
        Reason code to number of jobs.
    assumed
        Column name to number of jobs in which a written rule filled it.
    """

    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    import_sequence: int
    out_of_scope: dict[str, int]
    jobs_outside_day: int
    jobs: int
    placed: int
    carried_over: int
    refused: int
    refused_by_reason: dict[str, int]
    assumed: dict[str, int]


@dataclass(frozen=True, slots=True)
class BoundAccount:
    """How far the placed jobs are from the bound, and how exactly the prices add up.

    Money in fen. ``plan_fen`` is the optimum of the linear programme, in which work may stop and go; ``bound_fen`` is
    the certified lower bound for whole jobs, never below it. Both count
    unserved work at its value, and so do the gaps.
    """

    plan_fen: float
    bound_fen: float
    served_fen: float
    lost_fen: float
    payments_fen: float
    revenue_fen: float
    rent_fen: float
    payments_error: float
    revenue_error: float
    slackness_error: float
    is_final: bool

    @property
    def gap(self) -> float | None:
        """Cost over the bound, relative to its size, unserved work included; None where the bound is zero."""
        return _relative(self.served_fen + self.lost_fen, self.bound_fen)

    @property
    def gap_to_plan(self) -> float | None:
        """Cost over the optimum of the linear programme, relative to its size, unserved work included."""
        return _relative(self.served_fen + self.lost_fen, self.plan_fen)


@dataclass(frozen=True, slots=True)
class SiteDay:
    """One site over the horizon; lists are ``(slots,)``.

    ``lmp_fen_per_unit_h`` is that of the site's first product, named by ``product``, rounded to the tick; unit-hours
    are those of its kind, energy that of the whole site.
    """

    site_id: str
    name_en: str
    name_zh: str
    hub_id: str
    adcode: str
    macro: str
    lon_deg: float
    lat_deg: float
    product: str
    pue: float
    location_kg_per_kwh: float
    market_kg_per_kwh: float
    capacity_unit_h: list[float]
    planned_unit_h: list[float]
    used_unit_h: list[float]
    energy_kwh: list[float]
    price_fen_per_kwh: list[float]
    lmp_fen_per_unit_h: list[float]
    status: dict[str, str]


@dataclass(frozen=True, slots=True)
class OriginDay:
    """What one origin asked for and got of one kind, in unit-hours of planned work."""

    origin_id: str
    name_en: str
    name_zh: str
    adcode: str
    macro: str
    lon_deg: float
    lat_deg: float
    kind: str
    jobs: int
    work_unit_h: float
    placed_unit_h: float


@dataclass(frozen=True, slots=True)
class AreaDay:
    """A part of the grid, and the sites in it."""

    area_id: str
    name_en: str
    name_zh: str
    adcodes: list[str]
    site_ids: list[str]


@dataclass(frozen=True, slots=True)
class Flow:
    """Work of one origin and kind that ran at one site inside the day, in unit-hours."""

    origin_id: str
    site_id: str
    kind: str
    work_unit_h: float


@dataclass(frozen=True, slots=True)
class TierDay:
    """What became of one kind and tier; latency is the mean round trip weighted by work.

    Attributes
    ----------
    moved_share, round_trip_ms
        Of the work that has a place; ``None`` where none has.
    """

    kind: str
    tier: str
    jobs: int
    placed: int
    carried_over: int
    refused: int
    work_unit_h: float
    moved_share: float | None
    round_trip_ms: float | None


@dataclass(frozen=True, slots=True)
class SubstitutesGiven:
    """What a table of substitutes did to a day.

    Attributes
    ----------
    rows, asked, held, used
        Rows of the table, those of what jobs of the day ask for, of these those by what the board has, and of these
        those by which jobs run.
    """

    file: str
    rows: int
    asked: int
    held: int
    used: int


@dataclass(frozen=True, slots=True)
class LinksGiven:
    """What a table of links did to a day.

    Attributes
    ----------
    rows, limited, carrying, full
        Links of the table, those with a limit, and of these those that carry data in the plan, and that are full in
        some slot of it.
    """

    file: str
    rows: int
    limited: int
    carrying: int
    full: int


@dataclass(frozen=True, slots=True)
class DayReport:
    """One run of a day: what was read, planned, placed, paid and emitted, beside what people do today.

    ``scores`` begins with the plan itself, then the baselines. ``slots`` are ISO starts in UTC. ``areas`` are the
    known parts of the grid, ``power`` how the plan meets them: nothing where nothing stands behind the meters.
    ``reservations`` is nothing where nothing is reserved and no job asks for it.
    ``upheld`` tells the service of every tier beside that of a rule, where this was asked.
    ``substituted`` adds up what runs on something else than it asks for. ``substitutes_given`` and ``links_given`` tell
    what tables of them did, where one was given.
    """

    plan_id: str
    fleet_id: str
    fleet_name_en: str
    fleet_name_zh: str
    day: date
    zone_name: str
    created: str
    jobs_name: str
    jobs_format: str
    is_generated: bool
    load: float
    seed: int
    slot_s: int
    day_slots: int
    slots: list[str]
    account: JobsAccount
    bound: BoundAccount
    scores: list[Score]
    sites: list[SiteDay]
    origins: list[OriginDay]
    flows: list[Flow]
    tiers: list[TierDay]
    volumes: list[Volume]
    stand_alone: list[StandAlone]
    terms: Terms
    basis: dict[str, int]
    areas: list[AreaDay]
    power: PowerDay | None
    substituted: list[Substituted]
    reservations: ReservationsReport | None
    upheld: Upheld | None = None
    substitutes_given: SubstitutesGiven | None = None
    links_given: LinksGiven | None = None

    @property
    def ours(self) -> Score:
        """The plan's own score."""
        return self.scores[0]

    @property
    def home_first(self) -> Score:
        """What people do today: the home region first."""
        return next(score for score in self.scores if score.policy == "home_first")

    def _against_home_first(self, figure: str) -> float | None:
        """Relative change of a figure of the scores for the same work; policies may run different amounts of it."""
        ours, theirs = self.ours, self.home_first
        if not ours.rated_kwh or not theirs.rated_kwh:
            return None
        return _relative(getattr(ours, figure) / ours.rated_kwh, getattr(theirs, figure) / theirs.rated_kwh)

    def document(self) -> dict[str, Any]:
        """Return the report as plain JSON values, gaps and costs included; what is not a number is None."""
        document = asdict(self)
        document["day"] = self.day.isoformat()
        document["bound"] |= {
            "gap": self.bound.gap,
            "gap_to_plan": self.bound.gap_to_plan,
        }
        for score, row in zip(self.scores, document["scores"], strict=True):
            row["cost_fen"] = score.cost_fen
        if self.reservations is not None:
            document["reservations"] = self.reservations.document()
        document["against_home_first"] = {
            "basis": "per unit-hour of work that ran, kinds weighed by their rated power",
            "cost": self._against_home_first("cost_fen"),
            "location_kg": self._against_home_first("location_kg"),
            "market_kg": self._against_home_first("market_kg"),
        }
        return dict(_finite(document))


@dataclass(frozen=True, slots=True)
class FollowedSite:
    """What became of the attempts that one site was given.

    Attributes
    ----------
    is_answering
        Whether it answered when it was asked just now; nothing where it was not asked.
    told_until
        Until when its accounting of these jobs stands in the ledger.
    """

    site_id: str
    is_answering: bool | None
    answered: datetime | None
    fenced: datetime | None
    open: int
    finished: int
    failed: int
    lost: int
    late: int
    told_until: datetime | None


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a plan is carried out: ``jobs == open + finished + failed + cancelled + unplaced``.

    Attributes
    ----------
    waiting, running
        Of the open ones, those that stand in a queue and those that run.
    unplaced
        Jobs whose sites were lost and that no other site can take as yet.
    attempts
        How often jobs were given to sites.
    late, twice
        Attempts that ended at a site though they had been given up, and jobs that ended in two places.
    is_over
        Whether every job has ended, and the accounting of every site that answers stands in the ledger.
    """

    plan_id: str
    jobs: int
    open: int
    waiting: int
    running: int
    finished: int
    failed: int
    cancelled: int
    unplaced: int
    attempts: int
    late: int
    twice: int
    is_over: bool
    sites: list[FollowedSite]


def _relative(value: float, base: float) -> float | None:
    """Relative difference by the size of the base, which may be negative; None where there is nothing to compare."""
    return (value - base) / abs(base) if base else None


def _finite(value: Any) -> Any:
    """Replace what JSON cannot hold by None."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
