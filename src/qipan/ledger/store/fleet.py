"""Tables of the ledger: the releases of every fleet, in the books."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from qipan.ledger.model.fleet import Fleet, FleetRelease
from qipan.storage.books import Moment, UnitOfWork, metadata

FLEET = sa.Table(
    "fleet",
    metadata,
    sa.Column("fleet_id", sa.String(64), primary_key=True),
    sa.Column("released", Moment, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

FLEET_NAME = sa.Table(
    "fleet_name",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("fleet_id", sa.String(64), nullable=False),
)
"""Names of meters and sources that a fleet has or ever had: readings told under a name stay that fleet's."""

_FLEET = TypeAdapter(Fleet)

_LATER_OF_SITE: Final = ("pue_by_month", "fixed_kw", "plants", "store")
_LATER: Final = ("areas",)
"""What fleets could not state at first: where it says nothing it is left out, so that older releases keep their SHA."""


def insert_release(unit: UnitOfWork, fleet: Fleet, released: datetime) -> FleetRelease:
    """Enter a release of a fleet, and the names it has for the first time."""
    document = document_of(fleet)
    release = FleetRelease(fleet, released, digest_of(fleet))
    unit.execute(
        sa.insert(FLEET).values(fleet_id=fleet.fleet_id, released=released, digest=release.digest, document=document)
    )
    names = {("meter", meter.meter_id) for site in fleet.sites for meter in site.meters}
    names |= {("source", source.source_id) for source in fleet.sources}
    fresh = sorted(names - holders(unit).keys())
    if fresh:
        rows = [{"kind": kind, "name": name, "fleet_id": fleet.fleet_id} for kind, name in fresh]
        unit.execute(sa.insert(FLEET_NAME), rows)
    return release


def holders(unit: UnitOfWork) -> dict[tuple[str, str], str]:
    """Return the fleet that each name belongs to, by ``"meter"`` or ``"source"`` and the name."""
    return {(row.kind, row.name): row.fleet_id for row in unit.execute(sa.select(FLEET_NAME))}


def newest_release(unit: UnitOfWork, fleet_id: str, as_of: datetime | None = None) -> FleetRelease | None:
    """Return the last release of a fleet, not later than ``as_of`` if that is given."""
    query = sa.select(FLEET).where(FLEET.c.fleet_id == fleet_id).order_by(FLEET.c.released.desc()).limit(1)
    if as_of is not None:
        query = query.where(FLEET.c.released <= as_of)
    row = unit.execute(query).one_or_none()
    return None if row is None else _release(row)


def newest_digests(unit: UnitOfWork, as_of: datetime | None = None) -> tuple[str, ...]:
    """Return the SHA-256 of the last release of every fleet, in the order of their names: cheap, as it reads none."""
    newest = sa.select(FLEET.c.fleet_id, sa.func.max(FLEET.c.released).label("released")).group_by(FLEET.c.fleet_id)
    if as_of is not None:
        newest = newest.where(FLEET.c.released <= as_of)
    last = newest.subquery()
    query = (
        sa.select(FLEET.c.digest)
        .join(last, (FLEET.c.fleet_id == last.c.fleet_id) & (FLEET.c.released == last.c.released))
        .order_by(FLEET.c.fleet_id)
    )
    return tuple(unit.execute(query).scalars())


def releases(unit: UnitOfWork, fleet_id: str) -> tuple[FleetRelease, ...]:
    """Return every release of a fleet, the oldest first."""
    query = sa.select(FLEET).where(FLEET.c.fleet_id == fleet_id).order_by(FLEET.c.released)
    return tuple(_release(row) for row in unit.execute(query))


def document_with(unit: UnitOfWork, digest: str) -> str | None:
    """Return the document of a release by its SHA-256."""
    query = sa.select(FLEET.c.document).where(FLEET.c.digest == digest).limit(1)
    return unit.execute(query).scalar_one_or_none()


def fleet_ids(unit: UnitOfWork, as_of: datetime | None = None) -> tuple[str, ...]:
    """Return the names of all fleets, sorted; only of those known at ``as_of`` if that is given."""
    query = sa.select(FLEET.c.fleet_id).distinct().order_by(FLEET.c.fleet_id)
    if as_of is not None:
        query = query.where(FLEET.c.released <= as_of)
    return tuple(unit.execute(query).scalars())


def digest_of(fleet: Fleet) -> str:
    """Return the SHA-256 of what a fleet says, in hexadecimal."""
    return sha256(document_of(fleet).encode()).hexdigest()


def _release(row: sa.Row[tuple[Any, ...]]) -> FleetRelease:
    return FleetRelease(fleet_of(row.document), row.released, row.digest)


def document_of(fleet: Fleet) -> str:
    """Return what a fleet says as one text, the same for equal fleets."""
    words = asdict(fleet)
    # JSON knows neither pairs as keys nor infinity.
    words["round_trip_ms"] = sorted([*pair, float(value)] for pair, value in fleet.round_trip_ms.items())
    for site in words["sites"]:
        site["power_cap_kw"] = None if math.isinf(site["power_cap_kw"]) else site["power_cap_kw"]
        _drop(site, _LATER_OF_SITE)
    for area in words["areas"]:
        area["limit_kw"] = None if math.isinf(area["limit_kw"]) else area["limit_kw"]
    _drop(words, _LATER)
    return json.dumps(
        words,
        default=datetime.isoformat,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        sort_keys=True,
    )


@lru_cache(maxsize=64)
def fleet_of(document: str) -> Fleet:
    """Return the fleet that a document of `document_of` says."""
    words = json.loads(document)
    words["round_trip_ms"] = {(origin_id, site_id): value for origin_id, site_id, value in words["round_trip_ms"]}
    for site in words["sites"]:
        site["power_cap_kw"] = math.inf if site["power_cap_kw"] is None else site["power_cap_kw"]
    for area in words.get("areas", []):
        area["limit_kw"] = math.inf if area["limit_kw"] is None else area["limit_kw"]
    return _FLEET.validate_python(words)


def _drop(words: dict[str, Any], names: tuple[str, ...]) -> None:
    """Leave out those of the names that say nothing."""
    for name in names:
        if not words[name]:
            del words[name]
