"""Make the tables of certificates: devices, issuances, rows of use, requests; claims are found by their holder.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("certificate_device", "certificate_issuance", "certificate_usage", "certificate_request")


def upgrade() -> None:
    """Make the tables; the engine refuses changes of what was entered."""
    make_issuances()
    make_usages()
    make_requests()
    op.create_index("ix_claim_holder_purpose", "claim", ["holder", "purpose"])
    for table in APPEND_ONLY:
        guard(table)


def make_issuances() -> None:
    """Make certificate_device and certificate_issuance."""
    op.create_table(
        "certificate_device",
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(20), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("adcode", sa.String(6), nullable=False),
        sa.Column("capacity_w", sa.BigInteger(), nullable=False),
        sa.Column("commissioned", MOMENT, nullable=False),
        sa.Column("is_self_used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_certificate_device"),
    )
    op.create_table(
        "certificate_issuance",
        sa.Column("issuance_id", sa.String(50), nullable=False),
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("issuance_id", name="pk_certificate_issuance"),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["certificate_device.device_id"],
            name="fk_certificate_issuance_device_id_certificate_device",
        ),
        sa.CheckConstraint('wh > 0 and "start" < "end"', name=op.f("ck_certificate_issuance_some")),
    )
    op.create_index("ix_certificate_issuance_device_id_start", "certificate_issuance", ["device_id", "start"])
    op.create_index("ix_certificate_issuance_start", "certificate_issuance", ["start"])


def make_usages() -> None:
    """Make certificate_usage."""
    op.create_table(
        "certificate_usage",
        sa.Column("usage_id", sa.String(40), nullable=False),
        sa.Column("consumer", sa.String(20), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("usage_id", name="pk_certificate_usage"),
        sa.CheckConstraint('wh > 0 and "start" < "end"', name=op.f("ck_certificate_usage_some")),
    )
    op.create_index("ix_certificate_usage_consumer_start", "certificate_usage", ["consumer", "start"])


def make_requests() -> None:
    """Make certificate_request."""
    op.create_table(
        "certificate_request",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("request_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("wh", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_certificate_request"),
        sa.UniqueConstraint("request_id", name="uq_certificate_request_request_id"),
        sqlite_autoincrement=True,
    )


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
