"""Extents and claims. That no two claims overlap is kept by the engine: by an exclusion constraint, or by a trigger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.store.posting import among
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

EXTENT = sa.Table(
    "claim_extent",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("extent_id", sa.String(64), nullable=False),
    sa.Column("asset_id", sa.String(64), sa.ForeignKey("asset.asset_id"), nullable=False),
    sa.Column("units", sa.BigInteger, nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("end", Moment, nullable=False),
    sa.UniqueConstraint("extent_id"),
    sqlite_autoincrement=True,
)

CLAIM = sa.Table(
    "claim",
    metadata,
    sa.Column("claim_id", sa.String(64), primary_key=True),
    sa.Column("extent_number", sa.BigInteger, sa.ForeignKey("claim_extent.number"), nullable=False),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("unit_start", sa.BigInteger, nullable=False),
    sa.Column("unit_end", sa.BigInteger, nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("end", Moment, nullable=False),
    sa.Column("is_final", sa.Boolean, nullable=False),
    sa.Column("released", Moment, nullable=True),
    sa.CheckConstraint('unit_start < unit_end and "start" < "end"', name="some"),
    sa.Index(None, "extent_number", "unit_start"),
    sa.Index(None, "holder", "purpose"),
)


def insert_extents(unit: UnitOfWork, extents: Sequence[Extent]) -> None:
    """Enter extents."""
    unit.execute(sa.insert(EXTENT), [asdict(one) for one in extents])


def extents(unit: UnitOfWork, names: Collection[str]) -> dict[str, tuple[int, Extent]]:
    """Return extents and their numbers in the books by id."""
    found = unit.execute(sa.select(EXTENT).where(among(unit, EXTENT.c.extent_id, names))).mappings()
    fields = ("extent_id", "asset_id", "units", "start", "end")
    return {row["extent_id"]: (row["number"], Extent(**{name: row[name] for name in fields})) for row in found}


def insert_claims(unit: UnitOfWork, claims: Sequence[Claim], numbers: dict[str, int]) -> None:
    """Enter claims; the engine refuses all of them if one overlaps with another that stands.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        From the engine; nothing was entered.
    """
    rows = [
        {
            "claim_id": one.claim_id,
            "extent_number": numbers[one.extent_id],
            "holder": one.holder,
            "purpose": one.purpose,
            "unit_start": one.unit_start,
            "unit_end": one.unit_end,
            "start": one.start,
            "end": one.end,
            "is_final": one.is_final,
            "released": None,
        }
        for one in claims
    ]
    with unit.connection.begin_nested():
        unit.execute(sa.insert(CLAIM), rows)


def claims(
    unit: UnitOfWork,
    *,
    names: Collection[str] | None = None,
    extent_ids: Collection[str] | None = None,
    holder: str | None = None,
    purposes: Collection[str] | None = None,
    standing_only: bool = False,
) -> dict[str, tuple[Claim, datetime | None]]:
    """Return claims by id, each with the moment of its release; of what is named, if anything is."""
    query = sa.select(CLAIM, EXTENT.c.extent_id).join(EXTENT).order_by(CLAIM.c.extent_number, CLAIM.c.unit_start)
    if names is not None:
        query = query.where(among(unit, CLAIM.c.claim_id, names))
    if extent_ids is not None:
        query = query.where(among(unit, EXTENT.c.extent_id, extent_ids))
    if holder is not None:
        query = query.where(CLAIM.c.holder == holder)
    if purposes is not None:
        query = query.where(CLAIM.c.purpose.in_(purposes))
    if standing_only:
        query = query.where(CLAIM.c.released.is_(None))
    fields = tuple(Claim.__dataclass_fields__)
    return {
        row["claim_id"]: (Claim(**{name: row[name] for name in fields}), row["released"])
        for row in unit.execute(query).mappings()
    }


def release(unit: UnitOfWork, claim_ids: Collection[str], now: datetime) -> None:
    """Release claims; the engine refuses that of a final one."""
    unit.execute(sa.update(CLAIM).where(among(unit, CLAIM.c.claim_id, claim_ids)).values(released=now))
