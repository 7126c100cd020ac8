"""Make the tables of the market: members, books, certified capacity, requests, trades, exposures.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("market_member", "market_book", "market_certification", "market_request", "market_trade")


def upgrade() -> None:
    """Make the tables; the engine refuses changes of what was entered."""
    make_members()
    make_books()
    make_requests()
    for table in APPEND_ONLY:
        guard(table)


def make_members() -> None:
    """Make market_member."""
    op.create_table(
        "market_member",
        sa.Column("member_id", sa.String(20), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("admitted", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_market_member"),
    )


def make_books() -> None:
    """Make market_book and market_certification."""
    op.create_table(
        "market_book",
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("card_class", sa.String(40), nullable=False),
        sa.Column("hub_id", sa.String(40), nullable=False),
        sa.Column("window", sa.String(16), nullable=False),
        sa.Column("last_trading", MOMENT, nullable=False),
        sa.Column("margin_fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("margin_source", sa.String(80), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("instrument", name="pk_market_book"),
    )
    op.create_table(
        "market_certification",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("card_class", sa.String(40), nullable=False),
        sa.Column("hub_id", sa.String(40), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("cards", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_market_certification"),
        sa.ForeignKeyConstraint(
            ["member"], ["market_member.member_id"], name="fk_market_certification_member_market_member"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_market_certification_member_card_class_hub_id", "market_certification", ["member", "card_class", "hub_id"]
    )


def make_requests() -> None:
    """Make market_request, market_trade and market_exposure."""
    op.create_table(
        "market_request",
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.String(200), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=True),
        sa.Column("left_lots", sa.BigInteger(), nullable=False),
        sa.Column("refusal", sa.String(20), nullable=True),
        sa.PrimaryKeyConstraint("instrument", "number", name="pk_market_request"),
        sa.ForeignKeyConstraint(
            ["instrument"], ["market_book.instrument"], name="fk_market_request_instrument_market_book"
        ),
        sa.UniqueConstraint("request_id", name="uq_market_request_request_id"),
    )
    op.create_table(
        "market_trade",
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("buy_id", sa.String(200), nullable=False),
        sa.Column("sell_id", sa.String(200), nullable=False),
        sa.Column("buyer", sa.String(20), nullable=False),
        sa.Column("seller", sa.String(20), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instrument", "sequence", name="pk_market_trade"),
        sa.ForeignKeyConstraint(
            ["instrument"], ["market_book.instrument"], name="fk_market_trade_instrument_market_book"
        ),
    )
    op.create_index("ix_market_trade_instrument_number", "market_trade", ["instrument", "number"])
    op.create_table(
        "market_exposure",
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("open_buy_lots", sa.BigInteger(), nullable=False),
        sa.Column("open_sell_lots", sa.BigInteger(), nullable=False),
        sa.Column("cover_lots", sa.BigInteger(), nullable=False),
        sa.Column("granted_lots", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instrument", "member", name="pk_market_exposure"),
        sa.ForeignKeyConstraint(
            ["instrument"], ["market_book.instrument"], name="fk_market_exposure_instrument_market_book"
        ),
        sa.ForeignKeyConstraint(
            ["member"], ["market_member.member_id"], name="fk_market_exposure_member_market_member"
        ),
        sa.CheckConstraint(
            "open_buy_lots >= 0 and open_sell_lots >= 0 and cover_lots >= 0 and granted_lots >= 0",
            name=op.f("ck_market_exposure_whole"),
        ),
    )
    op.create_index("ix_market_exposure_member", "market_exposure", ["member"])


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
