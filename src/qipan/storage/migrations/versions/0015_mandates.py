"""Make the table of mandates: which duties a user was given, and for whom.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make access_mandate."""
    op.create_table(
        "access_mandate",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("duty", sa.String(20), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "duty", "party", name="pk_access_mandate"),
        sa.ForeignKeyConstraint(["user_id"], ["access_user.user_id"], name="fk_access_mandate_user_id_access_user"),
    )
