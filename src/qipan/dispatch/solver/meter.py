"""A step of what stands between the meters and the grid: what is drawn and stored, and the prices of that.

The programme stands in `energy`.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.solver.layout import Layout, Lengths, Point, Sheet
from qipan.dispatch.solver.supply import NEWTON_MOST, TOLERANCE, drawn


@numba.njit(cache=True)
def draw(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float
) -> float:  # pragma: no cover - compiled
    """Step what sites draw from the grid and what their stores do, and return the square of how far that went."""
    grids, back, energy, net, drawn_by = at.grid, anchor.grid, at.energy, sheet.net, sheet.drawn
    grid_fen, first_area, area, limit, peak = (
        day.meters.grid_fen,
        day.meters.first_area,
        day.meters.area,
        at.limit,
        at.peak,
    )
    went = 0.0
    drawn_by[:] = 0.0
    for site in range(grids.shape[0]):
        far = lengths.grid[site] / weight
        begin, end = first_area[site], first_area[site + 1]
        for t in range(grids.shape[1]):
            cost = grid_fen[site, t] - energy[site, t]
            for i in range(begin, end):
                cost += limit[area[i], t] + peak[area[i], t]
            old = grids[site, t]
            new = max(0.0, old - far * cost)
            went += (new - old) ** 2 / far
            grids[site, t] = drawn(old, new, back[site, t], pull)
            net[site, t] = 2.0 * new - old
            for i in range(begin, end):
                drawn_by[area[i], t] += net[site, t]
    for store in range(at.fill.shape[0]):
        went += _store(at, anchor, day, lengths, sheet, weight, pull, store)
    return went


@numba.njit(cache=True)
def _store(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float, store: int
) -> float:  # pragma: no cover - compiled
    meters = day.meters
    slots = at.fill.shape[1]
    site, way, most = meters.store_site[store], meters.store_way[store], meters.store_most[store]
    speed, begin = meters.store_speed[store], meters.store_begin[store]
    far = lengths.store[store] / weight
    went = 0.0
    before = begin
    for t in range(slots):
        energy, value = at.energy[site, t], at.value[store, t]
        after = at.value[store, t + 1] if t + 1 < slots else 0.0
        old = at.fill[store, t]
        new = min(speed, max(0.0, old - far * (energy - way * value)))
        filled = 2.0 * new - old
        went += (new - old) ** 2
        at.fill[store, t] = drawn(old, new, anchor.fill[store, t], pull)
        old = at.drain[store, t]
        new = min(speed, max(0.0, old - far * (value / way - energy)))
        drained = 2.0 * new - old
        went += (new - old) ** 2
        at.drain[store, t] = drawn(old, new, anchor.drain[store, t], pull)
        old = at.stored[store, t]
        new = min(most, max(0.0 if t + 1 < slots else begin, old - far * (value - after)))
        stored = 2.0 * new - old
        went += (new - old) ** 2
        at.stored[store, t] = drawn(old, new, anchor.stored[store, t], pull)
        sheet.net[site, t] += drained - filled
        sheet.kept[store, t] = stored - before - way * filled + drained / way
        before = stored
    return float(went / far)


@numba.njit(cache=True)
def settle(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float
) -> float:  # pragma: no cover - compiled
    """Step the value of what is stored and the rents of limits and peaks, and return the square of how far."""
    meters = day.meters
    areas, slots = at.limit.shape
    priced = 0.0
    for store in range(at.value.shape[0]):
        far = lengths.value[store] * weight
        for t in range(slots):
            old = at.value[store, t]
            new = old + far * sheet.kept[store, t]
            priced += (new - old) ** 2 / far
            at.value[store, t] = drawn(old, new, anchor.value[store, t], pull)
    wanted = np.empty(slots)
    for area in range(areas):
        far = lengths.area[area] * weight
        for t in range(slots):
            old = at.limit[area, t]
            new = 0.0
            if meters.most[area, t] < np.inf:
                most = meters.over_fen[area]
                new = min(most, max(0.0, old + far * (sheet.drawn[area, t] - meters.most[area, t])))
            priced += (new - old) ** 2 / far
            at.limit[area, t] = drawn(old, new, anchor.limit[area, t], pull)
            wanted[t] = at.peak[area, t] + far * (sheet.drawn[area, t] - meters.under[area, t])
        level = _within(wanted, meters.peak_fen[area])
        for t in range(slots):
            old = at.peak[area, t]
            new = max(0.0, wanted[t] - level)
            priced += (new - old) ** 2 / far
            at.peak[area, t] = drawn(old, new, anchor.peak[area, t], pull)
    return priced


@numba.njit(cache=True)
def _within(wanted: Floats, most: float) -> float:  # pragma: no cover - compiled
    """Return by how much rents must be lowered, none below nothing, to add up to no more than the price of a peak."""
    level = 0.0
    for _ in range(NEWTON_MOST):
        total, count = 0.0, 0
        for t in range(wanted.shape[0]):
            if wanted[t] > level:
                total += wanted[t] - level
                count += 1
        if total <= most * (1.0 + TOLERANCE) or count == 0:
            break
        # The sum falls convexly, so each step stays on this side of the answer.
        level += (total - most) / count
    return level
