"""Subscriptions and what is on its way to them: entered in the commit of the step it tells of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from qipan.labour.model.subscription import Backlog, Message, Subscription
from qipan.labour.model.warning import Grade
from qipan.storage.books import Moment, UnitOfWork, metadata

SUBSCRIPTION = sa.Table(
    "labour_subscription",
    metadata,
    sa.Column("subscription_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("regions", sa.Text, nullable=False),
    sa.Column("grade", sa.String(8), nullable=False),
    sa.Column("salt", sa.String(64), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("ended", Moment),
)

DELIVERY = sa.Table(
    "labour_delivery",
    metadata,
    sa.Column("subscription_id", sa.String(32), sa.ForeignKey("labour_subscription.subscription_id"), primary_key=True),
    sa.Column("warning_id", sa.String(48), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("due", Moment, nullable=False, index=True),
    sa.Column("tries", sa.BigInteger, nullable=False),
    sa.Column("delivered", Moment),
    sa.Column("said", sa.Text, nullable=False),
)


def insert_subscription(unit: UnitOfWork, one: Subscription, number: int) -> None:
    """Enter a subscription."""
    values = {
        "subscription_id": one.subscription_id,
        "number": number,
        "url": one.url,
        "regions": json.dumps(one.regions),
        "grade": one.grade.value,
        "salt": one.salt,
        "created": one.created,
    }
    unit.execute(sa.insert(SUBSCRIPTION), values)


def next_number(unit: UnitOfWork) -> int:
    """Return the number of the next subscription."""
    return int(unit.execute(sa.select(sa.func.max(SUBSCRIPTION.c.number))).scalar_one() or 0) + 1


def subscriptions(
    unit: UnitOfWork, *, subscription_id: str | None = None, open_only: bool = False
) -> tuple[Subscription, ...]:
    """Return subscriptions in the order in which they were made."""
    query = sa.select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.number)
    if subscription_id is not None:
        query = query.where(SUBSCRIPTION.c.subscription_id == subscription_id)
    if open_only:
        query = query.where(SUBSCRIPTION.c.ended.is_(None))
    return tuple(_subscription(row) for row in unit.execute(query))


def end_subscription(unit: UnitOfWork, subscription_id: str, now: datetime) -> None:
    """Say that a subscription is over; what waits for it is not sent."""
    unit.execute(sa.update(SUBSCRIPTION).where(SUBSCRIPTION.c.subscription_id == subscription_id).values(ended=now))


def insert_deliveries(unit: UnitOfWork, found: Sequence[Message], now: datetime) -> None:
    """Enter what is to be sent."""
    rows = [
        {
            "subscription_id": one.subscription.subscription_id,
            "warning_id": one.warning_id,
            "number": one.number,
            "body": one.body,
            "due": now,
            "tries": 0,
            "said": "",
        }
        for one in found
    ]
    if rows:
        unit.execute(sa.insert(DELIVERY), rows)


def due(unit: UnitOfWork, now: datetime, most: int) -> list[Message]:
    """Return what is due, the oldest first; of one warning only its first step that has not arrived."""
    before = DELIVERY.alias()
    waits = sa.exists().where(
        before.c.subscription_id == DELIVERY.c.subscription_id,
        before.c.warning_id == DELIVERY.c.warning_id,
        before.c.number < DELIVERY.c.number,
        before.c.delivered.is_(None),
    )
    query = (
        sa.select(
            SUBSCRIPTION, DELIVERY.c.warning_id, DELIVERY.c.number.label("step"), DELIVERY.c.body, DELIVERY.c.tries
        )
        .join_from(DELIVERY, SUBSCRIPTION)
        .where(DELIVERY.c.delivered.is_(None), DELIVERY.c.due <= now, SUBSCRIPTION.c.ended.is_(None), ~waits)
        .order_by(DELIVERY.c.due, DELIVERY.c.subscription_id, DELIVERY.c.warning_id)
        .limit(most)
    )
    return [Message(_subscription(row), row.warning_id, row.step, row.body, row.tries) for row in unit.execute(query)]


def update_delivery(unit: UnitOfWork, one: Message, **values: Any) -> None:
    """Say what came of a delivery."""
    unit.execute(
        sa.update(DELIVERY)
        .where(
            DELIVERY.c.subscription_id == one.subscription.subscription_id,
            DELIVERY.c.warning_id == one.warning_id,
            DELIVERY.c.number == one.number,
        )
        .values(**values)
    )


def backlogs(unit: UnitOfWork) -> list[Backlog]:
    """Return how every subscription fares, in the order in which they were made."""
    counts: dict[str, dict[str, Any]] = {}
    query = sa.select(
        DELIVERY.c.subscription_id,
        sa.func.count(DELIVERY.c.delivered).label("delivered"),
        sa.func.count().label("all"),
        sa.func.sum(sa.case((sa.and_(DELIVERY.c.delivered.is_(None), DELIVERY.c.tries > 0), 1), else_=0)).label(
            "failing"
        ),
    ).group_by(DELIVERY.c.subscription_id)
    for row in unit.execute(query):
        counts[row.subscription_id] = {
            "delivered": row.delivered,
            "waiting": row.all - row.delivered,
            "failing": int(row.failing),
        }
    none = {"delivered": 0, "waiting": 0, "failing": 0}
    return [
        Backlog(one, **counts.get(one.subscription_id, none), said=_said(unit, one.subscription_id))
        for one in subscriptions(unit)
    ]


def _said(unit: UnitOfWork, subscription_id: str) -> str:
    query = (
        sa.select(DELIVERY.c.said)
        .where(DELIVERY.c.subscription_id == subscription_id, DELIVERY.c.delivered.is_(None), DELIVERY.c.tries > 0)
        .order_by(DELIVERY.c.tries.desc(), DELIVERY.c.due.desc())
        .limit(1)
    )
    return str(unit.execute(query).scalar_one_or_none() or "")


def _subscription(row: sa.Row[Any]) -> Subscription:
    return Subscription(
        row.subscription_id,
        row.url,
        tuple(json.loads(row.regions)),
        Grade(row.grade),
        row.salt,
        row.created,
        row.ended,
    )
