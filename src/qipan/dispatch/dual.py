"""What prices alone prove: a lower bound on the cost of a day's programme, and the rents that go with it.

Any LMPs and rents of links bound the cost from below: let every class buy its demand where it is cheapest at these
prices, and take back the most that sites and links could earn at them. No solver need be trusted.

Source: `fisher1981` (Lagrangian relaxation).
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.layout import Layout
from qipan.dispatch.model.array import Floats


@numba.njit(cache=True)
def least_fen(day: Layout, lmp: Floats, rent: Floats) -> tuple[float, Floats, Floats]:  # pragma: no cover - compiled
    """Return the bound, the delivered prices of streams in each slot, and the price of each class.

    Parameters
    ----------
    lmp
        ``(products, slots)``
    rent
        ``(links, slots)``

    Returns
    -------
    tuple
        Fen, ``(streams, slots)`` (``inf`` where a stream has no class), ``(classes,)``: the price of its dearest hour.
    """
    slots = lmp.shape[1]
    sites = day.first_pool.shape[0] - 1
    delivered = np.full((day.first_pair.shape[0] - 1, slots), np.inf)
    price = np.zeros(day.demand.shape[0])
    toll = np.zeros((day.first_toll.shape[0] - 1, slots))
    add_tolls(day, rent, toll)
    total = -_rents(day, rent)
    for stream in range(day.first_pair.shape[0] - 1):
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            crossed = toll[day.origin[stream] * sites + day.site[pair]]
            for t in range(day.opens[stream], day.closes[stream]):
                asked = day.moving[pair] + lmp[day.product[pair], t] + day.gb[stream] * crossed[t]
                delivered[stream, t] = min(delivered[stream, t], asked)
        for c in range(day.first_class[stream], day.first_class[stream + 1]):
            paid, price[c] = _bought(day, delivered[stream], c)
            total += paid
    for site in range(sites):
        for t in range(slots):
            total -= earned_fen(day, lmp, site, t)[0]
    return total, delivered, price


@numba.njit(cache=True)
def add_tolls(day: Layout, rent: Floats, toll: Floats) -> None:  # pragma: no cover - compiled
    """Add to each flow the rent of the links that it crosses, ``(origins * sites, slots)``."""
    for flow in range(toll.shape[0]):
        for k in range(day.first_toll[flow], day.first_toll[flow + 1]):
            for t in range(toll.shape[1]):
                toll[flow, t] += day.toll_factor[k] * rent[day.toll_link[k], t]


@numba.njit(cache=True)
def _rents(day: Layout, rent: Floats) -> float:  # pragma: no cover - compiled
    """Return the most that links could earn."""
    earned = 0.0
    for link in range(rent.shape[0]):
        for t in range(rent.shape[1]):
            if rent[link, t] != 0.0:
                earned += abs(rent[link, t]) * day.link_most[link, t]
    return earned


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
def earned_fen(day: Layout, lmp: Floats, site: int, t: int) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the most that a site can earn in a slot over its running cost, and the rent of its power."""
    begin, end = day.first_pool[site], day.first_pool[site + 1]
    margin = np.zeros(end - begin)
    need = 0.0
    for k in range(begin, end):
        margin[k - begin] = lmp[day.pool_product[k], t] - day.running[k, t]
        if margin[k - begin] > 0.0:
            need += day.kwh[k] * day.room[k, t]
    earned = 0.0
    if need <= day.cap_kwh[site]:
        for k in range(begin, end):
            earned += max(0.0, margin[k - begin]) * day.room[k, t]
        return earned, 0.0
    left = day.cap_kwh[site]
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
