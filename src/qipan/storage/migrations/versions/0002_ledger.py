"""Make the table of the ledger.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make fleet."""
    op.create_table(
        "fleet",
        sa.Column("fleet_id", sa.String(64), nullable=False),
        sa.Column("released", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fleet_id", "released", name="pk_fleet"),
    )
