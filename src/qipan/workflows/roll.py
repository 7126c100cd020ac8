"""Rolling operation over days of a trace: set the board up, run with and without forecast errors, report regret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from qipan.dispatch.jobs.assume import quarantine_origins
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.reservation import ReservationIntake, ReservationsDay, ReservationsReport
from qipan.dispatch.model.roll import Case, Errors, MarketPower, Regret, Rolled, RollTerms, Spike
from qipan.dispatch.reservation.allot import allot
from qipan.dispatch.rolling.foresee import draw_drifts, drift
from qipan.dispatch.rolling.regret import foresee_all, regret
from qipan.dispatch.rolling.roll import Stopwatch, roll
from qipan.dispatch.rolling.settle import settle_run
from qipan.dispatch.service import Dispatch, Reading
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, of_file
from qipan.kernel.time import civil_day, zone
from qipan.kernel.units import S_PER_DAY
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.service.register import Ledger
from qipan.storage.books import Books
from qipan.workflows.board import RESERVATIONS, Boards
from qipan.workflows.choose import day_starts_s, empty
from qipan.workflows.complete import completed
from qipan.workflows.energy import refuse_to_roll
from qipan.workflows.fleet import rules_of, set_up
from qipan.workflows.progress import Advance, OutOfTimeError
from qipan.workflows.request import TABLES, RollRequest, check_roll

OUTLOOK_H = 48
"""Hours after the last day in which jobs still run; none arrive."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run came to; ``errors`` are the sizes it ran under.

    ``regret_low`` and ``regret_high`` bound an interval of 95 %; shares and ratios are of the bound. Durations are in
    seconds of CPU for re-plans and microseconds of the clock for placements. ``market_power`` is that at each day's
    peak, ``pivotal_h`` the hours in which demand could not be met without a site, as re-plans saw them.
    ``reservations`` are the plain values of a `ReservationsReport`; nothing where none are reserved or asked for.
    ``sites`` has the names of each site by its id.
    """

    errors: dict[str, float]
    served: int
    unserved: int
    served_fen: float
    unserved_fen: float
    bound_fen: float
    regret: float
    regret_low: float
    regret_high: float
    regret_by_day_fen: list[float]
    replans: int
    replan_cpu_s_mean: float
    replan_cpu_s_p99: float
    replan_gap_max: float
    placements: int
    placement_us_p50: float
    placement_us_p99: float
    spikes: list[Spike]
    market_power: list[MarketPower]
    pivotal_h: dict[str, float]
    reservations: dict[str, Any] | None
    sites: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class RollReport:
    """What rolling operation came to: one run without errors, then one under those asked for.

    ``epoch`` is second 0 of a trace without dates, ``zone_name`` whose clocks the trace shows. ``errors`` are the sizes
    asked for, ``file_names`` those of the tables that were given, by what they hold.
    ``unfinished`` says where the time ended before all runs were done; empty where they are.
    """

    name: str
    format: str
    epoch: datetime | None
    zone_name: str
    fleet_id: str
    first_day: date
    days: int
    every_s: float
    errors: dict[str, float]
    load: float
    seed: int
    jobs: int
    past_jobs: int
    rows_set_aside: int
    refused: int
    plants_share: float
    persistence: float
    withheld_share: float
    spike_quantile: float
    notice_s: float
    keeps_reserve: bool
    file_names: dict[str, str]
    runs: list[RunReport]
    unfinished: str


class Rolling:
    """Operates a fleet over days of a trace."""

    def __init__(self, *, catalog: Catalog, books: Books, ledger: Ledger, dispatch: Dispatch, boards: Boards) -> None:
        self._catalog = catalog
        self._books = books
        self._ledger = ledger
        self._dispatch = dispatch
        self._boards = boards

    def check(self, request: RollRequest) -> None:
        """Read all that a run needs, and refuse what it would refuse.

        Raises
        ------
        BadInputError, NotFoundError
            As `run`.
        """
        self._opened(request)

    def run(self, request: RollRequest, cpu: Stopwatch, clock: Stopwatch, progress: Advance) -> RollReport:
        """Operate the days on a simulated clock; nothing is entered in the ledger.

        Parameters
        ----------
        cpu, clock
            Seconds of CPU and of the clock; only differences are used.
        progress
            Told how far the work is. It ends the work by an `OutOfTimeError`: runs that are done by then are returned.

        Raises
        ------
        OutOfTimeError
            When no run was done.
        BadInputError
            ``option_out_of_range``; ``plants_stated``, ``energy_not_rolling``; ``day_empty``; ``reservations_unmet``,
            ``reservations_over_links``; what the adapters refuse.
        NotFoundError
            ``fleet_unknown``.
        """
        fleet, case, rows_set_aside, reserved = self._opened(request)
        terms = RollTerms(every_s=request.every_s, gap=request.gap, notice_s=request.notice_s)
        asked = {name: size for name, size in request.errors.items() if size}
        runs: list[RunReport] = []
        refused, unfinished = 0, ""
        for sizes in [{}, asked] if asked else [{}]:
            drifts = draw_drifts(
                Errors(**{f"{name}_sd": size for name, size in sizes.items()}),
                len(case.foreseen.sites),
                case.foreseen.slot_count,
                np.random.default_rng([request.seed, 1]),
            )
            there = replace(case, board=drift(case.foreseen, drifts), drifts=drifts)
            step = "run with forecast errors" if sizes else "run without forecast errors"
            try:
                progress(step, 0.0)
                rolled = roll(there, terms, cpu, clock, partial(progress, step))
                progress(f"{step}: offline bound", None)
            except OutOfTimeError as stopped:
                if not runs:
                    raise
                unfinished = str(stopped)
                break
            lost = regret(there, rolled, foresee_all(there, rolled.covered))
            settled = _settled(settle_run(there, rolled, terms), reserved if request.reservations else None)
            runs.append(_told(sizes, case.board, rolled, lost, settled))
            refused = int((~rolled.is_plannable).sum())
        return RollReport(
            name=request.name,
            format=request.format,
            epoch=request.epoch,
            zone_name=request.zone_name or fleet.zone_name,
            fleet_id=fleet.fleet_id,
            first_day=request.first_day,
            days=request.days,
            every_s=request.every_s,
            errors=asked,
            load=request.load,
            seed=request.seed,
            jobs=len(case.jobs),
            past_jobs=case.first,
            rows_set_aside=rows_set_aside,
            refused=refused,
            plants_share=request.plants_share,
            persistence=Errors().persistence,
            withheld_share=terms.withheld_share,
            spike_quantile=terms.spike_quantile,
            notice_s=request.notice_s,
            keeps_reserve=request.keeps_reserve,
            file_names={
                kind: request.file_names.get(kind, kind) for kind in TABLES if getattr(request, kind) is not None
            },
            runs=runs,
            unfinished=unfinished,
        )

    def case(self, request: RollRequest, fleet: Fleet) -> Case:
        """Return what a run meets, without forecast errors.

        Raises
        ------
        BadInputError
            ``day_empty`` when none of the days has jobs.
        """
        return self._case(request, fleet)[0]

    def _opened(self, request: RollRequest) -> tuple[Fleet, Case, int, ReservationIntake]:
        """Return the fleet, what its run meets, how many rows of the file were set aside, and what is reserved."""
        check_roll(request)
        with self._books.read() as unit:
            fleet = self._ledger.fleet(unit, request.fleet_id)
        case, rows_set_aside = self._case(request, fleet)
        name = request.file_names.get(RESERVATIONS, RESERVATIONS)
        reserved = self._reserved(request, name)
        case = replace(case, reservations=reserved.reservations)
        whose, aside = f"fleet {fleet.fleet_id}", reserved.findings
        with of_file(name):
            allot(case.reservations, case.foreseen, case.rules, fleet.zone_name, whose, aside=aside)
        return fleet, case, rows_set_aside, reserved

    def _reserved(self, request: RollRequest, name: str) -> ReservationIntake:
        """Return what is reserved; nothing without a file."""
        if request.reservations is None:
            return ReservationIntake((), 0, ())
        return self._boards.read_reservations(request.reservations, name)

    def _case(self, request: RollRequest, fleet: Fleet) -> tuple[Case, int]:
        """Return the case without reservations, and how many rows of the file were set aside."""
        board = board_of(request, fleet, self._catalog)
        tables = {"substitutes": request.substitutes, "links": request.links}
        board = self._boards.with_tables(board, **tables, names=request.file_names)
        rules = replace(rules_of(self._catalog), keeps_reserve=request.keeps_reserve)
        how = Reading(epoch=request.epoch, zone_name=request.zone_name or fleet.zone_name)
        with of_file(request.name):
            intake = self._dispatch.read_jobs(request.data, form=request.format, how=how)
            intake = quarantine_origins(intake, board.origins)
        jobs = self._completed(request, fleet, intake.jobs, board, rules)
        none = draw_drifts(Errors(), len(board.sites), board.slot_count, np.random.default_rng(0))
        starts_s = day_starts_s(board, fleet.zone_name)
        case = Case(known=jobs, board=board, foreseen=board, drifts=none, rules=rules, day_starts_s=starts_s)
        if case.first == len(jobs):
            told = f"The days must have jobs, was none in {request.days} from {request.first_day.isoformat()} on"
            with of_file(request.name):
                raise empty(told, intake, fleet)
        return case, len({finding.row for finding in intake.findings if finding.row > 0})

    def _completed(self, request: RollRequest, fleet: Fleet, jobs: Jobs, board: Board, rules: Rules) -> Jobs:
        first_s = board.start_s - RollTerms().days_back * S_PER_DAY
        jobs = jobs.take((jobs.submit_s >= first_s) & (jobs.submit_s < board.day_end_s))
        jobs = completed(jobs, fleet, self._catalog, board=board, rules=rules, load=request.load, seed=request.seed)
        return jobs.take(np.argsort(jobs.submit_s, kind="stable"))


def board_of(request: RollRequest, fleet: Fleet, catalog: Catalog) -> Board:
    """Lay the fleet out over the days and an outlook; prices are those of the first day's month.

    Raises
    ------
    BadInputError
        ``plants_stated`` when plants are to be made for a fleet that has its own; ``energy_not_rolling`` when it has
        stores or areas of the grid.
    """
    refuse_to_roll(fleet)
    first = civil_day(request.first_day, fleet.zone_name)
    last = civil_day(request.first_day + timedelta(days=request.days - 1), fleet.zone_name)
    hours = round((last.end - first.end).total_seconds() / 3600.0) + OUTLOOK_H
    board = set_up(fleet, catalog, request.first_day, outlook_h=hours).board
    slots = round((last.end - first.start).total_seconds() / board.slot_s)
    board = replace(board, day_slots=slots)
    if request.plants_share and board.energy is not None:
        raise BadInputError(
            f"Plants must be made only for a fleet that states no power, was {fleet.fleet_id}.",
            code="plants_stated",
            hint="Leave out --plants: the fleet's own plants are operated.",
            field="plants",
        )
    return _with_plants(board, request.plants_share, fleet.zone_name) if request.plants_share else board


def _with_plants(board: Board, share: float, zone_name: str) -> Board:
    """Give each site a plant of its own: the sun from six to six, as half a sine, at no cost."""
    moments = board.start_s + board.slot_s * (np.arange(board.slot_count) + 0.5)
    here = [datetime.fromtimestamp(moment, tz=zone(zone_name)) for moment in moments.tolist()]
    hour = np.array([one.hour + one.minute / 60.0 for one in here])
    sun = np.maximum(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0)
    sites, slots = len(board.sites), board.slot_count
    installed = board.capacity.mean(axis=1) * board.kwh_per_unit_h
    peak_kw = np.minimum(board.power_cap_kw, np.bincount(board.pool_site, weights=installed, minlength=sites)) * share
    none, empty = np.zeros(sites), np.zeros((0, slots))
    return replace(
        board,
        energy=Energy(
            fixed_kw=np.zeros((sites, slots)),
            renewable_kw=peak_kw[:, None] * sun,
            renewable_fen_per_kwh=none,
            store_kwh=none,
            store_kw=none,
            stored_kwh=none,
            store_efficiency=np.ones(sites),
            areas=Areas((), np.zeros((0, sites), dtype=bool), empty, empty, np.zeros(0), np.zeros(0)),
        ),
    )


def _settled(found: ReservationsDay, reserved: ReservationIntake | None) -> ReservationsReport | None:
    """Tell what was read of reservations and what they came to."""
    if reserved is None and not found.nominations:
        return None
    rows, findings = (0, ()) if reserved is None else (reserved.rows_read, reserved.findings)
    return ReservationsReport(
        rows_read=rows,
        rows_quarantined=len({finding.row for finding in findings if finding.row > 0}),
        import_sequence=None,
        rows=list(found.rows),
        sellers=list(found.sellers),
        nominations=found.nominations,
        was_kept=True,
    )


def _told(
    errors: dict[str, float], board: Board, rolled: Rolled, found: Regret, reservations: ReservationsReport | None
) -> RunReport:
    placed_us = rolled.placement_s * 1e6
    return RunReport(
        errors=errors,
        served=int((rolled.pool >= 0).sum()),
        unserved=int((rolled.is_plannable & (rolled.pool < 0)).sum()),
        served_fen=found.served_fen,
        unserved_fen=found.unserved_fen,
        bound_fen=found.bound_fen,
        regret=found.ratio,
        regret_low=found.low,
        regret_high=found.high,
        regret_by_day_fen=found.by_day_fen.tolist(),
        replans=len(rolled.replan_s),
        replan_cpu_s_mean=float(rolled.replan_s.mean()),
        replan_cpu_s_p99=_quantile(rolled.replan_s, 0.99),
        replan_gap_max=float(rolled.gaps.max()),
        placements=len(placed_us),
        placement_us_p50=_quantile(placed_us, 0.5),
        placement_us_p99=_quantile(placed_us, 0.99),
        spikes=list(rolled.spikes),
        market_power=list(rolled.power),
        pivotal_h={
            site.site_id: seconds / 3600.0
            for site, seconds in zip(board.sites, rolled.pivotal_s.tolist(), strict=True)
            if seconds
        },
        reservations=None if reservations is None else reservations.document(),
        sites={one.site_id: {"name_en": one.name_en, "name_zh": one.name_zh} for one in board.sites},
    )


def _quantile(values: Any, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")
