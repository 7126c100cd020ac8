"""Devices, issuances, rows of use and requests; who holds what stands in the claims of accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from qipan.certificates.model.certificate import Issuance, Usage
from qipan.certificates.model.device import Device, Source
from qipan.certificates.model.request import Entered
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

CHUNK = 10_000
"""Ids that one query asks for at most."""

DEVICE = sa.Table(
    "certificate_device",
    metadata,
    sa.Column("device_id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.String(20), nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("adcode", sa.String(6), nullable=False),
    sa.Column("capacity_w", sa.BigInteger, nullable=False),
    sa.Column("commissioned", Moment, nullable=False),
    sa.Column("is_self_used", sa.Boolean, nullable=False),
)

ISSUANCE = sa.Table(
    "certificate_issuance",
    metadata,
    sa.Column("issuance_id", sa.String(50), primary_key=True),
    sa.Column("device_id", sa.String(40), sa.ForeignKey("certificate_device.device_id"), nullable=False),
    sa.Column("start", Moment, nullable=False, index=True),
    sa.Column("end", Moment, nullable=False),
    sa.Column("wh", sa.BigInteger, nullable=False),
    sa.Column("evidence", sa.String(200), nullable=False),
    sa.CheckConstraint('wh > 0 and "start" < "end"', name="some"),
    sa.Index(None, "device_id", "start"),
)

USAGE = sa.Table(
    "certificate_usage",
    metadata,
    sa.Column("usage_id", sa.String(40), primary_key=True),
    sa.Column("consumer", sa.String(20), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("end", Moment, nullable=False),
    sa.Column("wh", sa.BigInteger, nullable=False),
    sa.CheckConstraint('wh > 0 and "start" < "end"', name="some"),
    sa.Index(None, "consumer", "start"),
)

REQUEST = sa.Table(
    "certificate_request",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("request_id", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("wh", sa.BigInteger, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("request_id"),
    sqlite_autoincrement=True,
)


def insert_device(unit: UnitOfWork, device: Device) -> None:
    """Enter a device."""
    unit.execute(sa.insert(DEVICE).values({**asdict(device), "source": device.source.value}))


def devices(unit: UnitOfWork, names: Collection[str] | None = None) -> dict[str, Device]:
    """Return devices by id; those that are named, if any are."""
    query = sa.select(DEVICE).order_by(DEVICE.c.device_id)
    if names is not None:
        query = query.where(DEVICE.c.device_id.in_(names))
    return {
        row["device_id"]: Device(**{**row, "source": Source(row["source"])}) for row in unit.execute(query).mappings()
    }


def insert_issuances(unit: UnitOfWork, issuances: Sequence[Issuance]) -> None:
    """Enter issuances."""
    unit.execute(sa.insert(ISSUANCE), [asdict(one) for one in issuances])


def issuances(
    unit: UnitOfWork,
    names: Collection[str] | None = None,
    *,
    device_id: str | None = None,
    request_id: str | None = None,
    before: datetime | None = None,
) -> dict[str, Issuance]:
    """Return issuances by id in the order of their time; of what is named, if anything is.

    Parameters
    ----------
    request_id
        Only what this request has issued.
    before
        Only of what was made before.
    """
    query = sa.select(ISSUANCE).order_by(ISSUANCE.c.start, ISSUANCE.c.issuance_id)
    if device_id is not None:
        query = query.where(ISSUANCE.c.device_id == device_id)
    if request_id is not None:
        query = query.where(ISSUANCE.c.issuance_id.startswith(f"{request_id}/", autoescape=True))
    if before is not None:
        query = query.where(ISSUANCE.c.start < before)
    if names is None:
        return {row["issuance_id"]: Issuance(**row) for row in unit.execute(query).mappings()}
    told = sorted(names)
    chunks = (told[first : first + CHUNK] for first in range(0, len(told), CHUNK))
    found = [row for some in chunks for row in unit.execute(query.where(ISSUANCE.c.issuance_id.in_(some))).mappings()]
    return {row["issuance_id"]: Issuance(**row) for row in found}


def insert_usages(unit: UnitOfWork, usages: Sequence[Usage]) -> None:
    """Enter rows of use."""
    unit.execute(sa.insert(USAGE), [asdict(one) for one in usages])


def usages(
    unit: UnitOfWork,
    names: Collection[str] | None = None,
    *,
    consumer: str | None = None,
    span: tuple[datetime, datetime] | None = None,
) -> dict[str, Usage]:
    """Return rows of use by id in the order of their time; of what is named, if anything is.

    Parameters
    ----------
    span
        Only those that begin in ``[start, end)``.
    """
    query = sa.select(USAGE).order_by(USAGE.c.start, USAGE.c.usage_id)
    if consumer is not None:
        query = query.where(USAGE.c.consumer == consumer)
    if span is not None:
        query = query.where(USAGE.c.start >= span[0], USAGE.c.start < span[1])
    if names is None:
        return {row["usage_id"]: Usage(**row) for row in unit.execute(query).mappings()}
    told = sorted(names)
    chunks = (told[first : first + CHUNK] for first in range(0, len(told), CHUNK))
    found = [row for some in chunks for row in unit.execute(query.where(USAGE.c.usage_id.in_(some))).mappings()]
    return {row["usage_id"]: Usage(**row) for row in found}


def insert_request(unit: UnitOfWork, entered: Entered) -> None:
    """Enter a request."""
    unit.execute(sa.insert(REQUEST).values(asdict(entered)))


def requests(
    unit: UnitOfWork, names: Collection[str] | None = None, *, kinds: Collection[str] | None = None
) -> dict[str, Entered]:
    """Return requests by id in their order; those that are named or of kinds, if any are."""
    named = [REQUEST.c[name] for name in Entered.__dataclass_fields__]
    query = sa.select(*named).order_by(REQUEST.c.number)
    if names is not None:
        query = query.where(REQUEST.c.request_id.in_(names))
    if kinds is not None:
        query = query.where(REQUEST.c.kind.in_(kinds))
    return {row["request_id"]: Entered(**row) for row in unit.execute(query).mappings()}
