"""Auctions, requests, what they came to, refunds and deviations; and, changing with them, what is held for bids."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from qipan.log.canonical import canonical
from qipan.market.model.auction import Auction, Award, Clearing, Entered, Fill, Network, Outcome, Price, Refund
from qipan.market.model.clearing import Hold
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import Order, Side
from qipan.storage.books import Moment, UnitOfWork, metadata

AUCTION = sa.Table(
    "spot_auction",
    metadata,
    sa.Column("auction", sa.String(40), primary_key=True),
    sa.Column("card_class", sa.String(40), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("gate", Moment, nullable=False),
    sa.Column("fee_bp", sa.BigInteger, nullable=False),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("opened", Moment, nullable=False),
)

REQUEST = sa.Table(
    "spot_request",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_auction.auction"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("request_id", sa.String(40), nullable=False),
    sa.Column("member", sa.String(20), sa.ForeignKey("market_member.member_id"), nullable=False),
    sa.Column("instrument", sa.String(100), nullable=False),
    sa.Column("side", sa.BigInteger, nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("cancels", sa.String(100), nullable=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.UniqueConstraint("request_id"),
    sa.UniqueConstraint("cancels"),
    sa.Index(None, "member", "instrument"),
)

GATE = sa.Table(
    "spot_gate",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_auction.auction"), primary_key=True),
    sa.Column("closed", Moment, nullable=False),
)

HOLD = sa.Table(
    "spot_hold",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_auction.auction"), primary_key=True),
    sa.Column("member", sa.String(20), primary_key=True),
    sa.Column("transfer_id", sa.String(80), nullable=False),
    sa.Column("fen", sa.BigInteger, nullable=False),
)

CLEARING = sa.Table(
    "spot_clearing",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_auction.auction"), primary_key=True),
    sa.Column("cleared", Moment, nullable=False),
    sa.Column("transfer_fen", sa.BigInteger, nullable=False),
    sa.Column("rent_fen", sa.BigInteger, nullable=False),
    sa.Column("remainder_fen", sa.BigInteger, nullable=False),
    sa.Column("redeemed_after", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

PRICE = sa.Table(
    "spot_price",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_clearing.auction"), primary_key=True),
    sa.Column("instrument", sa.String(100), primary_key=True),
    sa.Column("side", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
)

AWARD = sa.Table(
    "spot_award",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_clearing.auction"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("order_id", sa.String(40), nullable=False),
    sa.Column("member", sa.String(20), nullable=False),
    sa.Column("instrument", sa.String(100), nullable=False),
    sa.Column("side", sa.BigInteger, nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
    sa.Column("fen_per_card_h", sa.BigInteger, nullable=False),
    sa.Column("paid_fen", sa.BigInteger, nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False),
    sa.Column("uplift_fen", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("order_id"),
)

FILL = sa.Table(
    "spot_supply",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_clearing.auction"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("bid_id", sa.String(40), nullable=False),
    sa.Column("offer_id", sa.String(40), nullable=False),
    sa.Column("lots", sa.BigInteger, nullable=False),
)

REFUND = sa.Table(
    "spot_refund",
    metadata,
    sa.Column("refund_id", sa.String(40), primary_key=True),
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_clearing.auction"), nullable=False, index=True),
    sa.Column("offer_id", sa.String(40), nullable=False),
    sa.Column("card_h", sa.BigInteger, nullable=False),
    sa.Column("parts", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

DEVIATION = sa.Table(
    "spot_deviation",
    metadata,
    sa.Column("auction", sa.String(40), sa.ForeignKey("spot_clearing.auction"), primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
)


_ENTERED: Final = tuple(Entered.__dataclass_fields__)


# --- terms and requests --------------------------------------------------------------------------------------------


def insert_auction(unit: UnitOfWork, auction: Auction, now: datetime) -> None:
    """Enter the terms of an auction."""
    row = {
        "auction": auction.name,
        "card_class": auction.card_class,
        "day": auction.day,
        "gate": auction.gate,
        "fee_bp": auction.fee_bp,
        "network": canonical(asdict(auction.network)).decode(),
        "opened": now,
    }
    unit.execute(sa.insert(AUCTION).values(row))


def auctions(unit: UnitOfWork, name: str | None = None) -> dict[str, Auction]:
    """Return auctions by name in the order of their days; the one that is named, if one is."""
    query = sa.select(AUCTION).order_by(AUCTION.c.day, AUCTION.c.auction)
    if name is not None:
        query = query.where(AUCTION.c.auction == name)
    return {
        row.auction: Auction(row.card_class, row.day, row.gate, row.fee_bp, _network(row.network))
        for row in unit.execute(query)
    }


def insert_gate(unit: UnitOfWork, auction: str, now: datetime) -> None:
    """Enter that the gate of an auction was closed before its time."""
    unit.execute(sa.insert(GATE).values(auction=auction, closed=now))


def gate(unit: UnitOfWork, auction: str) -> datetime | None:
    """Return when the gate of an auction was closed before its time, ``None`` where it was not."""
    return unit.execute(sa.select(GATE.c.closed).where(GATE.c.auction == auction)).scalar_one_or_none()


def known(unit: UnitOfWork, request_ids: Collection[str]) -> dict[str, Entered]:
    """Return the requests that stand under these ids, in whatever auction."""
    found: dict[str, Entered] = {}
    ids = sorted(request_ids)
    for at in range(0, len(ids), 10_000):
        query = sa.select(*_columns()).where(REQUEST.c.request_id.in_(ids[at : at + 10_000]))
        found |= {row["request_id"]: Entered(**row) for row in unit.execute(query).mappings()}
    return found


def newest(unit: UnitOfWork, auction: str) -> Entered | None:
    """Return the last request of an auction, ``None`` before the first."""
    query = sa.select(*_columns()).where(REQUEST.c.auction == auction).order_by(REQUEST.c.number.desc()).limit(1)
    row = unit.execute(query).mappings().one_or_none()
    return None if row is None else Entered(**row)


def requests(unit: UnitOfWork, auction: str) -> tuple[Entered, ...]:
    """Return the requests of an auction in their order."""
    query = sa.select(*_columns()).where(REQUEST.c.auction == auction).order_by(REQUEST.c.number)
    return tuple(Entered(**row) for row in unit.execute(query).mappings())


def enter(unit: UnitOfWork, entered: Sequence[Entered]) -> None:
    """Enter requests."""
    unit.insert(REQUEST, _ENTERED, (tuple(asdict(one).values()) for one in entered))


def orders(unit: UnitOfWork, auction: str, members: Collection[str] | None = None) -> tuple[Order, ...]:
    """Return the orders of an auction that stand, in the order in which they were entered; of members if named."""
    back = sa.select(REQUEST.c.cancels).where(REQUEST.c.auction == auction, REQUEST.c.cancels.is_not(None))
    query = sa.select(
        REQUEST.c.request_id, REQUEST.c.member, REQUEST.c.instrument, REQUEST.c.side, REQUEST.c.lots,
        REQUEST.c.fen_per_card_h,
    ).where(REQUEST.c.auction == auction, REQUEST.c.side != 0, REQUEST.c.request_id.not_in(back))  # fmt: skip
    if members is not None:
        query = query.where(REQUEST.c.member.in_(members))
    return tuple(
        Order(row.request_id, row.member, row.instrument, Side(row.side), row.lots, row.fen_per_card_h)
        for row in unit.execute(query.order_by(REQUEST.c.number))
    )


def uncleared(unit: UnitOfWork, member: str) -> list[str]:
    """Return the auctions that a member has entered something in and that are not cleared, by name."""
    query = sa.select(REQUEST.c.auction).where(
        REQUEST.c.member == member, REQUEST.c.auction.not_in(sa.select(CLEARING.c.auction))
    )
    return list(unit.execute(query.distinct().order_by(REQUEST.c.auction)).scalars())


def offered(unit: UnitOfWork, member: str, card_class: str, hub_id: str) -> list[tuple[Window, int]]:
    """Return the hours and lots of a class at a hub that a member has promised on spot: offered, or awarded since."""
    back = sa.select(REQUEST.c.cancels).where(REQUEST.c.cancels.is_not(None))
    query = (
        sa.select(REQUEST.c.instrument, sa.func.sum(sa.func.coalesce(AWARD.c.lots, REQUEST.c.lots)).label("lots"))
        .outerjoin(AWARD, AWARD.c.order_id == REQUEST.c.request_id)
        .where(
            REQUEST.c.member == member,
            REQUEST.c.side == int(Side.SELL),
            REQUEST.c.instrument.startswith(f"{card_class}@{hub_id}/", autoescape=True),
            REQUEST.c.request_id.not_in(back),
        )
        .group_by(REQUEST.c.instrument)
        .order_by(REQUEST.c.instrument)
    )
    return [(Instrument.named(row.instrument).window, int(row.lots)) for row in unit.execute(query)]


# --- what is held --------------------------------------------------------------------------------------------------


def set_hold(unit: UnitOfWork, auction: str, hold: Hold) -> None:
    """Let this be what is held of a member for an auction; nothing where it is nothing."""
    unit.execute(sa.delete(HOLD).where(HOLD.c.auction == auction, HOLD.c.member == hold.member))
    if hold.fen:
        unit.execute(sa.insert(HOLD).values(auction=auction, **asdict(hold)))


def clear_holds(unit: UnitOfWork, auction: str) -> None:
    """Let nothing be held for an auction."""
    unit.execute(sa.delete(HOLD).where(HOLD.c.auction == auction))


def holds(unit: UnitOfWork, auction: str) -> dict[str, Hold]:
    """Return what is held for an auction, by member."""
    query = sa.select(HOLD.c.member, HOLD.c.transfer_id, HOLD.c.fen).where(HOLD.c.auction == auction)
    return {
        row.member: Hold(row.member, row.transfer_id, row.fen) for row in unit.execute(query.order_by(HOLD.c.member))
    }


# --- what auctions came to -----------------------------------------------------------------------------------------


def insert_outcome(unit: UnitOfWork, outcome: Outcome, redeemed_after: int, now: datetime) -> None:
    """Enter what an auction came to, once."""
    row = Clearing(
        outcome.auction, now, outcome.transfer_fen, outcome.rent_fen, outcome.remainder_fen, redeemed_after,
        outcome.digest,
    )  # fmt: skip
    unit.execute(sa.insert(CLEARING).values(asdict(row)))
    unit.insert(PRICE, ("auction", *Price._fields), (_plain(outcome.auction, one) for one in outcome.prices))
    unit.insert(AWARD, ("auction", "number", *Award._fields), _numbered(outcome.auction, outcome.awards))
    unit.insert(FILL, ("auction", "number", *Fill._fields), _numbered(outcome.auction, outcome.fills))


def clearings(unit: UnitOfWork, auction: str | None = None) -> dict[str, Clearing]:
    """Return which auctions are cleared, in the order in which they were; the one that is named, if one is."""
    query = sa.select(CLEARING).order_by(CLEARING.c.cleared, CLEARING.c.auction)
    if auction is not None:
        query = query.where(CLEARING.c.auction == auction)
    return {row["auction"]: Clearing(**row) for row in unit.execute(query).mappings()}


def prices(unit: UnitOfWork, auction: str) -> tuple[Price, ...]:
    """Return the prices of an auction, by hour, hub and side."""
    query = sa.select(*[PRICE.c[name] for name in Price._fields]).where(PRICE.c.auction == auction)
    found = [Price(row.instrument, Side(row.side), row.fen_per_card_h) for row in unit.execute(query)]
    return tuple(sorted(found, key=Price.key))


def prices_of(unit: UnitOfWork, instruments: Collection[str]) -> dict[str, int]:
    """Return what a card-hour costs of each instrument that was traded: what its offers got, else what its bids paid.

    A price at which nobody was awarded anything is none: one order alone would make it.
    """
    same = (AWARD.c[name] == PRICE.c[name] for name in ("auction", "instrument", "side"))
    query = sa.select(PRICE.c.instrument, PRICE.c.fen_per_card_h).where(
        PRICE.c.instrument.in_(instruments), sa.exists().where(*same, AWARD.c.lots > 0)
    )
    return {row.instrument: row.fen_per_card_h for row in unit.execute(query.order_by(PRICE.c.side.desc()))}


def awards(unit: UnitOfWork, auction: str) -> tuple[Award, ...]:
    """Return the awards of an auction, in the order in which orders were entered."""
    query = sa.select(*[AWARD.c[name] for name in Award._fields]).where(AWARD.c.auction == auction)
    return tuple(Award._make(row)._replace(side=Side(row.side)) for row in unit.execute(query.order_by(AWARD.c.number)))


def fills(unit: UnitOfWork, auction: str) -> tuple[Fill, ...]:
    """Return which offers serve which bids of an auction."""
    query = sa.select(*[FILL.c[name] for name in Fill._fields]).where(FILL.c.auction == auction)
    return tuple(map(Fill._make, unit.execute(query.order_by(FILL.c.number))))


# --- what came after -----------------------------------------------------------------------------------------------


def insert_refund(unit: UnitOfWork, refund: Refund, now: datetime) -> None:
    """Enter a refund."""
    row = {**asdict(refund), "parts": canonical(dict(refund.parts)).decode(), "at": now}
    unit.execute(sa.insert(REFUND).values(row))


def refunds(unit: UnitOfWork, *, auction: str | None = None, refund_id: str | None = None) -> tuple[Refund, ...]:
    """Return refunds in their order: of an auction, or under an id."""
    query = sa.select(REFUND).order_by(REFUND.c.at, REFUND.c.refund_id)
    if auction is not None:
        query = query.where(REFUND.c.auction == auction)
    if refund_id is not None:
        query = query.where(REFUND.c.refund_id == refund_id)
    return tuple(
        Refund(row.refund_id, row.auction, row.offer_id, row.card_h, json.loads(row.parts))
        for row in unit.execute(query)
    )


def insert_deviation(unit: UnitOfWork, auction: str, record: str, digest: str, now: datetime) -> None:
    """Enter what was delivered of an auction, once."""
    unit.execute(sa.insert(DEVIATION).values(auction=auction, record=record, digest=digest, at=now))


def deviation(unit: UnitOfWork, auction: str) -> str | None:
    """Return the record of what was delivered of an auction, ``None`` before it is entered."""
    return unit.execute(sa.select(DEVIATION.c.record).where(DEVIATION.c.auction == auction)).scalar_one_or_none()


def _columns() -> list[sa.Column[Any]]:
    return [REQUEST.c[name] for name in _ENTERED]


def _plain(auction: str, one: Price | Award | Fill) -> tuple[Any, ...]:
    # Plain numbers, not the words of our enums: drivers differ in what they take these for.
    return (auction, *(int(value) if isinstance(value, Side) else value for value in one))


def _numbered(auction: str, rows: Iterable[Award | Fill]) -> Iterable[tuple[Any, ...]]:
    for number, one in enumerate(rows, start=1):
        name, *values = _plain(auction, one)
        yield name, number, *values


def _network(text: str) -> Network:
    told: dict[str, Any] = json.loads(text)
    return Network(
        tuple(told["hubs"]),
        tuple(map(tuple, told["transfer_fen_per_card_h"])),
        tuple(told["links"]),
        tuple(told["capacity_lots"]),
        tuple(tuple(map(tuple, link)) for link in told["share"]),
        told["parts"],
    )
