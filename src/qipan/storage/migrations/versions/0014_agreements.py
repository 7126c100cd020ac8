"""Make the tables of agreements: texts, signatures, bills, shares, events.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("agreement_text", "agreement_signature", "agreement_bill", "agreement_share", "agreement_event")


def upgrade() -> None:
    """Make the tables; the engine refuses changes of what was entered."""
    make_texts()
    make_bills()
    make_shares()
    for table in APPEND_ONLY:
        guard(table)


def make_texts() -> None:
    """Make agreement_text and agreement_signature."""
    op.create_table(
        "agreement_text",
        sa.Column("agreement_id", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("proposed", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "number", name="pk_agreement_text"),
    )
    op.create_table(
        "agreement_signature",
        sa.Column("agreement_id", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "number", "party", name="pk_agreement_signature"),
        of_text("agreement_signature"),
    )


def make_bills() -> None:
    """Make agreement_bill."""
    op.create_table(
        "agreement_bill",
        sa.Column("agreement_id", sa.String(20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("taken_card_h", sa.BigInteger(), nullable=False),
        sa.Column("available_card_h", sa.BigInteger(), nullable=True),
        sa.Column("index", sa.String(40), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("indexed_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("untaken_card_h", sa.BigInteger(), nullable=False),
        sa.Column("posted", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "month", name="pk_agreement_bill"),
        of_text("agreement_bill"),
    )


def make_shares() -> None:
    """Make agreement_share and agreement_event."""
    op.create_table(
        "agreement_share",
        sa.Column("agreement_id", sa.String(20), nullable=False),
        sa.Column("pool", sa.String(20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("posted", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "pool", "month", name="pk_agreement_share"),
        of_text("agreement_share"),
    )
    op.create_table(
        "agreement_event",
        sa.Column("agreement_id", sa.String(20), nullable=False),
        sa.Column("event_id", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("posted", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "event_id", name="pk_agreement_event"),
        of_text("agreement_event"),
    )


def of_text(table: str) -> sa.ForeignKeyConstraint:
    """Tie rows to the text that they were made under."""
    return sa.ForeignKeyConstraint(
        ["agreement_id", "number"],
        ["agreement_text.agreement_id", "agreement_text.number"],
        name=f"fk_{table}_agreement_id_number_agreement_text",
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
