"""Receive, record and ask as of a day.

A batch is acknowledged when its bytes are archived and its digest and sequence are committed in the books. The lake is
a projection of the archive in the order of the sequences: it can be behind after a kill, and `Observations.pending`
says what it lacks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import ibis
import pyarrow as pa

from qipan.kernel.errors import BadInputError, ConflictError, EngineError, Finding
from qipan.observations import store
from qipan.observations.check import check
from qipan.observations.model import Observation, Receipt, Series
from qipan.storage.archive import Archive
from qipan.storage.books import UnitOfWork
from qipan.storage.lake import Lake


class Observations:
    """What was received, and what it says as of any day."""

    def __init__(self, archive: Archive, lake: Lake) -> None:
        self._archive = archive
        self._lake = lake

    def create(self) -> None:
        """Create the lake's table of releases; nothing happens when it is there."""
        self._lake.create(store.RELEASES, store.RELEASES_SCHEMA)

    def receive(
        self,
        unit: UnitOfWork,
        *,
        source: str,
        kind: str,
        data: bytes,
        now: datetime,
        rows: int,
        findings: Sequence[Finding] = (),
        quarantined: int | None = None,
    ) -> Receipt:
        """Archive a batch and enter it in the books; the caller's commit acknowledges it.

        The same bytes from the same source are entered once: the first receipt is returned again, ``is_new`` False.

        Parameters
        ----------
        rows
            Rows the batch holds, those with findings included.
        findings
            What was wrong with it; kept in quarantine.
        quarantined
            Rows that were wrong, where the findings do not name each of them.

        Raises
        ------
        ConflictError
            ``batch_kind_differs`` when the same bytes came before as another kind.
        EngineError
            ``archive_unwritable``.
        """
        digest = self._archive.put(data)
        # Each receipt names the one before it, so batches are entered one after the other.
        unit.lock("observations.batch")
        before = store.batch_of(unit, source=source, digest=digest)
        if before is not None:
            if before.kind != kind:
                raise ConflictError(
                    f"A batch must keep its kind {before.kind}, was {kind}, from {source} with digest {digest}.",
                    code="batch_kind_differs",
                    hint=f"Send it as {before.kind}.",
                )
            return before
        receipt = Receipt(
            sequence=0,
            previous=store.newest_sequence(unit, source=source, kind=kind),
            digest=digest,
            source=source,
            kind=kind,
            received=now,
            rows=rows,
            quarantined=len({f.row for f in findings if f.row > 0}) if quarantined is None else quarantined,
            is_new=True,
        )
        receipt = replace(receipt, sequence=store.insert_batch(unit, receipt))
        store.insert_findings(unit, receipt.sequence, findings)
        return receipt

    def project(self, table: str, batch: pa.Table, receipt: Receipt) -> bool:
        """Add the rows of a received batch to a table of the lake, after the commit; return False when they are there.

        All batches of a source and kind go to the table, in the order of their sequence; one without rows for it goes
        as an empty batch. So it can be repeated after a kill, and none is skipped unseen.

        Raises
        ------
        BadInputError
            ``lake_batch_misfit`` when the rows do not fit the table.
        ConflictError
            ``lake_gap`` when the batch before is not there yet: project what `pending` returns first.
        EngineError
            ``lake_table_missing``, ``lake_failed``.
        """
        return self._lake.append(
            table,
            batch,
            source=_chain(receipt.kind, receipt.source),
            sequence=receipt.sequence,
            after=receipt.previous,
        )

    def batches(
        self, unit: UnitOfWork, *, kind: str | None = None, after: int = 0, limit: int | None = None
    ) -> tuple[Receipt, ...]:
        """Return receipts in the order of their sequence: what a rebuild of the lake goes through."""
        return store.batches(unit, kind=kind, after=after, limit=limit)

    def pending(self, unit: UnitOfWork, table: str, *, kind: str) -> tuple[Receipt, ...]:
        """Return the batches of a kind that a table of the lake lacks, in the order they must be projected.

        Raises
        ------
        EngineError
            ``lake_table_missing``; ``lake_ahead`` when the lake holds what the books do not know, as after a restore
            of older books.
        """
        lacking: list[Receipt] = []
        for source in store.sources(unit, kind=kind):
            last = self._lake.last_sequence(table, source=_chain(kind, source))
            newest = store.newest_sequence(unit, source=source, kind=kind)
            if last > newest:
                raise EngineError(
                    f"The lake must not be ahead of the books at batch {newest} of {source}, was {last}, in {table}.",
                    code="lake_ahead",
                    hint="Rebuild the lake from the archive: move its folder away, then run qipan migrate.",
                )
            lacking += store.batches(unit, kind=kind, source=source, after=last)
        return tuple(sorted(lacking, key=lambda receipt: receipt.sequence))

    def data(self, receipt: Receipt) -> bytes:
        """Return the bytes of a batch as they were received.

        Raises
        ------
        EngineError
            ``archive_damaged``.
        NotFoundError
            ``archive_lacks``.
        """
        return self._archive.get(receipt.digest)

    def quarantined(
        self, unit: UnitOfWork, sequence: int, *, offset: int = 0, limit: int | None = None
    ) -> tuple[Finding, ...]:
        """Return what was wrong with a batch."""
        return store.findings_of(unit, sequence, offset=offset, limit=limit)

    def define(self, unit: UnitOfWork, series: Sequence[Series]) -> None:
        """Define series; one that is there with the same words stays as it is.

        Raises
        ------
        ConflictError
            ``series_differs`` when a series is there with other words.
        """
        unit.lock("observations.series")
        wanted: dict[str, Series] = {}
        found = {one.series_id: one for one in store.series_of(unit, [one.series_id for one in series])}
        for one in series:
            before = found.get(one.series_id) or wanted.setdefault(one.series_id, one)
            if before != one:
                raise ConflictError(
                    f"Series {one.series_id} must stay {before}, was {one}.",
                    code="series_differs",
                    hint="Give the other series a name of its own.",
                )
        store.insert_series(unit, tuple(wanted.values()))

    def series(self, unit: UnitOfWork, series_ids: Collection[str] | None = None) -> tuple[Series, ...]:
        """Return the series of these names, or all of them, in the order of their names."""
        return store.series_of(unit, series_ids)

    def record(self, unit: UnitOfWork, observations: Sequence[Observation], receipt: Receipt) -> bool:
        """Add the observations of a received batch, after the commit; return False when they are there.

        Raises
        ------
        BadInputError
            ``observations_unfit`` with everything that `qipan.observations.check` finds.
        ConflictError
            ``lake_gap``, as `project`.
        """
        known = store.series_of(unit, {one.series_id for one in observations})
        findings = check(observations, {one.series_id for one in known})
        if findings:
            raise BadInputError(
                f"Observations must keep the rules, was broken {len(findings)} times, in batch {receipt.sequence}.",
                code="observations_unfit",
                hint="Check the rows before the batch is received, and quarantine those with findings.",
                findings=findings,
            )
        return self.project(store.RELEASES, store.releases_table(observations, receipt.sequence), receipt)

    def as_of(self, series_ids: Collection[str], moment: datetime) -> tuple[Observation, ...]:
        """Return what was known of some series at a moment: of each period the last release not later than it.

        Of two batches with one release, the later batch counts. Ordered by series and period.

        Raises
        ------
        BadInputError
            ``time_naive`` when the moment carries no zone.
        """
        return store.observations_of(self.as_of_table(series_ids, moment).to_pyarrow())

    def as_of_table(self, series_ids: Collection[str], moment: datetime) -> ibis.Table:
        """Return the same as `as_of`, unread, to be joined and summed where it lies."""
        return store.latest(self._lake.table(store.RELEASES), series_ids, moment)

    def released_in(self, sequences: Collection[int]) -> ibis.Table:
        """Return every release that some batches brought, unread, corrected ones too."""
        releases = self._lake.table(store.RELEASES)
        return releases.filter(releases.sequence.isin(sorted(sequences)))


def _chain(kind: str, source: str) -> str:
    return f"{kind}:{source}"
