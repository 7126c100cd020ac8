"""Turn a near answer of a day's programme into one that keeps every limit, and say what it costs.

What is too much is cut back where it is too much; what is left to do then takes the cheapest room that is left, at the
prices of the near answer, the work first whose loss is dearest.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.solver.cut_back import cut_back
from qipan.dispatch.solver.dual import add_reserve, add_tolls
from qipan.dispatch.solver.feed import Feed, feed
from qipan.dispatch.solver.layout import Layout, Point

FULL = 1.0 - 1e-9
DONE = 1e-9
ROUNDING = 1e-12


class Answer(NamedTuple):
    """Work that keeps every limit.

    Attributes
    ----------
    work
        ``(pairs, slots)``
    supply
        ``(pools, slots)``, in the order of the layout.
    unserved
        ``(classes,)``, in the order of the layout.
    flow
        ``(links, slots)``
    feed
        Where its energy comes from.
    cost_fen
        What all of it costs.
    """

    work: Floats
    supply: Floats
    unserved: Floats
    flow: Floats
    feed: Feed
    cost_fen: float


class Use(NamedTuple):
    """What is taken so far, and at what prices.

    Attributes
    ----------
    given, most
        ``(products, slots)``, taken and there.
    supply
        ``(pools, slots)``
    kwh
        ``(sites, slots)``
    flow
        ``(links, slots)``
    busy
        ``(groups, slots)``
    price
        ``(products, slots)``, the LMP with the rent of the reserve.
    running
        ``(pools, slots)``, energy included.
    """

    given: Floats
    most: Floats
    supply: Floats
    kwh: Floats
    flow: Floats
    busy: Floats
    price: Floats
    running: Floats


@numba.njit(cache=True)
def repair(day: Layout, at: Point) -> Answer:  # pragma: no cover - compiled
    """Return an answer near a point whose work may break limits; its prices guide what is left to do."""
    slots = at.work.shape[1]
    use = _unused(day, at)
    work = np.maximum(at.work, 0.0)
    effort = at.effort.copy()
    left = day.demand.copy()
    cut_back(day, use.most, use.running, work, effort, left)
    for stream in range(day.first_pair.shape[0] - 1):
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            for t in range(day.opens[stream], day.closes[stream]):
                if work[pair, t] > 0.0:
                    _take(day, use, stream, pair, t, work[pair, t])
    asked = _asked(day, use.price, at.rent)
    for c in np.argsort(-day.lost, kind="mergesort"):
        _fill(day, use, work, effort, left, asked, c)
    fed = feed(day, at, use.kwh if at.energy.shape[0] > 0 else np.zeros((0, slots)))
    cost = (left * day.lost).sum() + (use.supply * day.running).sum() + fed.cost_fen
    for pair in range(day.product.shape[0]):
        cost += day.moving[pair] * work[pair].sum()
    return Answer(work, use.supply, left, use.flow, fed, cost)


@numba.njit(cache=True)
def _unused(day: Layout, at: Point) -> Use:  # pragma: no cover - compiled
    """Return what nothing is taken of."""
    slots = at.work.shape[1]
    most = np.zeros(at.lmp.shape)
    running = day.running.copy()
    for k in range(day.pool_product.shape[0]):
        most[day.pool_product[k]] += day.room[k]
    for site in range(at.energy.shape[0]):
        for k in range(day.first_pool[site], day.first_pool[site + 1]):
            running[k] += day.kwh[k] * at.energy[site]
    price = at.lmp.copy()
    add_reserve(day, at.reserve, price)
    return Use(
        np.zeros(most.shape),
        most,
        np.zeros(day.room.shape),
        np.zeros((day.cap_kwh.shape[0], slots)),
        np.zeros(day.link_most.shape),
        np.zeros(day.spare.shape),
        price,
        running,
    )


@numba.njit(cache=True)
def _next_pool(day: Layout, use: Use, pair: int, t: int) -> int:  # pragma: no cover - compiled
    """Return the cheapest pool of a product that has room, or the dearest one where none has."""
    best, last = -1, -1
    for k in range(day.first_pool[day.site[pair]], day.first_pool[day.site[pair] + 1]):
        if day.pool_product[k] == day.product[pair]:
            if last < 0 or use.running[k, t] > use.running[last, t]:
                last = k
            if use.supply[k, t] < day.room[k, t] * FULL and (best < 0 or use.running[k, t] < use.running[best, t]):
                best = k
    return best if best >= 0 else last


@numba.njit(cache=True)
def _take(day: Layout, use: Use, stream: int, pair: int, t: int, amount: float) -> None:  # pragma: no cover - compiled
    """Give work to the pools of its product, cheapest first, and count what it uses."""
    rest = amount * day.takes[pair]
    while rest > 0.0:
        k = _next_pool(day, use, pair, t)
        free = day.room[k, t] - use.supply[k, t]
        # What rounding leaves over goes to the last pool.
        part = min(rest, free) if free > 0.0 else rest
        use.supply[k, t] += part
        use.kwh[day.site[pair], t] += part * day.kwh[k]
        rest -= part
    product = day.product[pair]
    use.given[product, t] += amount * day.takes[pair]
    if day.spare.shape[0] > 0:
        use.busy[day.group[product], t] += amount * day.takes[pair]
    flow = day.origin[stream] * day.cap_kwh.shape[0] + day.site[pair]
    for i in range(day.first_toll[flow], day.first_toll[flow + 1]):
        use.flow[day.toll_link[i], t] += day.toll_factor[i] * day.gb[stream] * amount


@numba.njit(cache=True)
def _free(day: Layout, use: Use, stream: int, pair: int, t: int) -> float:  # pragma: no cover - compiled
    """Return how much more work of a stream a product can take in a slot by its next pool; 0 where it is full."""
    product, site = day.product[pair], day.site[pair]
    if use.given[product, t] >= use.most[product, t] * FULL or use.kwh[site, t] >= day.cap_kwh[site, t] * FULL:
        return 0.0
    k = _next_pool(day, use, pair, t)
    free = min(day.room[k, t] - use.supply[k, t], use.most[product, t] - use.given[product, t])
    if day.kwh[k] > 0.0:
        free = min(free, (day.cap_kwh[site, t] - use.kwh[site, t]) / day.kwh[k])
    if day.spare.shape[0] > 0:
        spare = day.spare[day.group[product], t]
        if use.busy[day.group[product], t] >= spare * FULL:
            return 0.0
        free = min(free, spare - use.busy[day.group[product], t])
    free /= day.takes[pair]
    flow = day.origin[stream] * day.cap_kwh.shape[0] + site
    for i in range(day.first_toll[flow], day.first_toll[flow + 1]):
        size = day.gb[stream] * day.toll_factor[i]
        most = day.link_most[day.toll_link[i], t]
        along = use.flow[day.toll_link[i], t] if size > 0.0 else -use.flow[day.toll_link[i], t]
        if size != 0.0 and along >= most * FULL:
            return 0.0
        if size != 0.0:
            free = min(free, (most - along) / abs(size))
    return float(max(0.0, free))


@numba.njit(cache=True)
def _fill(
    day: Layout, use: Use, work: Floats, effort: Floats, left: Floats, asked: Floats, c: int
) -> None:  # pragma: no cover - compiled
    """Give what a class has left to do to the cheapest room at the prices, as long as that is worth it."""
    if left[c] <= DONE * day.demand[c]:
        return
    stream, begin, first = day.stream[c], day.first_effort[c], day.first_slot[c]
    count, pair = day.end_slot[c] - first, day.first_pair[stream]
    open_to = _open_to(day, use, asked, c)
    for i in range(count):
        if effort[begin + i] >= day.most[c] * FULL:
            open_to[:, i] = np.inf
    while left[c] > DONE * day.demand[c]:
        to, i = divmod(int(np.argmin(open_to)), count)
        if open_to[to, i] >= day.lost[c]:
            break
        amount = min(left[c], day.most[c] - effort[begin + i], _free(day, use, stream, pair + to, first + i))
        # What rounding leaves of a limit would be taken for ever.
        if amount <= ROUNDING * day.demand[c]:
            open_to[to, i] = np.inf
            continue
        _take(day, use, stream, pair + to, first + i, amount)
        work[pair + to, first + i] += amount
        effort[begin + i] += amount
        left[c] -= amount
        if effort[begin + i] >= day.most[c] * FULL:
            open_to[:, i] = np.inf
    left[c] = max(0.0, left[c])


@numba.njit(cache=True)
def _open_to(day: Layout, use: Use, asked: Floats, c: int) -> Floats:  # pragma: no cover - compiled
    """Return what each product asks of a class in each of its slots, ``inf`` where it is full, ``(pairs, slots)``."""
    stream, first, end = day.stream[c], day.first_slot[c], day.end_slot[c]
    begin = day.first_pair[stream]
    open_to = asked[begin : day.first_pair[stream + 1], first:end].copy()
    for i in range(open_to.shape[0]):
        product, site = day.product[begin + i], day.site[begin + i]
        for t in range(first, end):
            is_full = use.given[product, t] >= use.most[product, t] * FULL
            if is_full or use.kwh[site, t] >= day.cap_kwh[site, t] * FULL:
                open_to[i, t - first] = np.inf
    return open_to


@numba.njit(cache=True)
def _asked(day: Layout, price: Floats, rent: Floats) -> Floats:  # pragma: no cover - compiled
    """Return what a unit-hour of each product costs each stream in each slot, ``(pairs, slots)``."""
    toll = np.zeros((day.first_toll.shape[0] - 1, price.shape[1]))
    add_tolls(day, rent, toll)
    asked = np.empty((day.product.shape[0], price.shape[1]))
    for stream in range(day.first_pair.shape[0] - 1):
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            crossed = toll[day.origin[stream] * day.cap_kwh.shape[0] + day.site[pair]]
            asked[pair] = day.moving[pair] + day.takes[pair] * price[day.product[pair]] + day.gb[stream] * crossed
    return asked
