"""Tables of the observations: batches, series and quarantine in the books, releases in the lake."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime

import ibis
import pyarrow as pa
import sqlalchemy as sa

from qipan.kernel.errors import Finding
from qipan.kernel.time import Interval, in_utc
from qipan.observations.model import Observation, Receipt, Series
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

BATCH = sa.Table(
    "batch",
    metadata,
    sa.Column("sequence", Serial, primary_key=True, autoincrement=True),
    sa.Column("previous", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(50), nullable=False),
    sa.Column("received", Moment, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("source", "digest"),
    sa.Index(None, "kind", "source", "sequence"),
    sqlite_autoincrement=True,
)

SERIES = sa.Table(
    "series",
    metadata,
    sa.Column("series_id", sa.String(200), primary_key=True),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("name_zh", sa.String(200), nullable=False),
    sa.Column("unit", sa.String(50), nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
)

QUARANTINE = sa.Table(
    "quarantine",
    metadata,
    sa.Column("sequence", sa.BigInteger, sa.ForeignKey("batch.sequence"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("column", sa.String(200), nullable=False),
    sa.Column("rule", sa.String(100), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
)

RELEASES = "observations"
RELEASES_SCHEMA = pa.schema(
    [
        pa.field("series_id", pa.string(), nullable=False),
        pa.field("period_start", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("period_end", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("released", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
    ]
)
NAMED_MAX = 1000
"""How many series are asked for by name in one statement."""

_KEY = ["series_id", "period_start", "period_end"]


def insert_batch(unit: UnitOfWork, receipt: Receipt) -> int:
    """Enter a batch and return the sequence it was given."""
    values = asdict(receipt)
    del values["sequence"], values["is_new"]
    return int(unit.execute(sa.insert(BATCH).values(values).returning(BATCH.c.sequence)).scalar_one())


def batch_of(unit: UnitOfWork, *, source: str, digest: str) -> Receipt | None:
    """Return the receipt of these bytes from this source, if they came before."""
    rows = unit.execute(sa.select(BATCH).where(BATCH.c.source == source, BATCH.c.digest == digest))
    row = rows.mappings().one_or_none()
    return None if row is None else _receipt(row)


def newest_sequence(unit: UnitOfWork, *, source: str, kind: str) -> int:
    """Return the sequence of the newest batch of a source and kind, 0 for none."""
    newest = sa.select(sa.func.max(BATCH.c.sequence)).where(BATCH.c.source == source, BATCH.c.kind == kind)
    return int(unit.execute(newest).scalar_one() or 0)


def batches(
    unit: UnitOfWork, *, kind: str | None, source: str | None = None, after: int = 0, limit: int | None = None
) -> tuple[Receipt, ...]:
    """Return receipts in the order of their sequence, from the one behind ``after``."""
    query = sa.select(BATCH).where(BATCH.c.sequence > after).order_by(BATCH.c.sequence).limit(limit)
    if kind is not None:
        query = query.where(BATCH.c.kind == kind)
    if source is not None:
        query = query.where(BATCH.c.source == source)
    return tuple(_receipt(row) for row in unit.execute(query).mappings())


def sources(unit: UnitOfWork, *, kind: str) -> tuple[str, ...]:
    """Return the sources that sent batches of a kind."""
    query = sa.select(BATCH.c.source).distinct().where(BATCH.c.kind == kind).order_by(BATCH.c.source)
    return tuple(unit.execute(query).scalars())


def insert_findings(unit: UnitOfWork, sequence: int, findings: Sequence[Finding]) -> None:
    """Put what was wrong with a batch into quarantine."""
    if findings:
        rows = [
            {"sequence": sequence, "number": number, **asdict(finding)}
            for number, finding in enumerate(findings, start=1)
        ]
        unit.execute(sa.insert(QUARANTINE), rows)


def findings_of(unit: UnitOfWork, sequence: int, *, offset: int, limit: int | None) -> tuple[Finding, ...]:
    """Return the quarantine of a batch in the order it was found."""
    columns = [QUARANTINE.c[field.name] for field in fields(Finding)]
    query = sa.select(*columns).where(QUARANTINE.c.sequence == sequence)
    rows = unit.execute(query.order_by(QUARANTINE.c.number).offset(offset).limit(limit))
    return tuple(Finding(**row) for row in rows.mappings())


def insert_series(unit: UnitOfWork, series: Sequence[Series]) -> None:
    """Enter new series."""
    if series:
        unit.execute(sa.insert(SERIES), [asdict(one) for one in series])


def series_of(unit: UnitOfWork, series_ids: Collection[str] | None) -> tuple[Series, ...]:
    """Return the series of these names, or all, in the order of their names."""
    query = sa.select(SERIES).order_by(SERIES.c.series_id)
    # Engines limit how many values one statement may carry; beyond this, reading all is as quick.
    if series_ids is not None and len(series_ids) <= NAMED_MAX:
        query = query.where(SERIES.c.series_id.in_(series_ids))
    wanted = None if series_ids is None else frozenset(series_ids)
    found = (Series(**row) for row in unit.execute(query).mappings())
    return tuple(one for one in found if wanted is None or one.series_id in wanted)


def releases_table(observations: Sequence[Observation], sequence: int) -> pa.Table:
    """Lay observations of one batch out as rows of the lake."""
    columns = {
        "series_id": [one.series_id for one in observations],
        "period_start": [one.period.start for one in observations],
        "period_end": [one.period.end for one in observations],
        "released": [one.released for one in observations],
        "value": [one.value for one in observations],
        "sequence": [sequence] * len(observations),
    }
    return pa.table(columns, schema=RELEASES_SCHEMA)


def latest(releases: ibis.Table, series_ids: Collection[str], moment: datetime) -> ibis.Table:
    """Return for each series and period the last release at or before a moment; of equals, the later batch.

    Only periods that were released more than once are ranked: ranking all of them costs several times as much.
    """
    known = releases.filter(releases.series_id.isin(sorted(series_ids)), releases.released <= in_utc(moment))
    counted = known.group_by(_KEY).aggregate(releases_count=known.count())
    corrected = counted.filter(counted.releases_count > 1).select(_KEY)
    candidates = known.semi_join(corrected, _KEY)
    order = [candidates.released.desc(), candidates.sequence.desc()]
    ranked = candidates.mutate(rank=ibis.row_number().over(group_by=_KEY, order_by=order))
    newest = ranked.filter(ranked["rank"] == 0).drop("rank")
    return known.anti_join(corrected, _KEY).union(newest).order_by(_KEY)


def observations_of(rows: pa.Table) -> tuple[Observation, ...]:
    """Read rows of the lake as observations."""
    return tuple(
        Observation(row["series_id"], Interval(row["period_start"], row["period_end"]), row["released"], row["value"])
        for row in rows.to_pylist()
    )


def _receipt(row: sa.RowMapping) -> Receipt:
    return Receipt(**row, is_new=False)
