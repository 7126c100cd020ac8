"""Clear spot auctions with dispatch: bids become its work, offers its pools, and its written rule the price.

Hours share nothing, so each is a programme of its own. Every hub is an origin of work and a site. Offers of one limit
are a pool whose running cost is the limit; so are lots that stay unbought at a bid's limit, which only work of the same
hub may take. Work is all that a hub bids for. Where nothing is bought, the price is the best bid. Dispatch
says what the prices are; of several volumes that they leave open, `spot_volumes` has the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Link, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes, Instance, Plan, Streams
from qipan.dispatch.plan import plan
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import Finding, RuleBrokenError, of_file
from qipan.kernel.resources import Kind
from qipan.market.auction import group
from qipan.market.model.auction import HOURS, Auction, Clearing, Found, Outcome
from qipan.market.model.contract import CARDS_PER_LOT, MARKET_ZONE
from qipan.market.model.order import Order, Side
from qipan.market.service.balancing import Balancing
from qipan.market.service.spot import Spot
from qipan.market.service.spot_audit import SpotAudit
from qipan.storage.books import UnitOfWork
from qipan.workflows.spot_network import network_of
from qipan.workflows.spot_volumes import Prices, share_volumes
from qipan.workflows.wares import class_of, hub_of

UNBOUGHT: Final = "unbought"
"""Card model of the pools that stand for what is not bought."""

Solve = Callable[[Instance], Plan]
Levels = dict[tuple[int, int], int]
"""Lots by hub and limit."""


class SpotClearing:
    """Opens auctions over the network of the facts, clears them, and makes them anew."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        spot: Spot,
        balancing: Balancing,
        audit: SpotAudit,
        read_links: Callable[[bytes], tuple[Link, ...]],
    ) -> None:
        self._catalog = catalog
        self._spot = spot
        self._audit = audit
        self._balancing = balancing
        self._read_links = read_links

    def terms(
        self,
        card_class: str,
        window_start: datetime,
        hubs: Sequence[str],
        *,
        gate: datetime | None = None,
        fee_bp: int = 0,
        gb_per_card_h: float | None = None,
        links: bytes | None = None,
        links_name: str = "links",
    ) -> Auction:
        """Return the terms of an auction between national hubs.

        Parameters
        ----------
        window_start
            Start of the day of UTC+8 that is traded.
        gate
            A day before noon of the day before, if nobody says: 12 hours before the day starts.
        links
            A table of links as dispatch reads it; without one nothing has a limit.

        Raises
        ------
        NotFoundError
            ``hub_unknown``.
        BadInputError
            ``data_unfit``; ``links_unreadable``, ``links_unconnected``.
        """
        day = window_start.astimezone(MARKET_ZONE).date()
        hubs = [hub_of(one, self._catalog) for one in hubs]
        with of_file(links_name):
            table = () if links is None else self._read_links(links)
            network = network_of(hubs, self._catalog, day, gb_per_card_h=gb_per_card_h, links=table)
        return Auction(class_of(card_class), day, gate or window_start - timedelta(hours=12), fee_bp, network)

    def clear(self, unit: UnitOfWork, name: str, now: datetime) -> Outcome:
        """Clear an auction and post what it came to; once it is cleared, it is told again and nothing is posted.

        Raises
        ------
        NotFoundError
            ``auction_unknown``.
        RuleBrokenError
            ``auction_open`` before the gate; ``price_indicative``; ``transfers_refused``.
        EngineError
            ``solver_failed``.
        """
        auction = self._spot.auction(unit, name)
        if name in self._spot.clearings(unit):
            return self._spot.outcome(unit, name)
        self._spot.check_gated(unit, auction, now)
        return self._spot.settle(unit, name, find(auction, self._spot.orders(unit, name)), now)

    def due(self, unit: UnitOfWork, now: datetime) -> tuple[str, ...]:
        """Return the auctions whose gate is over and that are not cleared, in the order of their days."""
        cleared = self._spot.clearings(unit)
        waiting = (one for name, one in self._spot.auctions(unit).items() if name not in cleared)
        return tuple(one.name for one in waiting if self._spot.gate_of(unit, one) <= now)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make every auction anew from its requests, with prices found anew, and hold all that follows against it.

        Rules: those of `SpotAudit.check`; ``clearing_differs`` where prices, awards or payments are other ones than
        those that are kept; ``refund_differs``, ``refund_corrected``, ``deviation_differs``.
        """
        found = list(self._audit.check(unit))
        for name, kept in self._spot.clearings(unit).items():
            found += self._differences(unit, self._spot.auction(unit, name), kept)
            if not self._audit.are_refunded(unit, self._balancing.refunded(unit, name)):
                told = f"Refunds of {name} must be paid as they follow, was otherwise."
                found.append(Finding(0, "transfers", "refund_differs", told, name))
            found += self._balancing.check(unit, name)
            payments = self._balancing.payments(unit, name)
            if not self._audit.are_posted(unit, payments):
                told = f"Deviations of {name} must be paid as they follow, was otherwise."
                found.append(Finding(0, "transfers", "deviation_differs", told, name))
        return tuple(found)

    def _differences(self, unit: UnitOfWork, auction: Auction, kept: Clearing) -> list[Finding]:
        told = self._spot.outcome(unit, auction.name)
        anew = self._spot.reckon(
            unit, auction, find(auction, self._spot.orders(unit, auction.name)), kept.cleared, kept.redeemed_after
        )
        parts = ("prices", "awards", "fills", "transfer_fen", "rent_fen", "remainder_fen", "redeemed", "digest")
        wrong = [name for name in parts if getattr(told, name) != getattr(anew, name)]
        if not self._audit.is_cleared(unit, anew):
            wrong.append("transfers")
        return [
            Finding(0, name, "clearing_differs", f"{name} of {auction.name} must follow from its requests, was not.")
            for name in wrong
        ]


def find(auction: Auction, orders: Sequence[Order], solve: Solve = lambda day: plan(*day)) -> Found:
    """Return what dispatch finds for the orders of an auction, hour by hour.

    Parameters
    ----------
    solve
        What plans an hour; its prices must be final.

    Raises
    ------
    RuleBrokenError
        ``price_indicative`` where the rule of final prices could not be carried out.
    EngineError
        ``solver_failed``.
    """
    hubs = len(auction.network.hubs)
    groups = group(auction, orders)
    price = {side: np.full((HOURS, hubs), np.nan) for side in Side}
    flow = np.zeros((HOURS, hubs, hubs))
    for hour in sorted({place[0] for place in groups}):
        sides = {side: _levels(groups, hour, side) for side in Side}
        if not sides[Side.BUY]:
            for hub, limit in sorted(sides[Side.SELL], reverse=True):
                price[Side.SELL][hour, hub] = limit
            continue
        found = solve(instance(auction, hour, sides[Side.BUY], sides[Side.SELL]))
        if not found.is_final:
            raise RuleBrokenError(
                f"Prices of an auction must be final, was indicative at {auction.name} in hour {hour}.",
                code="price_indicative",
                hint="Report this with the orders; an auction is never settled at indicative prices.",
            )
        for hub, _ in sides[Side.BUY]:
            price[Side.BUY][hour, hub] = found.delivered_fen_per_unit_h[hub, 0]
        for hub, _ in sides[Side.SELL]:
            price[Side.SELL][hour, hub] = found.lmp_fen_per_unit_h[hub, 0]
        prices = Prices(found.delivered_fen_per_unit_h[:, 0], found.lmp_fen_per_unit_h[:hubs, 0], _rents(found))
        turn = auction.day.toordinal() * HOURS + hour
        lots = share_volumes(auction.network, prices, sides[Side.BUY], sides[Side.SELL], turn)
        flow[hour] = lots * CARDS_PER_LOT
    return Found(price[Side.BUY], price[Side.SELL], flow)


def instance(auction: Auction, hour: int, bids: Levels, offers: Levels) -> Instance:
    """Return one hour of an auction as a programme of dispatch.

    Parameters
    ----------
    bids, offers
        Lots by hub and limit.
    """
    net = auction.network
    hubs = range(len(net.hubs))
    asked = np.array([sum(lots for (at, _), lots in bids.items() if at == hub) for hub in hubs]) * float(CARDS_PER_LOT)
    best = {hub: max((limit for at, limit in bids if at == hub), default=0) for hub in hubs}
    # Each hub has a product of what is offered and one of what stays unbought, in this order.
    idle = [(hub, 0) for hub in hubs if all(at != hub for at, _ in offers)]
    first = {hub: min(limit for at, limit in [*offers, *idle] if at == hub) for hub in hubs}
    sold = sorted([*offers, *idle], key=lambda one: (one[1] != first[one[0]], one))
    kept = sorted([*bids, *[(hub, 0) for hub in hubs if not asked[hub]]])
    pools = [
        *(Pool(f"{net.hubs[hub]}/{limit}", hub, Kind.INTELLIGENT, auction.card_class) for hub, limit in sold),
        *(Pool(f"{net.hubs[hub]}/{limit}/{UNBOUGHT}", hub, Kind.INTELLIGENT, UNBOUGHT) for hub, limit in kept),
    ]
    # Nothing keeps the best bid from staying unbought, so it is the most that a hub can be asked for.
    left = [
        asked[hub] + CARDS_PER_LOT if limit == best[hub] else bids[hub, limit] * CARDS_PER_LOT for hub, limit in kept
    ]
    room = [offers.get(level, 0) * CARDS_PER_LOT for level in sold]
    board = _board(auction, hour, pools, np.array([*room, *left], dtype=float), np.array([*sold, *kept])[:, 1] * 1.0)
    lost = float(max(best.values()) + 1)
    rules = Rules(tuple(TierRule(np.inf, 0.0, lost) for _ in Tier))
    work = np.flatnonzero(asked)
    nothing = np.zeros(len(work), dtype=np.int64)
    streams = Streams(
        np.arange(len(hubs)), np.arange(len(hubs)), np.full(len(hubs), int(Tier.BATCH)), np.ones(len(hubs))
    )
    classes = Classes(nothing[:0], work, nothing, nothing + 1, asked[work], asked[work], streams)
    own = np.eye(len(hubs))
    return Instance(board, classes, rules, np.concatenate([np.ones_like(own), own], axis=1))


def _rents(found: Plan) -> Floats:
    """Return what each link earns for a card-hour, signed by direction; nothing without links."""
    return found.link_rent_fen_per_gb[:, 0] if len(found.link_rent_fen_per_gb) else np.zeros(0)


def _levels(groups: dict[tuple[int, int, Side], list[Order]], hour: int, side: Side) -> Levels:
    levels: Levels = defaultdict(int)
    for (at, hub, which), some in groups.items():
        if (at, which) == (hour, side):
            for order in some:
                levels[hub, order.fen_per_card_h] += order.lots
    return dict(levels)


def _board(auction: Auction, hour: int, pools: Sequence[Pool], room: Floats, limit_fen: Floats) -> Board:
    """Return the board of an hour; a card-hour moves one unit of data, so that prices of carriers are per card-hour."""
    net = auction.network
    hubs, one_slot = len(net.hubs), (len(net.hubs), 1)
    links = None
    if net.links:
        factor = np.moveaxis(np.array(net.share, dtype=float) / net.parts, 1, 2)
        capacity = np.array(net.capacity_lots, dtype=float)[:, None] * CARDS_PER_LOT
        links = Links(net.links, capacity, np.ascontiguousarray(factor))
    return Board(
        sites=tuple(Site(hub, hub, hub, hub, "", "", 0.0, 0.0) for hub in net.hubs),
        pools=tuple(pools),
        origins=tuple(Origin(hub, hub, hub, "", "") for hub in net.hubs),
        start_s=(auction.window.start + timedelta(hours=hour)).timestamp(),
        slot_s=3600.0,
        day_slots=1,
        capacity=room[:, None],
        it_kw_per_unit=np.zeros(len(pools)),
        opex_fen_per_unit_h=limit_fen,
        pue=np.ones(hubs),
        power_cap_kw=np.full(hubs, np.inf),
        price_fen_per_kwh=np.zeros(one_slot),
        location_kg_per_kwh=np.zeros(hubs),
        market_kg_per_kwh=np.zeros(hubs),
        round_trip_ms=np.zeros((hubs, hubs)),
        transfer_fen_per_gb=np.array(net.transfer_fen_per_card_h, dtype=float).reshape(hubs, hubs).T,
        links=links,
    )
