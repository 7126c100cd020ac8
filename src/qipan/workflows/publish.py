"""Publish the log with what was entered in it, and verify a published log as an outsider would.

Here the log, which knows nothing of readings, meets the ledger, which knows who may have signed them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from qipan.kernel.errors import Finding, QipanError
from qipan.ledger.model.fleet import Source
from qipan.ledger.model.reading import READING_KIND
from qipan.ledger.seal import check_signature, unseal
from qipan.ledger.service.register import FLEET_KIND, Ledger, fleet_said
from qipan.log.check import entry
from qipan.log.model import Head, Published
from qipan.log.note import Verifier
from qipan.log.service import Log
from qipan.log.verify import check_checkpoint, check_files, check_growth, check_held, check_payload, entry_words
from qipan.observations.service import Observations
from qipan.storage.books import UnitOfWork

PUBLISHED_KINDS: Final = (FLEET_KIND, READING_KIND)
"""Kinds of leaves whose payloads are published with the log."""

CHUNK: Final = 4096
"""Checkpoints that one process verifies at a time."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom an outsider trusts: the key of the log, keys of witnesses, and how many of these must have signed."""

    log: Verifier
    witnesses: tuple[Verifier, ...] = ()
    quorum: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What was verified, and what is wrong; nothing when all is well."""

    checkpoints: int
    entries: int
    payloads: int
    signatures: int
    payload_bytes: int
    findings: tuple[Finding, ...]


class Publication:
    """Gives the log away, so that others can hold it."""

    def __init__(self, log: Log, ledger: Ledger, observations: Observations, write: Callable[..., int]) -> None:
        self._log = log
        self._ledger = ledger
        self._observations = observations
        self._write = write

    def publish(self, unit: UnitOfWork, folder: object) -> int:
        """Write checkpoints, entries and payloads to a folder; return how many payloads are new there.

        What was entered behind the newest checkpoint stays out until the next one.
        """
        checkpoints = self._log.checkpoints(unit)
        newest = int(checkpoints[-1].split("\n")[1]) if checkpoints else 0
        leaves = self._log.leaves(unit, limit=newest)
        entries = [entry(kind=leaf.kind, at=leaf.at, digest=leaf.digest) for leaf in leaves]
        kinds = {leaf.digest: leaf.kind for leaf in leaves if leaf.kind in PUBLISHED_KINDS}
        received = {one.digest: one for one in self._observations.batches(unit, kind=READING_KIND)}

        def payload_of(digest: str) -> bytes:
            if kinds[digest] == FLEET_KIND:
                return self._ledger.document(unit, digest)
            return self._observations.data(received[digest])

        return self._write(folder, checkpoints, entries, kinds, payload_of)


def verify(
    published: Published,
    payload: Callable[[str], bytes],
    trust: Trust,
    *,
    held: Sequence[str] = (),
    processes: int = 1,
) -> Verification:
    """Verify everything of a published log: signatures, growth, entries, payloads, and who signed them.

    Parameters
    ----------
    payload
        Returns what the file of a payload holds.
    held
        Checkpoints kept from earlier, which the log must still agree with.
    processes
        How many processes check signatures of checkpoints.
    """
    findings: list[Finding] = []

    def heads() -> Iterator[Head | None]:
        # Roots are recomputed here while other processes check the signatures that follow.
        for head, found in _checkpoints(published.checkpoints, trust, processes):
            findings.extend(found)
            yield head

    grown = check_growth(published.entries, heads())
    findings += grown
    for note in held:
        findings += check_held(published.entries, note, log=trust.log, witnesses=trust.witnesses)
    findings += check_files(published, PUBLISHED_KINDS)
    payloads = signatures = size = 0
    sources: dict[str, Source] = {}
    for row, line in enumerate(published.entries, start=1):
        kind, digest = entry_words(line)
        if digest is None or digest not in published.payloads:
            continue
        data = payload(digest)
        payloads, size = payloads + 1, size + len(data)
        found = check_payload(row, digest, data)
        findings += found
        if found:
            continue
        if kind == FLEET_KIND:
            sources |= {source.source_id: source for source in fleet_said(data).sources}
        elif kind == READING_KIND:
            signatures += 1
            findings += _check_sealed(row, data, sources)
    return Verification(len(published.checkpoints), len(published.entries), payloads, signatures, size, tuple(findings))


def _checkpoints(
    notes: Sequence[str], trust: Trust, processes: int
) -> Iterator[tuple[Head | None, tuple[Finding, ...]]]:
    chunks = [(start + 1, notes[start : start + CHUNK]) for start in range(0, len(notes), CHUNK)]
    work = partial(_check_chunk, trust=trust)
    if processes > 1 and len(chunks) > 1:
        with ProcessPoolExecutor(processes) as pool:
            for found in pool.map(work, chunks):
                yield from found
    else:
        for chunk in chunks:
            yield from work(chunk)


def _check_chunk(chunk: tuple[int, Sequence[str]], *, trust: Trust) -> list[tuple[Head | None, tuple[Finding, ...]]]:
    first, notes = chunk
    return [
        check_checkpoint(row, note, log=trust.log, witnesses=trust.witnesses, quorum=trust.quorum)
        for row, note in enumerate(notes, start=first)
    ]


def _check_sealed(row: int, data: bytes, sources: dict[str, Source]) -> tuple[Finding, ...]:
    """Hold a sealed batch against the keys that were registered in the log before it."""
    try:
        batch = unseal(data)
        source = sources.get(batch.statement.source_id)
        if source is None:
            told = f"A source must be registered before it sends, was not: {batch.statement.source_id}."
            return (Finding(row, "source_id", "source_unknown", told),)
        check_signature(batch, source)
    except QipanError as error:
        return (Finding(row, "batch", error.code, error.message),)
    return ()
