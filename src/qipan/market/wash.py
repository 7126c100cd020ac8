"""Watch for trades that undo each other: pairs and circles of members whose lots come back at like prices in one day.

Two members who trade much meet often and in both directions. So what came back is held against the same trades with
buyers dealt out anew at random within each book and day: sellers, lots and prices stay, and everybody buys as many
trades there as before, so that who was in the market that day explains nothing. The chance that is told is that of any
pair or circle of such a market to have as much, the largest of each draw counted (the maximum statistic), so over all
that is looked at a market without intent is flagged with at most that chance.

Source: `westfall1993` (resampling, maximum statistic); `besag1989` (draws that start at one which was itself drawn from
what happened are as likely as that). IOSCO, Investigating and Prosecuting Market Manipulation (2000), names wash sales
and improper matched orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import ceil

import numpy as np

from qipan.market.model.monitor import Deal, Flag, FlagKind, Limits

SWAPS = 4
"""Swaps of buyers that are tried in a draw, for each trade of a book and day."""

Found = dict[frozenset[str], int]
"""Lots that came back, by who passed them on."""


def washed(deals: Sequence[Deal], limits: Limits, rng: np.random.Generator) -> tuple[Flag, ...]:
    """Return pairs and circles of three that passed more lots back than chance explains, market by market.

    Parameters
    ----------
    deals
        Trades of any markets, those that came of no order left out.
    """
    flags: list[Flag] = []
    by_market: dict[str, list[Deal]] = defaultdict(list)
    for one in deals:
        by_market[one.market].append(one)
    # What is promised holds for all markets together, and enough draws are made to tell so small a chance.
    allowed = limits.false_flag_share / max(1, len(by_market))
    count = max(limits.permutations, ceil(1 / allowed))
    for market, some in sorted(by_market.items()):
        found = returned(some, limits.like_price_share)
        if not found:
            continue
        start = _redealt(some, rng)
        draws = [_most(_redealt(start, rng), limits) for _ in range(count)]
        for members, lots in sorted(found.items(), key=lambda one: (-one[1], sorted(one[0]))):
            chance = (1 + sum(one >= lots for one in draws)) / (1 + count)
            if chance <= allowed:
                flags.append(_flag(market, sorted(members), lots, some, chance))
    return tuple(flags)


def returned(deals: Iterable[Deal], like_price_share: float) -> Found:
    """Return the lots that pairs and circles of three passed back within a day and book at like prices.

    Each lot counts once: what a pair passed back is no part of a circle.

    Examples
    --------
    >>> there = Deal("1", "h@gui", "h@gui/2026-W10", "2026-03-01", "a", "b", 5, 1000)
    >>> back = there._replace(name="2", seller="b", buyer="a", lots=3, fen_per_card_h=1004)
    >>> returned([there, back], 0.01)[frozenset("ab")], returned([there, back], 0.001)
    (3, {})
    """
    flows: dict[tuple[str, str], dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for one in deals:
        flow = flows[one.instrument, one.day][one.seller, one.buyer]
        flow[0] += one.lots
        flow[1] += one.lots * one.fen_per_card_h
    found: Found = defaultdict(int)
    for day in flows.values():
        prices = {ends: value / lots for ends, (lots, value) in day.items()}
        left = {ends: lots for ends, (lots, _) in day.items()}
        members = sorted({name for ends in day for name in ends})
        for pair in combinations(members, 2):
            _pass_back(pair, left, prices, like_price_share, found)
        for first, second, third in combinations(members, 3) if len(left) > 2 else ():
            for circle in ((first, second, third), (first, third, second)):
                _pass_back(circle, left, prices, like_price_share, found)
    return {members: lots for members, lots in found.items() if lots}


def _pass_back(
    circle: tuple[str, ...],
    left: dict[tuple[str, str], int],
    prices: Mapping[tuple[str, str], float],
    like_price_share: float,
    found: Found,
) -> None:
    ends = list(zip(circle, (*circle[1:], circle[0]), strict=True))
    lots = min(left.get(one, 0) for one in ends)
    if not lots:
        return
    paid = [prices[one] for one in ends]
    if max(paid) - min(paid) > like_price_share * max(paid):
        return
    for one in ends:
        left[one] -= lots
    found[frozenset(circle)] += lots


def _most(deals: Iterable[Deal], limits: Limits) -> int:
    return max(returned(deals, limits.like_price_share).values(), default=0)


def _redealt(deals: Sequence[Deal], rng: np.random.Generator) -> list[Deal]:
    """Return the same trades with buyers swapped at random within book and day; nobody trades with itself.

    A swap is as likely as the one that undoes it, so that every deal which can be reached is as likely as any other.
    """
    buyers = [one.buyer for one in deals]
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(deals):
        places[one.instrument, one.day].append(place)
    for some in places.values():
        for first, second in rng.integers(0, len(some), (SWAPS * len(some), 2)).tolist():
            this, that = some[first], some[second]
            if buyers[that] != deals[this].seller and buyers[this] != deals[that].seller:
                buyers[this], buyers[that] = buyers[that], buyers[this]
    return [one._replace(buyer=buyer) for one, buyer in zip(deals, buyers, strict=True)]


def _flag(market: str, members: Sequence[str], lots: int, deals: Iterable[Deal], chance: float) -> Flag:
    among = [one for one in deals if {one.seller, one.buyer} <= set(members)]
    traded = sum(one.lots for one in among)
    return Flag(
        FlagKind.WASH,
        market,
        tuple(members),
        {"lots_returned": lots, "lots_between_them": traded, "trades": len(among)},
        chance,
        tuple(one.name for one in among),
    )
