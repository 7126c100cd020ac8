"""Make the tables of delivery, insurance, leases and the compute bank.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = (
    "market_site", "market_supply", "market_allocation", "market_reservation", "market_delivery",
    "market_policy", "market_claim", "market_lease", "market_instalment", "market_repossession",
    "market_deposit", "market_draw",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables; the engine refuses changes of what was entered."""
    make_supplies()
    make_deliveries()
    make_policies()
    make_leases()
    make_bank()
    for table in APPEND_ONLY:
        guard(table)


def make_supplies() -> None:
    """Make market_site and market_supply."""
    op.create_table(
        "market_site",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("card_class", sa.String(40), nullable=False),
        sa.Column("hub_id", sa.String(40), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("cards", sa.BigInteger(), nullable=False),
        sa.Column("derating_percent", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_market_site"),
        of_member("market_site"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_market_site_member_site_id", "market_site", ["member", "site_id"])
    op.create_table(
        "market_supply",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("supply_id", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_market_supply"),
        sa.UniqueConstraint("supply_id", name="uq_market_supply_supply_id"),
        of_member("market_supply"),
        of_book("market_supply"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_market_supply_instrument", "market_supply", ["instrument"])
    op.create_index("ix_market_supply_member", "market_supply", ["member"])


def make_deliveries() -> None:
    """Make market_allocation, market_reservation and market_delivery."""
    op.create_table(
        "market_allocation",
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_trade", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("instrument", name="pk_market_allocation"),
        sa.UniqueConstraint("number", name="uq_market_allocation_number"),
        of_book("market_allocation"),
    )
    op.create_table(
        "market_reservation",
        sa.Column("reservation_id", sa.String(40), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reservation_id", name="pk_market_reservation"),
        of_member("market_reservation"),
        of_allocation("market_reservation"),
    )
    op.create_index("ix_market_reservation_instrument", "market_reservation", ["instrument"])
    op.create_index("ix_market_reservation_start", "market_reservation", ["start"])
    op.create_table(
        "market_delivery",
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("instrument", name="pk_market_delivery"),
        of_allocation("market_delivery"),
    )


def make_policies() -> None:
    """Make market_policy and market_claim."""
    op.create_table(
        "market_policy",
        sa.Column("policy_id", sa.String(40), nullable=False),
        sa.Column("insured", sa.String(20), nullable=False),
        sa.Column("risk", sa.String(12), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("card_h", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("limit_fen", sa.BigInteger(), nullable=False),
        sa.Column("past_claims_fen", sa.Text(), nullable=False),
        sa.Column("loading_bp", sa.BigInteger(), nullable=False),
        sa.Column("premium_fen", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name="pk_market_policy"),
        of_member("market_policy", "insured"),
        of_book("market_policy"),
    )
    op.create_table(
        "market_claim",
        sa.Column("policy_id", sa.String(40), nullable=False),
        sa.Column("figure", sa.BigInteger(), nullable=False),
        sa.Column("held_card_h", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name="pk_market_claim"),
        of_row("market_claim", "policy_id", "market_policy"),
    )


def make_leases() -> None:
    """Make market_lease, market_instalment and market_repossession."""
    op.create_table(
        "market_lease",
        sa.Column("lease_id", sa.String(40), nullable=False),
        sa.Column("lessor", sa.String(20), nullable=False),
        sa.Column("lessee", sa.String(20), nullable=False),
        sa.Column("ware", sa.String(200), nullable=False),
        sa.Column("asset_fen", sa.BigInteger(), nullable=False),
        sa.Column("rate_bp", sa.BigInteger(), nullable=False),
        sa.Column("periods", sa.BigInteger(), nullable=False),
        sa.Column("grace_count", sa.BigInteger(), nullable=False),
        sa.Column("first_due", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("lease_id", name="pk_market_lease"),
        of_member("market_lease", "lessor"),
        of_member("market_lease", "lessee"),
    )
    op.create_table(
        "market_instalment",
        sa.Column("lease_id", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("lease_id", "number", name="pk_market_instalment"),
        of_row("market_instalment", "lease_id", "market_lease"),
    )
    op.create_table(
        "market_repossession",
        sa.Column("lease_id", sa.String(40), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("overdue_fen", sa.BigInteger(), nullable=False),
        sa.Column("resale_fen", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("lease_id", name="pk_market_repossession"),
        of_row("market_repossession", "lease_id", "market_lease"),
    )


def make_bank() -> None:
    """Make market_deposit and market_draw."""
    op.create_table(
        "market_deposit",
        sa.Column("deposit_id", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("site_id", sa.String(40), nullable=False),
        sa.Column("card_h", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("deposit_id", name="pk_market_deposit"),
        of_member("market_deposit"),
    )
    op.create_index("ix_market_deposit_instrument", "market_deposit", ["instrument"])
    op.create_table(
        "market_draw",
        sa.Column("draw_id", sa.String(40), nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("instrument", sa.String(100), nullable=False),
        sa.Column("card_h", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_card_h", sa.BigInteger(), nullable=False),
        sa.Column("taken_card_h", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("draw_id", name="pk_market_draw"),
        of_member("market_draw"),
    )
    op.create_index("ix_market_draw_instrument", "market_draw", ["instrument"])


def of_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Tie rows to one of another table, by its key."""
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=f"fk_{table}_{column}_{other}")


def of_member(table: str, column: str = "member") -> sa.ForeignKeyConstraint:
    """Tie rows to a member."""
    name = f"fk_{table}_{column}_market_member"
    return sa.ForeignKeyConstraint([column], ["market_member.member_id"], name=name)


def of_book(table: str) -> sa.ForeignKeyConstraint:
    """Tie rows to a book."""
    name = f"fk_{table}_instrument_market_book"
    return sa.ForeignKeyConstraint(["instrument"], ["market_book.instrument"], name=name)


def of_allocation(table: str) -> sa.ForeignKeyConstraint:
    """Tie rows to the allocation of a book."""
    name = f"fk_{table}_instrument_market_allocation"
    return sa.ForeignKeyConstraint(["instrument"], ["market_allocation.instrument"], name=name)


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
