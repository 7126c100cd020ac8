"""What the pages of spot show: auctions, prices by hub and hour, what orders got and pay, vouchers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from qipan.interfaces.report.market import price
from qipan.interfaces.report.numbers import NOTHING, grouped, moment, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.money import yuan_from_fen
from qipan.kernel.time import BOARD_ZONE
from qipan.market.model.auction import HOURS, Auction, Award, Outcome, Refund
from qipan.market.model.auction import Price as Found
from qipan.market.model.contract import Instrument
from qipan.market.model.order import Order, Side
from qipan.market.model.voucher import Programme


def auction_address(name: str) -> str:
    """Return where an auction is seen."""
    return f"/market/auction?{urlencode({'auction': name})}"


def state(name: str, gate: datetime, cleared: Collection[str], now: datetime, words: Words) -> str:
    """Return how an auction stands."""
    if name in cleared:
        return words.say("cleared")
    return words.say("open for bids") if now < gate else words.say("gate closed")


def auctions(
    found: Sequence[tuple[Auction, datetime]],
    cleared: Collection[str],
    now: datetime,
    hubs: Mapping[str, str],
    words: Words,
) -> Table:
    """Return auctions with their gates, the newest day first; ``hubs`` names hubs by their ids."""
    heads = (
        Head(words.say("Auction"), words.say("class, day"), is_number=False),
        Head(words.say("Hubs"), is_number=False),
        Head(words.say("Gate"), "UTC+8", is_number=False),
        Head(words.say("Fee"), words.say("basis points")),
        Head(words.say("State"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(one.name, href=auction_address(one.name)),
            words.say(", ").join(hubs.get(hub, hub) for hub in one.network.hubs),
            moment(gate.isoformat(), BOARD_ZONE),
            grouped(one.fee_bp),
            state(one.name, gate, cleared, now, words),
        )
        for one, gate in reversed(found)
    )
    return Table(words.say("Auctions"), heads, rows, words.say("No auction was opened yet."))


def where(instrument: str) -> tuple[str, int]:
    """Return hub and hour of an instrument of an auction."""
    ware = Instrument.named(instrument)
    return ware.hub_id, int(ware.window.name[-2:])


def prices(found: Sequence[Found], hubs: Mapping[str, str], words: Words) -> Table:
    """Return what bids pay and offers get by hour and hub; ``hubs`` names hubs by their ids."""
    sides: dict[tuple[int, str], dict[Side, int]] = {}
    for one in found:
        hub, hour = where(one.instrument)
        sides.setdefault((hour, hub), {})[one.side] = one.fen_per_card_h
    per = words.say("yuan a card-hour")
    heads = (
        Head(words.say("Hour"), "UTC+8", is_number=False),
        Head(words.say("Hub"), is_number=False),
        Head(words.say("Bids pay"), per),
        Head(words.say("Offers get"), per),
    )
    rows = tuple(
        row(clock(hour), hubs.get(hub, hub), price(told.get(Side.BUY)), price(told.get(Side.SELL)))
        for (hour, hub), told in sorted(sides.items())
    )
    return Table(words.say("Prices by hour and hub"), heads, rows, words.say("Nothing was traded."))


def prices_chart(
    found: Sequence[Found], places: Sequence[str], hubs: Mapping[str, str], words: Words
) -> dict[str, Any]:
    """Return what bids pay by the hour, else what offers get, a line a hub; ``hubs`` names hubs by their ids."""
    lines: dict[str, list[float | None]] = {hub: [None] * HOURS for hub in places}
    for one in sorted(found, key=lambda one: one.side):
        hub, hour = where(one.instrument)
        lines[hub][hour] = yuan_from_fen(one.fen_per_card_h)
    return {
        "kind": "lines",
        "unit": words.say("yuan a card-hour"),
        "digits": 2,
        "names": [clock(hour) for hour in range(HOURS)],
        "series": [
            {"name": hubs.get(hub, hub), "values": told}
            for hub, told in lines.items()
            if any(v is not None for v in told)
        ],
    }


def clock(hour: int) -> str:
    """Write an hour as a clock does.

    Examples
    --------
    >>> clock(9)
    '09:00'
    """
    return f"{hour:02d}:00"


def side_said(side: Side, words: Words) -> str:
    """Return what a side of the auction does."""
    return words.say("bid") if side is Side.BUY else words.say("offer")


def orders(
    found: Sequence[Order], got: Mapping[str, Award] | None, hubs: Mapping[str, str], words: Words
) -> list[dict[str, str]]:
    """Return what each bid and offer asks for, and what it got once cleared; ``hubs`` names hubs by their ids."""
    told = []
    for one in found:
        hub, hour = where(one.instrument)
        told.append(
            {
                "id": one.order_id,
                "instrument": one.instrument,
                "what": words.say(
                    "%(side)s %(lots)s at %(limit)s yuan",
                    side=side_said(one.side, words),
                    lots=grouped(one.lots),
                    limit=price(one.fen_per_card_h),
                ),
                "where": f"{hubs.get(hub, hub)} {clock(hour)}",
                "awarded": NOTHING if got is None else grouped(got[one.order_id].lots),
            }
        )
    return told


def bill(outcome: Outcome, shown: Collection[str], hubs: Mapping[str, str], words: Words) -> Table:
    """Return who of some members pays and gets what, order by order; ``hubs`` names hubs by their ids."""
    unit = words.say("yuan")
    by_voucher: dict[str, int] = {}
    for part in outcome.redeemed:
        by_voucher[part.bid_id] = by_voucher.get(part.bid_id, 0) + part.fen
    heads = (
        Head(words.say("Order"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Side"), is_number=False),
        Head(words.say("Hub and hour"), is_number=False),
        Head(words.say("Lots")),
        Head(words.say("Price"), words.say("yuan a card-hour")),
        Head(words.say("To pay"), unit),
        Head(words.say("of it fee"), unit),
        Head(words.say("Uplift"), unit),
        Head(words.say("Paid by voucher"), unit),
    )

    def line(one: Award) -> Row:
        hub, hour = where(one.instrument)
        amounts = (one.paid_fen, one.fee_fen, one.uplift_fen, by_voucher.get(one.order_id, 0))
        told = (
            side_said(one.side, words),
            f"{hubs.get(hub, hub)} {clock(hour)}",
            grouped(one.lots),
            price(one.fen_per_card_h),
        )
        return row(one.order_id, one.member, *told, *(yuan(fen, 2) for fen in amounts))

    rows = tuple(line(one) for one in outcome.awards if one.lots and one.member in shown)
    return Table(words.say("Bill"), heads, rows, words.say("Nothing was awarded."))


def totals(outcome: Outcome, words: Words) -> Table:
    """Return what an auction came to: payments are all the rest together."""
    told = (
        (words.say("bids pay"), outcome.payment_fen),
        (words.say("offers get"), outcome.revenue_fen),
        (words.say("carriers"), outcome.transfer_fen),
        (words.say("congestion rent"), outcome.rent_fen),
        (words.say("fees"), outcome.fee_fen),
        (words.say("remainder"), outcome.remainder_fen),
        (words.say("uplift"), outcome.uplift_fen),
        (words.say("of it by voucher"), sum(one.fen for one in outcome.redeemed)),
    )
    heads = (Head(words.say("What"), is_number=False), Head(words.say("Amount"), words.say("yuan")))
    return Table(words.say("What the auction came to"), heads, tuple(row(name, yuan(fen, 2)) for name, fen in told))


def after(
    refunds: Iterable[Refund],
    paid_fen: Mapping[str, int],
    owner: Mapping[str, str],
    shown: Collection[str],
    words: Words,
) -> Table:
    """Return downtime that was refunded and deviations that were settled, of the orders of some members."""
    heads = (
        Head(words.say("Order"), is_number=False),
        Head(words.say("Member"), is_number=False),
        Head(words.say("Refunded"), words.say("card-hours")),
        Head(words.say("Deviation, to pay"), words.say("yuan")),
    )
    down: dict[str, int] = {}
    for one in refunds:
        for name, card_h in ((one.offer_id, one.card_h), *one.parts.items()):
            down[name] = down.get(name, 0) + card_h
    rows = tuple(
        row(name, owner[name], grouped(down.get(name)), yuan(paid_fen.get(name), 2))
        for name in sorted({*down, *paid_fen})
        if owner[name] in shown
    )
    return Table(words.say("After the day"), heads, rows, words.say("Nothing went otherwise than cleared."))


def vouchers(
    programmes: Iterable[Programme],
    left: Mapping[str, Mapping[str, int]],
    closed: Collection[str],
    shown: Collection[str] | None,
    words: Words,
) -> Table:
    """Return the vouchers of some holders, all if none are named, and what each can still pay."""
    unit = words.say("yuan")
    heads = (
        Head(words.say("Programme"), is_number=False),
        Head(words.say("Holder"), is_number=False),
        Head(words.say("Amount"), unit),
        Head(words.say("Can still pay"), unit),
        Head(words.say("Pays of a price")),
        Head(words.say("at most of a purchase"), unit),
        Head(words.say("Suppliers"), is_number=False),
        Head(words.say("Begins"), "UTC+8", is_number=False),
        Head(words.say("Until"), "UTC+8", is_number=False),
        Head(words.say("State"), is_number=False),
    )
    rows = tuple(
        row(
            one.programme_id,
            holder,
            yuan(fen, 2),
            yuan(0 if one.programme_id in closed else left[one.programme_id][holder], 2),
            f"{one.rate_bp / 100:g} %",
            yuan(one.cap_fen, 2),
            words.say(", ").join(sorted(one.suppliers)),
            moment(one.starts.isoformat(), BOARD_ZONE),
            moment(one.ends.isoformat(), BOARD_ZONE),
            words.say("closed") if one.programme_id in closed else words.say("issued"),
        )
        for one in programmes
        for holder, fen in one.holders.items()
        if shown is None or holder in shown
    )
    return Table(words.say("Vouchers"), heads, rows, words.say("No voucher was issued yet."))
