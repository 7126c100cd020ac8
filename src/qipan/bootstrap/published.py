"""A published log meets its adapter: outsiders verify it and witnesses sign it without a home and its books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from qipan.kernel.errors import RuleBrokenError
from qipan.log.checkpoint import cosign, growth
from qipan.log.model import Head
from qipan.log.note import Signer, Verifier
from qipan.log.sources import folder
from qipan.workflows.publish import Trust, Verification, verify


def verify_folder(path: Path, trust: Trust, *, held: Sequence[str] = (), processes: int = 1) -> Verification:
    """Verify a published log, also against checkpoints that were kept; it needs no home and no books.

    Raises
    ------
    BadInputError
        ``published_unreadable``.
    """
    return verify(folder.read(path), partial(folder.payload, path), trust, held=held, processes=processes)


def cosign_folder(path: Path, *, log: Verifier, seen: Head | None, witness: Signer, now: datetime) -> tuple[str, Head]:
    """Return a witness's signature line of the newest checkpoint of a published log, and the head to remember.

    The proof that the log continues what was seen is made of the published entries.

    Raises
    ------
    BadInputError
        ``published_unreadable``.
    RuleBrokenError
        ``checkpoint_missing`` when there is none.
    """
    published = folder.read(path)
    if not published.checkpoints:
        raise RuleBrokenError(
            f"A published log must have a checkpoint to sign, was none, in {path}.",
            code="checkpoint_missing",
            hint="Let the log publish one with: qipan ledger publish",
        )
    note = published.checkpoints[-1]
    signature, head = cosign(
        note, log=log, seen=seen, proof=growth(published.entries, seen, note), witness=witness, now=now
    )
    return str(signature), head
