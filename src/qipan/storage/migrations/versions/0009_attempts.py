"""Make the tables of what is carried out: instances of plans, engines, attempts, sites, accounts.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)
ONE_AT_A_TIME = sa.text("state in ('meant', 'offered', 'waiting', 'running', 'finished', 'failed', 'cancelled')")


def upgrade() -> None:
    """Make plan_instance, plan_engines, plan_account, attempt and engine_site."""
    _of_plan(
        "plan_instance",
        sa.Column("jobs_sequence", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["jobs_sequence"], ["batch.sequence"], name="fk_plan_instance_jobs_sequence_batch"),
    )
    _of_plan(
        "plan_engines",
        sa.Column("submitted", MOMENT, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    _of_plan(
        "plan_account",
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("told_until", MOMENT, nullable=False),
        also=("site_id",),
    )
    _of_plan(
        "attempt",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lease_ends", MOMENT),
        sa.Column("engine_id", sa.Text(), nullable=False),
        sa.Column("began", MOMENT),
        sa.Column("ended", MOMENT),
        sa.Column("reason", sa.Text(), nullable=False),
        also=("job_id", "number"),
    )
    op.create_index(
        "uq_attempt_one_at_a_time",
        "attempt",
        ["plan_id", "job_id"],
        unique=True,
        sqlite_where=ONE_AT_A_TIME,
        postgresql_where=ONE_AT_A_TIME,
    )
    op.create_table(
        "engine_site",
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("answered", MOMENT),
        sa.Column("silent_since", MOMENT),
        sa.Column("fenced", MOMENT),
        sa.PrimaryKeyConstraint("site_id", name="pk_engine_site"),
    )


def _of_plan(name: str, *parts: sa.schema.SchemaItem, also: tuple[str, ...] = ()) -> None:
    op.create_table(
        name,
        sa.Column("plan_id", sa.String(50), nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("plan_id", *also, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["plan_id"], ["day_plan.plan_id"], name=f"fk_{name}_plan_id_day_plan"),
    )
