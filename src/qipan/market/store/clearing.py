"""Marks, settled days, defaults; and, changing with them, calls that are open and what is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from qipan.kernel.time import Interval
from qipan.market.model.clearing import DayMark, Default, Hold
from qipan.market.model.mark import Mark, MarkRule
from qipan.market.store.book import BOOK, TRADE
from qipan.storage.books import Moment, UnitOfWork, metadata

MARK = sa.Table(
    "market_mark",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), primary_key=True),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("rule", sa.String(10), nullable=False),
    sa.Column("closing_start", Moment, nullable=False),
    sa.Column("closing_end", Moment, nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
    sa.Column("value_fen_lots", sa.BigInteger, nullable=False),
    sa.Column("bid_fen_per_card_h", sa.BigInteger, nullable=True),
    sa.Column("ask_fen_per_card_h", sa.BigInteger, nullable=True),
    sa.Column("plan_fen_per_card_h", sa.Double, nullable=True),
    sa.Column("last_trade", sa.BigInteger, nullable=False),
    sa.Column("is_final", sa.Boolean, nullable=False),
    sa.Index(None, "instrument"),
)

DAY = sa.Table(
    "market_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("marked", Moment, nullable=False),
)

SETTLEMENT = sa.Table(
    "market_settlement",
    metadata,
    sa.Column("day", sa.Date, sa.ForeignKey("market_day.day"), primary_key=True),
    sa.Column("settled", Moment, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

DEFAULT = sa.Table(
    "market_default",
    metadata,
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

CALL = sa.Table(
    "market_call",
    metadata,
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), primary_key=True),
    sa.Column("fen", sa.BigInteger, nullable=False),
)

HOLD = sa.Table(
    "market_hold",
    metadata,
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), primary_key=True),
    sa.Column("transfer_id", sa.String(80), nullable=False),
    sa.Column("fen", sa.BigInteger, nullable=False),
)

_OF_MARK: Final = (
    "fen_per_card_h", "lots", "value_fen_lots", "bid_fen_per_card_h", "ask_fen_per_card_h", "plan_fen_per_card_h",
)  # fmt: skip


def insert_marks(unit: UnitOfWork, day: date, marks: tuple[DayMark, ...], now: datetime) -> None:
    """Enter the marks of a day, once."""
    unit.execute(sa.insert(DAY).values(day=day, marked=now))
    rows = [
        {name: getattr(one.mark, name) for name in _OF_MARK}
        | {
            "day": one.day,
            "instrument": one.instrument,
            "rule": one.mark.rule.value,
            "closing_start": one.mark.closing.start,
            "closing_end": one.mark.closing.end,
            "last_trade": one.last_trade,
            "is_final": one.is_final,
        }
        for one in marks
    ]
    if rows:
        unit.execute(sa.insert(MARK), rows)


def marks(unit: UnitOfWork, day: date) -> tuple[DayMark, ...]:
    """Return the marks of a day, by instrument."""
    query = sa.select(MARK).where(MARK.c.day == day).order_by(MARK.c.instrument)
    return tuple(map(_day_mark, unit.execute(query).mappings()))


def all_marks(unit: UnitOfWork, *, instrument: str | None = None) -> tuple[DayMark, ...]:
    """Return marks in the order of their days and books, of a book if one is named."""
    query = sa.select(MARK).order_by(MARK.c.day, MARK.c.instrument)
    if instrument is not None:
        query = query.where(MARK.c.instrument == instrument)
    return tuple(map(_day_mark, unit.execute(query).mappings()))


def marks_before(unit: UnitOfWork, day: date) -> dict[str, DayMark]:
    """Return the newest mark before a day of every instrument that has one."""
    newest = (
        sa.select(MARK.c.instrument, sa.func.max(MARK.c.day).label("day"))
        .where(MARK.c.day < day)
        .group_by(MARK.c.instrument)
        .subquery()
    )
    is_it = sa.and_(MARK.c.instrument == newest.c.instrument, MARK.c.day == newest.c.day)
    query = sa.select(MARK).join(newest, is_it).order_by(MARK.c.instrument)
    return {row["instrument"]: _day_mark(row) for row in unit.execute(query).mappings()}


def books_to_mark(unit: UnitOfWork) -> list[str]:
    """Return the books that marks are still due of: not marked for the last time, or reached at other prices since."""
    came_late = sa.exists().where(
        TRADE.c.instrument == MARK.c.instrument,
        TRADE.c.sequence > MARK.c.last_trade,
        TRADE.c.fen_per_card_h != MARK.c.fen_per_card_h,
    )
    is_over = sa.exists().where(MARK.c.instrument == BOOK.c.instrument, MARK.c.is_final, ~came_late)
    return list(unit.execute(sa.select(BOOK.c.instrument).where(~is_over).order_by(BOOK.c.instrument)).scalars())


def newest_mark(unit: UnitOfWork, instrument: str) -> DayMark | None:
    """Return the newest mark of a book; none before the first."""
    query = sa.select(MARK).where(MARK.c.instrument == instrument).order_by(MARK.c.day.desc()).limit(1)
    row = unit.execute(query).mappings().one_or_none()
    return None if row is None else _day_mark(row)


def days(unit: UnitOfWork) -> tuple[date, ...]:
    """Return the days that are marked, in order."""
    return tuple(unit.execute(sa.select(DAY.c.day).order_by(DAY.c.day)).scalars())


def digests(unit: UnitOfWork) -> dict[date, str]:
    """Return the digest of every day that is settled."""
    return {row.day: row.digest for row in unit.execute(sa.select(SETTLEMENT).order_by(SETTLEMENT.c.day))}


def waiting_day(unit: UnitOfWork) -> date | None:
    """Return the newest day that is marked, while it is not settled."""
    marked = days(unit)
    return marked[-1] if marked and marked[-1] not in digests(unit) else None


def insert_settlement(unit: UnitOfWork, day: date, digest: str, now: datetime) -> None:
    """Enter that a day is settled, once."""
    unit.execute(sa.insert(SETTLEMENT).values(day=day, settled=now, digest=digest))


def positions(unit: UnitOfWork, instrument: str, last_trade: int) -> dict[str, int]:
    """Return the positions in a book after a trade, by member."""
    found: dict[str, int] = defaultdict(int)
    for column, sign in ((TRADE.c.buyer, 1), (TRADE.c.seller, -1)):
        query = sa.select(column.label("member"), sa.func.sum(TRADE.c.lots).label("lots")).group_by(column)
        query = query.where(TRADE.c.instrument == instrument, TRADE.c.sequence <= last_trade)
        for row in unit.execute(query):
            found[row.member] += sign * int(row.lots)
    return {member: lots for member, lots in sorted(found.items()) if lots}


def insert_default(unit: UnitOfWork, default: Default) -> None:
    """Enter that a member has defaulted."""
    unit.execute(sa.insert(DEFAULT).values(asdict(default)))


def defaults(unit: UnitOfWork) -> dict[str, Default]:
    """Return the members that have defaulted."""
    return {row["member"]: Default(**row) for row in unit.execute(sa.select(DEFAULT)).mappings()}


def set_calls(unit: UnitOfWork, calls: Mapping[str, int]) -> None:
    """Let these be the calls that are open."""
    unit.execute(sa.delete(CALL))
    if calls:
        unit.execute(sa.insert(CALL), [{"member": member, "fen": fen} for member, fen in calls.items()])


def calls(unit: UnitOfWork) -> dict[str, int]:
    """Return the calls that are open, fen by member."""
    return {row.member: row.fen for row in unit.execute(sa.select(CALL).order_by(CALL.c.member))}


def answer_call(unit: UnitOfWork, member: str, fen: int) -> None:
    """Let money that a member brought lower its call; what is answered whole is open no more."""
    lacking = calls(unit).get(member, 0) - fen
    if lacking > 0:
        unit.execute(sa.update(CALL).where(CALL.c.member == member).values(fen=lacking))
    else:
        unit.execute(sa.delete(CALL).where(CALL.c.member == member))


def set_hold(unit: UnitOfWork, hold: Hold) -> None:
    """Let this be what is held of a member."""
    insert: Any = postgresql.insert if unit.connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(HOLD).values(asdict(hold))
    changed = {"transfer_id": hold.transfer_id, "fen": hold.fen}
    unit.execute(statement.on_conflict_do_update(index_elements=["member"], set_=changed))


def clear_holds(unit: UnitOfWork) -> None:
    """Let nothing be held."""
    unit.execute(sa.delete(HOLD))


def holds(unit: UnitOfWork) -> dict[str, Hold]:
    """Return what is held, by member."""
    return {row["member"]: Hold(**row) for row in unit.execute(sa.select(HOLD).order_by(HOLD.c.member)).mappings()}


def _day_mark(row: sa.RowMapping) -> DayMark:
    mark = Mark(
        rule=MarkRule(row["rule"]),
        closing=Interval(row["closing_start"], row["closing_end"]),
        **{name: row[name] for name in _OF_MARK},
    )
    return DayMark(row["day"], row["instrument"], mark, row["last_trade"], row["is_final"])
