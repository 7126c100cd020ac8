"""Feed what a plan burns from plants, stores and the grid, near what the steps came to, and say what that costs.

The programme stands in `energy`.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.solver.layout import Layout, Point


class Feed(NamedTuple):
    """Where the energy comes from; axes as in `EnergyPlan`, stores as in the layout.

    Attributes
    ----------
    grid, plant
        ``(sites, slots)``
    fill, drain, stored
        ``(stores, slots)``
    over
        ``(areas, slots)``
    peak
        ``(areas,)``, kWh of a slot.
    cost_fen
        What all of it costs.
    """

    grid: Floats
    plant: Floats
    fill: Floats
    drain: Floats
    stored: Floats
    over: Floats
    peak: Floats
    cost_fen: float


@numba.njit(cache=True)
def feed(day: Layout, at: Point, kwh: Floats) -> Feed:  # pragma: no cover - compiled
    """Feed the work of the sites.

    Parameters
    ----------
    kwh
        ``(sites, slots)``, what work burns.
    """
    meters = day.meters
    fill, drain, stored = np.zeros_like(at.fill), np.zeros_like(at.fill), np.zeros_like(at.fill)
    need = kwh + meters.fixed
    for store in range(fill.shape[0]):
        site = meters.store_site[store]
        _keep(day, at, store, need[site], fill[store], drain[store], stored[store])
        need[site] += fill[store] - drain[store]
    plant = np.zeros_like(need)
    drawn = np.zeros_like(meters.most)
    cost = 0.0
    for site in range(need.shape[0]):
        for t in range(need.shape[1]):
            bought = meters.grid_fen[site, t]
            for i in range(meters.first_area[site], meters.first_area[site + 1]):
                bought += at.limit[meters.area[i], t] + at.peak[meters.area[i], t]
            if meters.plant_fen[site] <= bought:
                plant[site, t] = min(meters.plant[site, t], need[site, t])
            grid = need[site, t] - plant[site, t]
            need[site, t] = grid
            cost += meters.plant_fen[site] * plant[site, t] + meters.grid_fen[site, t] * grid
            for i in range(meters.first_area[site], meters.first_area[site + 1]):
                drawn[meters.area[i], t] += grid
    over = np.maximum(drawn - meters.most, 0.0)
    peak = np.zeros(drawn.shape[0])
    for area in range(drawn.shape[0]):
        peak[area] = max(0.0, (drawn[area] - meters.under[area]).max())
        cost += meters.over_fen[area] * over[area].sum() + meters.peak_fen[area] * peak[area]
    return Feed(need, plant, fill, drain, stored, over, peak, cost)


@numba.njit(cache=True)
def _keep(
    day: Layout, at: Point, store: int, need: Floats, fill: Floats, drain: Floats, stored: Floats
) -> None:  # pragma: no cover - compiled
    """Fill and drain a store slot by slot as asked, as far as it can, so that it ends no emptier than it began."""
    meters = day.meters
    way, most, speed = meters.store_way[store], meters.store_most[store], meters.store_speed[store]
    begin = meters.store_begin[store]
    level = begin
    for t in range(need.shape[0]):
        # What is in the store must leave the slots after this one enough to fill it again.
        least = max(0.0, begin - (need.shape[0] - 1 - t) * way * speed)
        out = min(max(at.drain[store, t], 0.0), speed, need[t], max(0.0, (level - least) * way))
        into = min(max(at.fill[store, t], 0.0), speed, max(0.0, (most - level + out / way) / way))
        into = max(into, (least - level + out / way) / way)
        level = min(most, level + way * into - out / way)
        fill[t], drain[t], stored[t] = into, out, level
