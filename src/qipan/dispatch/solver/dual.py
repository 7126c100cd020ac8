"""What prices alone prove: a lower bound on the cost of a day's programme, and the rents that go with it.

Any prices bound the cost from below: let every class buy its demand where it is cheapest at them, and take back the
most that sites, links, stores and the grid could earn. No solver need be trusted.

Source: `fisher1981` (Lagrangian relaxation).
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.solver.layout import Layout, Point


@numba.njit(cache=True)
def within_reason(day: Layout, at: Point) -> Point:  # pragma: no cover - compiled
    """Return a point with prices at which the cost has a bound: none below nothing, none at which energy is a gift."""
    meters = day.meters
    energy, peak = at.energy.copy(), np.maximum(at.peak, 0.0)
    limit = np.maximum(at.limit, 0.0)
    for area in range(peak.shape[0]):
        limit[area] = np.minimum(limit[area], meters.over_fen[area])
        total = peak[area].sum()
        if total > meters.peak_fen[area]:
            peak[area] *= meters.peak_fen[area] / total
    for site in range(energy.shape[0]):
        most = meters.grid_fen[site].copy()
        for i in range(meters.first_area[site], meters.first_area[site + 1]):
            most += limit[meters.area[i]] + peak[meters.area[i]]
        energy[site] = np.minimum(energy[site], most)
    return Point(
        at.work,
        at.effort,
        at.unserved,
        at.grid,
        at.fill,
        at.drain,
        at.stored,
        at.delivered,
        at.lmp,
        at.rent,
        np.maximum(at.reserve, 0.0),
        energy,
        at.value,
        limit,
        peak,
    )


@numba.njit(cache=True)
def least_fen(day: Layout, at: Point) -> tuple[float, Floats, Floats]:  # pragma: no cover - compiled
    """Return the bound, the delivered prices of streams in each slot, and the price of each class.

    Parameters
    ----------
    at
        Prices from `within_reason`; nothing else of it is read.

    Returns
    -------
    tuple
        Fen, ``(streams, slots)`` (``inf`` where a stream has no class), ``(classes,)``: the price of its dearest hour.
    """
    slots = at.lmp.shape[1]
    sites = day.first_pool.shape[0] - 1
    delivered = np.full((day.first_pair.shape[0] - 1, slots), np.inf)
    price = np.zeros(day.demand.shape[0])
    toll = np.zeros((day.first_toll.shape[0] - 1, slots))
    add_tolls(day, at.rent, toll)
    lmp = at.lmp.copy()
    add_reserve(day, at.reserve, lmp)
    total = -_rents(day, at)
    for stream in range(day.first_pair.shape[0] - 1):
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            crossed = toll[day.origin[stream] * sites + day.site[pair]]
            for t in range(day.opens[stream], day.closes[stream]):
                asked = day.moving[pair] + day.takes[pair] * lmp[day.product[pair], t] + day.gb[stream] * crossed[t]
                delivered[stream, t] = min(delivered[stream, t], asked)
        for c in range(day.first_class[stream], day.first_class[stream + 1]):
            paid, price[c] = _bought(day, delivered[stream], c)
            total += paid
    for site in range(sites):
        for t in range(slots):
            total -= earned_fen(day, at, site, t)[0]
    return total, delivered, price


@numba.njit(cache=True)
def add_reserve(day: Layout, reserve: Floats, price: Floats) -> None:  # pragma: no cover - compiled
    """Add to the price of each product the rent of its reserve, ``(products, slots)``."""
    if reserve.shape[0] > 0:
        for product in range(price.shape[0]):
            price[product] += reserve[day.group[product]]


@numba.njit(cache=True)
def add_tolls(day: Layout, rent: Floats, toll: Floats) -> None:  # pragma: no cover - compiled
    """Add to each flow the rent of the links that it crosses, ``(origins * sites, slots)``."""
    for flow in range(toll.shape[0]):
        for k in range(day.first_toll[flow], day.first_toll[flow + 1]):
            for t in range(toll.shape[1]):
                toll[flow, t] += day.toll_factor[k] * rent[day.toll_link[k], t]


@numba.njit(cache=True)
def _rents(day: Layout, at: Point) -> float:  # pragma: no cover - compiled
    """Return the most that links, the reserve, the grid and stores could earn."""
    earned = (at.reserve * day.spare).sum() if at.reserve.shape[0] > 0 else 0.0
    for link in range(at.rent.shape[0]):
        for t in range(at.rent.shape[1]):
            if at.rent[link, t] != 0.0:
                earned += abs(at.rent[link, t]) * day.link_most[link, t]
    for area in range(at.limit.shape[0]):
        for t in range(at.limit.shape[1]):
            if at.limit[area, t] > 0.0:
                earned += at.limit[area, t] * day.meters.most[area, t]
            earned += at.peak[area, t] * day.meters.under[area, t]
    for store in range(at.value.shape[0]):
        earned += _stored(day, at, store)
    return earned


@numba.njit(cache=True)
def _stored(day: Layout, at: Point, store: int) -> float:  # pragma: no cover - compiled
    """Return the most that a store could earn."""
    meters = day.meters
    slots = at.value.shape[1]
    site, way = meters.store_site[store], meters.store_way[store]
    begin, most, speed = meters.store_begin[store], meters.store_most[store], meters.store_speed[store]
    earned = at.value[store, 0] * begin
    for t in range(slots):
        energy, value = at.energy[site, t], at.value[store, t]
        earned += speed * (max(0.0, way * value - energy) + max(0.0, energy - value / way))
        if t + 1 < slots:
            earned += most * max(0.0, at.value[store, t + 1] - value)
        else:
            earned -= value * (begin if value >= 0.0 else most)
    return float(earned)


@numba.njit(cache=True)
def _bought(day: Layout, delivered: Floats, c: int) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return what a class pays in its cheapest slots or loses, and what its dearest hour costs."""
    left = day.demand[c]
    paid = 0.0
    count = day.end_slot[c] - day.first_slot[c]
    asked = np.sort(delivered[day.first_slot[c] : day.end_slot[c]])
    for i in range(count):
        if asked[i] >= day.lost[c] or left <= 0.0:
            break
        part = min(left, day.most[c])
        paid += part * asked[i]
        left -= part
        if left <= 0.0:
            return paid, asked[i]
    return paid + left * day.lost[c], day.lost[c]


@numba.njit(cache=True)
def earned_fen(day: Layout, at: Point, site: int, t: int) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the most that a site can earn in a slot over its running cost, and the rent of its power."""
    begin, end = day.first_pool[site], day.first_pool[site + 1]
    has_meters = at.energy.shape[0] > 0
    margin = np.zeros(end - begin)
    need = 0.0
    for k in range(begin, end):
        margin[k - begin] = at.lmp[day.pool_product[k], t] - day.running[k, t]
        if has_meters:
            margin[k - begin] -= day.kwh[k] * at.energy[site, t]
        if margin[k - begin] > 0.0:
            need += day.kwh[k] * day.room[k, t]
    earned = 0.0
    if has_meters:
        energy = at.energy[site, t]
        earned += max(0.0, energy - day.meters.plant_fen[site]) * day.meters.plant[site, t]
        earned -= energy * day.meters.fixed[site, t]
    left = day.cap_kwh[site, t]
    if need <= left:
        for k in range(begin, end):
            earned += max(0.0, margin[k - begin]) * day.room[k, t]
        return earned, 0.0
    order = np.argsort(-margin / np.maximum(day.kwh[begin:end], 1e-300))
    for i in order:
        if margin[i] <= 0.0:
            break
        kwh = day.kwh[begin + i] * day.room[begin + i, t]
        if kwh < left or kwh == 0.0:
            earned += margin[i] * day.room[begin + i, t]
            left -= kwh
        else:
            return earned + margin[i] * left / day.kwh[begin + i], margin[i] / day.kwh[begin + i]
    return earned, 0.0


@numba.njit(cache=True)
def slot_fen(day: Layout, at: Point, price: Floats) -> Floats:  # pragma: no cover - compiled
    """Return what the prices of each slot add to a bound, ``(slots,)``, where classes are paid a price for their work.

    Any prices of classes will do, so of two points the better prices can be taken slot by slot, as long as the prices
    that tie slots together are the same in both: the bound is then no less than with either one.

    Parameters
    ----------
    price
        ``(classes,)``
    """
    slots, sites = at.lmp.shape[1], day.first_pool.shape[0] - 1
    opens, closes, first_pair, product, site = day.opens, day.closes, day.first_pair, day.product, day.site
    moving, takes, first_slot, end_slot = day.moving, day.takes, day.first_slot, day.end_slot
    demand, most, lost = day.demand, day.most, day.lost
    toll = np.zeros((day.first_toll.shape[0] - 1, slots))
    add_tolls(day, at.rent, toll)
    lmp = at.lmp.copy()
    add_reserve(day, at.reserve, lmp)
    fen = np.zeros(slots)
    for stream in range(first_pair.shape[0] - 1):
        gb, origin = day.gb[stream], day.origin[stream]
        delivered = np.full(slots, np.inf)
        for pair in range(first_pair[stream], first_pair[stream + 1]):
            offer, crossed = lmp[product[pair]], toll[origin * sites + site[pair]]
            for t in range(opens[stream], closes[stream]):
                delivered[t] = min(delivered[t], moving[pair] + takes[pair] * offer[t] + gb * crossed[t])
        for c in range(day.first_class[stream], day.first_class[stream + 1]):
            first = first_slot[c]
            if end_slot[c] - first == 1:
                fen[first] += min(most[c], demand[c]) * min(lost[c], delivered[first])
                continue
            for t in range(first, end_slot[c]):
                fen[t] += most[c] * min(0.0, delivered[t] - price[c])
    return fen - _earned_by_slot(day, at)


@numba.njit(cache=True)
def _earned_by_slot(day: Layout, at: Point) -> Floats:  # pragma: no cover - compiled
    """Return the most that links, the reserve and sites could earn in each slot, ``(slots,)``."""
    earned = np.zeros(at.lmp.shape[1])
    for link in range(at.rent.shape[0]):
        earned += np.abs(at.rent[link]) * np.where(at.rent[link] != 0.0, day.link_most[link], 0.0)
    for group in range(at.reserve.shape[0]):
        earned += at.reserve[group] * day.spare[group]
    for site in range(day.first_pool.shape[0] - 1):
        for t in range(earned.shape[0]):
            earned[t] += earned_fen(day, at, site, t)[0]
    return earned
