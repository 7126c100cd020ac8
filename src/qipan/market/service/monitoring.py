"""The market is watched: what the books hold is looked through for what somebody should look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from qipan.kernel.time import Interval, in_utc
from qipan.log.service import Log
from qipan.market.model.auction import Auction
from qipan.market.model.contract import CARDS_PER_LOT, HOUR, MARKET_ZONE, Instrument
from qipan.market.model.monitor import Concentration, Deal, Flag, Hour, Limits, Measure, Watch
from qipan.market.model.order import Side
from qipan.market.model.request import Exposure
from qipan.market.monitor import concentrated, concentration, pivotal
from qipan.market.service.behind import leaves_of
from qipan.market.service.capacity import Holding, certified_at_hub, lent_at_hub
from qipan.market.store import book as books
from qipan.market.store import spot
from qipan.market.wash import washed
from qipan.market.withhold import withheld
from qipan.storage.books import UnitOfWork

SEED = 20260301
"""Of the draws: the same trades lead to the same flags."""


class Monitoring:
    """Concentration, withholding and wash trades; flags are things to look at, and prove nothing."""

    def __init__(self, log: Log, limits: Limits) -> None:
        self._log = log
        self.limits = limits

    def watch(self, unit: UnitOfWork, since: datetime, until: datetime) -> Watch:
        """Return how trades and auctions of a stretch of time are shared out, and what is to be looked at in them.

        Parameters
        ----------
        since, until
            Trades entered, and hours delivered, in ``[since, until)``.
        """
        since, until = in_utc(since), in_utc(until)
        deals = self._deals(unit, since, until)
        known = [one for auction in spot.clearings(unit) for one in self._hours(unit, auction, since, until)]
        hours = [one for one in known if one.start >= since]
        shares = (*_traded(deals), *_held(books.exposures(unit)), *self._certified(unit, until))
        withheld_flags, unjudged = withheld(known, self.limits, since)
        flags = (
            *washed(deals, self.limits, np.random.default_rng(SEED)),
            *withheld_flags,
            *pivotal(hours, self.limits),
            *concentrated(shares, self.limits),
        )
        told = tuple(replace(self._placed(unit, one), since=since, until=until) for one in flags)
        return Watch(since, until, len(deals), len(hours), unjudged, shares, told)

    # --- how it is done -------------------------------------------------------------------------------------------

    @staticmethod
    def _deals(unit: UnitOfWork, since: datetime, until: datetime) -> list[Deal]:
        return [
            Deal(
                f"{name}#{one.sequence}",
                market_of(listing.instrument),
                name,
                f"{one.at.astimezone(MARKET_ZONE).date()}",
                one.seller,
                one.buyer,
                one.lots,
                one.fen_per_card_h,
            )
            for name, listing in books.listings(unit).items()
            for one in books.trades(unit, name)
            if since <= one.at < until and not one.is_carried
        ]

    @staticmethod
    def _certified(unit: UnitOfWork, until: datetime) -> Iterable[Concentration]:
        """Yield how cards that are certified in the last hour are shared out."""
        end = until.replace(minute=0, second=0, microsecond=0)
        last = Interval(end - HOUR, end)
        cards: dict[str, dict[str, int]] = defaultdict(dict)
        for member, card_class, hub_id in books.certified_by(unit):
            whose = Holding(member, card_class, hub_id)
            cards[f"{card_class}@{hub_id}"][member] = int(certified_at_hub(unit, whose, last)[0])
        for market, some in sorted(cards.items()):
            yield concentration(market, Measure.CERTIFIED, some)

    def _hours(self, unit: UnitOfWork, name: str, since: datetime, until: datetime) -> Iterable[Hour]:
        """Yield the hours that are watched, and those before that references are made of; of these no capacity."""
        auction = spot.auctions(unit, name)[name]
        first = since - timedelta(days=self.limits.reference_days)
        if not (auction.window.start < until and first < auction.window.end):
            return
        orders = spot.orders(unit, name)
        awarded = {one.order_id: one.lots for one in spot.awards(unit, name)}
        prices: dict[str, int] = {}
        for one in spot.prices(unit, name):
            if one.side is Side.SELL or one.instrument not in prices:
                prices[one.instrument] = one.fen_per_card_h
        certified = self._certified_lots(unit, auction) if since < auction.window.end else {}
        for instrument, price in prices.items():
            ware = Instrument.named(instrument)
            if not first <= ware.window.start < until:
                continue
            here = [one for one in orders if one.instrument == instrument]
            at = int((ware.window.start - auction.window.start) / HOUR)
            lots = {member: some[at] for (member, hub), some in certified.items() if hub == ware.hub_id and some[at]}
            yield Hour(
                market_of(ware),
                ware.window.start,
                price,
                tuple(one for one in here if one.side is Side.BUY),
                tuple(one for one in here if one.side is Side.SELL),
                {one.order_id: awarded.get(one.order_id, 0) for one in here},
                lots,
                self._forward(unit, ware, lots) if lots else {},
            )

    @staticmethod
    def _certified_lots(unit: UnitOfWork, auction: Auction) -> dict[tuple[str, str], list[int]]:
        """Return the certified lots of each hour of an auction's day by member and hub."""
        day = Interval(auction.window.start, auction.window.end)
        return {
            (member, hub_id): [
                int(cards) // CARDS_PER_LOT
                for cards in certified_at_hub(unit, Holding(member, card_class, hub_id), day)
            ]
            for member, card_class, hub_id in books.certified_by(unit)
            if card_class == auction.card_class and hub_id in auction.network.hubs
        }

    @staticmethod
    def _forward(unit: UnitOfWork, ware: Instrument, members: Iterable[str]) -> Mapping[str, int]:
        """Return lots that members have sold or offered in books for an hour, or lent for it."""
        found, hour = dict.fromkeys(members, 0), Interval(ware.window.start, ware.window.end)
        for one in books.exposures(unit):
            other = Instrument.named(one.instrument)
            covers = other.window.start <= ware.window.start < other.window.end
            if one.member in found and covers and market_of(other) == market_of(ware):
                found[one.member] += max(0, -one.position) + one.open_sell_lots
        for member in found:
            lent = lent_at_hub(unit, Holding(member, ware.card_class, ware.hub_id), hour)
            found[member] += int(lent[0]) // CARDS_PER_LOT
        return found

    def _placed(self, unit: UnitOfWork, flag: Flag) -> Flag:
        return replace(flag, leaves=leaves_of(unit, self._log, flag.evidence)) if flag.evidence else flag


def market_of(ware: Instrument) -> str:
    """Return class and hub in one text."""
    return f"{ware.card_class}@{ware.hub_id}"


def _traded(deals: Iterable[Deal]) -> Iterable[Concentration]:
    sums: dict[tuple[str, Measure], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in deals:
        card_h = one.lots * Instrument.named(one.instrument).window.card_h_per_lot
        sums[one.market, Measure.SOLD][one.seller] += card_h
        sums[one.market, Measure.BOUGHT][one.buyer] += card_h
    for (market, measure), amounts in sorted(sums.items()):
        yield concentration(market, measure, amounts)


def _held(exposures: Iterable[Exposure]) -> Iterable[Concentration]:
    sums: dict[tuple[str, Measure], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in exposures:
        ware = Instrument.named(one.instrument)
        if one.position:
            measure = Measure.LONG if one.position > 0 else Measure.SHORT
            sums[market_of(ware), measure][one.member] += abs(one.position) * ware.window.card_h_per_lot
    for (market, measure), amounts in sorted(sums.items()):
        yield concentration(market, measure, amounts)
