"""Steps of disputes, what they dispute, and what decisions corrected.

Rows are never changed, the engines refuse it; and they refuse a second correction of a transfer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256

import sqlalchemy as sa

from qipan.accounts.model.dispute import Step
from qipan.accounts.model.posting import Transfer
from qipan.accounts.store.posting import CHUNK, TRANSFER, among, read_transfer_row
from qipan.storage.books import Moment, UnitOfWork, metadata

STEP = sa.Table(
    "dispute_step",
    metadata,
    sa.Column("dispute_id", sa.String(40), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

DISPUTED = sa.Table(
    "dispute_transfer",
    metadata,
    sa.Column("dispute_id", sa.String(40), primary_key=True),
    sa.Column("transfer_id", sa.String(80), sa.ForeignKey("transfer.transfer_id"), primary_key=True),
    sa.Index(None, "transfer_id"),
)

CORRECTED = sa.Table(
    "dispute_correction",
    metadata,
    sa.Column("transfer_id", sa.String(80), sa.ForeignKey("transfer.transfer_id"), primary_key=True),
    sa.Column("dispute_id", sa.String(40), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Index(None, "dispute_id"),
    sa.CheckConstraint("amount > 0", name="whole"),
)


def insert_step(unit: UnitOfWork, step: Step, record: bytes) -> None:
    """Enter a step as it is recorded."""
    row = {
        "dispute_id": step.act.dispute_id,
        "number": step.number,
        "at": step.at,
        "record": record.decode(),
        "digest": sha256(record).hexdigest(),
    }
    unit.execute(sa.insert(STEP).values(row))


def insert_disputed(unit: UnitOfWork, dispute_id: str, transfer_ids: Iterable[str]) -> None:
    """Enter what is disputed."""
    unit.insert(DISPUTED, ("dispute_id", "transfer_id"), [(dispute_id, one) for one in transfer_ids])


def insert_corrected(unit: UnitOfWork, dispute_id: str, amounts: Mapping[str, int]) -> None:
    """Enter what a decision corrects."""
    unit.insert(
        CORRECTED, ("transfer_id", "dispute_id", "amount"), [(one, dispute_id, fen) for one, fen in amounts.items()]
    )


def records(unit: UnitOfWork, dispute_ids: Collection[str] | None = None) -> dict[str, list[bytes]]:
    """Return the records of steps by dispute, in their order, the dispute that was opened last at the end."""
    query = sa.select(STEP.c.dispute_id, STEP.c.record).order_by(STEP.c.number, STEP.c.at, STEP.c.dispute_id)
    if dispute_ids is not None:
        query = query.where(among(unit, STEP.c.dispute_id, dispute_ids))
    found: dict[str, list[bytes]] = defaultdict(list)
    for row in unit.execute(query):
        found[row.dispute_id].append(row.record.encode())
    return dict(found)


def corrected(unit: UnitOfWork, transfer_ids: Collection[str]) -> dict[str, str]:
    """Return which dispute has corrected which of some transfers."""
    query = sa.select(CORRECTED).where(among(unit, CORRECTED.c.transfer_id, transfer_ids))
    return {row.transfer_id: row.dispute_id for row in unit.execute(query)}


def corrections(unit: UnitOfWork) -> dict[str, dict[str, int]]:
    """Return how much of which transfer was corrected, by dispute."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in unit.execute(sa.select(CORRECTED).order_by(CORRECTED.c.dispute_id, CORRECTED.c.transfer_id)):
        found[row.dispute_id][row.transfer_id] = row.amount
    return dict(found)


def groups(unit: UnitOfWork, transfer_ids: Collection[str]) -> dict[int, Transfer]:
    """Return transfers and all that they are linked with, by their leaf and in the order of the log."""
    named = unit.execute(sa.select(TRANSFER).where(among(unit, TRANSFER.c.transfer_id, transfer_ids))).mappings().all()
    found = {row["leaf"]: read_transfer_row(row) for row in named}
    chains = {one.chain for one in found.values() if one.chain}
    first = sa.select(TRANSFER.c.transfer_id, TRANSFER.c.leaf).where(among(unit, TRANSFER.c.transfer_id, chains))
    for row in unit.execute(first).all():
        found |= _chain(unit, row.transfer_id, row.leaf)
    return dict(sorted(found.items()))


def _chain(unit: UnitOfWork, chain: str, leaf: int) -> dict[int, Transfer]:
    """Return linked transfers by leaf; they were entered one right after the other."""
    found: dict[int, Transfer] = {}
    while True:
        query = sa.select(TRANSFER).where(TRANSFER.c.leaf >= leaf).order_by(TRANSFER.c.leaf).limit(CHUNK)
        rows: Sequence[sa.RowMapping] = unit.execute(query).mappings().all()
        for row in rows:
            if row["chain"] != chain:
                return found
            found[row["leaf"]] = read_transfer_row(row)
        if not rows:
            return found
        leaf = rows[-1]["leaf"] + 1
