"""Make the table of dispatch: plans of a day.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make day_plan."""
    op.create_table(
        "day_plan",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("plan_id", sa.String(50), nullable=False),
        sa.Column("fleet_id", sa.String(200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("jobs_sequence", sa.BigInteger(), nullable=False),
        sa.Column("placement_sequence", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_day_plan"),
        sa.UniqueConstraint("plan_id", name="uq_day_plan_plan_id"),
        sa.ForeignKeyConstraint(["jobs_sequence"], ["batch.sequence"], name="fk_day_plan_jobs_sequence_batch"),
        sa.ForeignKeyConstraint(
            ["placement_sequence"], ["batch.sequence"], name="fk_day_plan_placement_sequence_batch"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_day_plan_day", "day_plan", ["day"])
