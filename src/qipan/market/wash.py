"""Watch for trades that undo each other: pairs and circles of members whose lots come back at like prices in one day.

Two members who trade much meet often and in both directions. So what came back is held against the same trades with
buyers dealt out anew at random: sellers, lots, prices and days stay, and everybody buys as many trades as before. The
chance that is told is that of any pair or circle of such a market to have as much, the largest of each draw counted
(the maximum statistic), so over all that is looked at a market without intent is flagged with at most that chance.

Source: `westfall1993` (resampling, maximum statistic). IOSCO, Investigating and Prosecuting Market Manipulation (2000),
names wash sales and improper matched orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import ceil

import numpy as np

from qipan.market.model.array import Ints
from qipan.market.model.monitor import Deal, Flag, FlagKind, Limits

SWAPS_MOST = 50
"""Rounds of swaps that keep a draw from letting somebody trade with itself."""

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
        draws = [_most(_redealt(some, rng), limits) for _ in range(count)]
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
    """Return the same trades with buyers dealt out anew; nobody trades with itself."""
    sellers = [one.seller for one in deals]
    buyers = [one.buyer for one in deals]
    order: Ints = rng.permutation(len(deals))
    for _ in range(SWAPS_MOST):
        same = [at for at, place in enumerate(order) if buyers[place] == sellers[at]]
        if not same:
            break
        for at, other in zip(same, rng.integers(0, len(deals), len(same)), strict=True):
            order[at], order[other] = order[other], order[at]
    return [
        one._replace(buyer=buyers[place])
        for one, place in zip(deals, order, strict=True)
        if buyers[place] != one.seller
    ]


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
