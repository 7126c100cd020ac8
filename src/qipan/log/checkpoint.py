"""Checkpoints: a head of the log as a signed note, and what a witness checks before it signs too.

Source: C2SP tlog-checkpoint and tlog-witness (c2sp.org).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from datetime import datetime

from qipan.kernel.errors import BadInputError, ConflictError, NotAllowedError
from qipan.log.model import ConsistencyProof, Head
from qipan.log.note import Signature, Signer, Verifier, is_signed, joined, parted, sign
from qipan.log.tree import consistency_proof, hashes_over, leaf_hash, verify_consistency


def checkpoint(head: Head, origin: str, signer: Signer) -> str:
    """Return the head of a log as a note that the log has signed.

    Examples
    --------
    >>> from qipan.log.note import SIGNS
    >>> from qipan.log.tree import EMPTY_ROOT
    >>> note = checkpoint(Head(0, EMPTY_ROOT), "qipan/demo", Signer("qipan/demo", SIGNS, bytes(32)))
    >>> print(note.partition("—")[0])
    qipan/demo
    0
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    <BLANKLINE>
    """
    text = text_of(head, origin)
    return joined(text, (sign(text, signer),))


def text_of(head: Head, origin: str) -> str:
    """Return what is signed of a head."""
    return f"{origin}\n{head.size}\n{b64encode(head.root).decode()}\n"


def head_of(text: str) -> tuple[str, Head]:
    """Return origin and head that a checkpoint's text tells.

    Raises
    ------
    BadInputError
        ``checkpoint_malformed`` unless it is exactly three lines: origin, size, root in base64.
    """
    try:
        origin, size, encoded, end = text.split("\n")
        head = Head(int(size), b64decode(encoded, validate=True))
    except (ValueError, NotBase64) as error:
        raise _malformed() from error
    if end or text_of(head, origin) != text or len(head.root) != 32:
        raise _malformed()
    return origin, head


def cosign(
    note: str,
    *,
    log: Verifier,
    seen: Head | None,
    proof: ConsistencyProof | None,
    witness: Signer,
    now: datetime,
) -> tuple[Signature, Head]:
    """Return a witness's signature of a checkpoint, and the head that it has to remember.

    A witness signs only what continues what it has signed before; so two departments that compare their signatures
    can be sure that they were shown one log.

    Parameters
    ----------
    seen
        Head that this witness has signed last; ``None`` for its first signature.
    proof
        That the new head continues ``seen``.

    Raises
    ------
    BadInputError
        ``note_malformed``, ``checkpoint_malformed``.
    NotAllowedError
        ``checkpoint_unsigned`` unless the log has signed it.
    ConflictError
        ``log_shrunk`` when the size is below what was seen; ``log_forked`` when it does not continue it.
    """
    text, signatures = parted(note)
    origin, head = head_of(text)
    if not any(is_signed(text, signature, log) for signature in signatures) or origin != log.name:
        raise NotAllowedError(
            f"A checkpoint must be signed by {log.name}, was not.",
            code="checkpoint_unsigned",
            hint="Fetch it from the log itself.",
        )
    if seen is not None:
        _check_growth(seen, head, proof)
    return sign(text, witness, time_s=int(now.timestamp())), head


def growth(entries: Sequence[bytes], seen: Head | None, note: str) -> ConsistencyProof | None:
    """Return the proof, made of published entries, that a checkpoint continues what was seen."""
    if seen is None:
        return None
    _, head = head_of(parted(note)[0])
    size = min(head.size, len(entries))
    hash_at = hashes_over([leaf_hash(entry) for entry in entries[:size]])
    path = consistency_proof(seen.size, size, hash_at) if seen.size <= size else ()
    return ConsistencyProof(seen, head, path)


def _check_growth(seen: Head, head: Head, proof: ConsistencyProof | None) -> None:
    if head.size < seen.size:
        raise ConflictError(
            f"A log must not shrink, was {head.size} after {seen.size} leaves.",
            code="log_shrunk",
            hint="Do not sign; ask the log's operator, and keep both checkpoints as evidence.",
        )
    path = proof.path if proof is not None else ()
    is_grown = verify_consistency(
        old_size=seen.size, new_size=head.size, path=path, old_root=seen.root, new_root=head.root
    )
    if not is_grown:
        raise ConflictError(
            f"A log must continue what it was, was another log at {seen.size} leaves.",
            code="log_forked",
            hint="Do not sign; ask the log's operator, and keep both checkpoints as evidence.",
        )


def _malformed() -> BadInputError:
    return BadInputError(
        "A checkpoint must be three lines: origin, size and root, was not.",
        code="checkpoint_malformed",
        hint="Take it as the log has published it.",
    )
