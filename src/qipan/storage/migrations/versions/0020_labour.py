"""Make the tables of warnings of lost jobs.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("labour_outlook", "labour_warning", "labour_step")


def upgrade() -> None:
    """Make labour_outlook, labour_warning and labour_step; the engine refuses changes of what was entered."""
    op.create_table(
        "labour_outlook",
        sa.Column("panel", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("issued", MOMENT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("panel", "number", name="pk_labour_outlook"),
    )
    op.create_table(
        "labour_warning",
        sa.Column("warning_id", sa.String(48), nullable=False),
        sa.Column("panel", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("occupation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("warning_id", name="pk_labour_warning"),
    )
    op.create_index("ix_labour_warning_panel", "labour_warning", ["panel"])
    op.create_table(
        "labour_step",
        sa.Column("warning_id", sa.String(48), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("warning_id", "number", name="pk_labour_step"),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["labour_warning.warning_id"], name="fk_labour_step_warning_id_labour_warning"
        ),
    )
    for table in APPEND_ONLY:
        guard(table)


def guard(table: str) -> None:
    """Refuse changes of a table by triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION accounts_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
