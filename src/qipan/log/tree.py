"""Merkle trees over a log: hashes, roots, proofs and their checks.

A complete subtree is named by its level and index: ``(level, index)`` covers the leaves
``[index * 2**level, (index + 1) * 2**level)``. Functions that build take ``hash_at``, which returns the hash of such a
subtree, so a store may keep those hashes and need not go through all leaves.

Source: RFC 6962, section 2.1; checks as in RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

HashAt = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree at ``(level, index)``."""

EMPTY_ROOT = sha256(b"").digest()
"""Root of the log without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf.

    Examples
    --------
    >>> leaf_hash(b"").hex()[:8]
    '6e340b9c'
    """
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def hashes_over(leaves: Sequence[bytes]) -> HashAt:
    """Return ``hash_at`` for leaf hashes in memory."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def grown(size: int, leaf: bytes, hash_at: HashAt) -> Iterator[tuple[int, int, bytes]]:
    """Yield the complete subtrees (level, index, hash) that a log of ``size`` leaves gains with one more."""
    level, index, found = 0, size, leaf
    yield level, index, found
    while index % 2 == 1:
        found = node_hash(hash_at(level, index - 1), found)
        level, index = level + 1, index // 2
        yield level, index, found


def root(size: int, hash_at: HashAt) -> bytes:
    """Return the root of the first ``size`` leaves.

    Examples
    --------
    >>> root(0, hashes_over([])).hex()[:8]
    'e3b0c442'
    """
    return _range_hash(0, size, hash_at) if size else EMPTY_ROOT


def inclusion_proof(seq: int, size: int, hash_at: HashAt) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf ``seq`` to the root of the first ``size`` leaves; ``0 <= seq < size``."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        cut = start + _half(end - start)
        if seq < cut:
            path.append(_range_hash(cut, end, hash_at))
            end = cut
        else:
            path.append(_range_hash(start, cut, hash_at))
            start = cut
    return tuple(reversed(path))


def consistency_proof(old_size: int, new_size: int, hash_at: HashAt) -> tuple[bytes, ...]:
    """Return the hashes that lead from an old root to a newer one; ``0 <= old_size <= new_size``."""
    if old_size in {0, new_size}:
        return ()
    path: list[bytes] = []
    start, end, is_whole = 0, new_size, True
    while end != old_size:
        cut = start + _half(end - start)
        if old_size <= cut:
            path.append(_range_hash(cut, end, hash_at))
            end = cut
        else:
            path.append(_range_hash(start, cut, hash_at))
            start, is_whole = cut, False
    if not is_whole:
        path.append(_range_hash(start, end, hash_at))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, *, seq: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf hash stands at ``seq`` in the log of ``size`` leaves with this root."""
    if not 0 <= seq < size:
        return False
    here, last, found = seq, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if here % 2 == 1 or here == last:
            found = node_hash(step, found)
            while here % 2 == 0 and here != 0:
                here, last = here // 2, last // 2
        else:
            found = node_hash(found, step)
        here, last = here // 2, last // 2
    return last == 0 and found == root


def verify_consistency(
    *, old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Tell whether the log of ``new_size`` leaves begins with the very log of ``old_size`` leaves."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    steps = list(path) if old_size & (old_size - 1) else [old_root, *path]
    if not steps:
        return False
    here, last = old_size - 1, new_size - 1
    while here % 2 == 1:
        here, last = here // 2, last // 2
    old_found = new_found = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here % 2 == 1 or here == last:
            old_found, new_found = node_hash(step, old_found), node_hash(step, new_found)
            while here % 2 == 0 and here != 0:
                here, last = here // 2, last // 2
        else:
            new_found = node_hash(new_found, step)
        here, last = here // 2, last // 2
    return last == 0 and old_found == old_root and new_found == new_root


def _half(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, hash_at: HashAt) -> bytes:
    """Return the hash over the leaves ``[start, end)`` of a subtree that starts at ``start``."""
    parts: list[bytes] = []
    while start < end:
        # The longest complete subtree that begins at ``start`` and fits.
        level = (end - start).bit_length() - 1
        parts.append(hash_at(level, start >> level))
        start += 1 << level
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found
