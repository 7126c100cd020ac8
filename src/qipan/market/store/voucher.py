"""Programmes of vouchers, what each holder's may pay, and what it has paid."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from qipan.log.canonical import canonical
from qipan.market.model.auction import Redeemed
from qipan.market.model.voucher import Programme
from qipan.market.store.spot import AWARD
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

PROGRAMME = sa.Table(
    "voucher_programme",
    metadata,
    sa.Column("programme_id", sa.String(20), primary_key=True),
    sa.Column("fund", sa.String(64), nullable=False),
    sa.Column("rate_bp", sa.BigInteger, nullable=False),
    sa.Column("cap_fen", sa.BigInteger, nullable=False),
    sa.Column("suppliers", sa.Text, nullable=False),
    sa.Column("starts", Moment, nullable=False),
    sa.Column("ends", Moment, nullable=False),
    sa.Column("issued", Moment, nullable=False),
)

VOUCHER = sa.Table(
    "voucher",
    metadata,
    sa.Column("programme_id", sa.String(20), sa.ForeignKey("voucher_programme.programme_id"), primary_key=True),
    sa.Column("holder", sa.String(20), sa.ForeignKey("market_member.member_id"), primary_key=True),
    sa.Column("fen", sa.BigInteger, nullable=False),
)

REDEEMED = sa.Table(
    "voucher_redeemed",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("programme_id", sa.String(20), nullable=False),
    sa.Column("holder", sa.String(20), nullable=False),
    sa.Column("bid_id", sa.String(40), nullable=False),
    sa.Column("supplier", sa.String(20), nullable=False),
    sa.Column("fen", sa.BigInteger, nullable=False),
    sa.Column("refund_id", sa.String(40), nullable=False),
    sa.ForeignKeyConstraint(["programme_id", "holder"], ["voucher.programme_id", "voucher.holder"]),
    sa.UniqueConstraint("bid_id", "supplier", "refund_id"),
    sa.Index(None, "programme_id", "holder"),
    sqlite_autoincrement=True,
)

CLOSING = sa.Table(
    "voucher_closing",
    metadata,
    sa.Column("programme_id", sa.String(20), sa.ForeignKey("voucher_programme.programme_id"), primary_key=True),
    sa.Column("fen", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

_REDEEMED: Final = Redeemed._fields


def insert_programme(unit: UnitOfWork, programme: Programme, now: datetime) -> None:
    """Enter a programme and its vouchers."""
    row = {
        "programme_id": programme.programme_id,
        "fund": programme.fund,
        "rate_bp": programme.rate_bp,
        "cap_fen": programme.cap_fen,
        "suppliers": canonical(sorted(programme.suppliers)).decode(),
        "starts": programme.starts,
        "ends": programme.ends,
        "issued": now,
    }
    unit.execute(sa.insert(PROGRAMME).values(row))
    unit.insert(
        VOUCHER,
        ("programme_id", "holder", "fen"),
        ((programme.programme_id, holder, fen) for holder, fen in sorted(programme.holders.items())),
    )


def programmes(unit: UnitOfWork, programme_id: str | None = None) -> dict[str, Programme]:
    """Return programmes by id; the one that is named, if one is."""
    query = sa.select(PROGRAMME).order_by(PROGRAMME.c.issued, PROGRAMME.c.programme_id)
    if programme_id is not None:
        query = query.where(PROGRAMME.c.programme_id == programme_id)
    holders: dict[str, dict[str, int]] = defaultdict(dict)
    for row in unit.execute(sa.select(VOUCHER).order_by(VOUCHER.c.programme_id, VOUCHER.c.holder)):
        holders[row.programme_id][row.holder] = row.fen
    return {
        row.programme_id: Programme(
            row.programme_id,
            row.fund,
            row.rate_bp,
            row.cap_fen,
            frozenset(json.loads(row.suppliers)),
            row.starts,
            row.ends,
            holders[row.programme_id],
        )
        for row in unit.execute(query)
    }


def spent(unit: UnitOfWork, until: int | None = None) -> dict[tuple[str, str], int]:
    """Return what vouchers have paid, by programme and holder; up to a number of redemption, if one is named."""
    query = sa.select(
        REDEEMED.c.programme_id, REDEEMED.c.holder, sa.func.sum(REDEEMED.c.fen).label("fen")
    ).group_by(REDEEMED.c.programme_id, REDEEMED.c.holder)  # fmt: skip
    if until is not None:
        query = query.where(REDEEMED.c.number <= until)
    return {(row.programme_id, row.holder): int(row.fen) for row in unit.execute(query)}


def newest(unit: UnitOfWork) -> int:
    """Return the number of the last redemption, 0 before the first."""
    return int(unit.execute(sa.select(sa.func.coalesce(sa.func.max(REDEEMED.c.number), 0))).scalar_one())


def insert_redeemed(unit: UnitOfWork, redeemed: Sequence[Redeemed], refund_id: str = "") -> None:
    """Enter what vouchers paid; or what came back to them, by a refund."""
    unit.insert(REDEEMED, (*_REDEEMED, "refund_id"), ((*one, refund_id) for one in redeemed))


def redeemed(
    unit: UnitOfWork, *, programme_id: str | None = None, auction: str | None = None
) -> tuple[tuple[Redeemed, str], ...]:
    """Return what vouchers paid and what came back, each with the refund that it came back by, in their order."""
    query = sa.select(*[REDEEMED.c[name] for name in (*_REDEEMED, "refund_id")]).order_by(REDEEMED.c.number)
    if programme_id is not None:
        query = query.where(REDEEMED.c.programme_id == programme_id)
    if auction is not None:
        query = query.join(AWARD, AWARD.c.order_id == REDEEMED.c.bid_id).where(AWARD.c.auction == auction)
    return tuple((Redeemed._make(row[:-1]), row[-1]) for row in unit.execute(query))


def insert_closing(unit: UnitOfWork, programme_id: str, fen: int, now: datetime) -> None:
    """Enter that a programme is closed, and what went back to its fund."""
    unit.execute(sa.insert(CLOSING).values(programme_id=programme_id, fen=fen, at=now))


def closings(unit: UnitOfWork) -> dict[str, int]:
    """Return the programmes that are closed, with what went back to their funds."""
    query = sa.select(CLOSING.c.programme_id, CLOSING.c.fen).order_by(CLOSING.c.programme_id)
    return {row.programme_id: row.fen for row in unit.execute(query)}
