"""Readings: the account of batches and the disputes in the books, the accepted rows in the lake."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray

from qipan.kernel.time import Interval
from qipan.ledger.model.reading import NO_COUNTER, Dispute, Quality, Readings, Statement, Way
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

READINGS: Final = "reading"
DAY: Final = "day"
READINGS_SCHEMA: Final = pa.schema(
    [
        pa.field(DAY, pa.date32(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("meter_id", pa.string(), nullable=False),
        pa.field("period_start", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("period_end", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("released", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("received", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("value", pa.int64(), nullable=False),
        pa.field("counter", pa.int64()),
        pa.field("epoch", pa.int32(), nullable=False),
        pa.field("quality", pa.string(), nullable=False),
        pa.field("way", pa.string(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
    ]
)

BATCH = sa.Table(
    "reading_batch",
    metadata,
    sa.Column("sequence", sa.BigInteger, sa.ForeignKey("batch.sequence"), primary_key=True, autoincrement=False),
    sa.Column("source_id", sa.String(64), nullable=False),
    sa.Column("way", sa.String(20), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("released", Moment, nullable=False),
    sa.Column("received", Moment, nullable=False),
    sa.Column("told_from", Moment, nullable=True),
    sa.Column("told_until", Moment, nullable=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("accepted", sa.BigInteger, nullable=False),
    sa.Column("repeated", sa.BigInteger, nullable=False),
    sa.Column("disputed", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False),
    sa.Column("leaf", sa.BigInteger, nullable=False),
    sa.Column("kept", sa.LargeBinary, nullable=True),
    sa.Index(None, "source_id", "released"),
    sa.Index(None, "told_from", "told_until"),
    sa.Index(
        "uq_reading_batch_source_id_number",
        "source_id",
        "number",
        unique=True,
        sqlite_where=sa.text("number > 0"),
        postgresql_where=sa.text("number > 0"),
    ),
)

DISPUTE = sa.Table(
    "reading_dispute",
    metadata,
    sa.Column("dispute_id", Serial, primary_key=True, autoincrement=True),
    sa.Column("sequence", sa.BigInteger, sa.ForeignKey("reading_batch.sequence"), nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("held_sequence", sa.BigInteger, sa.ForeignKey("reading_batch.sequence"), nullable=False),
    sa.Column("source_id", sa.String(64), nullable=False),
    sa.Column("meter_id", sa.String(200), nullable=False),
    sa.Column("period_start", Moment, nullable=False),
    sa.Column("period_end", Moment, nullable=False),
    sa.Column("released", Moment, nullable=False),
    sa.Column("held_value", sa.BigInteger, nullable=False),
    sa.Column("refused_value", sa.BigInteger, nullable=False),
    sa.Column("raised", Moment, nullable=False),
    sa.Column("resolution", sa.String(20), nullable=False),
    sa.Column("resolved", Moment, nullable=True),
    sa.Column("note", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class BatchAccount:
    """What the books hold of a batch of readings.

    Attributes
    ----------
    told_from, told_until
        First and last moment of its accepted readings; ``None`` where none was accepted.
    kept
        One bit for each reading that could be read, whether it was accepted; ``None`` where all were.
    """

    sequence: int
    source_id: str
    way: Way
    number: int
    released: datetime
    received: datetime
    told_from: datetime | None
    told_until: datetime | None
    rows: int
    accepted: int
    repeated: int
    disputed: int
    quarantined: int
    leaf: int
    kept: bytes | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the batches of a source say of it; the defaults, of one that sent none.

    Attributes
    ----------
    missing
        Numbers below its highest that no batch has; ``missing_number`` is the lowest of them.
    """

    received: datetime | None = None
    told_until: datetime | None = None
    missing: int = 0
    missing_number: int | None = None


def insert_batch(unit: UnitOfWork, batch: BatchAccount) -> None:
    """Enter a batch of readings."""
    unit.execute(sa.insert(BATCH).values(asdict(batch)))


def batches(
    unit: UnitOfWork,
    *,
    sequence: int | None = None,
    source_id: str | None = None,
    number: int | None = None,
    released: datetime | None = None,
    after: int = 0,
    limit: int | None = None,
    source_ids: Collection[str] | None = None,
) -> tuple[BatchAccount, ...]:
    """Return batches in the order of their sequence, of all those that are as asked for."""
    wanted = {"sequence": sequence, "source_id": source_id, "number": number, "released": released}
    query = sa.select(BATCH).where(BATCH.c.sequence > after).order_by(BATCH.c.sequence).limit(limit)
    for column, value in wanted.items():
        if value is not None:
            query = query.where(BATCH.c[column] == value)
    if source_ids is not None:
        query = query.where(BATCH.c.source_id.in_(source_ids))
    return tuple(_account(row) for row in unit.execute(query).mappings())


def newest(unit: UnitOfWork) -> int:
    """Return the sequence of the newest batch of readings, 0 for none."""
    return int(unit.execute(sa.select(sa.func.coalesce(sa.func.max(BATCH.c.sequence), 0))).scalar_one())


def concerning(unit: UnitOfWork, interval: Interval, *, after: int) -> tuple[BatchAccount, ...]:
    """Return the batches behind a sequence that tell something of an interval."""
    query = sa.select(BATCH).where(
        BATCH.c.sequence > after, BATCH.c.told_from < interval.end, BATCH.c.told_until > interval.start
    )
    return tuple(_account(row) for row in unit.execute(query.order_by(BATCH.c.sequence)).mappings())


def heard(unit: UnitOfWork) -> dict[str, Heard]:
    """Return of each source that was heard when it was last, until when it has told, and which batches never came."""
    numbered = sa.case((BATCH.c.number > 0, BATCH.c.number))
    query = sa.select(
        BATCH.c.source_id,
        sa.func.max(BATCH.c.received).label("received"),
        sa.func.max(BATCH.c.told_until).label("told_until"),
        (sa.func.coalesce(sa.func.max(numbered), 0) - sa.func.count(numbered)).label("missing"),
    ).group_by(BATCH.c.source_id)
    return {
        row.source_id: Heard(
            row.received, row.told_until, row.missing, _first_missing(unit, row.source_id) if row.missing else None
        )
        for row in unit.execute(query)
    }


def _first_missing(unit: UnitOfWork, source_id: str) -> int:
    """Return the lowest number from 1 that no batch of a source has."""
    later = BATCH.alias()
    has_next = sa.exists().where(later.c.source_id == source_id, later.c.number == BATCH.c.number + 1)
    of_source = (BATCH.c.source_id == source_id, BATCH.c.number > 0)
    has_first = unit.execute(sa.select(BATCH.c.sequence).where(*of_source, BATCH.c.number == 1)).first()
    if has_first is None:
        return 1
    return int(unit.execute(sa.select(sa.func.min(BATCH.c.number) + 1).where(*of_source, ~has_next)).scalar_one())


def insert_disputes(unit: UnitOfWork, disputes: Sequence[Dispute]) -> None:
    """Enter disputes; the engine numbers them."""
    if disputes:
        unit.execute(sa.insert(DISPUTE), [_dispute_row(dispute) for dispute in disputes])


def disputes(
    unit: UnitOfWork,
    *,
    dispute_id: int | None = None,
    source_id: str | None = None,
    source_ids: Collection[str] | None = None,
    open_only: bool = False,
    limit: int | None = None,
) -> tuple[Dispute, ...]:
    """Return disputes, the newest first."""
    query = sa.select(DISPUTE).order_by(DISPUTE.c.dispute_id.desc()).limit(limit)
    if dispute_id is not None:
        query = query.where(DISPUTE.c.dispute_id == dispute_id)
    if source_id is not None:
        query = query.where(DISPUTE.c.source_id == source_id)
    if source_ids is not None:
        query = query.where(DISPUTE.c.source_id.in_(source_ids))
    if open_only:
        query = query.where(DISPUTE.c.resolution == "")
    return tuple(_dispute(row) for row in unit.execute(query).mappings())


def resolve(unit: UnitOfWork, dispute_id: int, *, resolution: str, note: str, resolved: datetime) -> None:
    """Write down how a dispute was resolved."""
    values = {"resolution": resolution, "note": note, "resolved": resolved}
    unit.execute(sa.update(DISPUTE).where(DISPUTE.c.dispute_id == dispute_id).values(values))


def pack(kept: NDArray[np.bool_]) -> bytes | None:
    """Return truths as bits, ``None`` where all are true."""
    return None if kept.all() else np.packbits(kept).tobytes()


def unpack(bits: bytes | None, count: int) -> NDArray[np.bool_]:
    """Return the truths that `pack` has made bits of, ``(readings,)``."""
    if bits is None:
        return np.ones(count, dtype=np.bool_)
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=count).astype(np.bool_)


def rows_of(readings: Readings, statement: Statement, *, received: datetime, sequence: int) -> pa.Table:
    """Lay accepted readings of one batch out as rows of the lake."""
    count = len(readings)
    moments = pa.timestamp("us", tz="UTC")
    start = pa.array(readings.start_us).cast(moments)
    qualities = pa.array([str(quality) for quality in Quality])
    columns = {
        DAY: start.cast(pa.timestamp("us")).cast(pa.date32(), safe=False),
        "source_id": _constant(statement.source_id, pa.string(), count),
        "meter_id": pc.take(pa.array(readings.meter_ids, pa.string()), pa.array(readings.meter)),
        "period_start": start,
        "period_end": pa.array(readings.end_us).cast(moments),
        "released": _constant(statement.released, moments, count),
        "received": _constant(received, moments, count),
        "value": pa.array(readings.value),
        "counter": pa.array(readings.counter, mask=readings.counter == NO_COUNTER),
        "epoch": pa.array(readings.epoch),
        "quality": pc.take(qualities, pa.array(readings.quality)),
        "way": _constant(str(statement.way), pa.string(), count),
        "sequence": _constant(sequence, pa.int64(), count),
    }
    return pa.table(columns, schema=READINGS_SCHEMA)


def _constant(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def _account(row: sa.RowMapping) -> BatchAccount:
    return BatchAccount(**dict(row) | {"way": Way(row["way"])})


def _dispute_row(dispute: Dispute) -> dict[str, Any]:
    words = {name: getattr(dispute, name) for name in Dispute.__dataclass_fields__}
    period = words.pop("period")
    del words["dispute_id"]
    return words | {"period_start": period.start, "period_end": period.end}


def _dispute(row: sa.RowMapping) -> Dispute:
    words = dict(row)
    period = Interval(words.pop("period_start"), words.pop("period_end"))
    return Dispute(**words, period=period)
