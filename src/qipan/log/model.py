"""Leaf, head, proofs: the words of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log; its hash covers the kind, the moment and the digest of the payload.

    Attributes
    ----------
    seq
        Its place, counted from 0.
    kind
        What it is an entry of, for example ``batch`` or ``plan``.
    at
        When it was entered.
    digest
        SHA-256 of the payload, in hexadecimal; the payload itself is kept by whoever entered it.
    leaf_hash
        Hash of the leaf in the tree.
    """

    seq: int
    kind: str
    at: datetime
    digest: str
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the log in one hash: whoever keeps it can tell later that nothing before was changed."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """Shows that a leaf stands in a log of that head; check it with `qipan.log.tree.verify_inclusion`."""

    leaf: Leaf
    head: Head
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """Shows that a log grew without changing its past; check it with `qipan.log.tree.verify_consistency`."""

    old: Head
    new: Head
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The log as an outsider holds it.

    Attributes
    ----------
    checkpoints
        Signed notes in the order of their size.
    entries
        What the leaves' hashes are taken of, in the order of their place.
    payloads
        Digests of the payloads that are there, in hexadecimal.
    strays
        Names of files that are no part of it.
    """

    checkpoints: tuple[str, ...]
    entries: tuple[bytes, ...]
    payloads: frozenset[str]
    strays: tuple[str, ...]
