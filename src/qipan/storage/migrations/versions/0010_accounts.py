"""Make the tables of accounts; the engine refuses changes of what was entered, and claims that overlap.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RESOLVES = sa.text("pending_id <> ''")
APPEND_ONLY = ("asset", "account", "transfer", "claim_extent")

OVERLAPS = """
  SELECT RAISE(ABORT, 'claims must not overlap') WHERE EXISTS (
    SELECT 1 FROM claim AS other
    WHERE other.extent_number = NEW.extent_number AND other.released IS NULL
      AND other.unit_start < NEW.unit_end AND NEW.unit_start < other.unit_end
      AND other."start" < NEW."end" AND NEW."start" < other."end")
"""
CLAIM_FIELDS = (
    "claim_id", "extent_number", "holder", "purpose", "unit_start", "unit_end", "start", "end", "is_final",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables and what guards them."""
    make_accounts()
    make_transfers()
    make_balances()
    make_claims()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def make_accounts() -> None:
    """Make asset and account."""
    op.create_table(
        "asset",
        sa.Column("asset_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("lifetime_months", sa.Integer(), nullable=True),
        sa.Column("lifetime_h", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("asset_id", name="pk_asset"),
    )
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("asset_id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("ceiling", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_account"),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.asset_id"], name="fk_account_asset_id_asset"),
        sa.UniqueConstraint("owner", "asset_id", "purpose", name="uq_account_owner_asset_id_purpose"),
    )


def make_transfers() -> None:
    """Make transfer."""
    op.create_table(
        "transfer",
        sa.Column("leaf", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.String(80), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("asset_id", sa.String(64), nullable=False),
        sa.Column("debit", sa.String(64), nullable=False),
        sa.Column("credit", sa.String(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("pending_id", sa.String(80), nullable=False),
        sa.Column("timeout_s", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("balancing_debit", sa.Boolean(), nullable=False),
        sa.Column("balancing_credit", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("debit_entry", sa.BigInteger(), nullable=False),
        sa.Column("credit_entry", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("leaf", name="pk_transfer"),
        sa.UniqueConstraint("transfer_id", name="uq_transfer_transfer_id"),
        sa.UniqueConstraint("debit", "debit_entry", name="uq_transfer_debit_debit_entry"),
        sa.UniqueConstraint("credit", "credit_entry", name="uq_transfer_credit_credit_entry"),
    )
    op.create_index(
        "uq_transfer_pending_id",
        "transfer",
        ["pending_id"],
        unique=True,
        sqlite_where=RESOLVES,
        postgresql_where=RESOLVES,
    )
    op.create_table(
        "transfer_pending",
        sa.Column("transfer_id", sa.String(80), nullable=False),
        sa.Column("deadline", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_transfer_pending"),
    )
    op.create_index("ix_transfer_pending_deadline_transfer_id", "transfer_pending", ["deadline", "transfer_id"])


def make_balances() -> None:
    """Make account_balance and account_entries, which follow from the transfers."""
    op.create_table(
        "account_balance",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("period", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debits_posted", sa.BigInteger(), nullable=False),
        sa.Column("credits_posted", sa.BigInteger(), nullable=False),
        sa.Column("debits_pending", sa.BigInteger(), nullable=False),
        sa.Column("credits_pending", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("ceiling", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "period", name="pk_account_balance"),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name="fk_account_balance_account_id_account"),
        sa.CheckConstraint(
            "floor is null or credits_posted - debits_posted - debits_pending >= floor",
            name=op.f("ck_account_balance_floor"),
        ),
        sa.CheckConstraint(
            "ceiling is null or credits_posted - debits_posted + credits_pending <= ceiling",
            name=op.f("ck_account_balance_ceiling"),
        ),
        sa.CheckConstraint(
            "debits_posted >= 0 and credits_posted >= 0 and debits_pending >= 0 and credits_pending >= 0",
            name=op.f("ck_account_balance_whole"),
        ),
    )
    op.create_table(
        "account_entries",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_entries"),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name="fk_account_entries_account_id_account"),
    )


def make_claims() -> None:
    """Make claim_extent and claim."""
    op.create_table(
        "claim_extent",
        sa.Column("number", SERIAL, autoincrement=True, nullable=False),
        sa.Column("extent_id", sa.String(64), nullable=False),
        sa.Column("asset_id", sa.String(64), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_claim_extent"),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.asset_id"], name="fk_claim_extent_asset_id_asset"),
        sa.UniqueConstraint("extent_id", name="uq_claim_extent_extent_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "claim",
        sa.Column("claim_id", sa.String(64), nullable=False),
        sa.Column("extent_number", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("unit_start", sa.BigInteger(), nullable=False),
        sa.Column("unit_end", sa.BigInteger(), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("released", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("claim_id", name="pk_claim"),
        sa.ForeignKeyConstraint(["extent_number"], ["claim_extent.number"], name="fk_claim_extent_number_claim_extent"),
        sa.CheckConstraint('unit_start < unit_end and "start" < "end"', name=op.f("ck_claim_some")),
    )
    op.create_index("ix_claim_extent_number_unit_start", "claim", ["extent_number", "unit_start"])


def guard_sqlite() -> None:
    """Refuse changes and overlaps by triggers: each runs inside the one writer's transaction."""
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.execute(f"CREATE TRIGGER claim_once BEFORE INSERT ON claim WHEN NEW.released IS NULL BEGIN {OVERLAPS}; END")
    same = " AND ".join(f'OLD."{name}" IS NEW."{name}"' for name in CLAIM_FIELDS)
    op.execute(
        f"CREATE TRIGGER claim_release_only BEFORE UPDATE ON claim "
        f"WHEN NOT ({same} AND NOT OLD.is_final AND OLD.released IS NULL AND NEW.released IS NOT NULL) "
        "BEGIN SELECT RAISE(ABORT, 'a claim is only ever released, once, unless it is final'); END"
    )
    op.execute(
        "CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'claim is append-only'); END"
    )


def guard_postgresql() -> None:
    """Refuse changes by triggers, and overlaps by an exclusion constraint."""
    op.execute(
        "CREATE FUNCTION accounts_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION accounts_refuse()"
        )
    # A range of one number stands for equality, so that no extension is needed.
    op.execute(
        "ALTER TABLE claim ADD CONSTRAINT ex_claim_once EXCLUDE USING gist ("
        "int8range(extent_number, extent_number, '[]') WITH &&, int8range(unit_start, unit_end) WITH &&, "
        'tstzrange("start", "end") WITH &&) WHERE (released IS NULL)'
    )
    same = " AND ".join(f'OLD."{name}" IS NOT DISTINCT FROM NEW."{name}"' for name in CLAIM_FIELDS)
    op.execute(
        "CREATE FUNCTION claim_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND {same} AND NOT OLD.is_final AND OLD.released IS NULL AND NEW.released IS NOT NULL "
        "THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'a claim is only ever released, once, unless it is final' USING ERRCODE = '23514'; END $$"
    )
    op.execute(
        "CREATE TRIGGER claim_release_only BEFORE UPDATE OR DELETE ON claim "
        "FOR EACH ROW EXECUTE FUNCTION claim_refuse()"
    )
