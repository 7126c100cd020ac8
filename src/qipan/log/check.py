"""Check the log as it is stored against itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from qipan.kernel.errors import Finding
from qipan.kernel.time import in_utc
from qipan.log.canonical import canonical
from qipan.log.model import Leaf
from qipan.log.tree import grown, leaf_hash


def entry(*, kind: str, at: datetime, digest: str) -> bytes:
    """Return the bytes that a leaf's hash is taken of; anyone can write them from what the leaf shows.

    Examples
    --------
    >>> from datetime import UTC
    >>> entry(kind="plan", at=datetime(2017, 10, 9, tzinfo=UTC), digest="ab").decode()
    '{"at":"2017-10-09T00:00:00.000000+00:00","digest":"ab","kind":"plan"}'
    """
    return canonical({"at": in_utc(at).isoformat(timespec="microseconds"), "digest": digest, "kind": kind})


def check(leaves: Iterable[Leaf], nodes: Mapping[tuple[int, int], bytes]) -> tuple[Finding, ...]:
    """Return every place where the stored log does not follow from its leaves; row 1 is the first leaf.

    Rules: ``leaf_missing`` where the count is broken; ``leaf_changed`` where a leaf's hash is not that of what it
    shows; ``node_changed`` where a stored subtree is not that of its leaves.

    Parameters
    ----------
    leaves
        In the order of their place.
    nodes
        Hashes of the complete subtrees by (level, index).
    """
    found: list[Finding] = []
    true: dict[tuple[int, int], bytes] = {}
    for seq, leaf in enumerate(leaves):
        row = seq + 1
        if leaf.seq != seq:
            told = f"Leaves must follow each other, was {leaf.seq} where {seq} must stand."
            return (*found, Finding(row, "seq", "leaf_missing", told, str(leaf.seq)))
        right = leaf_hash(entry(kind=leaf.kind, at=leaf.at, digest=leaf.digest))
        if right != leaf.leaf_hash:
            told = f"Leaf {seq} must hash to {right.hex()}, was {leaf.leaf_hash.hex()}."
            found.append(Finding(row, "leaf_hash", "leaf_changed", told, leaf.leaf_hash.hex()))
        for level, index, node in grown(seq, right, lambda level, index: true[level, index]):
            true[level, index] = node
            stored = nodes.get((level, index), b"")
            if stored != node:
                told = f"Subtree ({level}, {index}) must hash to {node.hex()}, was {stored.hex() or 'missing'}."
                found.append(Finding(row, "node_hash", "node_changed", told, stored.hex()))
    return tuple(found)
