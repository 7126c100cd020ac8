"""Let a buy-in take the price of the cleared auction.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add what a word on supply says of its price; of those that stand, what they said stays true."""
    op.add_column("market_supply", sa.Column("at_spot", sa.Boolean(), nullable=False, server_default=sa.false()))
