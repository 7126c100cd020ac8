"""Watch for capacity that is kept out of the market: not offered at all, or offered far above earlier offers.

What is flagged may have good reasons: repair, a customer outside the market, a dearer day. So each flag tells hours,
lots and prices, and nothing promises a chance: limits are conventions.

Source: New York ISO, Market Services Tariff, Attachment H 23.3.1 (physical withholding beyond 10 % of capability;
conduct: an offer 300 % above its reference level) and 23.3.2 (impact: a price 200 % above what it would have been);
references are the lower of mean and median of offers accepted in the 90 days before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import mean, median

from qipan.market.model.contract import CARDS_PER_LOT, MARKET_ZONE
from qipan.market.model.monitor import Flag, FlagKind, Hour, Limits
from qipan.market.model.order import Order

Key = tuple[str, str]
"""A market and a member."""


class References:
    """What members asked before for what was awarded, by market; fed hour after hour in order of time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._asked: dict[Key, list[tuple[datetime, int]]] = defaultdict(list)

    def take(self, hour: Hour) -> None:
        """Add the offers of an hour that were awarded."""
        for one in hour.offers:
            if hour.awarded.get(one.order_id, 0):
                self._asked[hour.market, one.member].append((hour.start, one.fen_per_card_h))

    def level(self, market: str, member: str, at: datetime) -> float | None:
        """Return the lower of mean and median of what was asked in the days before; ``None`` for too little."""
        first = at - timedelta(days=self._limits.reference_days)
        asked = [fen for moment, fen in self._asked[market, member] if first <= moment < at]
        return min(mean(asked), median(asked)) if len(asked) >= self._limits.reference_offers else None


def withheld(hours: Iterable[Hour], limits: Limits, since: datetime | None = None) -> tuple[tuple[Flag, ...], int]:
    """Return flags of both kinds, and how many hours of members cannot be judged for want of a reference.

    Parameters
    ----------
    hours
        In order of time.
    since
        Hours before are references alone; all are judged if nobody says.
    """
    references = References(limits)
    physical: dict[Key, list[tuple[int, float]]] = defaultdict(list)
    economic: dict[Key, list[tuple[Order, float]]] = defaultdict(list)
    unjudged = 0
    days: list[Hour] = []
    for hour in sorted(hours, key=lambda one: (one.start, one.market)):
        # Auctions clear a whole day: what its other hours were awarded is no past yet.
        if days and _day(hour) != _day(days[0]):
            for one in days:
                references.take(one)
            days = []
        days.append(hour)
        if since is not None and hour.start < since:
            continue
        offering = {one.member for one in hour.offers}
        unknown = {name for name in offering if references.level(hour.market, name, hour.start) is None}
        for member, certified in sorted(hour.certified.items()):
            judged = _kept_out(hour, member, certified, references, limits)
            if judged is None:
                unknown.add(member)
            elif judged[0]:
                physical[hour.market, member].append(judged)
        unjudged += len(unknown)
        for order, price in _dear(hour, references, limits):
            economic[hour.market, order.member].append((order, price))
    flags = [_physical(key, found) for key, found in sorted(physical.items())]
    flags += [_economic(key, found) for key, found in sorted(economic.items())]
    return tuple(flags), unjudged


def merit_price(bids: Sequence[Order], offers: Sequence[Order]) -> int:
    """Return the lowest price at which a hub by itself clears: no bid above it is left, no offer below it is missing.

    Examples
    --------
    >>> from qipan.market.model.order import Side
    >>> hour = "h100@gui/2026-03-02T13"
    >>> bids = [Order("b", "x", hour, Side.BUY, 5, 900)]
    >>> offers = [Order("o", "y", hour, Side.SELL, 4, 300), Order("p", "z", hour, Side.SELL, 4, 500)]
    >>> merit_price(bids, offers), merit_price(bids, offers[:1])
    (500, 900)
    """
    wanted = sorted((one.fen_per_card_h for one in bids for _ in range(one.lots)), reverse=True)
    asked = sorted(one.fen_per_card_h for one in offers for _ in range(one.lots))
    served = sum(bid >= offer for bid, offer in zip(wanted, asked, strict=False))
    taken = asked[served - 1] if served else 0
    return max(taken, wanted[served] if served < len(wanted) else 0)


def _day(hour: Hour) -> date:
    return hour.start.astimezone(MARKET_ZONE).date()


def _kept_out(
    hour: Hour, member: str, certified: int, references: References, limits: Limits
) -> tuple[int, float] | None:
    """Return lots kept out and what they would have earned above the reference, 0 where few or not worth it."""
    own = [one for one in hour.offers if one.member == member]
    out = certified - hour.forward.get(member, 0) - sum(one.lots for one in own)
    if out <= limits.withheld_share * certified:
        return 0, 0.0
    asked = min((one.fen_per_card_h for one in own), default=None)
    level = references.level(hour.market, member, hour.start) if asked is None else asked
    if level is None:
        return None
    above = hour.fen_per_card_h - level
    return (out, above * out * CARDS_PER_LOT) if above > 0 else (0, 0.0)


def _dear(hour: Hour, references: References, limits: Limits) -> Iterable[tuple[Order, float]]:
    """Yield offers that fail the test of conduct, where the price fails that of impact, with the price at reference.

    A member's offers that fail are put at its reference together, so that it is the same how they are split.
    """
    at_reference: dict[str, dict[str, Order]] = defaultdict(dict)
    for one in hour.offers:
        level = references.level(hour.market, one.member, hour.start)
        if level is not None and one.fen_per_card_h > level * (1 + limits.conduct_share):
            at_reference[one.member][one.order_id] = replace(one, fen_per_card_h=round(level))
    as_told = merit_price(hour.bids, hour.offers) if at_reference else 0
    for dear in at_reference.values():
        price = merit_price(hour.bids, [dear.get(one.order_id, one) for one in hour.offers])
        if as_told > price * (1 + limits.impact_share):
            yield from ((one, price) for one in hour.offers if one.order_id in dear)


def _physical(key: Key, found: Sequence[tuple[int, float]]) -> Flag:
    figures: Mapping[str, float] = {
        "hours": len(found),
        "lot_hours": sum(lots for lots, _ in found),
        "worth_fen": round(sum(fen for _, fen in found)),
    }
    return Flag(FlagKind.PHYSICAL, key[0], (key[1],), figures)


def _economic(key: Key, found: Sequence[tuple[Order, float]]) -> Flag:
    figures: Mapping[str, float] = {
        "offers": len(found),
        "dearest_fen_per_card_h": max(one.fen_per_card_h for one, _ in found),
        "least_price_at_reference_fen": min(price for _, price in found),
    }
    return Flag(FlagKind.ECONOMIC, key[0], (key[1],), figures, evidence=tuple(one.order_id for one, _ in found))
