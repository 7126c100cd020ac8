"""Tables of the log: its leaves, and the hashes of its complete subtrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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

CHECKPOINT = sa.Table(
    "log_checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

COSIGNATURE = sa.Table(
    "log_cosignature",
    metadata,
    sa.Column("size", sa.BigInteger, sa.ForeignKey("log_checkpoint.size"), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
)


def size(unit: UnitOfWork) -> int:
    """Return the number of leaves."""
    newest = unit.execute(sa.select(sa.func.max(LEAF.c.seq))).scalar_one()
    return 0 if newest is None else int(newest) + 1


def insert_leaves(unit: UnitOfWork, leaves: Sequence[Leaf], nodes: Mapping[tuple[int, int], bytes]) -> None:
    """Enter leaves, and the subtrees by (level, index) that they complete."""
    rows = ((leaf.seq, leaf.kind, leaf.at, leaf.digest, leaf.leaf_hash) for leaf in leaves)
    unit.insert(LEAF, ("seq", "kind", "at", "digest", "leaf_hash"), rows)
    found = ((level, index, node) for (level, index), node in nodes.items())
    unit.insert(NODE, ("level", "place", "hash"), found)


def peaks(unit: UnitOfWork, size: int) -> dict[tuple[int, int], bytes]:
    """Return the hashes of the complete subtrees that a log of ``size`` leaves is made of, by (level, index)."""
    places = [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]
    query = sa.select(NODE).where(sa.tuple_(NODE.c.level, NODE.c.place).in_(places))
    return {(row.level, row.place): bytes(row.hash) for row in unit.execute(query)}


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


def insert_checkpoint(unit: UnitOfWork, *, size: int, at: datetime, note: str) -> None:
    """Enter a checkpoint."""
    unit.execute(sa.insert(CHECKPOINT).values(size=size, at=at, note=note))


def insert_cosignature(unit: UnitOfWork, *, size: int, name: str, at: datetime, line: str) -> None:
    """Enter what a witness has signed."""
    unit.execute(sa.insert(COSIGNATURE).values(size=size, name=name, at=at, line=line))


def checkpoints(unit: UnitOfWork, *, size: int | None = None, after: int = -1) -> tuple[str, ...]:
    """Return checkpoints in the order of their size, each with all its signatures."""
    query = sa.select(CHECKPOINT).where(CHECKPOINT.c.size > after).order_by(CHECKPOINT.c.size)
    lines = sa.select(COSIGNATURE).where(COSIGNATURE.c.size > after).order_by(COSIGNATURE.c.size, COSIGNATURE.c.name)
    if size is not None:
        query, lines = query.where(CHECKPOINT.c.size == size), lines.where(COSIGNATURE.c.size == size)
    more: dict[int, str] = {}
    for row in unit.execute(lines):
        more[row.size] = f"{more.get(row.size, '')}{row.line}\n"
    return tuple(row.note + more.get(row.size, "") for row in unit.execute(query))


def newest_checkpoint_size(unit: UnitOfWork) -> int | None:
    """Return the size of the newest checkpoint, ``None`` before the first."""
    newest = unit.execute(sa.select(sa.func.max(CHECKPOINT.c.size))).scalar_one()
    return None if newest is None else int(newest)


def has_cosigned(unit: UnitOfWork, *, size: int, name: str) -> bool:
    """Tell whether a witness has signed a checkpoint already."""
    query = sa.select(COSIGNATURE.c.size).where(COSIGNATURE.c.size == size, COSIGNATURE.c.name == name)
    return unit.execute(query).first() is not None
