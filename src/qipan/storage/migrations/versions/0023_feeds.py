"""Make the tables of feeds of labour.

Revision ID: 0023
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("labour_feed", "labour_feed_end", "labour_feed_delivery")


def upgrade() -> None:
    """Make labour_feed, labour_feed_end and labour_feed_delivery; the engine refuses changes of what was entered."""
    op.create_table(
        "labour_feed",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("entered", MOMENT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_labour_feed"),
    )
    op.create_table(
        "labour_feed_end",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("entered", MOMENT, nullable=False),
        sa.Column("ended", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_labour_feed_end"),
        sa.ForeignKeyConstraint(["name"], ["labour_feed.name"], name="fk_labour_feed_end_name_labour_feed"),
    )
    op.create_table(
        "labour_feed_delivery",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed", sa.String(32), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("released", sa.Date(), nullable=False),
        sa.Column("newest_period", sa.Date()),
        sa.Column("newest_release", sa.Date()),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_labour_feed_delivery"),
        sa.ForeignKeyConstraint(["sequence"], ["batch.sequence"], name="fk_labour_feed_delivery_sequence_batch"),
        sa.ForeignKeyConstraint(["feed"], ["labour_feed.name"], name="fk_labour_feed_delivery_feed_labour_feed"),
    )
    op.create_index("ix_labour_feed_delivery_feed", "labour_feed_delivery", ["feed"])
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
