"""A day: jobs in, plan, ledger entries, comparison, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from qipan.dispatch.day import Outcome, solve_day
from qipan.dispatch.flexibility.uptake import measure
from qipan.dispatch.jobs.assume import quarantine_origins
from qipan.dispatch.jobs.demand import are_hours_of_requests
from qipan.dispatch.model.job import Intake, Jobs
from qipan.dispatch.model.reservation import ReservationIntake
from qipan.dispatch.placement.uphold import POLICIES
from qipan.dispatch.service import Dispatch, JobsPage, Reading, placement_columns
from qipan.dispatch.store.plan import Filter
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import Finding, NotFoundError, of_file
from qipan.kernel.time import zone
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.service.register import Ledger
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.storage.books import Books, UnitOfWork
from qipan.storage.trail import record_action
from qipan.workflows.board import RESERVATIONS, WORTH, Boards
from qipan.workflows.choose import days_of, jobs_of_day, only_day
from qipan.workflows.complete import completed
from qipan.workflows.describe import Run, Solved, describe, places_named, summary, uses_of_day
from qipan.workflows.fleet import NATIONAL, Setting, origins_of
from qipan.workflows.make import made_jobs
from qipan.workflows.model import DayReport, JobsImport
from qipan.workflows.progress import quiet
from qipan.workflows.request import DayRequest, check_day, refuse_bad_rows

MADE = "made"
"""Name of the format and file of a generated day."""


class Day:
    """Runs days over the ledger's fleets; the service of any of ``policies`` can be upheld."""

    policies = POLICIES

    def __init__(
        self,
        *,
        catalog: Catalog,
        books: Books,
        observations: Observations,
        log: Log,
        ledger: Ledger,
        dispatch: Dispatch,
        boards: Boards,
    ) -> None:
        self._catalog = catalog
        self._books = books
        self._observations = observations
        self._log = log
        self._ledger = ledger
        self._dispatch = dispatch
        self._boards = boards

    def import_jobs(self, request: DayRequest, now: datetime, *, caller: str | None = None) -> JobsImport:
        """Read a file of jobs, archive it and keep what is wrong with it; plan nothing.

        Parameters
        ----------
        caller
            Who asks; the caller of the books, if nobody is named.

        Raises
        ------
        BadInputError
            What the format's adapter refuses; ``rows_bad`` when ``strict`` and a row is bad.
        NotFoundError
            ``fleet_unknown``.
        """
        with self._books.read() as unit:
            fleet = self.fleet(unit, request.fleet_id)
        intake = self._read(request, fleet)
        with self._books.begin(caller=caller) as unit:
            receipt = self._receive(unit, source_of(request, fleet), request, intake=intake, now=now)
        return JobsImport(
            rows_read=intake.rows_read,
            rows_accepted=intake.rows_accepted,
            rows_quarantined=len({finding.row for finding in intake.findings if finding.row > 0}),
            out_of_scope=dict(intake.out_of_scope),
            days=days_of(intake.jobs, fleet.zone_name),
            are_hours_of_requests=are_hours_of_requests(intake.jobs),
            findings=intake.findings,
            sequence=receipt.sequence,
            is_new=receipt.is_new,
        )

    def newest_import(self) -> int:
        """Return the number of the newest file of jobs.

        Raises
        ------
        NotFoundError
            ``import_unknown`` before any file was imported.
        """
        with self._books.read() as unit:
            found = self._observations.batches(unit, kind="jobs")
        if not found:
            raise NotFoundError(
                "A file of jobs must have been imported, was none.",
                code="import_unknown",
                hint="Run: qipan jobs import FILE",
            )
        return found[-1].sequence

    def findings(self, sequence: int) -> tuple[Finding, ...]:
        """Return what was wrong with an imported file.

        Raises
        ------
        NotFoundError
            ``import_unknown`` when no file was imported under that number.
        """
        with self._books.read() as unit:
            found = [
                receipt
                for kind in ("jobs", RESERVATIONS)
                for receipt in self._observations.batches(unit, kind=kind, after=sequence - 1, limit=1)
            ]
            if sequence not in [receipt.sequence for receipt in found]:
                raise NotFoundError(
                    f"An import must be named by the number that `qipan jobs import` printed, was {sequence}.",
                    code="import_unknown",
                    hint="Import the file again: the same file keeps its number.",
                    field="sequence",
                )
            return self._observations.quarantined(unit, sequence)

    def run(
        self,
        request: DayRequest,
        now: datetime,
        progress: Callable[[str], None] = quiet,
        *,
        caller: str | None = None,
    ) -> DayReport:
        """Read the jobs of a day, plan and place them, enter the use in the ledger, and compare.

        Parameters
        ----------
        progress
            Told the name of each step as it begins.
        caller
            Who asks; the caller of the books, if nobody is named.

        Raises
        ------
        BadInputError
            What `import_jobs` refuses; ``day_missing``, ``day_empty``, ``option_out_of_range``;
            ``fleet_incomplete`` when a site lacks a figure; ``reservations_unmet``.
        NotFoundError
            ``fleet_unknown``.
        EngineError
            ``solver_failed``, or what a store says.
        """
        progress("read")
        fleet, intake = self._opened(request)
        return self._run(request, fleet, intake, now, progress, caller)

    def check(self, request: DayRequest) -> None:
        """Read all that a run needs, keep nothing, and refuse what it would refuse before it plans.

        Raises
        ------
        BadInputError, NotFoundError
            As `run`.
        """
        fleet, intake = self._opened(request)
        with of_file(request.name):
            day = request.day or only_day(intake, fleet)
            jobs_of_day(intake, day, fleet)
        self._boards.check(request, fleet, day)

    def demo(
        self,
        now: datetime,
        day: date | None = None,
        seed: int = 0,
        progress: Callable[[str], None] = quiet,
        *,
        models_power: bool = False,
    ) -> DayReport:
        """Run a day of made jobs on the national fleet: their shape is that of published traces.

        Parameters
        ----------
        day
            Civil day; today, if none is given.
        models_power
            Whether the sites get the plants and stores, and the regions the areas, that the facts assume.
        """
        progress("make")
        with self._books.read() as unit:
            fleet = self._ledger.fleet(unit, NATIONAL)
        when = day or now.astimezone(zone(fleet.zone_name)).date()
        jobs = made_jobs(self._catalog, when, fleet.zone_name, seed)
        data = canonical({"made": when.isoformat(), "seed": seed, "jobs": len(jobs)})
        request = DayRequest(data=data, name=MADE, format=MADE, day=when, seed=seed, models_power=models_power)
        intake = Intake(jobs=jobs, rows_read=len(jobs), rows_accepted=len(jobs), out_of_scope={}, findings=())
        return self._run(request, fleet, intake, now, progress, None)

    def reports(self) -> list[dict[str, Any]]:
        """Return one line for each run, the newest first."""
        with self._books.read() as unit:
            return [summary(document) for document in self._dispatch.reports(unit)]

    def report(self, plan_id: str | None = None) -> dict[str, Any]:
        """Return the report of a run as plain values; of the newest without a name.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``.
        """
        with self._books.read() as unit:
            return self._dispatch.report(unit, plan_id)

    def jobs(
        self,
        plan_id: str | None = None,
        *,
        text: str = "",
        status: str = "",
        tier: str = "",
        site_id: str = "",
        sort: str = "submit",
        descending: bool = False,
        page: int = 1,
        size: int = 20,
    ) -> JobsPage:
        """Return one page of the jobs of a run, with the names of their places.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``.
        BadInputError
            ``sort_unknown``, ``page_out_of_range``.
        """
        document = self.report(plan_id)
        places = places_named(document, text)
        only = Filter(text=text, places=places, status=status, tier=tier, site_id=site_id)
        found = self._dispatch.jobs(
            document["plan_id"], only=only, sort=sort, descending=descending, page=page, size=size
        )
        sites = {site["site_id"]: site for site in document["sites"]}
        origins = {origin["origin_id"]: origin for origin in document["origins"]}
        nowhere = {"name_en": "", "name_zh": ""}
        rows = []
        for row in found.rows:
            origin, site = origins[row["origin_id"]], sites.get(row["site_id"], nowhere)
            names = {"origin_en": origin["name_en"], "origin_zh": origin["name_zh"]}
            rows.append(row | names | {"site_en": site["name_en"], "site_zh": site["name_zh"]})
        return replace(found, rows=rows)

    def _run(
        self,
        request: DayRequest,
        fleet: Fleet,
        intake: Intake,
        now: datetime,
        progress: Callable[[str], None],
        caller: str | None,
    ) -> DayReport:
        with of_file(request.name):
            day = request.day or only_day(intake, fleet)
        with self._books.begin(caller=caller) as unit:
            terms = self._boards.terms(unit, request, now)
        with self._books.read() as unit:
            setting = self._boards.set_up(unit, fleet, day, terms)
            reserved, links = self._boards.reservations(unit, terms), self._boards.links(unit, terms)
        with self._books.begin(caller=caller) as unit:
            received = self._receive(unit, source_of(request, fleet), request, intake=intake, now=now)
        with of_file(request.name):
            chosen, outside = jobs_of_day(intake, day, fleet)
        jobs, outcome = self._solve(request, fleet, setting, chosen, reserved, terms, progress)
        if outcome.upheld is not None:
            terms[WORTH] = [tier.unserved_fen_per_unit_h for tier in outcome.rules.tiers]
        progress("grid")
        power = measure(setting.board, outcome.rules, outcome.posed, outcome.found)
        progress("enter")
        with self._books.begin(caller=caller) as unit:
            plan_id = self._dispatch.next_plan_id(unit, day)
            made = request.format == MADE
            run = Run(
                plan_id, received.sequence, day, now, request.name, request.format, made, request.load, request.seed
            )
            solved = Solved(outside, outcome, power, reserved, terms, links)
            report = describe(run, fleet, setting, intake=intake, jobs=outcome.posed.jobs, solved=solved)
            placements = placement_columns(plan_id, setting.board, outcome.rules, outcome)
            kept = self._dispatch.keep(
                unit,
                plan_id=plan_id,
                fleet_id=fleet.fleet_id,
                day=day,
                now=now,
                jobs_sequence=received.sequence,
                document=report.document(),
                placements=placements,
            )
            self._dispatch.keep_instance(unit, plan_id, jobs, terms, now)
            self._log_plan(unit, plan_id, received, kept, now)
            if request.load == 1.0:
                # A day at another load is a question, not an account.
                uses = uses_of_day(setting, jobs, outcome)
                self._ledger.enter_use(unit, f"plan/{plan_id}", uses, released=now, now=now)
        with self._books.read() as unit:
            self._dispatch.project(unit)
            self._ledger.record_use(unit)
        return report

    def _solve(
        self,
        request: DayRequest,
        fleet: Fleet,
        setting: Setting,
        chosen: Jobs,
        reserved: ReservationIntake,
        terms: Mapping[str, Any],
        progress: Callable[[str], None],
    ) -> tuple[Jobs, Outcome]:
        """Return the jobs of the day, with what the trace left out, and what becomes of them."""
        rules = self._boards.rules(terms)
        progress("assume")
        jobs = completed(
            chosen, fleet, self._catalog, board=setting.board, rules=rules, load=request.load, seed=request.seed
        )
        self._boards.check_reservations(reserved, setting.board, fleet, terms)
        return jobs, solve_day(
            jobs,
            setting.board,
            rules,
            progress,
            reservations=reserved.reservations,
            zone_name=fleet.zone_name,
            no_worse_than=request.no_worse_than,
        )

    def _opened(self, request: DayRequest) -> tuple[Fleet, Intake]:
        check_day(request)
        with self._books.read() as unit:
            fleet = self.fleet(unit, request.fleet_id)
        return fleet, self._read(request, fleet)

    def fleet(self, unit: UnitOfWork, fleet_id: str | None = None) -> Fleet:
        """Return the fleet of that name; without one, the owner's newest, or the national one."""
        if fleet_id is not None:
            return self._ledger.fleet(unit, fleet_id)
        newest = {fleet.fleet_id: self._ledger.history(unit, fleet.fleet_id)[-1] for fleet in self._ledger.fleets(unit)}
        latest = max(newest.values(), key=lambda release: (release.fleet.fleet_id != NATIONAL, release.released))
        return latest.fleet

    def _read(self, request: DayRequest, fleet: Fleet) -> Intake:
        """Read the jobs; those whose origin is not the fleet's are set aside with all other bad rows."""
        how = Reading(epoch=request.epoch, zone_name=request.zone_name or fleet.zone_name)
        with of_file(request.name):
            intake = self._dispatch.read_jobs(request.data, form=request.format, how=how)
            intake = quarantine_origins(intake, origins_of(fleet))
            refuse_bad_rows(request, intake)
        return intake

    def _receive(self, unit: UnitOfWork, source: str, request: DayRequest, *, intake: Intake, now: datetime) -> Receipt:
        receipt = self._observations.receive(
            unit,
            source=source,
            kind="jobs",
            data=request.data,
            now=now,
            rows=intake.rows_read,
            findings=intake.findings,
        )
        if receipt.is_new:
            self._log.append(unit, "jobs", canonical({"digest": receipt.digest, "sequence": receipt.sequence}), now)
            record_action(unit, "jobs_received", receipt.sequence, now, source=source)
        return receipt

    def _log_plan(self, unit: UnitOfWork, plan_id: str, received: Receipt, kept: Receipt, now: datetime) -> None:
        payload = {"plan_id": plan_id, "jobs": received.digest, "placements": kept.digest}
        self._log.append(unit, "plan", canonical(payload), now)


def source_of(request: DayRequest, fleet: Fleet) -> str:
    """Return whence a file of jobs comes: which origins are unknown depends on the fleet, so what is wrong does too."""
    return f"jobs/{request.format}/{fleet.fleet_id}"
