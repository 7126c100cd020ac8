"""Policies and claims, leases with their instalments, deposits and draws of the compute bank.

Rows are never changed, the engines refuse it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from qipan.market.model.contract import Instrument
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.product import BankDeposit, BankDraw, Claimed, Lease, Repossessed, Sold
from qipan.storage.books import Moment, UnitOfWork, metadata


def _member(name: str = "member") -> sa.Column[str]:
    return sa.Column(name, sa.String(20), sa.ForeignKey("market_member.member_id"), nullable=False)


POLICY = sa.Table(
    "market_policy",
    metadata,
    sa.Column("policy_id", sa.String(40), primary_key=True),
    _member("insured"),
    sa.Column("risk", sa.String(12), nullable=False),
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), nullable=False),
    sa.Column("card_h", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("limit_fen", sa.BigInteger, nullable=False),
    sa.Column("past_claims_fen", sa.Text, nullable=False),
    sa.Column("loading_bp", sa.BigInteger, nullable=False),
    sa.Column("premium_fen", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

CLAIM = sa.Table(
    "market_claim",
    metadata,
    sa.Column("policy_id", sa.String(40), sa.ForeignKey("market_policy.policy_id"), primary_key=True),
    sa.Column("figure", sa.BigInteger, nullable=False),
    sa.Column("held_card_h", sa.BigInteger, nullable=False),
    sa.Column("fen", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

LEASE = sa.Table(
    "market_lease",
    metadata,
    sa.Column("lease_id", sa.String(40), primary_key=True),
    _member("lessor"),
    _member("lessee"),
    sa.Column("ware", sa.String(200), nullable=False),
    sa.Column("asset_fen", sa.BigInteger, nullable=False),
    sa.Column("rate_bp", sa.BigInteger, nullable=False),
    sa.Column("periods", sa.BigInteger, nullable=False),
    sa.Column("grace_count", sa.BigInteger, nullable=False),
    sa.Column("first_due", sa.Date, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

LEASE_WORD = sa.Table(
    "market_lease_word",
    metadata,
    sa.Column("lease_id", sa.String(40), sa.ForeignKey("market_lease.lease_id"), primary_key=True),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), primary_key=True),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

INSTALMENT = sa.Table(
    "market_instalment",
    metadata,
    sa.Column("lease_id", sa.String(40), sa.ForeignKey("market_lease.lease_id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
)

REPOSSESSION = sa.Table(
    "market_repossession",
    metadata,
    sa.Column("lease_id", sa.String(40), sa.ForeignKey("market_lease.lease_id"), primary_key=True),
    sa.Column("balance_fen", sa.BigInteger, nullable=False),
    sa.Column("overdue_fen", sa.BigInteger, nullable=False),
    sa.Column("resale_fen", sa.BigInteger, nullable=False),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

DEPOSIT = sa.Table(
    "market_deposit",
    metadata,
    sa.Column("deposit_id", sa.String(40), primary_key=True),
    _member(),
    sa.Column("instrument", sa.String(100), nullable=False),
    sa.Column("site_id", sa.String(40), nullable=False),
    sa.Column("card_h", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "instrument"),
)

DRAW = sa.Table(
    "market_draw",
    metadata,
    sa.Column("draw_id", sa.String(40), primary_key=True),
    _member(),
    sa.Column("instrument", sa.String(100), nullable=False),
    sa.Column("card_h", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("taken_card_h", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "instrument"),
)


def insert(unit: UnitOfWork, table: sa.Table, one: Any, now: datetime) -> None:
    """Enter a claim, lease, repossession or deposit, once."""
    unit.execute(sa.insert(table).values({**asdict(one), "at": now}))


def insert_policy(unit: UnitOfWork, sold: Sold, now: datetime) -> None:
    """Enter a policy that was sold, once."""
    policy = sold.policy
    values = asdict(policy) | {
        "risk": policy.risk.value,
        "instrument": policy.instrument.name,
        "past_claims_fen": json.dumps(sold.past_claims_fen),
        "loading_bp": sold.loading_bp,
        "premium_fen": sold.premium_fen,
        "at": now,
    }
    unit.execute(sa.insert(POLICY).values(values))


def policies(unit: UnitOfWork, policy_id: str | None = None) -> dict[str, Sold]:
    """Return the policies by id; the one that is named, if one is."""
    query = sa.select(POLICY).order_by(POLICY.c.policy_id)
    if policy_id is not None:
        query = query.where(POLICY.c.policy_id == policy_id)
    return {
        row.policy_id: Sold(
            Policy(
                row.policy_id,
                row.insured,
                Risk(row.risk),
                Instrument.named(row.instrument),
                row.card_h,
                row.fen_per_card_h,
                row.limit_fen,
            ),
            tuple(json.loads(row.past_claims_fen)),
            row.loading_bp,
            row.premium_fen,
        )
        for row in unit.execute(query)
    }


def claims(unit: UnitOfWork, policy_id: str | None = None) -> dict[str, Claimed]:
    """Return the claims by policy; that of one, if it is named."""
    return {row["policy_id"]: Claimed(**row) for row in _rows(unit, CLAIM, policy_id)}


def leases(unit: UnitOfWork, lease_id: str | None = None) -> dict[str, Lease]:
    """Return the leases by id; the one that is named, if one is."""
    return {row["lease_id"]: Lease(**row) for row in _rows(unit, LEASE, lease_id)}


def leased(unit: UnitOfWork, lessor: str) -> list[Lease]:
    """Return the leases of what a member has leased to others, agreed by both, and not taken back."""
    named = [LEASE.c[name] for name in Lease.__dataclass_fields__]
    back = sa.select(REPOSSESSION.c.lease_id)
    query = sa.select(*named).where(LEASE.c.lessor == lessor, LEASE.c.lease_id.not_in(back))
    query = query.where(*(_said(side) for side in (LEASE.c.lessor, LEASE.c.lessee)))
    return [Lease(**row) for row in unit.execute(query.order_by(LEASE.c.lease_id)).mappings()]


def insert_word(unit: UnitOfWork, lease_id: str, member: str, signature: str, now: datetime) -> None:
    """Enter that a side agreed to a lease, once."""
    unit.execute(sa.insert(LEASE_WORD).values(lease_id=lease_id, member=member, signature=signature, at=now))


def words(unit: UnitOfWork, lease_id: str | None = None) -> dict[str, set[str]]:
    """Return which sides agreed to the leases, by id; those of one, if it is named."""
    query = sa.select(LEASE_WORD.c.lease_id, LEASE_WORD.c.member)
    if lease_id is not None:
        query = query.where(LEASE_WORD.c.lease_id == lease_id)
    found: dict[str, set[str]] = {}
    for row in unit.execute(query):
        found.setdefault(row.lease_id, set()).add(row.member)
    return found


def insert_instalment(unit: UnitOfWork, lease_id: str, number: int, now: datetime) -> None:
    """Enter that an instalment was paid, once."""
    unit.execute(sa.insert(INSTALMENT).values(lease_id=lease_id, number=number, at=now))


def instalments_paid(unit: UnitOfWork, lease_id: str) -> int:
    """Return how many instalments of a lease were paid."""
    query = sa.select(sa.func.count()).select_from(INSTALMENT).where(INSTALMENT.c.lease_id == lease_id)
    return int(unit.execute(query).scalar_one())


def repossessions(unit: UnitOfWork, lease_id: str | None = None) -> dict[str, Repossessed]:
    """Return the repossessions by lease; that of one, if it is named."""
    return {row["lease_id"]: Repossessed(**row) for row in _rows(unit, REPOSSESSION, lease_id)}


def deposits(
    unit: UnitOfWork, *, instrument: str | None = None, member: str | None = None, deposit_id: str | None = None
) -> tuple[BankDeposit, ...]:
    """Return deposits in the order of their time stamps: of an hour, of a member, under an id, where one is named."""
    query = sa.select(*[DEPOSIT.c[name] for name in BankDeposit.__dataclass_fields__])
    if instrument is not None:
        query = query.where(DEPOSIT.c.instrument == instrument)
    if member is not None:
        query = query.where(DEPOSIT.c.member == member)
    if deposit_id is not None:
        query = query.where(DEPOSIT.c.deposit_id == deposit_id)
    rows = unit.execute(query.order_by(DEPOSIT.c.at, DEPOSIT.c.deposit_id)).mappings()
    return tuple(BankDeposit(**row) for row in rows)


def insert_draw(unit: UnitOfWork, draw: BankDraw, now: datetime) -> None:
    """Enter a draw, once."""
    values = {**asdict(draw), "taken_card_h": json.dumps(dict(draw.taken_card_h)), "at": now}
    unit.execute(sa.insert(DRAW).values(values))


def draws(unit: UnitOfWork, *, instrument: str | None = None, draw_id: str | None = None) -> dict[str, BankDraw]:
    """Return draws by id: of an hour, under an id, where one is named."""
    query = sa.select(*[DRAW.c[name] for name in BankDraw.__dataclass_fields__]).order_by(DRAW.c.at, DRAW.c.draw_id)
    if instrument is not None:
        query = query.where(DRAW.c.instrument == instrument)
    if draw_id is not None:
        query = query.where(DRAW.c.draw_id == draw_id)
    found = (dict(row) for row in unit.execute(query).mappings())
    return {row["draw_id"]: BankDraw(**{**row, "taken_card_h": json.loads(row["taken_card_h"])}) for row in found}


def _said(side: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Tell in SQL whether a side agreed to its lease."""
    return sa.exists().where(LEASE_WORD.c.lease_id == LEASE.c.lease_id, LEASE_WORD.c.member == side)


def _rows(unit: UnitOfWork, table: sa.Table, name: str | None) -> list[dict[str, Any]]:
    """Return what stands in a table but for when it was entered, by its first column; the row of a name, if one is."""
    named = [column for column in table.c if column.name != "at"]
    query = sa.select(*named).order_by(named[0])
    if name is not None:
        query = query.where(named[0] == name)
    return [dict(row) for row in unit.execute(query).mappings()]
