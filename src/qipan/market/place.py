"""Place what was bought on spot at sites of its suppliers, so that dispatch can serve it.

Awards are of a hub. In each hour a supplier's sites there take the bids that it fills as allocation does: the largest
holder first, each at the site with the least room that holds it whole. What sites have no room for has no place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from qipan.market.deliver import allocate
from qipan.market.model.auction import Outcome
from qipan.market.model.contract import HOUR, Instrument

Room = Mapping[datetime, Mapping[str, int]]
"""Lots that sites may still take, by the hour and the site."""


class Supplier(NamedTuple):
    """Who supplies at which hub."""

    member: str
    hub_id: str


class Placement(NamedTuple):
    """Lots of a site that a holder bought on spot from start to end, and what it pays a card-hour."""

    start: datetime
    end: datetime
    holder: str
    site_id: str
    lots: int
    fen_per_card_h: int


class Placed(NamedTuple):
    """What has a place, and the lot-hours of each supplier that have none."""

    placements: tuple[Placement, ...]
    without_site: Mapping[str, int]


def suppliers(outcome: Outcome) -> tuple[Supplier, ...]:
    """Return who supplies at which hub in an auction."""
    awards = {one.order_id: one for one in outcome.awards}
    offers = (awards[one.offer_id] for one in outcome.fills)
    return tuple(sorted({Supplier(one.member, Instrument.named(one.instrument).hub_id) for one in offers}))


def place(outcome: Outcome, room: Mapping[Supplier, Room]) -> Placed:
    """Return where what an auction traded is served; hours that follow each other alike are one placement."""
    without: Counter[str] = Counter()
    by_hour: dict[tuple[str, str, int, int], list[datetime]] = defaultdict(list)
    for (supplier, hour), bought in sorted(_bought(outcome).items()):
        sites = {name: lots for name, lots in room[supplier].get(hour, {}).items() if lots > 0}
        holders = {f"{holder} {fen}": lots for (holder, fen), lots in bought.items()}
        served = allocate(holders, sites) if sites else ()
        for one in served:
            holder, price = one.member.split(" ")
            by_hour[holder, one.site_id, one.lots, int(price)].append(hour)
        lacking = sum(holders.values()) - sum(one.lots for one in served)
        if lacking:
            without[supplier.member] += lacking
    found = []
    for (holder, site_id, lots, fen), hours in by_hour.items():
        found += [Placement(start, end, holder, site_id, lots, fen) for start, end in _spans(sorted(hours))]
    return Placed(tuple(sorted(found)), dict(sorted(without.items())))


def _bought(outcome: Outcome) -> dict[tuple[Supplier, datetime], Counter[tuple[str, int]]]:
    """Return the lots that each holder bought of a supplier in an hour, by what it pays a card-hour."""
    awards = {one.order_id: one for one in outcome.awards}
    found: dict[tuple[Supplier, datetime], Counter[tuple[str, int]]] = defaultdict(Counter)
    for one in outcome.fills:
        offer, bid = awards[one.offer_id], awards[one.bid_id]
        ware = Instrument.named(offer.instrument)
        found[Supplier(offer.member, ware.hub_id), ware.window.start][bid.member, bid.fen_per_card_h] += one.lots
    return found


def _spans(hours: list[datetime]) -> list[tuple[datetime, datetime]]:
    """Return hours that follow each other as spans; an hour that is named twice stands in two."""
    spans: list[tuple[datetime, datetime]] = []
    for hour in hours:
        if spans and spans[-1][1] == hour:
            spans[-1] = spans[-1][0], hour + HOUR
        else:
            spans.append((hour, hour + HOUR))
    return spans
