"""Make the table of who changed what; the engine refuses to change or remove its rows.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make trail, and what keeps it append-only."""
    op.create_table(
        "trail",
        sa.Column("entry_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_trail"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trail_at", "trail", ["at"])
    op.create_index("ix_trail_caller_at", "trail", ["caller", "at"])
    op.create_index("ix_trail_action_at", "trail", ["action", "at"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER trail_no_{verb.lower()} BEFORE {verb} ON trail "
                "BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER trail_append_only BEFORE UPDATE OR DELETE ON trail "
            "FOR EACH ROW EXECUTE FUNCTION trail_refuse()"
        )
