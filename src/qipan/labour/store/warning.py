"""Outlooks and warnings that were issued, and the steps of each; rows are never changed, the engines refuse it."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from qipan.labour.model.issued import IssuedOutlook
from qipan.labour.model.panel import Cell
from qipan.storage.books import Moment, UnitOfWork, metadata

OUTLOOK = sa.Table(
    "labour_outlook",
    metadata,
    sa.Column("panel", sa.String(32), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("rule", sa.String(40), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("issued", Moment, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

WARNING = sa.Table(
    "labour_warning",
    metadata,
    sa.Column("warning_id", sa.String(48), primary_key=True),
    sa.Column("panel", sa.String(32), nullable=False, index=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("rule", sa.String(40), nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("industry", sa.Text, nullable=False),
    sa.Column("occupation", sa.Text, nullable=False),
)

STEP = sa.Table(
    "labour_step",
    metadata,
    sa.Column("warning_id", sa.String(48), sa.ForeignKey("labour_warning.warning_id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)


def insert_outlook(unit: UnitOfWork, one: IssuedOutlook, record: str) -> None:
    """Enter what was told of a panel."""
    values = {
        "panel": one.panel,
        "number": one.number,
        "rule": one.told["events_rule"],
        "as_of": one.as_of,
        "issued": one.issued,
        "record": record,
        "digest": one.digest,
    }
    unit.execute(sa.insert(OUTLOOK), values)


def outlooks(unit: UnitOfWork, panel: str, *, newest_only: bool = False) -> tuple[IssuedOutlook, ...]:
    """Return what was told of a panel, in the order in which it was issued; or only the newest of it."""
    query = sa.select(OUTLOOK).where(OUTLOOK.c.panel == panel).order_by(OUTLOOK.c.number.desc())
    rows = unit.execute(query.limit(1) if newest_only else query).all()
    return tuple(
        IssuedOutlook(row.panel, row.number, row.as_of, row.issued, json.loads(row.record), row.digest)
        for row in reversed(rows)
    )


def panels(unit: UnitOfWork) -> tuple[str, ...]:
    """Return the names of panels of which something was issued, the one issued last first."""
    newest = sa.func.max(OUTLOOK.c.issued)
    query = sa.select(OUTLOOK.c.panel).group_by(OUTLOOK.c.panel).order_by(newest.desc(), OUTLOOK.c.panel)
    return tuple(unit.execute(query).scalars())


def first_issued(unit: UnitOfWork, panel: str) -> datetime | None:
    """Return when something was first told of a panel."""
    query = sa.select(sa.func.min(OUTLOOK.c.issued)).where(OUTLOOK.c.panel == panel)
    found: datetime | None = unit.execute(query).scalar_one()
    return found


def insert_warning(unit: UnitOfWork, warning_id: str, cell: Cell, *, panel: str, number: int, rule: str) -> None:
    """Enter a warning; its steps follow."""
    values = {
        "warning_id": warning_id,
        "panel": panel,
        "number": number,
        "rule": rule,
        "region": cell.region,
        "industry": cell.industry,
        "occupation": cell.occupation,
    }
    unit.execute(sa.insert(WARNING), values)


def warnings(
    unit: UnitOfWork, *, panel: str | None = None, warning_ids: Collection[str] | None = None
) -> list[tuple[str, str, str, Cell]]:
    """Return id, panel, rule and cell of warnings in the order in which they were issued."""
    query = sa.select(WARNING).order_by(WARNING.c.panel, WARNING.c.number)
    if panel is not None:
        query = query.where(WARNING.c.panel == panel)
    if warning_ids is not None:
        query = query.where(WARNING.c.warning_id.in_(list(warning_ids)))
    return [
        (row.warning_id, row.panel, row.rule, Cell(row.region, row.industry, row.occupation))
        for row in unit.execute(query)
    ]


def is_warned_of(unit: UnitOfWork, region: str) -> bool:
    """Tell whether a warning was ever issued of a region."""
    query = sa.select(WARNING.c.warning_id).where(WARNING.c.region == region).limit(1)
    return unit.execute(query).first() is not None


def insert_step(unit: UnitOfWork, warning_id: str, number: int, record: str, digest: str) -> None:
    """Enter a step."""
    values = {"warning_id": warning_id, "number": number, "record": record, "digest": digest}
    unit.execute(sa.insert(STEP), values)


def steps(unit: UnitOfWork, *, panel: str | None = None, warning_id: str | None = None) -> list[tuple[str, str, str]]:
    """Return warning, record and digest of steps, those of a warning in their order."""
    query = sa.select(STEP.c.warning_id, STEP.c.record, STEP.c.digest).order_by(STEP.c.warning_id, STEP.c.number)
    if panel is not None:
        query = query.join(WARNING).where(WARNING.c.panel == panel)
    if warning_id is not None:
        query = query.where(STEP.c.warning_id == warning_id)
    return [(row.warning_id, row.record, row.digest) for row in unit.execute(query)]


def next_number(unit: UnitOfWork, panel: str) -> int:
    """Return the number of the next warning of a panel."""
    query = sa.select(sa.func.max(WARNING.c.number)).where(WARNING.c.panel == panel)
    return int(unit.execute(query).scalar_one() or 0) + 1
