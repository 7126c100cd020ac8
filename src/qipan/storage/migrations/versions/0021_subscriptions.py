"""Make the tables of subscriptions to warnings, and of what is on its way to them.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make labour_subscription and labour_delivery."""
    op.create_table(
        "labour_subscription",
        sa.Column("subscription_id", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("regions", sa.Text(), nullable=False),
        sa.Column("grade", sa.String(8), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.PrimaryKeyConstraint("subscription_id", name="pk_labour_subscription"),
    )
    op.create_table(
        "labour_delivery",
        sa.Column("subscription_id", sa.String(32), nullable=False),
        sa.Column("warning_id", sa.String(48), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("delivered", MOMENT),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "warning_id", "number", name="pk_labour_delivery"),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["labour_subscription.subscription_id"],
            name="fk_labour_delivery_subscription_id_labour_subscription",
        ),
    )
    op.create_index("ix_labour_delivery_due", "labour_delivery", ["due"])
