"""Make the tables of disputes of posted transfers.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("dispute_step", "dispute_transfer", "dispute_correction")


def upgrade() -> None:
    """Make dispute_step, dispute_transfer and dispute_correction; the engine refuses changes of what was entered."""
    op.create_table(
        "dispute_step",
        sa.Column("dispute_id", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "number", name="pk_dispute_step"),
    )
    op.create_table(
        "dispute_transfer",
        sa.Column("dispute_id", sa.String(40), nullable=False),
        sa.Column("transfer_id", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "transfer_id", name="pk_dispute_transfer"),
        of_transfer("dispute_transfer"),
    )
    op.create_index("ix_dispute_transfer_transfer_id", "dispute_transfer", ["transfer_id"])
    op.create_table(
        "dispute_correction",
        sa.Column("transfer_id", sa.String(80), nullable=False),
        sa.Column("dispute_id", sa.String(40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_dispute_correction"),
        of_transfer("dispute_correction"),
        sa.CheckConstraint("amount > 0", name="ck_dispute_correction_whole"),
    )
    op.create_index("ix_dispute_correction_dispute_id", "dispute_correction", ["dispute_id"])
    for table in APPEND_ONLY:
        guard(table)


def of_transfer(table: str) -> sa.ForeignKeyConstraint:
    """Tie rows to a transfer."""
    name = f"fk_{table}_transfer_id_transfer"
    return sa.ForeignKeyConstraint(["transfer_id"], ["transfer.transfer_id"], name=name)


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
