"""Feeds and what came of them; rows are never changed, the engines refuse it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from qipan.labour.model.feed import Delivery, Feed, feed_of
from qipan.storage.books import Moment, UnitOfWork, metadata

FEED = sa.Table(
    "labour_feed",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("entered", Moment, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

FEED_END = sa.Table(
    "labour_feed_end",
    metadata,
    sa.Column("name", sa.String(32), sa.ForeignKey("labour_feed.name"), primary_key=True),
    sa.Column("entered", Moment, nullable=False),
    sa.Column("ended", sa.Date, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

DELIVERY = sa.Table(
    "labour_feed_delivery",
    metadata,
    sa.Column("sequence", sa.BigInteger, sa.ForeignKey("batch.sequence"), primary_key=True, autoincrement=False),
    sa.Column("feed", sa.String(32), sa.ForeignKey("labour_feed.name"), nullable=False, index=True),
    sa.Column("received", sa.Date, nullable=False),
    sa.Column("released", sa.Date, nullable=False),
    sa.Column("newest_period", sa.Date),
    sa.Column("newest_release", sa.Date),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.BigInteger, nullable=False),
)


def insert_feed(unit: UnitOfWork, name: str, entered: datetime, record: str) -> None:
    """Enter a feed."""
    unit.execute(sa.insert(FEED).values(name=name, entered=entered, record=record))


def insert_end(unit: UnitOfWork, name: str, entered: datetime, ended: date, reason: str) -> None:
    """Enter that a feed ends."""
    unit.execute(sa.insert(FEED_END).values(name=name, entered=entered, ended=ended, reason=reason))


def ends(unit: UnitOfWork) -> list[dict[str, Any]]:
    """Return which feeds were ended, from which day on, and why."""
    query = sa.select(FEED_END.c.name, FEED_END.c.ended, FEED_END.c.reason).order_by(FEED_END.c.name)
    return [dict(row) for row in unit.execute(query).mappings()]


def feeds(unit: UnitOfWork, names: Collection[str] | None = None) -> tuple[Feed, ...]:
    """Return feeds in the order of their names."""
    query = sa.select(FEED.c.record, FEED_END.c.ended).outerjoin(FEED_END, FEED_END.c.name == FEED.c.name)
    if names is not None:
        query = query.where(FEED.c.name.in_(list(names)))
    return tuple(
        replace(feed_of(json.loads(row.record)), ended=row.ended) for row in unit.execute(query.order_by(FEED.c.name))
    )


def first_like(unit: UnitOfWork, feed: Feed) -> str:
    """Return the name of the feed that was entered first among those of a feed's holder and source."""
    query = sa.select(FEED.c.record).order_by(FEED.c.entered, FEED.c.name)
    known = (feed_of(json.loads(record)) for record in unit.execute(query).scalars())
    return next(one.name for one in known if (one.holder, one.source) == (feed.holder, feed.source))


def insert_delivery(unit: UnitOfWork, delivery: Delivery) -> None:
    """Enter what came of a feed."""
    unit.execute(sa.insert(DELIVERY).values(asdict(delivery)))


def deliveries(unit: UnitOfWork, feed: str, *, sequence: int | None = None) -> tuple[Delivery, ...]:
    """Return what came of a feed, in the order in which it came."""
    columns = [DELIVERY.c[one.name] for one in fields(Delivery)]
    query = sa.select(*columns).where(DELIVERY.c.feed == feed).order_by(DELIVERY.c.sequence)
    if sequence is not None:
        query = query.where(DELIVERY.c.sequence == sequence)
    return tuple(Delivery(**row) for row in unit.execute(query).mappings())
