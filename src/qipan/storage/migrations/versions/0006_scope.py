"""Make the table of what users may see; a user without a row sees everything.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make access_scope."""
    op.create_table(
        "access_scope",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["access_user.user_id"], name="fk_access_scope_user_id_access_user"),
        sa.PrimaryKeyConstraint("user_id", "kind", "name", name="pk_access_scope"),
    )
