"""Cards certified at sites, words on supply, allocations with their reservations, and delivered books.

Rows are never changed, the engines refuse it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from qipan.market.model.delivery import Allocation, Reserved, SiteStep, Supply
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

SITE = sa.Table(
    "market_site",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), nullable=False),
    sa.Column("site_id", sa.String(40), nullable=False),
    sa.Column("card_class", sa.String(40), nullable=False),
    sa.Column("hub_id", sa.String(40), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("cards", sa.BigInteger, nullable=False),
    sa.Column("derating_percent", sa.BigInteger, nullable=False),
    sa.Column("certificate", sa.String(200), nullable=False),
    sa.Index(None, "member", "site_id"),
    sqlite_autoincrement=True,
)

SUPPLY = sa.Table(
    "market_supply",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("supply_id", sa.String(40), nullable=False),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), nullable=False),
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), nullable=False),
    sa.Column("site_id", sa.String(40), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("end", Moment, nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=True),
    sa.Column("at_spot", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("at", Moment, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.UniqueConstraint("supply_id"),
    sa.Index(None, "instrument"),
    sa.Index(None, "member"),
    sqlite_autoincrement=True,
)

ALLOCATION = sa.Table(
    "market_allocation",
    metadata,
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("last_trade", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("number"),
)

RESERVATION = sa.Table(
    "market_reservation",
    metadata,
    sa.Column("reservation_id", sa.String(40), primary_key=True),
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_allocation.instrument"), nullable=False),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), nullable=False),
    sa.Column("site_id", sa.String(40), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("end", Moment, nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
    sa.Index(None, "instrument"),
    sa.Index(None, "start"),
)

DELIVERY = sa.Table(
    "market_delivery",
    metadata,
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_allocation.instrument"), primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

_SUPPLY: Final = tuple(Supply.__dataclass_fields__)


def insert_site(unit: UnitOfWork, step: SiteStep) -> None:
    """Enter a step of what is certified at a site."""
    unit.execute(sa.insert(SITE).values(asdict(step)))


def sites(unit: UnitOfWork, member: str, card_class: str, hub_id: str) -> dict[str, list[SiteStep]]:
    """Return the steps of what a member certified at each of its sites at a hub, as they were entered."""
    named = [SITE.c[name] for name in SiteStep.__dataclass_fields__]
    query = sa.select(*named).where(SITE.c.member == member, SITE.c.card_class == card_class, SITE.c.hub_id == hub_id)
    found: dict[str, list[SiteStep]] = {}
    for row in unit.execute(query.order_by(SITE.c.number)).mappings():
        found.setdefault(row["site_id"], []).append(SiteStep(**row))
    return found


def certified_sites(unit: UnitOfWork, member: str | None = None) -> tuple[SiteStep, ...]:
    """Return the steps at all sites, of a member if one is named, as they were entered."""
    query = sa.select(*[SITE.c[name] for name in SiteStep.__dataclass_fields__]).order_by(SITE.c.number)
    if member is not None:
        query = query.where(SITE.c.member == member)
    return tuple(SiteStep(**row) for row in unit.execute(query).mappings())


def insert_supply(unit: UnitOfWork, supply: Supply, *, at: datetime, signature: str) -> None:
    """Enter a word on supply."""
    unit.execute(sa.insert(SUPPLY).values({**asdict(supply), "at": at, "signature": signature}))


def supply(unit: UnitOfWork, supply_id: str) -> Supply | None:
    """Return the word that stands under an id."""
    row = unit.execute(_supplies().where(SUPPLY.c.supply_id == supply_id)).mappings().one_or_none()
    return None if row is None else Supply(**row)


def supplies(
    unit: UnitOfWork,
    *,
    instrument: str | None = None,
    member: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[Supply, ...]:
    """Return words in their order: on a book, of a member, that hold at some time from start to end, where named."""
    query = _supplies().order_by(SUPPLY.c.number)
    if instrument is not None:
        query = query.where(SUPPLY.c.instrument == instrument)
    if member is not None:
        query = query.where(SUPPLY.c.member == member)
    if start is not None:
        query = query.where(SUPPLY.c.end > start)
    if end is not None:
        query = query.where(SUPPLY.c.start < end)
    return tuple(Supply(**row) for row in unit.execute(query).mappings())


def signed_supplies(unit: UnitOfWork) -> list[tuple[Supply, str]]:
    """Return all words in their order, with their signatures."""
    query = sa.select(*[SUPPLY.c[name] for name in _SUPPLY], SUPPLY.c.signature).order_by(SUPPLY.c.number)
    rows = (dict(row) for row in unit.execute(query).mappings())
    return [(Supply(**{name: row[name] for name in _SUPPLY}), row["signature"]) for row in rows]


def insert_allocation(unit: UnitOfWork, allocation: Allocation, reserved: tuple[Reserved, ...], now: datetime) -> None:
    """Enter how the positions of a book are served, once."""
    unit.execute(sa.insert(ALLOCATION).values({**asdict(allocation), "at": now}))
    if reserved:
        unit.execute(sa.insert(RESERVATION), [asdict(one) for one in reserved])


def allocations(unit: UnitOfWork, instruments: Collection[str] | None = None) -> dict[str, Allocation]:
    """Return the allocations by instrument, in their order; those that are named, if any are."""
    named = [ALLOCATION.c[name] for name in Allocation.__dataclass_fields__]
    query = sa.select(*named).order_by(ALLOCATION.c.number)
    if instruments is not None:
        query = query.where(ALLOCATION.c.instrument.in_(instruments))
    return {row["instrument"]: Allocation(**row) for row in unit.execute(query).mappings()}


def allocated_at(unit: UnitOfWork, instrument: str) -> datetime | None:
    """Return when a book was allocated; ``None`` before."""
    return unit.execute(sa.select(ALLOCATION.c.at).where(ALLOCATION.c.instrument == instrument)).scalar_one_or_none()


def newest_allocation(unit: UnitOfWork) -> int:
    """Return the number of the newest allocation; 0 before the first."""
    return int(unit.execute(sa.select(sa.func.coalesce(sa.func.max(ALLOCATION.c.number), 0))).scalar_one())


def reserved(
    unit: UnitOfWork, *, instrument: str | None = None, start: datetime | None = None, end: datetime | None = None
) -> tuple[Reserved, ...]:
    """Return reservations by their start and id; those of a book, or that hold at some time from start to end."""
    query = sa.select(RESERVATION).order_by(RESERVATION.c.start, RESERVATION.c.reservation_id)
    if instrument is not None:
        query = query.where(RESERVATION.c.instrument == instrument)
    if start is not None:
        query = query.where(RESERVATION.c.end > start)
    if end is not None:
        query = query.where(RESERVATION.c.start < end)
    return tuple(Reserved(**row) for row in unit.execute(query).mappings())


def insert_delivery(unit: UnitOfWork, instrument: str, record: str, now: datetime) -> None:
    """Enter what was told of a book that is over, once."""
    unit.execute(sa.insert(DELIVERY).values(instrument=instrument, record=record, at=now))


def deliveries(unit: UnitOfWork, instrument: str | None = None) -> dict[str, str]:
    """Return the records of books that are over, by instrument; of one if it is named."""
    query = sa.select(DELIVERY.c.instrument, DELIVERY.c.record).order_by(DELIVERY.c.instrument)
    if instrument is not None:
        query = query.where(DELIVERY.c.instrument == instrument)
    return {row.instrument: row.record for row in unit.execute(query)}


def _supplies() -> sa.Select[Any]:
    return sa.select(*[SUPPLY.c[name] for name in _SUPPLY])
