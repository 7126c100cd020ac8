"""Make the tables of the spot market: auctions, their requests and what they came to, deviations; vouchers.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = (
    "spot_auction", "spot_gate", "spot_request", "spot_clearing", "spot_price", "spot_award", "spot_supply",
    "spot_refund", "spot_deviation", "voucher_programme", "voucher", "voucher_redeemed", "voucher_closing",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables; the engine refuses changes of what was entered."""
    make_auctions()
    make_outcomes()
    make_corrections()
    make_vouchers()
    for table in APPEND_ONLY:
        guard(table)


def make_auctions() -> None:
    """Make spot_auction, spot_gate, spot_request and spot_hold."""
    op.create_table(
        "spot_auction",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("card_class", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gate", MOMENT, nullable=False),
        sa.Column("fee_bp", sa.BigInteger(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("auction", name="pk_spot_auction"),
    )
    op.create_table(
        "spot_gate",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("closed", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("auction", name="pk_spot_gate"),
        sa.ForeignKeyConstraint(["auction"], ["spot_auction.auction"], name="fk_spot_gate_auction_spot_auction"),
    )
    op.create_table(
        "spot_request",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("side", sa.BigInteger(), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("cancels", sa.String(100), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("auction", "number", name="pk_spot_request"),
        sa.ForeignKeyConstraint(["auction"], ["spot_auction.auction"], name="fk_spot_request_auction_spot_auction"),
        sa.ForeignKeyConstraint(["member"], ["market_member.member_id"], name="fk_spot_request_member_market_member"),
        sa.UniqueConstraint("request_id", name="uq_spot_request_request_id"),
        sa.UniqueConstraint("cancels", name="uq_spot_request_cancels"),
    )
    op.create_index("ix_spot_request_member_instrument", "spot_request", ["member", "instrument"])
    op.create_table(
        "spot_hold",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("transfer_id", sa.String(80), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("auction", "member", name="pk_spot_hold"),
        sa.ForeignKeyConstraint(["auction"], ["spot_auction.auction"], name="fk_spot_hold_auction_spot_auction"),
    )


def make_outcomes() -> None:
    """Make spot_clearing, spot_price, spot_award and spot_supply."""
    op.create_table(
        "spot_clearing",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("cleared", MOMENT, nullable=False),
        sa.Column("transfer_fen", sa.BigInteger(), nullable=False),
        sa.Column("rent_fen", sa.BigInteger(), nullable=False),
        sa.Column("remainder_fen", sa.BigInteger(), nullable=False),
        sa.Column("redeemed_after", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("auction", name="pk_spot_clearing"),
        sa.ForeignKeyConstraint(["auction"], ["spot_auction.auction"], name="fk_spot_clearing_auction_spot_auction"),
    )
    op.create_table(
        "spot_price",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("side", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("auction", "instrument", "side", name="pk_spot_price"),
        sa.ForeignKeyConstraint(["auction"], ["spot_clearing.auction"], name="fk_spot_price_auction_spot_clearing"),
    )
    op.create_table(
        "spot_award",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("side", sa.BigInteger(), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("uplift_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("auction", "number", name="pk_spot_award"),
        sa.ForeignKeyConstraint(["auction"], ["spot_clearing.auction"], name="fk_spot_award_auction_spot_clearing"),
        sa.UniqueConstraint("order_id", name="uq_spot_award_order_id"),
    )
    op.create_table(
        "spot_supply",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bid_id", sa.String(40), nullable=False),
        sa.Column("offer_id", sa.String(40), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("auction", "number", name="pk_spot_supply"),
        sa.ForeignKeyConstraint(["auction"], ["spot_clearing.auction"], name="fk_spot_supply_auction_spot_clearing"),
    )


def make_corrections() -> None:
    """Make spot_refund and spot_deviation."""
    op.create_table(
        "spot_refund",
        sa.Column("refund_id", sa.String(40), nullable=False),
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("offer_id", sa.String(40), nullable=False),
        sa.Column("card_h", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("refund_id", name="pk_spot_refund"),
        sa.ForeignKeyConstraint(["auction"], ["spot_clearing.auction"], name="fk_spot_refund_auction_spot_clearing"),
    )
    op.create_index("ix_spot_refund_auction", "spot_refund", ["auction"])
    op.create_table(
        "spot_deviation",
        sa.Column("auction", sa.String(40), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("auction", name="pk_spot_deviation"),
        sa.ForeignKeyConstraint(["auction"], ["spot_clearing.auction"], name="fk_spot_deviation_auction_spot_clearing"),
    )


def make_vouchers() -> None:
    """Make voucher_programme, voucher, voucher_redeemed and voucher_closing."""
    op.create_table(
        "voucher_programme",
        sa.Column("programme_id", sa.String(20), nullable=False),
        sa.Column("fund", sa.String(64), nullable=False),
        sa.Column("rate_bp", sa.BigInteger(), nullable=False),
        sa.Column("cap_fen", sa.BigInteger(), nullable=False),
        sa.Column("suppliers", sa.Text(), nullable=False),
        sa.Column("starts", MOMENT, nullable=False),
        sa.Column("ends", MOMENT, nullable=False),
        sa.Column("issued", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("programme_id", name="pk_voucher_programme"),
    )
    op.create_table(
        "voucher",
        sa.Column("programme_id", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(20), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("programme_id", "holder", name="pk_voucher"),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["voucher_programme.programme_id"], name="fk_voucher_programme_id_voucher_programme"
        ),
        sa.ForeignKeyConstraint(["holder"], ["market_member.member_id"], name="fk_voucher_holder_market_member"),
    )
    op.create_table(
        "voucher_redeemed",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("programme_id", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(20), nullable=False),
        sa.Column("bid_id", sa.String(40), nullable=False),
        sa.Column("supplier", sa.String(20), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_voucher_redeemed"),
        sa.ForeignKeyConstraint(
            ["programme_id", "holder"],
            ["voucher.programme_id", "voucher.holder"],
            name="fk_voucher_redeemed_programme_id_voucher",
        ),
        sa.UniqueConstraint("bid_id", "supplier", "refund_id", name="uq_voucher_redeemed_bid_id_supplier_refund_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_voucher_redeemed_programme_id_holder", "voucher_redeemed", ["programme_id", "holder"])
    op.create_table(
        "voucher_closing",
        sa.Column("programme_id", sa.String(20), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("programme_id", name="pk_voucher_closing"),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["voucher_programme.programme_id"],
            name="fk_voucher_closing_programme_id_voucher_programme",
        ),
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
