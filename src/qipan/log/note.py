"""Signed notes: a text with the signatures of those who stand for it, and their keys as one line each.

Source: C2SP signed-note and tlog-cosignature (c2sp.org), RFC 8032 (Ed25519).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from qipan.kernel.errors import BadInputError

SIGNS: Final = 0x01
"""Type of a key that signs a note as it stands."""

COSIGNS: Final = 0x04
"""Type of a witness's key: it signs the note and the moment at which it was seen."""

PRIVATE: Final = "PRIVATE+KEY+"
"""Begins the line of a private key."""

_DASH: Final = "\u2014 "
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: a name, the kind of key, and 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return _key_hash(self.name, self.kind, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and its name; never printed but on purpose."""

    name: str
    kind: int
    secret: bytes

    @property
    def verifier(self) -> Verifier:
        """The public key."""
        return Verifier(self.name, self.kind, bytes(SigningKey(self.secret).verify_key))

    def text(self) -> str:
        """Return the private key as one line."""
        key_hash = self.verifier.key_hash.hex()
        return f"{PRIVATE}{self.name}+{key_hash}+{b64encode(bytes([self.kind]) + self.secret).decode()}"

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who, which key, and the bytes."""

    name: str
    key_hash: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {b64encode(self.key_hash + self.signature).decode()}"


def verifier_of(text: str) -> Verifier:
    """Read a public key from its line.

    Raises
    ------
    BadInputError
        ``key_line_malformed`` unless it is ``name+hash+base64`` and the hash is that of name and key.

    Examples
    --------
    >>> line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    >>> verifier_of(line).name, str(verifier_of(line)) == line
    ('PeterNeumann', True)
    """
    name, key_hash, raw = _parts(text)
    verifier = Verifier(name, raw[0], raw[1:])
    if key_hash != verifier.key_hash.hex() or len(verifier.public) != 32 or raw[0] not in {SIGNS, COSIGNS}:
        raise _malformed()
    return verifier


def signer_of(text: str) -> Signer:
    """Read a private key from its line.

    Raises
    ------
    BadInputError
        ``key_line_malformed``, as `verifier_of`.
    """
    if not text.startswith(PRIVATE):
        raise _malformed()
    name, key_hash, raw = _parts(text.removeprefix(PRIVATE))
    if len(raw) != 33:
        raise _malformed()
    signer = Signer(name, raw[0], raw[1:])
    if signer.verifier.key_hash.hex() != key_hash:
        raise _malformed()
    return signer


def sign(text: str, signer: Signer, *, time_s: int = 0) -> Signature:
    """Return a signature of a note's text.

    Parameters
    ----------
    time_s
        Seconds since 1970 at which a witness has seen it; only its kind of key signs that.
    """
    key = SigningKey(signer.secret)
    verifier = signer.verifier
    if signer.kind == COSIGNS:
        stamped = time_s.to_bytes(_TIME_BYTES, "big") + key.sign(_stamped(text, time_s)).signature
        return Signature(signer.name, verifier.key_hash, stamped)
    return Signature(signer.name, verifier.key_hash, key.sign(text.encode()).signature)


def is_signed(text: str, signature: Signature, verifier: Verifier) -> bool:
    """Tell whether a signature is that of a key under a text."""
    if signature.name != verifier.name or signature.key_hash != verifier.key_hash:
        return False
    message, raw = text.encode(), signature.signature
    if verifier.kind == COSIGNS:
        if len(raw) != _TIME_BYTES + _SIGNATURE_BYTES:
            return False
        message, raw = _stamped(text, int.from_bytes(raw[:_TIME_BYTES], "big")), raw[_TIME_BYTES:]
    try:
        _public_key(verifier.public).verify(message, raw)
    except (BadSignatureError, ValueError):
        return False
    return True


def joined(text: str, signatures: tuple[Signature, ...]) -> str:
    """Return a note: its text, an empty line, and the signatures."""
    return f"{text}\n" + "".join(f"{signature}\n" for signature in signatures)


def parted(note: str) -> tuple[str, tuple[Signature, ...]]:
    """Return the text of a note and its signatures.

    Raises
    ------
    BadInputError
        ``note_malformed`` unless it is written exactly as `joined` writes it.
    """
    text, blank, lines = note.rpartition("\n\n")
    text += "\n"
    try:
        signatures = tuple(_signature(line) for line in lines.splitlines())
    except (ValueError, NotBase64) as error:
        raise _broken() from error
    if not blank or not signatures or joined(text, signatures) != note:
        raise _broken()
    return text, signatures


@lru_cache(maxsize=64)
def _key_hash(name: str, kind: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@lru_cache(maxsize=64)
def _public_key(public: bytes) -> VerifyKey:
    return VerifyKey(public)


def _signature(line: str) -> Signature:
    dash, (name, encoded) = line[:2], line[2:].split(" ")
    raw = b64decode(encoded, validate=True)
    if dash != _DASH or not name or len(raw) <= 4:
        raise ValueError(line)
    return Signature(name, raw[:4], raw[4:])


def _parts(text: str) -> tuple[str, str, bytes]:
    try:
        name, key_hash, encoded = text.split("+", 2)
        raw = b64decode(encoded, validate=True)
    except (ValueError, NotBase64) as error:
        raise _malformed() from error
    if not name or " " in name or not raw:
        raise _malformed()
    return name, key_hash, raw


def _stamped(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _malformed() -> BadInputError:
    return BadInputError(
        "A key must be one line of name+hash+base64 whose hash fits, was not.",
        code="key_line_malformed",
        hint="Copy the whole line as it was printed.",
    )


def _broken() -> BadInputError:
    return BadInputError(
        "A note must be a text, an empty line and signature lines, was not.",
        code="note_malformed",
        hint="Take the file as it was published.",
    )
