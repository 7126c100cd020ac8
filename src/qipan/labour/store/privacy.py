"""Privacy budgets of feeds and what was spent of them; rows are never changed, the engines refuse it."""

from __future__ import annotations

import sqlalchemy as sa

from qipan.storage.books import UnitOfWork, metadata

PRIVACY = sa.Table(
    "labour_privacy",
    metadata,
    sa.Column("feed", sa.String(32), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)


def insert_entry(unit: UnitOfWork, feed: str, number: int, record: str, digest: str) -> None:
    """Enter a budget, or what was spent."""
    unit.execute(sa.insert(PRIVACY), {"feed": feed, "number": number, "record": record, "digest": digest})


def entries(unit: UnitOfWork, feed: str) -> list[tuple[str, str]]:
    """Return record and digest of what was entered of a feed, in its order."""
    query = sa.select(PRIVACY.c.record, PRIVACY.c.digest).where(PRIVACY.c.feed == feed).order_by(PRIVACY.c.number)
    return [(row.record, row.digest) for row in unit.execute(query)]


def feeds(unit: UnitOfWork) -> tuple[str, ...]:
    """Return the feeds of which something was entered, by name."""
    return tuple(unit.execute(sa.select(PRIVACY.c.feed).distinct().order_by(PRIVACY.c.feed)).scalars())
