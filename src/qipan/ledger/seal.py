"""Seal a batch of readings: a statement in canonical JSON, its signature, and the data it speaks of, as one piece.

The first line is ``{"batch":{...},"signature":"..."}``; behind its line feed stand the data to the end. A source signs
the canonical JSON of what stands under ``batch``, which holds the SHA-256 of the data.

Source: RFC 8785 (canonical JSON), RFC 8032 (Ed25519).
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qipan.kernel.errors import BadInputError, NotAllowedError
from qipan.kernel.time import in_utc
from qipan.ledger.model.fleet import Source
from qipan.ledger.model.reading import Batch, Statement, Way
from qipan.log.canonical import canonical

LINE_MAX: Final = 4096
"""Bytes that the first line may have."""

_FIELDS: Final = frozenset({"source_id", "way", "number", "released", "form", "digest", "key_id"})


def seal(statement: Statement, signature: bytes, data: bytes) -> bytes:
    r"""Return a batch as one piece.

    Examples
    --------
    >>> from datetime import UTC
    >>> data = b"meter_id,start,end,value\n"
    >>> told = datetime(2026, 1, 1, tzinfo=UTC)
    >>> statement = Statement("zhongwei", Way.COLLECTED, 0, told, "csv", sha256(data).hexdigest())
    >>> unseal(seal(statement, b"", data)) == Batch(statement, b"", data)
    True
    """
    line = canonical({"batch": _words(statement), "signature": b64encode(signature).decode()})
    return line + b"\n" + data


def sign(statement: Statement, key: Ed25519PrivateKey) -> bytes:
    """Return the signature of a statement."""
    return key.sign(statement_bytes(statement))


def statement_bytes(statement: Statement) -> bytes:
    """Return what is signed: the canonical JSON of a statement."""
    return canonical(_words(statement))


def unseal(sealed: bytes) -> Batch:
    """Take a batch apart; every bit of it is spoken for, so that none can change unseen.

    Raises
    ------
    BadInputError
        ``batch_unsealed`` unless the first line is a statement in canonical JSON; ``data_changed`` when the data have
        another digest than the statement says.
    """
    line, feed, data = sealed[: LINE_MAX + 1].partition(b"\n")
    if not feed:
        raise _unsealed(f"a first line of more than {LINE_MAX} bytes, or none at all")
    data = sealed[len(line) + 1 :]
    try:
        words = json.loads(line)
        signature = b64decode(words["signature"], validate=True)
        statement = _statement(words["batch"])
    except (ValueError, KeyError, TypeError, NotBase64, BadInputError) as error:
        raise _unsealed(f"{type(error).__name__}: {error}") from error
    if seal(statement, signature, b"")[:-1] != line:
        raise _unsealed("another spelling of it")
    found = sha256(data).hexdigest()
    if found != statement.digest:
        raise BadInputError(
            f"The data must have the digest {statement.digest} of their statement, was {found}.",
            code="data_changed",
            hint="Seal the data again, or send the bytes as they were sealed.",
        )
    return Batch(statement, signature, data)


def check_signature(batch: Batch, source: Source) -> None:
    """Refuse a batch that its source has not signed with a key that was valid when it was released.

    A source that has keys signs everything; one without keys is collected by us.

    Raises
    ------
    NotAllowedError
        ``signature_missing``, ``signature_unasked``, ``key_unknown``, ``key_not_valid``, ``signature_wrong``.
    """
    statement = batch.statement
    if statement.way is Way.COLLECTED:
        if source.keys or batch.signature or statement.key_id:
            raise _refused("signature_missing", f"A batch of {source.source_id} must be signed, was not.")
        return
    if not source.keys:
        raise _refused("signature_unasked", f"A batch of {source.source_id} must be collected, was signed.")
    keys = [key for key in source.keys if key.key_id == statement.key_id]
    if not keys:
        raise _refused("key_unknown", f"A key must be registered for {source.source_id}, was {statement.key_id!r}.")
    valid = [k for k in keys if k.start <= statement.released and (k.end is None or statement.released < k.end)]
    if not valid:
        told = f"Key {statement.key_id} must be valid at the release {statement.released.isoformat()}, was not."
        raise _refused("key_not_valid", told)
    try:
        public = Ed25519PublicKey.from_public_bytes(b64decode(valid[0].public_key))
        public.verify(batch.signature, statement_bytes(statement))
    except (InvalidSignature, ValueError) as error:
        told = f"The signature must be that of key {statement.key_id}, was not, batch {statement.number}."
        raise _refused("signature_wrong", told) from error


def _words(statement: Statement) -> dict[str, Any]:
    return {
        "source_id": statement.source_id,
        "way": str(statement.way),
        "number": statement.number,
        "released": in_utc(statement.released).isoformat(timespec="microseconds"),
        "form": statement.form,
        "digest": statement.digest,
        "key_id": statement.key_id,
    }


def _statement(words: dict[str, Any]) -> Statement:
    if words.keys() != _FIELDS or type(words["number"]) is not int:
        told = f"the fields {', '.join(sorted(words))}"
        raise ValueError(told)
    return Statement(
        **words | {"way": Way(words["way"]), "released": in_utc(datetime.fromisoformat(words["released"]))}
    )


def _unsealed(found: str) -> BadInputError:
    return BadInputError(
        f"A batch must begin with its statement in canonical JSON, was {found}.",
        code="batch_unsealed",
        hint="Seal the data with: qipan ledger seal",
    )


def _refused(code: str, told: str) -> NotAllowedError:
    return NotAllowedError(told, code=code, hint="Register the key with its validity, or sign with one that is.")
