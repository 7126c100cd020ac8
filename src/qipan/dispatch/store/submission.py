"""Tables of what is carried out: what a plan was made of, how its sites are reached, and every attempt at its jobs.

The books refuse a second open or finished attempt at one job, whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from qipan.dispatch.model.submission import ENDED, OPEN, Attempt, Engines, Reached, SiteState, State
from qipan.storage.books import Moment, UnitOfWork, metadata

PLANNED_JOB: Final = "planned_job"
"""Kind of the batch that holds the jobs of a plan as they were planned."""

PLAN_INSTANCE = sa.Table(
    "plan_instance",
    metadata,
    sa.Column("plan_id", sa.String(50), sa.ForeignKey("day_plan.plan_id"), primary_key=True),
    sa.Column("jobs_sequence", sa.BigInteger, sa.ForeignKey("batch.sequence"), nullable=False),
    sa.Column("terms", sa.Text, nullable=False),
)

PLAN_ENGINES = sa.Table(
    "plan_engines",
    metadata,
    sa.Column("plan_id", sa.String(50), sa.ForeignKey("day_plan.plan_id"), primary_key=True),
    sa.Column("submitted", Moment, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

PLAN_ACCOUNT = sa.Table(
    "plan_account",
    metadata,
    sa.Column("plan_id", sa.String(50), sa.ForeignKey("day_plan.plan_id"), primary_key=True),
    sa.Column("site_id", sa.String(200), primary_key=True),
    sa.Column("told_until", Moment, nullable=False),
)

_ONE_AT_A_TIME = sa.text(f"state in ({', '.join(repr(str(state)) for state in (*OPEN, *ENDED))})")

ATTEMPT = sa.Table(
    "attempt",
    metadata,
    sa.Column("plan_id", sa.String(50), sa.ForeignKey("day_plan.plan_id"), primary_key=True),
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("site_id", sa.String(200), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("lease_ends", Moment),
    sa.Column("engine_id", sa.Text, nullable=False),
    sa.Column("began", Moment),
    sa.Column("ended", Moment),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index(
        "uq_attempt_one_at_a_time",
        "plan_id",
        "job_id",
        unique=True,
        sqlite_where=_ONE_AT_A_TIME,
        postgresql_where=_ONE_AT_A_TIME,
    ),
)

ENGINE_SITE = sa.Table(
    "engine_site",
    metadata,
    sa.Column("site_id", sa.String(200), primary_key=True),
    sa.Column("answered", Moment),
    sa.Column("silent_since", Moment),
    sa.Column("fenced", Moment),
)


def insert_instance(unit: UnitOfWork, plan_id: str, jobs_sequence: int, terms: Mapping[str, Any]) -> None:
    """Keep what a plan was made of."""
    values = {"plan_id": plan_id, "jobs_sequence": jobs_sequence, "terms": json.dumps(terms, sort_keys=True)}
    unit.execute(sa.insert(PLAN_INSTANCE), values)


def instance(unit: UnitOfWork, plan_id: str) -> tuple[int, dict[str, Any]] | None:
    """Return the batch of a plan's jobs and its terms, nothing where they were not kept."""
    asked = sa.select(PLAN_INSTANCE.c.jobs_sequence, PLAN_INSTANCE.c.terms).where(PLAN_INSTANCE.c.plan_id == plan_id)
    found = unit.execute(asked).one_or_none()
    return None if found is None else (int(found.jobs_sequence), dict(json.loads(found.terms)))


def insert_engines(unit: UnitOfWork, plan_id: str, engines: Engines, now: datetime) -> None:
    """Keep how the sites of a plan are reached."""
    told = json.dumps(asdict(engines), ensure_ascii=False, sort_keys=True)
    unit.execute(sa.insert(PLAN_ENGINES), {"plan_id": plan_id, "submitted": now, "document": told})


def engines_of(unit: UnitOfWork, plan_id: str) -> tuple[datetime, Engines] | None:
    """Return when a plan was submitted and how its sites are reached, nothing where it was not."""
    asked = sa.select(PLAN_ENGINES.c.submitted, PLAN_ENGINES.c.document).where(PLAN_ENGINES.c.plan_id == plan_id)
    found = unit.execute(asked).one_or_none()
    if found is None:
        return None
    document = json.loads(found.document)
    sites = tuple(Reached(**one) for one in document.pop("sites"))
    return found.submitted, Engines(sites=sites, **document)


def insert_attempts(unit: UnitOfWork, attempts: Sequence[Attempt]) -> None:
    """Enter new attempts."""
    if attempts:
        unit.execute(sa.insert(ATTEMPT), [_row(attempt) for attempt in attempts])


def update_attempts(unit: UnitOfWork, attempts: Sequence[Attempt], were: Sequence[State]) -> bool:
    """Enter what became of attempts; return whether all stood as they were thought to.

    Parameters
    ----------
    were
        What each attempt stood as when it was read.
    """
    if not attempts:
        return True
    key = ("plan_id", "job_id", "number")
    same = sa.and_(
        ATTEMPT.c.state == sa.bindparam("was"), *(ATTEMPT.c[name] == sa.bindparam(f"key_{name}") for name in key)
    )
    rows = [_row(attempt) for attempt in attempts]
    values = [
        {f"key_{name}": row.pop(name) for name in key} | {"was": was.value} | row
        for row, was in zip(rows, were, strict=True)
    ]
    return unit.execute(sa.update(ATTEMPT).where(same), values).rowcount == len(values)


def attempts_of(unit: UnitOfWork, plan_id: str) -> tuple[Attempt, ...]:
    """Return every attempt at a plan's jobs, by start, job and number."""
    order = (ATTEMPT.c.start, ATTEMPT.c.job_id, ATTEMPT.c.number)
    rows = unit.execute(sa.select(ATTEMPT).where(ATTEMPT.c.plan_id == plan_id).order_by(*order)).mappings()
    return tuple(Attempt(**{**row, "state": State(row["state"])}) for row in rows)


def site_states(unit: UnitOfWork) -> dict[str, SiteState]:
    """Return what is known of every site that was ever asked or fenced."""
    rows = unit.execute(sa.select(ENGINE_SITE)).mappings()
    return {row["site_id"]: SiteState(**row) for row in rows}


def set_site(unit: UnitOfWork, state: SiteState) -> None:
    """Enter what is known of a site."""
    unit.lock("dispatch.engine_site")
    unit.execute(sa.delete(ENGINE_SITE).where(ENGINE_SITE.c.site_id == state.site_id))
    unit.execute(sa.insert(ENGINE_SITE), asdict(state))


def told_until(unit: UnitOfWork, plan_id: str) -> dict[str, datetime]:
    """Return until when the accounting of each site of a plan stands in the ledger."""
    asked = sa.select(PLAN_ACCOUNT.c.site_id, PLAN_ACCOUNT.c.told_until).where(PLAN_ACCOUNT.c.plan_id == plan_id)
    return {row.site_id: row.told_until for row in unit.execute(asked)}


def set_told_until(unit: UnitOfWork, plan_id: str, site_id: str, moment: datetime) -> None:
    """Enter until when the accounting of a site stands in the ledger."""
    same = sa.and_(PLAN_ACCOUNT.c.plan_id == plan_id, PLAN_ACCOUNT.c.site_id == site_id)
    unit.execute(sa.delete(PLAN_ACCOUNT).where(same))
    unit.execute(sa.insert(PLAN_ACCOUNT), {"plan_id": plan_id, "site_id": site_id, "told_until": moment})


def _row(attempt: Attempt) -> dict[str, Any]:
    return asdict(attempt) | {"state": attempt.state.value}
