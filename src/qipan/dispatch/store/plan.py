"""Tables of dispatch: plans of a day in the books, the placement of every job in the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import ibis
import pyarrow as pa
import sqlalchemy as sa

from qipan.storage.books import Moment, Serial, UnitOfWork, metadata
from qipan.storage.lake import Lake

DAY_PLAN = sa.Table(
    "day_plan",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("plan_id", sa.String(50), nullable=False, unique=True),
    sa.Column("fleet_id", sa.String(200), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("jobs_sequence", sa.BigInteger, sa.ForeignKey("batch.sequence"), nullable=False),
    sa.Column("placement_sequence", sa.BigInteger, sa.ForeignKey("batch.sequence"), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "day"),
    sqlite_autoincrement=True,
)

PLACEMENT = "placement"
_TIME = pa.timestamp("us", tz="UTC")
PLACEMENT_SCHEMA = pa.schema(
    [
        pa.field("plan_id", pa.string(), nullable=False),
        pa.field("job_id", pa.string(), nullable=False),
        pa.field("submit", _TIME, nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("quantity", pa.float64(), nullable=False),
        pa.field("requested_h", pa.float64(), nullable=False),
        pa.field("origin_id", pa.string(), nullable=False),
        pa.field("site_id", pa.string()),
        pa.field("start", _TIME),
        pa.field("wait_h", pa.float64()),
        pa.field("round_trip_ms", pa.float64()),
        pa.field("cost_fen", pa.float64()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("why_en", pa.string(), nullable=False),
        pa.field("why_zh", pa.string(), nullable=False),
        pa.field("assumed", pa.string(), nullable=False),
        pa.field("workload", pa.string()),
        pa.field("data_class", pa.string()),
        pa.field("card_model", pa.string()),
        pa.field("data_gb", pa.float64()),
        pa.field("planned_h", pa.float64()),
        pa.field("latest_h", pa.float64()),
        pa.field("placed_model", pa.string()),
        pa.field("may_split", pa.bool_()),
        pa.field("stretches", pa.string()),
        pa.field("placed_kind", pa.string()),
        pa.field("held_units", pa.float64()),
    ]
)
_OF_SUBSTITUTES = ("placed_kind", "held_units")
"""Columns that only placements with substitutes have: without, a batch is the same as ever, and so is its digest."""
SORT_KEYS = {
    "job_id": "job_id",
    "submit": "submit",
    "tier": "tier_rank",
    "quantity": "quantity",
    "requested_h": "requested_h",
    "origin": "origin_id",
    "site": "site_id",
    "start": "start",
    "wait_h": "wait_h",
    "round_trip_ms": "round_trip_ms",
    "cost_fen": "cost_fen",
    "status": "status",
}
_TIERS = ("realtime", "interactive", "batch", "offline")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which placements to show; an empty word lets everything pass.

    ``text`` is looked for in the job's name and its reasons, and every origin and site of ``places`` matches too.
    """

    text: str = ""
    places: tuple[str, ...] = ()
    status: str = ""
    tier: str = ""
    site_id: str = ""


def next_number(unit: UnitOfWork) -> int:
    """Return the number of the next plan; the caller's unit of work holds it until its end."""
    unit.lock("dispatch.day_plan")
    return int(unit.execute(sa.select(sa.func.coalesce(sa.func.max(DAY_PLAN.c.number), 0))).scalar_one()) + 1


def insert_plan(
    unit: UnitOfWork,
    *,
    plan_id: str,
    fleet_id: str,
    day: date,
    created: datetime,
    jobs_sequence: int,
    placement_sequence: int,
    document: Mapping[str, Any],
) -> None:
    """Keep the report of a plan."""
    unit.execute(
        sa.insert(DAY_PLAN).values(
            plan_id=plan_id,
            fleet_id=fleet_id,
            day=day,
            created=created,
            jobs_sequence=jobs_sequence,
            placement_sequence=placement_sequence,
            document=json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False),
        )
    )


def documents(unit: UnitOfWork, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the reports of all plans, the newest first."""
    query = sa.select(DAY_PLAN.c.document).order_by(DAY_PLAN.c.number.desc()).limit(limit)
    return [json.loads(document) for document in unit.execute(query).scalars()]


def document(unit: UnitOfWork, plan_id: str) -> dict[str, Any] | None:
    """Return the report of one plan, None when there is no such plan."""
    found = unit.execute(sa.select(DAY_PLAN.c.document).where(DAY_PLAN.c.plan_id == plan_id)).scalar_one_or_none()
    return None if found is None else dict(json.loads(found))


def placements(
    lake: Lake, plan_id: str, *, only: Filter, sort: str, descending: bool, offset: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """Return one page of the placements of a plan, and how many pass the filter in all.

    Ties are broken by the job's name, so that pages never overlap.
    """
    table = lake.table(PLACEMENT)
    chosen = table.filter(table.plan_id == plan_id)
    if only.text:
        said = (chosen.job_id + " " + chosen.why_en + " " + chosen.why_zh).lower()
        chosen = chosen.filter(
            said.contains(only.text.lower())
            | chosen.origin_id.isin(only.places)
            | chosen.site_id.fill_null("").isin(only.places)
        )
    for column, value in (("status", only.status), ("tier", only.tier), ("site_id", only.site_id)):
        if value:
            chosen = chosen.filter(chosen[column] == value)
    chosen = chosen.mutate(tier_rank=_tier_rank(chosen.tier))
    total = int(chosen.count().to_pyarrow().as_py())
    key = chosen[SORT_KEYS[sort]]
    ties = [] if sort == "job_id" else [chosen.job_id.asc()]
    ordered = chosen.order_by([key.desc() if descending else key.asc(), *ties])
    page = ordered.drop("tier_rank", "plan_id").limit(limit, offset=offset).to_pyarrow().to_pylist()
    return [_plain(row) for row in page], total


def placement(lake: Lake, plan_id: str, job_id: str) -> dict[str, Any] | None:
    """Return the placement of one job of a plan, None when there is no such job."""
    table = lake.table(PLACEMENT)
    rows = table.filter((table.plan_id == plan_id) & (table.job_id == job_id)).limit(1).to_pyarrow().to_pylist()
    return _plain(rows[0]) if rows else None


class Place(NamedTuple):
    """Where and when a job runs; ``stretches`` are none where it runs through from its start.

    ``on_substitute`` tells whether it runs on another kind or model than it asks for.
    """

    job_id: str
    site_id: str
    start: datetime
    stretches: tuple[tuple[datetime, datetime], ...]
    on_substitute: bool = False


def places(lake: Lake, plan_id: str) -> list[Place]:
    """Return the place of every job that a plan placed in its day, by start and job."""
    table = lake.table(PLACEMENT)
    chosen = table.filter(table.plan_id == plan_id, table.status == "placed")
    ordered = chosen.order_by([chosen.start.asc(), chosen.job_id.asc()]).to_pyarrow().to_pylist()
    return [
        Place(
            row["job_id"],
            row["site_id"],
            row["start"].astimezone(UTC),
            tuple(_stretches(row)) if row.get("stretches") else (),
            on_substitute=_is_on_substitute(row),
        )
        for row in ordered
    ]


def _is_on_substitute(row: Mapping[str, Any]) -> bool:
    kind, model = row.get("placed_kind"), row.get("placed_model")
    return bool(kind) and (kind != row["kind"] or ("" not in (model, row["card_model"]) and model != row["card_model"]))


def _tier_rank(tier: ibis.expr.types.StringValue) -> ibis.expr.types.IntegerValue:
    return tier.cases(*((name, rank) for rank, name in enumerate(_TIERS)), else_=len(_TIERS))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    row["stretches"] = [{"start": _iso(start), "end": _iso(end)} for start, end in _stretches(row)]
    for name in ("submit", "start"):
        row[name] = None if row[name] is None else _iso(row[name])
    row["assumed"] = row["assumed"].split(",") if row["assumed"] else []
    row["on_substitute"] = _is_on_substitute(row)
    return row


def _stretches(row: Mapping[str, Any]) -> list[tuple[datetime, datetime]]:
    """Return when a job runs, in one stretch or several; none without a place.

    Several are kept as hours after the horizon's start, and the first of them begins at the job's start. Plans that are
    too old to have kept the planned hours say those that were asked for.
    """
    start = row["start"]
    if start is None:
        return []
    hours = row.get("planned_h") or row["requested_h"]
    kept = json.loads(row["stretches"]) if row.get("stretches") else [[0.0, hours]]
    begins = [start + timedelta(hours=first_h - kept[0][0]) for first_h, _ in kept]
    return [(begin, begin + timedelta(hours=hours)) for begin, (_, hours) in zip(begins, kept, strict=True)]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def widened(batch: pa.Table) -> pa.Table:
    """Return a batch of placements with the columns that it is too old to have, empty."""
    for column in PLACEMENT_SCHEMA:
        if column.nullable and column.name not in batch.schema.names:
            batch = batch.append_column(column, pa.nulls(batch.num_rows, column.type))
    return batch


def placement_table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Build the batch of a plan's placements from plain columns."""
    own = [one for one in PLACEMENT_SCHEMA if one.name in columns or one.name not in _OF_SUBSTITUTES]
    return pa.table(dict(columns), schema=pa.schema(own))
