"""A proof that something was entered, as one file: the entry, its place, the way to the root, and the checkpoint.

Source: C2SP tlog-proof (c2sp.org); its extra line holds the entry.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.log.note import Verifier
from qipan.log.tree import leaf_hash, verify_inclusion
from qipan.log.verify import check_checkpoint, check_payload, entry_words

FIRST: Final = "c2sp.org/tlog-proof@v1"
"""First line of every proof."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof holds: an entry, its place, the hashes to the root, and a checkpoint."""

    entry: bytes
    seq: int
    path: tuple[bytes, ...]
    note: str

    def __str__(self) -> str:
        path = "".join(f"{b64encode(step).decode()}\n" for step in self.path)
        return f"{FIRST}\nextra {b64encode(self.entry).decode()}\nindex {self.seq}\n{path}\n{self.note}"


def proof_of(text: str) -> Proof:
    """Read a proof.

    Raises
    ------
    BadInputError
        ``proof_malformed`` unless it is written exactly as a `Proof` is.
    """
    told, _, note = text.partition("\n\n")
    try:
        _, extra, index, *path = told.split("\n")
        steps = tuple(b64decode(step, validate=True) for step in path)
        entered = b64decode(extra.removeprefix("extra "), validate=True)
        proof = Proof(entered, int(index.removeprefix("index ")), steps, note)
    except (ValueError, NotBase64) as error:
        raise _malformed() from error
    if str(proof) != text:
        raise _malformed()
    return proof


def check_proof(
    proof: Proof, data: bytes | None, *, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> tuple[Finding, ...]:
    """Return what is wrong with a proof; nothing when the entry stood in the log at its checkpoint.

    Rules: those of `check_checkpoint`; ``entry_malformed``, ``not_included``, and ``payload_changed``.

    Parameters
    ----------
    data
        What is said to have been entered; ``None`` to check the entry alone.
    """
    head, findings = check_checkpoint(1, proof.note, log=log, witnesses=witnesses, quorum=quorum)
    row = proof.seq + 1
    if head is not None and not verify_inclusion(
        leaf_hash(proof.entry), seq=proof.seq, size=head.size, path=proof.path, root=head.root
    ):
        told = f"The entry must stand at place {proof.seq} under the root of {head.size} leaves, was not there."
        findings += (Finding(row, "path", "not_included", told),)
    _, digest = entry_words(proof.entry)
    if digest is None:
        told = "An entry must be canonical JSON with at, digest and kind, was not."
        findings += (Finding(row, "entry", "entry_malformed", told),)
    elif data is not None:
        findings += check_payload(row, digest, data)
    return findings


def _malformed() -> BadInputError:
    return BadInputError(
        f"A proof must begin with {FIRST}, then extra, index, hashes, an empty line and a checkpoint, was not so.",
        code="proof_malformed",
        hint="Take the file as it was written by: qipan ledger prove",
    )
