"""Receive sealed batches of readings, keep what is disputed, and bring what was accepted into the lake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import BadInputError, ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import Interval, in_utc
from qipan.ledger.check_readings import check_readings, moment_of
from qipan.ledger.dispute import Against, held_against
from qipan.ledger.model.fleet import Source
from qipan.ledger.model.reading import (
    READING_KIND,
    Acknowledgement,
    Dispute,
    Opened,
    Readings,
    ReadingsIntake,
    Statement,
    Way,
)
from qipan.ledger.seal import check_signature, unseal
from qipan.ledger.service.projection import Projection
from qipan.ledger.service.register import Ledger
from qipan.ledger.store import reading as store
from qipan.log.service import Log
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.storage.books import UnitOfWork
from qipan.storage.lake import Lake
from qipan.storage.trail import record_action

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a source's clock may be ahead of ours."""

RESOLUTIONS: Final = ("upheld", "corrected")

Read = Callable[[bytes], ReadingsIntake]
"""Adapter of one form of data."""


class Metering:
    """What was metered: batches in, disputes, and the projection into the lake.

    Parameters
    ----------
    readers
        Adapter of each form of data.
    """

    def __init__(
        self, observations: Observations, lake: Lake, log: Log, register: Ledger, readers: Mapping[str, Read]
    ) -> None:
        self._observations = observations
        self._log = log
        self._register = register
        self._readers = readers
        self._projection = Projection(observations, lake, self.open)

    def create(self) -> None:
        """Create the lake's table of readings; nothing happens when it is there."""
        self._projection.create()

    def project(self, unit: UnitOfWork) -> tuple[Receipt, ...]:
        """Bring every acknowledged batch into the lake that is not there yet, as `Projection.project`."""
        return self._projection.project(unit)

    def lacking(self, unit: UnitOfWork) -> int:
        """Return how many acknowledged batches are not in the lake yet, as `Projection.lacking`."""
        return self._projection.lacking(unit)

    def open(self, sealed: bytes) -> Opened:
        """Take a sealed batch apart and read its data, before any unit of work is opened.

        Raises
        ------
        BadInputError
            ``batch_unsealed``, ``data_changed``; ``form_unknown`` when no adapter reads the form of the data.
        """
        batch = unseal(sealed)
        read = self._readers.get(batch.statement.form)
        if read is None:
            raise BadInputError(
                f"The form of data must be one of {', '.join(self._readers)}, was {batch.statement.form!r}.",
                code="form_unknown",
                hint="Seal the data in one of these forms.",
            )
        return Opened(sealed, sha256(sealed).hexdigest(), batch, read(batch.data))

    def receive(self, unit: UnitOfWork, opened: Opened, now: datetime) -> Acknowledgement:
        """Take a batch in; the caller's commit acknowledges it, `project` then brings it into the figures.

        The same bytes again change nothing and return the first acknowledgement, ``is_new`` False. A reading that was
        told before with the same content is *repeated*; one with other content is refused and recorded as a dispute.

        Raises
        ------
        BadInputError
            ``batch_empty`` when nothing in it could be kept or was there before; ``batch_number_unfit`` unless it has a
            number above 0 where it is attested, and 0 where it was collected.
        ConflictError
            ``batch_number_taken`` when the source has sent another batch of that number.
        EngineError
            ``lake_ahead`` when the lake already holds other readings under the sequence that the batch would have.
        NotAllowedError
            What `qipan.ledger.seal.check_signature` refuses.
        NotFoundError
            ``source_unknown``.
        RuleBrokenError
            ``released_ahead`` when the release lies in the future.
        """
        statement = opened.batch.statement
        check_signature(opened.batch, self._source(unit, statement.source_id))
        if statement.released > in_utc(now) + CLOCK_SKEW:
            raise RuleBrokenError(
                f"A release must not lie ahead of {in_utc(now).isoformat()}, was {statement.released.isoformat()}.",
                code="released_ahead",
                hint="Set the clock of the source, then seal the batch again.",
            )
        # Batches take their sequence one after the other, so the lake can follow them without looking back.
        unit.lock("ledger.readings")
        known = self._acknowledged(unit, opened)
        if known is None:
            _check_number(statement)
        self._projection.expect(opened)
        return self._enter(unit, opened, in_utc(now)) if known is None else known

    def batches(
        self,
        unit: UnitOfWork,
        *,
        after: int = 0,
        limit: int | None = None,
        source_ids: Collection[str] | None = None,
    ) -> tuple[store.BatchAccount, ...]:
        """Return what became of batches, of some sources if any are named, in the order they were received."""
        return store.batches(unit, after=after, limit=limit, source_ids=source_ids)

    def findings(self, unit: UnitOfWork, sequence: int) -> tuple[Finding, ...]:
        """Return what was wrong with the rows of a batch, in the order of row, column and rule.

        Raises
        ------
        NotFoundError
            ``batch_unknown``.
        """
        self.batch(unit, sequence)
        found = self._observations.quarantined(unit, sequence)
        return tuple(sorted(found, key=lambda one: (one.row, one.column, one.rule)))

    def batch(self, unit: UnitOfWork, sequence: int) -> store.BatchAccount:
        """Return what became of a batch.

        Raises
        ------
        NotFoundError
            ``batch_unknown``.
        """
        found = store.batches(unit, sequence=sequence)
        if not found:
            raise _unknown(sequence)
        return found[0]

    def sealed(self, unit: UnitOfWork, sequence: int) -> bytes:
        """Return a batch as it was received.

        Raises
        ------
        NotFoundError
            ``batch_unknown``.
        """
        found = self._observations.batches(unit, kind=READING_KIND, after=sequence - 1, limit=1)
        if not found or found[0].sequence != sequence:
            raise _unknown(sequence)
        return self._observations.data(found[0])

    def disputes(
        self,
        unit: UnitOfWork,
        *,
        open_only: bool = False,
        source_id: str | None = None,
        source_ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> tuple[Dispute, ...]:
        """Return disputes, of some sources if any are named, the newest first."""
        return store.disputes(unit, open_only=open_only, source_id=source_id, source_ids=source_ids, limit=limit)

    def resolve(self, unit: UnitOfWork, dispute_id: int, *, resolution: str, note: str, now: datetime) -> Dispute:
        """Write down how a dispute was resolved; it is done once, and nothing of the readings changes by it.

        Parameters
        ----------
        resolution
            ``upheld`` when the first reading stands, ``corrected`` when the source has released a correction.

        Raises
        ------
        BadInputError
            ``resolution_unknown``.
        NotFoundError
            ``dispute_unknown``.
        ConflictError
            ``dispute_resolved`` when it was resolved before.
        """
        if resolution not in RESOLUTIONS:
            raise BadInputError(
                f"A resolution must be one of {', '.join(RESOLUTIONS)}, was {resolution!r}.",
                code="resolution_unknown",
                hint="Choose one of them.",
                field="resolution",
            )
        unit.lock("ledger.disputes")
        found = store.disputes(unit, dispute_id=dispute_id)
        if not found:
            raise NotFoundError(
                f"A dispute must be on record, was not: {dispute_id}.",
                code="dispute_unknown",
                hint="List them with: qipan ledger disputes",
            )
        if found[0].resolution:
            raise ConflictError(
                f"A dispute must be resolved once, was resolved as {found[0].resolution} before.",
                code="dispute_resolved",
                hint="Let the source release a correction of its readings.",
            )
        store.resolve(unit, dispute_id, resolution=resolution, note=note, resolved=in_utc(now))
        record_action(unit, "dispute_resolved", dispute_id, now, resolution=resolution)
        return store.disputes(unit, dispute_id=dispute_id)[0]

    def _source(self, unit: UnitOfWork, source_id: str) -> Source:
        sources = self._register.sources(unit)
        if source_id not in sources:
            raise NotFoundError(
                f"A source must be registered, was not: {source_id!r}.",
                code="source_unknown",
                hint="Register it in the file of its fleet: qipan ledger import sites FILE",
            )
        return sources[source_id].source

    def _acknowledged(self, unit: UnitOfWork, opened: Opened) -> Acknowledgement | None:
        """Return the acknowledgement of the same bytes, if they came before."""
        statement = opened.batch.statement
        if statement.number > 0:
            before = store.batches(unit, source_id=statement.source_id, number=statement.number)
        else:
            before = store.batches(unit, source_id=statement.source_id, released=statement.released)
        for account in before:
            (receipt,) = self._observations.batches(unit, after=account.sequence - 1, limit=1)
            if receipt.digest == opened.digest:
                return _acknowledgement(account, receipt.digest, is_new=False)
        if statement.number > 0 and before:
            raise ConflictError(
                f"A source must number its batches one by one, was {statement.number} twice, of {statement.source_id}.",
                code="batch_number_taken",
                hint="Seal the batch again with the next number.",
            )
        return None

    def _enter(self, unit: UnitOfWork, opened: Opened, now: datetime) -> Acknowledgement:
        statement, intake = opened.batch.statement, opened.intake
        meters = self._register.meters(unit)
        named = {one: meters[one].meter for one in intake.readings.meter_ids if one in meters}
        checked = check_readings(
            intake.readings,
            rows=intake.rows,
            meters=named,
            source_id=statement.source_id,
            released=statement.released,
        )
        against = self._against(unit, opened, checked.kept)
        kept = checked.kept & ~against.repeated & ~against.disputed
        repeated = int(checked.repeated.sum() + against.repeated.sum())
        disputed, accepted = int(against.disputed.sum()), int(kept.sum())
        if not accepted + repeated + disputed:
            raise _empty(opened, [*intake.findings, *checked.findings])
        quarantined = intake.rows_read - accepted - repeated - disputed
        receipt = self._observations.receive(
            unit,
            source=statement.source_id,
            kind=READING_KIND,
            data=opened.sealed,
            now=now,
            rows=intake.rows_read,
            findings=[*intake.findings, *checked.findings],
            quarantined=quarantined,
        )
        self._projection.check(receipt)
        leaf = self._log.append(unit, READING_KIND, opened.sealed, now)
        told = intake.readings if kept.all() else intake.readings.take(kept)
        account = store.BatchAccount(
            sequence=receipt.sequence,
            source_id=statement.source_id,
            way=statement.way,
            number=statement.number,
            released=statement.released,
            received=now,
            told_from=moment_of(int(told.start_us.min())) if accepted else None,
            told_until=moment_of(int(told.end_us.max())) if accepted else None,
            rows=intake.rows_read,
            accepted=accepted,
            repeated=repeated,
            disputed=disputed,
            quarantined=quarantined,
            leaf=leaf.seq,
            kept=store.pack(kept),
        )
        store.insert_batch(unit, account)
        store.insert_disputes(unit, _disputes(opened, against, receipt.sequence, now))
        record_action(unit, "batch_received", statement.source_id, now, sequence=receipt.sequence)
        return _acknowledgement(account, receipt.digest, is_new=True)

    def _against(self, unit: UnitOfWork, opened: Opened, kept: NDArray[np.bool_]) -> Against:
        """Hold readings against those of the same source and release that stand: only these can have the same id."""
        statement = opened.batch.statement
        before = store.batches(unit, source_id=statement.source_id, released=statement.released)
        stand: list[tuple[int, Readings]] = []
        for account in before:
            (receipt,) = self._observations.batches(unit, after=account.sequence - 1, limit=1)
            intake = self.open(self._observations.data(receipt)).intake
            rows = store.unpack(account.kept, len(intake.readings))
            stand.append((account.sequence, intake.readings.take(rows)))
        return held_against(opened.intake.readings, kept, stand)


def _check_number(statement: Statement) -> None:
    is_attested = statement.way is Way.ATTESTED
    if statement.number < 1 if is_attested else statement.number != 0:
        must = "above 0, as it is signed" if is_attested else "0, as it is collected"
        raise BadInputError(
            f"The number of a batch must be {must}, was {statement.number}, of {statement.source_id}.",
            code="batch_number_unfit",
            hint="Number signed batches from 1, one by one; seal others without a number.",
        )


def _disputes(opened: Opened, against: Against, sequence: int, now: datetime) -> list[Dispute]:
    readings = opened.intake.readings
    return [
        Dispute(
            dispute_id=0,
            sequence=sequence,
            row=int(opened.intake.rows[i]),
            held_sequence=held_sequence,
            source_id=opened.batch.statement.source_id,
            meter_id=readings.meter_ids[readings.meter[i]],
            period=Interval(moment_of(int(readings.start_us[i])), moment_of(int(readings.end_us[i]))),
            released=opened.batch.statement.released,
            held_value=held_value,
            refused_value=int(readings.value[i]),
            raised=now,
        )
        for i, held_sequence, held_value in against.evidence
    ]


def _acknowledgement(account: store.BatchAccount, digest: str, *, is_new: bool) -> Acknowledgement:
    return Acknowledgement(
        sequence=account.sequence,
        digest=digest,
        leaf=account.leaf,
        rows=account.rows,
        accepted=account.accepted,
        repeated=account.repeated,
        disputed=account.disputed,
        quarantined=account.quarantined,
        is_new=is_new,
    )


def _empty(opened: Opened, findings: Sequence[Finding]) -> BadInputError:
    return BadInputError(
        f"A batch must hold a reading that can be kept, was none of {opened.intake.rows_read} rows.",
        code="batch_empty",
        hint="Correct what the findings name, then seal and send the batch again.",
        findings=[replace(finding) for finding in findings],
    )


def _unknown(sequence: int) -> NotFoundError:
    return NotFoundError(
        f"A batch of readings must have been received, was not: {sequence}.",
        code="batch_unknown",
        hint="List the batches with qipan ledger batches, and choose one of those.",
    )
