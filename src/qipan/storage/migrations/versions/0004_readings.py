"""Make the tables of readings: the account of batches, and disputes.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    make_batch()
    make_dispute()


def make_batch() -> None:
    """Make reading_batch."""
    op.create_table(
        "reading_batch",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.String(64), nullable=False),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("released", MOMENT, nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("told_from", MOMENT, nullable=True),
        sa.Column("told_until", MOMENT, nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["sequence"], ["batch.sequence"], name="fk_reading_batch_sequence_batch"),
        sa.PrimaryKeyConstraint("sequence", name="pk_reading_batch"),
    )
    op.create_index("ix_reading_batch_source_id_released", "reading_batch", ["source_id", "released"])
    op.create_index("ix_reading_batch_told_from_told_until", "reading_batch", ["told_from", "told_until"])
    op.create_index(
        "uq_reading_batch_source_id_number",
        "reading_batch",
        ["source_id", "number"],
        unique=True,
        sqlite_where=sa.text("number > 0"),
        postgresql_where=sa.text("number > 0"),
    )


def make_dispute() -> None:
    """Make reading_dispute."""
    op.create_table(
        "reading_dispute",
        sa.Column("dispute_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("held_sequence", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.String(64), nullable=False),
        sa.Column("meter_id", sa.String(200), nullable=False),
        sa.Column("period_start", MOMENT, nullable=False),
        sa.Column("period_end", MOMENT, nullable=False),
        sa.Column("released", MOMENT, nullable=False),
        sa.Column("held_value", sa.BigInteger(), nullable=False),
        sa.Column("refused_value", sa.BigInteger(), nullable=False),
        sa.Column("raised", MOMENT, nullable=False),
        sa.Column("resolution", sa.String(20), nullable=False),
        sa.Column("resolved", MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence"], ["reading_batch.sequence"], name="fk_reading_dispute_sequence_reading_batch"
        ),
        sa.ForeignKeyConstraint(
            ["held_sequence"], ["reading_batch.sequence"], name="fk_reading_dispute_held_sequence_reading_batch"
        ),
        sa.PrimaryKeyConstraint("dispute_id", name="pk_reading_dispute"),
        sqlite_autoincrement=True,
    )
