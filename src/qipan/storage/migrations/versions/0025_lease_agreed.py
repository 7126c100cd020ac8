"""Let a lease run once both sides have agreed to it.

Revision ID: 0025
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"

TABLE = "market_lease_word"


def upgrade() -> None:
    """Make market_lease_word, where words stand for good; leases that were entered before stay agreed by both."""
    op.create_table(
        TABLE,
        sa.Column("lease_id", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lease_id", "member", name=f"pk_{TABLE}"),
        sa.ForeignKeyConstraint(["lease_id"], ["market_lease.lease_id"], name=f"fk_{TABLE}_lease_id_market_lease"),
        sa.ForeignKeyConstraint(["member"], ["market_member.member_id"], name=f"fk_{TABLE}_member_market_member"),
    )
    for side in ("lessor", "lessee"):
        op.execute(
            f"INSERT INTO {TABLE} (lease_id, member, signature, at) "  # noqa: S608 - both are ours
            f"SELECT lease_id, {side}, '', at FROM market_lease"
        )
    guard()


def guard() -> None:
    """Refuse changes of words by triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION accounts_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )


def downgrade() -> None:
    """Drop market_lease_word; its triggers go with it."""
    op.drop_table(TABLE)
