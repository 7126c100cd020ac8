"""Tables of the log: its leaves, and the hashes of its complete subtrees."""

from __future__ import annotations

import sqlalchemy as sa

from qipan.log.model import Leaf
from qipan.storage.books import Moment, UnitOfWork, metadata

LEAF = sa.Table(
    "log_leaf",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(50), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
    sa.Index(None, "digest"),
)

NODE = sa.Table(
    "log_node",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
)


def size(unit: UnitOfWork) -> int:
    """Return the number of leaves."""
    newest = unit.execute(sa.select(sa.func.max(LEAF.c.seq))).scalar_one()
    return 0 if newest is None else int(newest) + 1


def insert_leaf(unit: UnitOfWork, leaf: Leaf, nodes: list[tuple[int, int, bytes]]) -> None:
    """Enter a leaf, and the subtrees that it completes."""
    values = {
        "seq": leaf.seq,
        "kind": leaf.kind,
        "at": leaf.at,
        "digest": leaf.digest,
        "leaf_hash": leaf.leaf_hash,
    }
    unit.execute(sa.insert(LEAF).values(values))
    unit.execute(sa.insert(NODE), [{"level": level, "place": index, "hash": found} for level, index, found in nodes])


def node(unit: UnitOfWork, level: int, index: int) -> bytes:
    """Return the hash of a complete subtree."""
    query = sa.select(NODE.c.hash).where(NODE.c.level == level, NODE.c.place == index)
    return bytes(unit.execute(query).scalar_one())


def nodes(unit: UnitOfWork) -> dict[tuple[int, int], bytes]:
    """Return the hashes of all complete subtrees by (level, index)."""
    return {(row.level, row.place): row.hash for row in unit.execute(sa.select(NODE))}


def leaves(
    unit: UnitOfWork, *, start: int = 0, limit: int | None = None, kind: str | None = None, digest: str | None = None
) -> tuple[Leaf, ...]:
    """Return leaves in the order of their place."""
    query = sa.select(LEAF).where(LEAF.c.seq >= start).order_by(LEAF.c.seq).limit(limit)
    if kind is not None:
        query = query.where(LEAF.c.kind == kind)
    if digest is not None:
        query = query.where(LEAF.c.digest == digest)
    return tuple(Leaf(**row) for row in unit.execute(query).mappings())
