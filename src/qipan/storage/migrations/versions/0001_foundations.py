"""Make the tables of observations, log and access.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    make_observations()
    make_log()
    make_access()


def make_observations() -> None:
    """Make batch, series and quarantine."""
    op.create_table(
        "batch",
        sa.Column("sequence", SERIAL, autoincrement=True, nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_batch"),
        sa.UniqueConstraint("source", "digest", name="uq_batch_source_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batch_kind_source_sequence", "batch", ["kind", "source", "sequence"])
    op.create_table(
        "series",
        sa.Column("series_id", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("unit", sa.String(50), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("series_id", name="pk_series"),
    )
    op.create_table(
        "quarantine",
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("column", sa.String(200), nullable=False),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["batch.sequence"], name="fk_quarantine_sequence_batch"),
        sa.PrimaryKeyConstraint("sequence", "number", name="pk_quarantine"),
    )


def make_log() -> None:
    """Make log_leaf and log_node."""
    op.create_table(
        "log_leaf",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_log_leaf"),
    )
    op.create_index("ix_log_leaf_digest", "log_leaf", ["digest"])
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name="pk_log_node"),
    )


def make_access() -> None:
    """Make access_user and access_token."""
    op.create_table(
        "access_user",
        sa.Column("user_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("password_hash", sa.String(300), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("signed_in", MOMENT, nullable=True),
        sa.Column("disabled", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_access_user"),
        sa.UniqueConstraint("name", name="uq_access_user_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "access_token",
        sa.Column("token_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("revoked", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["access_user.user_id"], name="fk_access_token_user_id_access_user"),
        sa.PrimaryKeyConstraint("token_id", name="pk_access_token"),
        sa.UniqueConstraint("digest", name="uq_access_token_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_access_token_user_id", "access_token", ["user_id"])
