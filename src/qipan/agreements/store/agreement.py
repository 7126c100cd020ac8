"""Texts of agreements and who signed them; bills, shares and events that were posted.

Rows are never changed, the engines refuse it. What is pledged stands in the claims of accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from qipan.agreements.model.agreement import Pool
from qipan.agreements.model.bill import Bill, Price, Use
from qipan.agreements.model.posted import PostedBill, PostedShare
from qipan.storage.books import Moment, UnitOfWork, metadata

TEXT = sa.Table(
    "agreement_text",
    metadata,
    sa.Column("agreement_id", sa.String(20), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("proposed", Moment, nullable=False),
)

_OF_TEXT = ["agreement_text.agreement_id", "agreement_text.number"]

SIGNATURE = sa.Table(
    "agreement_signature",
    metadata,
    sa.Column("agreement_id", sa.String(20), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("party", sa.String(20), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.ForeignKeyConstraint(["agreement_id", "number"], _OF_TEXT),
)

BILL = sa.Table(
    "agreement_bill",
    metadata,
    sa.Column("agreement_id", sa.String(20), primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("taken_card_h", sa.BigInteger, nullable=False),
    sa.Column("available_card_h", sa.BigInteger, nullable=True),
    sa.Column("index", sa.String(40), nullable=False),
    sa.Column("base_fen", sa.BigInteger, nullable=False),
    sa.Column("indexed_fen", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("untaken_card_h", sa.BigInteger, nullable=False),
    sa.Column("posted", Moment, nullable=False),
    sa.ForeignKeyConstraint(["agreement_id", "number"], _OF_TEXT),
)

SHARE = sa.Table(
    "agreement_share",
    metadata,
    sa.Column("agreement_id", sa.String(20), primary_key=True),
    sa.Column("pool", sa.String(20), primary_key=True),
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("fen", sa.BigInteger, nullable=False),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("posted", Moment, nullable=False),
    sa.ForeignKeyConstraint(["agreement_id", "number"], _OF_TEXT),
)

EVENT = sa.Table(
    "agreement_event",
    metadata,
    sa.Column("agreement_id", sa.String(20), primary_key=True),
    sa.Column("event_id", sa.String(20), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("posted", Moment, nullable=False),
    sa.ForeignKeyConstraint(["agreement_id", "number"], _OF_TEXT),
)


# --- texts -------------------------------------------------------------------------------------------------------


def insert_text(unit: UnitOfWork, agreement_id: str, number: int, *, record: str, digest: str, now: datetime) -> None:
    """Enter a text."""
    values = {"agreement_id": agreement_id, "number": number, "record": record, "digest": digest, "proposed": now}
    unit.execute(sa.insert(TEXT), values)


def texts(unit: UnitOfWork, agreement_id: str | None = None) -> list[tuple[int, str, str]]:
    """Return number, record and digest of texts, of an agreement if one is named, in their order."""
    query = sa.select(TEXT.c.number, TEXT.c.record, TEXT.c.digest).order_by(TEXT.c.agreement_id, TEXT.c.number)
    if agreement_id is not None:
        query = query.where(TEXT.c.agreement_id == agreement_id)
    return [(row.number, row.record, row.digest) for row in unit.execute(query)]


def insert_signature(unit: UnitOfWork, agreement_id: str, number: int, party: str, now: datetime) -> None:
    """Enter that a party has signed a text."""
    values = {"agreement_id": agreement_id, "number": number, "party": party, "at": now}
    unit.execute(sa.insert(SIGNATURE), values)


def signatures(unit: UnitOfWork, agreement_id: str, number: int) -> dict[str, datetime]:
    """Return who has signed a text, and when, in the order of signing."""
    query = (
        sa.select(SIGNATURE.c.party, SIGNATURE.c.at)
        .where(SIGNATURE.c.agreement_id == agreement_id, SIGNATURE.c.number == number)
        .order_by(SIGNATURE.c.at, SIGNATURE.c.party)
    )
    return {row.party: row.at for row in unit.execute(query)}


# --- what was posted ---------------------------------------------------------------------------------------------


def insert_bill(unit: UnitOfWork, one: PostedBill, index: str, now: datetime) -> None:
    """Enter a bill; the index as its record writes it."""
    price = one.bill.price
    values = {
        "agreement_id": one.agreement_id,
        "month": one.use.month,
        "number": one.number,
        "taken_card_h": one.use.taken_card_h,
        "available_card_h": one.use.available_card_h,
        "index": index,
        "base_fen": price.base_fen,
        "indexed_fen": price.indexed_fen,
        "fen_per_card_h": price.fen_per_card_h,
        "untaken_card_h": one.bill.untaken_card_h,
        "posted": now,
    }
    unit.execute(sa.insert(BILL), values)


def bills(unit: UnitOfWork, agreement_id: str, month: date | None = None) -> tuple[PostedBill, ...]:
    """Return the bills of an agreement by month; of one month, if it is named."""
    query = sa.select(BILL).where(BILL.c.agreement_id == agreement_id).order_by(BILL.c.month)
    if month is not None:
        query = query.where(BILL.c.month == month)
    return tuple(_bill(row) for row in unit.execute(query))


def billed(unit: UnitOfWork, agreement_id: str, month: date) -> datetime:
    """Return when a month was billed."""
    query = sa.select(BILL.c.posted).where(BILL.c.agreement_id == agreement_id, BILL.c.month == month)
    moment: datetime = unit.execute(query).scalar_one()
    return moment


def insert_share(unit: UnitOfWork, one: PostedShare, number: int, now: datetime) -> None:
    """Enter what was shared out."""
    values = {
        "agreement_id": one.agreement_id,
        "pool": one.pool.value,
        "month": one.month,
        "number": number,
        "fen": one.fen,
        "source": one.source,
        "posted": now,
    }
    unit.execute(sa.insert(SHARE), values)


def shares(unit: UnitOfWork, agreement_id: str) -> dict[tuple[Pool, date], tuple[PostedShare, int]]:
    """Return what was shared out and the number of the text that it was under, by pool and month."""
    query = sa.select(SHARE).where(SHARE.c.agreement_id == agreement_id).order_by(SHARE.c.month, SHARE.c.pool)
    return {
        (Pool(row.pool), row.month): (
            PostedShare(agreement_id, Pool(row.pool), row.month, row.fen, row.source),
            row.number,
        )
        for row in unit.execute(query)
    }


def insert_event(
    unit: UnitOfWork,
    agreement_id: str,
    event_id: str,
    *,
    number: int,
    day: date,
    record: str,
    source: str,
    now: datetime,
) -> None:
    """Enter an event."""
    values = {
        "agreement_id": agreement_id,
        "event_id": event_id,
        "number": number,
        "day": day,
        "record": record,
        "source": source,
        "posted": now,
    }
    unit.execute(sa.insert(EVENT), values)


def events(unit: UnitOfWork, agreement_id: str) -> dict[str, tuple[str, str, int]]:
    """Return record and source of events, and the number of the text that each was split under, by their id."""
    query = sa.select(EVENT).where(EVENT.c.agreement_id == agreement_id).order_by(EVENT.c.day, EVENT.c.event_id)
    return {row.event_id: (row.record, row.source, row.number) for row in unit.execute(query)}


def posted_to(unit: UnitOfWork, agreement_id: str) -> date | None:
    """Return the last month or day of what was posted of an agreement; ``None`` where nothing was."""
    columns: Sequence[Any] = (BILL.c.month, SHARE.c.month, EVENT.c.day)
    found = [
        unit.execute(sa.select(sa.func.max(column)).where(column.table.c.agreement_id == agreement_id)).scalar_one()
        for column in columns
    ]
    return max((one for one in found if one is not None), default=None)


def _bill(row: Any) -> PostedBill:
    use = Use(row.month, row.taken_card_h, row.available_card_h)
    price = Price(row.base_fen, row.indexed_fen, row.fen_per_card_h)
    bill = Bill(row.month, price, row.taken_card_h, row.untaken_card_h)
    return PostedBill(row.agreement_id, row.number, use, Decimal(row.index) if row.index else None, bill)
