"""Members, books, certified capacity, requests, trades; and, following from the requests, exposures.

Rows are never changed but those of exposures, the engines refuse it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import Refusal, State, Trade
from qipan.market.model.request import Certification, Entered, Exposure, Listing, Member
from qipan.storage.books import Moment, Serial, UnitOfWork, metadata

CHUNK: Final = 10_000
"""Requests that are read at a time."""

MEMBER = sa.Table(
    "market_member",
    metadata,
    sa.Column("member_id", sa.String(20), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("admitted", Moment, nullable=False),
)

BOOK = sa.Table(
    "market_book",
    metadata,
    sa.Column("instrument", sa.String(100), primary_key=True),
    sa.Column("card_class", sa.String(40), nullable=False),
    sa.Column("hub_id", sa.String(40), nullable=False),
    sa.Column("window", sa.String(16), nullable=False),
    sa.Column("last_trading", Moment, nullable=False),
    sa.Column("margin_fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("margin_source", sa.String(80), nullable=False),
    sa.Column("opened", Moment, nullable=False),
)

CERTIFICATION = sa.Table(
    "market_certification",
    metadata,
    sa.Column("number", Serial, primary_key=True, autoincrement=True),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), nullable=False),
    sa.Column("card_class", sa.String(40), nullable=False),
    sa.Column("hub_id", sa.String(40), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("cards", sa.BigInteger, nullable=False),
    sa.Column("certificate", sa.String(200), nullable=False),
    sa.Index(None, "member", "card_class", "hub_id"),
    sqlite_autoincrement=True,
)

REQUEST = sa.Table(
    "market_request",
    metadata,
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("request_id", sa.String(200), nullable=False),
    sa.Column("member", sa.String(20), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=True),
    sa.Column("left_lots", sa.BigInteger, nullable=False),
    sa.Column("refusal", sa.String(20), nullable=True),
    sa.UniqueConstraint("request_id"),
)

TRADE = sa.Table(
    "market_trade",
    metadata,
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("buy_id", sa.String(200), nullable=False),
    sa.Column("sell_id", sa.String(200), nullable=False),
    sa.Column("buyer", sa.String(20), nullable=False),
    sa.Column("seller", sa.String(20), nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Index(None, "instrument", "number"),
)

EXPOSURE = sa.Table(
    "market_exposure",
    metadata,
    sa.Column("instrument", sa.String(100), sa.ForeignKey("market_book.instrument"), primary_key=True),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("open_buy_lots", sa.BigInteger, nullable=False),
    sa.Column("open_sell_lots", sa.BigInteger, nullable=False),
    sa.Column("cover_lots", sa.BigInteger, nullable=False),
    sa.Column("granted_lots", sa.BigInteger, nullable=False),
    sa.CheckConstraint(
        "open_buy_lots >= 0 and open_sell_lots >= 0 and cover_lots >= 0 and granted_lots >= 0", name="whole"
    ),
    sa.Index(None, "member"),
)

_ENTERED: Final = tuple(Entered.__dataclass_fields__)
_TRADE: Final = Trade._fields
_LOTS: Final = tuple(name for name in Exposure.__dataclass_fields__ if name not in {"instrument", "member"})


def insert_member(unit: UnitOfWork, member: Member, now: datetime) -> None:
    """Enter a member."""
    unit.execute(sa.insert(MEMBER).values({**asdict(member), "admitted": now}))


def members(unit: UnitOfWork, names: Collection[str] | None = None) -> dict[str, Member]:
    """Return members by name, in the order in which they were admitted; those that are named, if any are."""
    query = sa.select(MEMBER.c.member_id, MEMBER.c.key).order_by(MEMBER.c.admitted, MEMBER.c.member_id)
    if names is not None:
        query = query.where(MEMBER.c.member_id.in_(names))
    return {row.member_id: Member(row.member_id, row.key) for row in unit.execute(query)}


def insert_listing(unit: UnitOfWork, listing: Listing, now: datetime) -> None:
    """Enter the terms of a book."""
    ware = listing.instrument
    row = {
        "instrument": ware.name,
        "card_class": ware.card_class,
        "hub_id": ware.hub_id,
        "window": ware.window.name,
        "last_trading": listing.last_trading,
        "margin_fen_per_card_h": listing.margin_fen_per_card_h,
        "margin_source": listing.margin_source,
        "opened": now,
    }
    unit.execute(sa.insert(BOOK).values(row))


def listings(unit: UnitOfWork, names: Collection[str] | None = None) -> dict[str, Listing]:
    """Return the terms of books by the name of their instrument; those that are named, if any are."""
    query = sa.select(BOOK).order_by(BOOK.c.instrument)
    if names is not None:
        query = query.where(BOOK.c.instrument.in_(names))
    return {
        row.instrument: Listing(
            Instrument(row.card_class, row.hub_id, Window.named(row.window)),
            row.last_trading,
            row.margin_fen_per_card_h,
            row.margin_source,
        )
        for row in unit.execute(query)
    }


def insert_certification(unit: UnitOfWork, step: Certification) -> None:
    """Enter a step of certified capacity."""
    unit.execute(sa.insert(CERTIFICATION).values(asdict(step)))


def certifications(unit: UnitOfWork, member: str, card_class: str, hub_id: str) -> tuple[Certification, ...]:
    """Return the steps of a member's certified capacity as they were entered: the later corrects the earlier."""
    named = [CERTIFICATION.c[name] for name in Certification.__dataclass_fields__]
    query = sa.select(*named).where(
        CERTIFICATION.c.member == member,
        CERTIFICATION.c.card_class == card_class,
        CERTIFICATION.c.hub_id == hub_id,
    )
    return tuple(Certification(**row) for row in unit.execute(query.order_by(CERTIFICATION.c.number)).mappings())


def certified_by(unit: UnitOfWork) -> tuple[tuple[str, str, str], ...]:
    """Return who has certified capacity of which class at which hub: member, class, hub."""
    named = (CERTIFICATION.c.member, CERTIFICATION.c.card_class, CERTIFICATION.c.hub_id)
    rows = unit.execute(sa.select(*named).distinct().order_by(*named))
    return tuple((row.member, row.card_class, row.hub_id) for row in rows)


def known(unit: UnitOfWork, request_ids: Collection[str]) -> dict[str, Entered]:
    """Return the requests that stand under these ids, in whatever book."""
    query = _entered().where(REQUEST.c.request_id.in_(request_ids))
    return {row["request_id"]: _request(row) for row in unit.execute(query).mappings()}


def newest(unit: UnitOfWork, instrument: str) -> Entered | None:
    """Return the last request of a book, ``None`` before the first."""
    query = _entered().where(REQUEST.c.instrument == instrument).order_by(REQUEST.c.number.desc()).limit(1)
    row = unit.execute(query).mappings().one_or_none()
    return None if row is None else _request(row)


def digest(unit: UnitOfWork, instrument: str, number: int) -> str | None:
    """Return the digest of a request of a book, ``None`` where there is none of that number."""
    query = sa.select(REQUEST.c.digest).where(REQUEST.c.instrument == instrument, REQUEST.c.number == number)
    return unit.execute(query).scalar_one_or_none()


def requests(unit: UnitOfWork, instrument: str, *, after: int = 0) -> Iterator[Entered]:
    """Yield the requests of a book in their order, those after a number."""
    while True:
        query = _entered().where(REQUEST.c.instrument == instrument, REQUEST.c.number > after)
        rows = unit.execute(query.order_by(REQUEST.c.number).limit(CHUNK)).mappings().all()
        yield from map(_request, rows)
        if len(rows) < CHUNK:
            return
        after = rows[-1]["number"]


def enter(
    unit: UnitOfWork,
    entered: Sequence[Entered],
    traded: Iterable[tuple[int, Trade]],
    exposures: Collection[Exposure],
) -> None:
    """Enter requests of one book, the trades that each number led to, and what members then have at stake."""
    instrument = entered[0].instrument
    unit.insert(REQUEST, _ENTERED, map(_row, entered))
    unit.insert(TRADE, ("instrument", "number", *_TRADE), ((instrument, number, *trade) for number, trade in traded))
    if not exposures:
        return
    insert: Any = postgresql.insert if unit.connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(EXPOSURE)
    new = {name: statement.excluded[name] for name in _LOTS}
    changed = statement.on_conflict_do_update(index_elements=["instrument", "member"], set_=new)
    unit.execute(changed, [asdict(one) for one in exposures])


def exposures(unit: UnitOfWork, *, member: str | None = None, instrument: str | None = None) -> tuple[Exposure, ...]:
    """Return what members have at stake; of a member or in a book, if one is named."""
    query = sa.select(EXPOSURE).order_by(EXPOSURE.c.instrument, EXPOSURE.c.member)
    if member is not None:
        query = query.where(EXPOSURE.c.member == member)
    if instrument is not None:
        query = query.where(EXPOSURE.c.instrument == instrument)
    return tuple(Exposure(**row) for row in unit.execute(query).mappings())


def trades(
    unit: UnitOfWork,
    instrument: str,
    *,
    number: int | None = None,
    after: int = 0,
    until: int | None = None,
) -> tuple[Trade, ...]:
    """Return the trades of a book in their order.

    Parameters
    ----------
    number
        Only those that this request led to at once.
    after, until
        Only those whose sequence lies behind the one and not behind the other.
    """
    query = sa.select(*[TRADE.c[name] for name in _TRADE]).where(
        TRADE.c.instrument == instrument, TRADE.c.sequence > after
    )
    if number is not None:
        query = query.where(TRADE.c.number == number)
    if until is not None:
        query = query.where(TRADE.c.sequence <= until)
    return tuple(Trade._make(row) for row in unit.execute(query.order_by(TRADE.c.sequence)))


def _entered() -> sa.Select[Any]:
    return sa.select(*[REQUEST.c[name] for name in _ENTERED])


def _row(one: Entered) -> tuple[Any, ...]:
    # Plain text, not the words of our enums: drivers differ in what they take these for.
    state = None if one.state is None else one.state.value
    return (*astuple(one)[:-3], state, one.left_lots, None if one.refusal is None else one.refusal.value)


def _request(row: sa.RowMapping) -> Entered:
    told = dict(row)
    state, refusal = told.pop("state"), told.pop("refusal")
    return Entered(**told, state=State(state) if state else None, refusal=Refusal(refusal) if refusal else None)
