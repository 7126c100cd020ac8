"""Bound what the contracts of an exchange can be worth in all, whatever anybody prefers, and find a matching near it.

Seats get prices by an auction: an expert asks for what is worth the most beyond its price, and outbids by what it is
worth more than the next best, and a step; a post holds the highest bids that keep its quotas. At the end the prices
alone prove a bound: no matching is worth more than all seats at their prices and what each expert would still gain at
them. The bound holds whatever the prices are; the smaller the step, the nearer it is.

Those who move together are bounded as if each moved alone, which can only raise the bound.

Source: `kelso1982`, `bertsekas1991`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from qipan.talent.lay_out import Layout
from qipan.talent.match import add_along, innermost_tight, is_within, place
from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.expert import PORTIONS_MOST


@dataclass(frozen=True, slots=True)
class Optimum:
    """What contracts can be worth in all.

    Attributes
    ----------
    held
        ``(contracts,)``, a matching near the optimum.
    value, bound
        What it is worth; what no matching exceeds.
    """

    held: Bools
    value: float
    bound: float

    def gap_of(self, value: float) -> float:
        """Return by which share of the bound a value stays below it: at least how far it is below the optimum."""
        return 1.0 - value / self.bound if self.bound > 0.0 else 0.0


def find_optimum(layout: Layout, step: float) -> Optimum:
    """Return a matching near the optimum, and the bound; they differ by at most a step a contract that is held."""
    bids = np.full(len(layout.expert), -1.0)
    count = np.zeros(len(layout.parent), dtype=np.int64)
    cheapest = np.full(len(layout.parent), np.inf)
    _bid(layout, step, bids, count, cheapest)
    held = bids >= 0.0
    bound = _bound(layout, _prices(layout, count, cheapest))
    return Optimum(np.asarray(held), float(layout.value[held].sum()), float(bound))


def step_for(layout: Layout, held: Bools, share: float) -> float:
    """Return a step that keeps the bound about so near, as a share, for an exchange of which a matching is known."""
    return max(share * float(layout.value[held].mean()), 1e-9) if held.any() else 1e-9


@numba.njit(cache=True)
def _bid(
    layout: Layout, step: float, bids: Floats, count: Ints, cheapest: Floats
) -> None:  # pragma: no cover - compiled
    """Let every expert bid until nobody wants more at these prices; a bid below 0 is none."""
    experts = layout.portions.shape[0]
    seats = np.full(layout.seat[-1], -1, dtype=np.int64)
    waiting = np.arange(experts)[::-1].copy()
    is_waiting = np.ones(experts, dtype=np.bool_)
    left = experts
    while left > 0:
        left -= 1
        expert = int(waiting[left])
        is_waiting[expert] = False
        while True:
            asked, bid = _dearest(layout, bids, count, cheapest, expert, step)
            if asked < 0:
                break
            outbid = _take(layout, seats, bids, count, cheapest, asked, bid)
            if outbid >= 0:
                other = layout.expert[outbid]
                if other != expert and not is_waiting[other]:
                    waiting[left] = other
                    is_waiting[other] = True
                    left += 1


@numba.njit(cache=True)
def _dearest(
    layout: Layout, bids: Floats, count: Ints, cheapest: Floats, expert: int, step: float
) -> tuple[int, float]:  # pragma: no cover - compiled
    """Return what an expert wants most at these prices and does not hold, and the bid for it; or -1."""
    first, last = layout.first[expert], layout.first[expert + 1]
    gain = np.zeros(last - first)
    holder = np.full(PORTIONS_MOST, -1, dtype=np.int64)
    room = layout.portions[expert]
    for at in range(first, last):
        contract = layout.listed[at]
        if bids[contract] >= 0.0:
            place(layout.fits, holder, contract)
            room -= 1
        elif layout.fits[contract]:
            tight = innermost_tight(layout, count, contract)
            gain[at - first] = layout.value[contract] - (cheapest[tight] + step if tight >= 0 else 0.0)
    asked, beside = -1, 0.0
    while room > 0 or asked >= 0:
        best = np.argmax(gain) if last > first else 0
        if last == first or gain[best] <= 0.0:
            break
        contract = layout.listed[first + best]
        if room > 0 and place(layout.fits, holder, contract):
            room -= 1
            asked = contract if asked < 0 else asked
        elif asked >= 0:
            beside = gain[best]
            break
        gain[best] = 0.0
    return asked, layout.value[asked] - beside if asked >= 0 else 0.0


@numba.njit(cache=True)
def _take(
    layout: Layout, seats: Ints, bids: Floats, count: Ints, cheapest: Floats, asked: int, bid: float
) -> int:  # pragma: no cover - compiled
    """Give a bidder a seat, and return whom that outbids, or -1."""
    first, last = layout.seat[layout.post[asked]], layout.seat[layout.post[asked] + 1]
    tight = innermost_tight(layout, count, asked)
    at = -1
    for seat in range(first, last):
        held = seats[seat]
        if tight < 0:
            if held < 0:
                at = seat
                break
        elif held >= 0 and is_within(layout, held, tight) and (at < 0 or bids[held] < bids[seats[at]]):
            at = seat
    outbid = seats[at]
    seats[at], bids[asked] = asked, bid
    add_along(layout, count, asked, 1)
    if outbid >= 0:
        bids[outbid] = -1.0
        add_along(layout, count, outbid, -1)
        _price_anew(layout, seats, bids, cheapest, layout.leaf[outbid], first, last)
    _price_anew(layout, seats, bids, cheapest, layout.leaf[asked], first, last)
    return int(outbid)


@numba.njit(cache=True)
def _price_anew(
    layout: Layout, seats: Ints, bids: Floats, cheapest: Floats, leaf: int, first: int, last: int
) -> None:  # pragma: no cover - compiled
    """Find the lowest bid in each node from a leaf outwards."""
    node = leaf
    while node >= 0:
        cheapest[node] = np.inf
        for seat in range(first, last):
            held = seats[seat]
            if held >= 0 and bids[held] < cheapest[node] and is_within(layout, held, node):
                cheapest[node] = bids[held]
        node = layout.parent[node]


def _prices(layout: Layout, count: Ints, cheapest: Floats) -> Floats:
    """Return what a seat costs in each node, beyond what it costs in the nodes outwards; 0 where seats are left."""
    price, along = np.zeros(len(layout.parent)), np.zeros(len(layout.parent))
    for node in range(len(layout.parent)):
        outwards = layout.parent[node]
        before = along[outwards] if outwards >= 0 else 0.0
        if 0 < layout.limit[node] <= count[node]:
            price[node] = max(0.0, cheapest[node] - before)
        along[node] = before + price[node]
    return price


@numba.njit(cache=True)
def _bound(layout: Layout, price: Floats) -> float:  # pragma: no cover - compiled
    """Return what all seats cost, and what experts gain at most at these prices."""
    bound = (price * layout.limit).sum()
    holder = np.empty(PORTIONS_MOST, dtype=np.int64)
    for expert in range(layout.portions.shape[0]):
        mine = layout.listed[layout.first[expert] : layout.first[expert + 1]]
        gain = np.zeros(len(mine))
        for at in range(len(mine)):
            gain[at] = layout.value[mine[at]]
            node = layout.leaf[mine[at]]
            while node >= 0:
                gain[at] -= price[node] if layout.limit[node] > 0 else np.inf
                node = layout.parent[node]
        holder[:] = -1
        for at in np.argsort(-gain, kind="mergesort"):
            if gain[at] > 0.0 and place(layout.fits, holder, mine[at]):
                bound += gain[at]
    return float(bound)
