"""Make the tables of clearing: marks, settled days, defaults, calls that are open, what is held.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("market_mark", "market_day", "market_settlement", "market_default")


def upgrade() -> None:
    """Make the tables; the engine refuses changes of what was entered."""
    make_days()
    make_marks()
    _of_member("market_default", sa.Column("day", sa.Date(), nullable=False), sa.Column("at", MOMENT, nullable=False))
    _of_member("market_call", sa.Column("fen", sa.BigInteger(), nullable=False))
    _of_member(
        "market_hold",
        sa.Column("transfer_id", sa.String(80), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
    )
    for table in APPEND_ONLY:
        guard(table)


def make_days() -> None:
    """Make market_day and market_settlement."""
    op.create_table(
        "market_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("marked", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_market_day"),
    )
    op.create_table(
        "market_settlement",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("settled", MOMENT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_market_settlement"),
        sa.ForeignKeyConstraint(["day"], ["market_day.day"], name="fk_market_settlement_day_market_day"),
    )


def make_marks() -> None:
    """Make market_mark."""
    op.create_table(
        "market_mark",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(10), nullable=False),
        sa.Column("closing_start", MOMENT, nullable=False),
        sa.Column("closing_end", MOMENT, nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("value_fen_lots", sa.BigInteger(), nullable=False),
        sa.Column("bid_fen_per_card_h", sa.BigInteger(), nullable=True),
        sa.Column("ask_fen_per_card_h", sa.BigInteger(), nullable=True),
        sa.Column("plan_fen_per_card_h", sa.Double(), nullable=True),
        sa.Column("last_trade", sa.BigInteger(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "instrument", name="pk_market_mark"),
        sa.ForeignKeyConstraint(
            ["instrument"], ["market_book.instrument"], name="fk_market_mark_instrument_market_book"
        ),
    )
    op.create_index("ix_market_mark_instrument", "market_mark", ["instrument"])


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


def _of_member(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("member", sa.String(20), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("member", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["member"], ["market_member.member_id"], name=f"fk_{name}_member_market_member"),
    )
