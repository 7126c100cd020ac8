"""What a person can ask of dispatch: read jobs, keep plans and look them up.

Plans are kept and looked up without the solvers: what explains a plan loads them when it is asked.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from qipan.dispatch.jobs.columns import from_columns, to_columns
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Intake, Jobs
from qipan.dispatch.model.volume import EAST, WEST
from qipan.dispatch.store import plan as store
from qipan.dispatch.store import submission
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.storage.books import UnitOfWork
from qipan.storage.lake import Lake
from qipan.storage.trail import record_action

if TYPE_CHECKING:
    from qipan.dispatch.day import Outcome

PAGE_MAX = 1_000_000
PAGE_SIZE_MAX = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader of traces may need to know besides the file."""

    epoch: datetime | None
    zone_name: str


class Reader(Protocol):
    """An adapter that turns a file into jobs."""

    def __call__(self, data: bytes, how: Reading) -> Intake:
        """Read the jobs of a file."""


@dataclass(frozen=True, slots=True)
class JobsPage:
    """One page of placements."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    size: int


class Dispatch:
    """Reads jobs, keeps plans and looks them up."""

    def __init__(self, observations: Observations, lake: Lake, readers: Mapping[str, Reader]) -> None:
        self._observations = observations
        self._lake = lake
        self._readers = dict(readers)

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the formats that can be read."""
        return tuple(self._readers)

    def create(self) -> None:
        """Create the lake's table of placements; nothing happens when it is there."""
        self._lake.create(store.PLACEMENT, store.PLACEMENT_SCHEMA)

    def read_jobs(self, data: bytes, *, form: str, how: Reading) -> Intake:
        """Read a file of jobs.

        Raises
        ------
        BadInputError
            ``format_unknown``, or what the adapter of the format refuses.
        """
        if form not in self._readers:
            raise BadInputError(
                f"The format must be one of {', '.join(self._readers)}, was {form!r}.",
                code="format_unknown",
                hint="Choose the format that the file was written in; see `qipan jobs schema` for generic.",
            )
        return self._readers[form](data, how)

    def next_plan_id(self, unit: UnitOfWork, day: date) -> str:
        """Return the name of the next plan of a day."""
        return f"{day.isoformat()}-{store.next_number(unit)}"

    def keep(
        self,
        unit: UnitOfWork,
        *,
        plan_id: str,
        fleet_id: str,
        day: date,
        now: datetime,
        jobs_sequence: int,
        document: Mapping[str, Any],
        placements: pa.Table,
    ) -> Receipt:
        """Keep a plan: its report in the books, its placements as a batch to be projected after the commit."""
        sink = io.BytesIO()
        pq.write_table(placements, sink, compression="zstd")
        receipt = self._observations.receive(
            unit, source="dispatch", kind=store.PLACEMENT, data=sink.getvalue(), now=now, rows=placements.num_rows
        )
        store.insert_plan(
            unit,
            plan_id=plan_id,
            fleet_id=fleet_id,
            day=day,
            created=now,
            jobs_sequence=jobs_sequence,
            placement_sequence=receipt.sequence,
            document=document,
        )
        record_action(unit, "plan_kept", plan_id, now, fleet=fleet_id, day=day.isoformat(), jobs=jobs_sequence)
        return receipt

    def keep_instance(
        self, unit: UnitOfWork, plan_id: str, jobs: Jobs, terms: Mapping[str, Any], now: datetime
    ) -> None:
        """Keep what a plan was made of: its jobs as they were planned, and the terms of the plan."""
        sink = io.BytesIO()
        pq.write_table(pa.table({name: pa.array(column) for name, column in to_columns(jobs).items()}), sink)
        receipt = self._observations.receive(
            unit, source="dispatch", kind=submission.PLANNED_JOB, data=sink.getvalue(), now=now, rows=len(jobs)
        )
        submission.insert_instance(unit, plan_id, receipt.sequence, terms)

    def instance(self, unit: UnitOfWork, plan_id: str) -> tuple[Jobs, dict[str, Any]]:
        """Return the jobs of a plan as they were planned, and its terms.

        Raises
        ------
        NotFoundError
            ``plan_instance_missing`` for a plan that was made before these were kept.
        """
        found = submission.instance(unit, plan_id)
        if found is None:
            raise NotFoundError(
                f"A plan must have its jobs kept, was none, for {plan_id}.",
                code="plan_instance_missing",
                hint="Run the day again: plans of older versions did not keep them.",
            )
        sequence, terms = found
        (receipt,) = self._observations.batches(unit, kind=submission.PLANNED_JOB, after=sequence - 1, limit=1)
        table = pq.read_table(io.BytesIO(self._observations.data(receipt)))
        return from_columns({name: table[name].to_numpy() for name in table.column_names}), terms

    def project(self, unit: UnitOfWork) -> int:
        """Bring every kept plan into the lake that is not there yet; return how many were missing."""
        pending = self._observations.pending(unit, store.PLACEMENT, kind=store.PLACEMENT)
        for receipt in pending:
            batch = pq.read_table(io.BytesIO(self._observations.data(receipt)))
            self._observations.project(store.PLACEMENT, store.widened(batch), receipt)
        return len(pending)

    def places(self, plan_id: str) -> list[store.Place]:
        """Return the place of every job that a plan placed in its day, by start and job."""
        return store.places(self._lake, plan_id)

    def reports(self, unit: UnitOfWork) -> list[dict[str, Any]]:
        """Return the reports of all plans, the newest first."""
        return store.documents(unit)

    def report(self, unit: UnitOfWork, plan_id: str | None = None) -> dict[str, Any]:
        """Return the report of a plan, of the newest one without a name.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, or ``no_plan_yet`` when there is none at all.
        """
        if plan_id is None:
            newest = store.documents(unit, limit=1)
            if newest:
                return newest[0]
            raise NotFoundError(
                "There must be a planned day, was none.", code="no_plan_yet", hint="Run: qipan demo, or qipan day run."
            )
        found = store.document(unit, plan_id)
        if found is None:
            raise NotFoundError(
                f"A plan must be named as `qipan day list` names it, was {plan_id!r}.",
                code="plan_unknown",
                hint="Run: qipan day list.",
            )
        return found

    def volumes(self, unit: UnitOfWork, plan_id: str | None = None) -> dict[str, Any]:
        """Return which work of the east the west should take, and what holds the rest back, by a plan.

        Returns
        -------
        dict
            ``plan_id``, ``day``, ``origin_macro``, ``site_macro``, and ``rows`` of the fields of `model.volume.Volume`.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``; ``plan_too_old`` for a plan that was made before they were kept.
        """
        document = self._kept_with(unit, plan_id, "volumes")
        told = {"plan_id": document["plan_id"], "day": document["day"]}
        return told | {"origin_macro": EAST, "site_macro": WEST, "rows": document["volumes"]}

    def stand_alone(self, unit: UnitOfWork, plan_id: str | None = None) -> dict[str, Any]:
        """Return what each region would have had alone, beside what it has by a plan of the common board.

        Returns
        -------
        dict
            ``plan_id``, ``day``, and ``rows`` of the fields of `model.stand_alone.StandAlone`.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``; ``plan_too_old`` for a plan that was made before it was kept.
        """
        document = self._kept_with(unit, plan_id, "stand_alone")
        return {"plan_id": document["plan_id"], "day": document["day"], "rows": document["stand_alone"]}

    def explain_job(self, unit: UnitOfWork, plan_id: str | None, job_id: str) -> dict[str, Any]:
        """Tell why a job is here and not there: the cheapest other sites, and of what the difference consists.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``job_unknown``; ``plan_too_old`` for one that was made before they
            were kept.
        """
        from qipan.dispatch.explanation.recall import tell_job

        document = self._kept_with(unit, plan_id, "terms")
        row = store.placement(self._lake, document["plan_id"], job_id)
        if row is None or row["latest_h"] is None:
            raise NotFoundError(
                f"A job must be named as `qipan day jobs` names it, was {job_id!r} in plan {document['plan_id']}.",
                code="job_unknown",
                hint="Run: qipan day jobs.",
                field="job",
            )
        return tell_job(row, document)

    def explain_price(self, unit: UnitOfWork, plan_id: str | None, site_id: str, slot: int) -> dict[str, Any]:
        """Tell what made the price of each product of a site in a slot, and which constraints bind.

        Raises
        ------
        NotFoundError
            ``plan_unknown``, ``no_plan_yet``, ``plan_too_old``; ``site_unknown`` for a site that is not in the plan.
        BadInputError
            ``slot_out_of_range``.
        """
        from qipan.dispatch.explanation.recall import tell_price

        return tell_price(site_id, slot, self._kept_with(unit, plan_id, "terms"))

    def _kept_with(self, unit: UnitOfWork, plan_id: str | None, part: str) -> dict[str, Any]:
        document = self.report(unit, plan_id)
        # A home that was not initialised again keeps no terms of jobs.
        if part not in document or (part == "terms" and "latest_h" not in self._lake.schema(store.PLACEMENT).names):
            raise NotFoundError(
                f"A plan must have been kept with its {part}, was without: {document['plan_id']}.",
                code="plan_too_old",
                hint="Run qipan init, then plan the day again: qipan day run.",
            )
        return document

    def jobs(self, plan_id: str, *, only: store.Filter, sort: str, descending: bool, page: int, size: int) -> JobsPage:
        """Return one page of a plan's jobs.

        Raises
        ------
        BadInputError
            ``sort_unknown``, ``page_out_of_range``.
        """
        if sort not in store.SORT_KEYS:
            raise BadInputError(
                f"Jobs must be sorted by one of {', '.join(store.SORT_KEYS)}, was {sort!r}.",
                code="sort_unknown",
                hint="Choose one of them.",
            )
        if not 1 <= page <= PAGE_MAX or not 1 <= size <= PAGE_SIZE_MAX:
            raise BadInputError(
                f"A page must be 1 to {PAGE_MAX} and hold 1 to {PAGE_SIZE_MAX} rows, was page {page} of {size}.",
                code="page_out_of_range",
                hint="Ask for page 1.",
            )
        rows, total = store.placements(
            self._lake, plan_id, only=only, sort=sort, descending=descending, offset=(page - 1) * size, limit=size
        )
        return JobsPage(rows=rows, total=total, page=page, size=size)


def placement_columns(plan_id: str, board: Board, rules: Rules, outcome: Outcome) -> pa.Table:
    """Write down where every job went and why."""
    from qipan.dispatch.explanation.note import note_jobs

    jobs, reached = outcome.posed.jobs, outcome.posed.reached
    noted = note_jobs(jobs, board, rules, reached, plan=outcome.plan, found=outcome.found)
    return store.placement_table({"plan_id": [plan_id] * len(jobs), **noted})
