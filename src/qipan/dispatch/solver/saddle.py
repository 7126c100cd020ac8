"""One step toward the saddle point of a day's programme: primal-dual hybrid gradient, reflected and drawn to an anchor.

Work moves against its cost at the present prices, prices move with what is missing or too much. Two blocks are solved
exactly at each step instead of by prices of their own: a class spreads its demand over its slots, and a site meets what
is asked of it in a slot by its pools within its power cap (`supply`). What is left are the delivered prices of streams,
LMPs of products, rents of links and of the reserve, and what `meter` adds.

Sources: `chambolle2011` (the method), `pock2011` (step lengths by row and column), `lu2024` (reflection and anchor).
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.solver.dual import add_reserve, add_tolls
from qipan.dispatch.solver.layout import Layout, Lengths, Point, Sheet
from qipan.dispatch.solver.meter import draw, settle
from qipan.dispatch.solver.supply import NEWTON_MOST, TOLERANCE, drawn, supply

VECTORS: Final = {"contract", "nnan", "nsz", "reassoc"}
"""What short loops may assume to become vector instructions; no value is ``nan`` there."""


@numba.njit(cache=True)
def step(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Move a point one step in place, and return how far it went: squares of the lengths in work and in prices.

    Parameters
    ----------
    weight
        Primal weight: prices step as many times farther, work as many times less.
    pull
        Share of the anchor in the new point.
    """
    sites = day.first_pool.shape[0] - 1
    has_links = at.rent.shape[0] > 0
    has_meters = at.energy.shape[0] > 0
    sheet.asked[:] = 0.0
    sheet.price[:] = at.lmp
    add_reserve(day, at.reserve, sheet.price)
    if has_links:
        sheet.flow[:] = 0.0
        sheet.toll[:] = 0.0
        add_tolls(day, at.rent, sheet.toll)
    went = 0.0
    priced = 0.0
    for stream in range(day.first_pair.shape[0] - 1):
        sheet.missing[stream] = 0.0
        went += _move_work(at, anchor, day, lengths, sheet, weight, pull, stream, sites, has_links)
        went += _spread(at, anchor, day, sheet, weight, pull, stream)
        for t in range(day.opens[stream], day.closes[stream]):
            far = lengths.delivered[stream, t] * weight
            old = at.delivered[stream, t]
            new = old - far * sheet.missing[stream, t]
            priced += (new - old) ** 2 / far
            at.delivered[stream, t] = drawn(old, new, anchor.delivered[stream, t], pull)
    if has_meters:
        went += draw(at, anchor, day, lengths, sheet, weight, pull)
    for site in range(sites):
        priced += supply(at, anchor, day, lengths, sheet, weight, pull, site)
    priced += _keep_free(at, anchor, day, lengths, sheet, weight, pull)
    if has_meters:
        priced += settle(at, anchor, day, lengths, sheet, weight, pull)
    if has_links:
        priced += _charge(at, anchor, day, lengths, sheet, weight, pull)
    return went, priced


@numba.njit(cache=True)
def _move_work(
    at: Point,
    anchor: Point,
    day: Layout,
    lengths: Lengths,
    sheet: Sheet,
    weight: float,
    pull: float,
    stream: int,
    sites: int,
    has_links: bool,
) -> float:  # pragma: no cover - compiled
    went = 0.0
    gb = day.gb[stream]
    opens, closes = day.opens[stream], day.closes[stream]
    missing = sheet.missing[stream, opens:closes]
    delivered = at.delivered[stream, opens:closes]
    over, bar = sheet.over[: closes - opens], sheet.bar[: closes - opens]
    for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
        product, place = day.product[pair], day.origin[stream] * sites + day.site[pair]
        # Short loops over few arrays: each becomes vector instructions.
        takes = day.takes[pair]
        _cost_over(over, sheet.price[product, opens:closes], delivered, takes, day.moving[pair])
        if has_links:
            _add(over, sheet.toll[place, opens:closes], gb)
        far = lengths.work[pair] / weight
        went += _step_back(at.work[pair, opens:closes], anchor.work[pair, opens:closes], over, bar, far, pull) / far
        _add(missing, bar, 1.0)
        _add(sheet.asked[product, opens:closes], bar, takes)
        if has_links:
            _add(sheet.flow[place, opens:closes], bar, gb)
    return went


@numba.njit(cache=True, fastmath=VECTORS)
def _cost_over(
    over: Floats, price: Floats, delivered: Floats, takes: float, moving: float
) -> None:  # pragma: no cover - compiled
    for t in range(over.shape[0]):
        over[t] = moving + takes * price[t] - delivered[t]


@numba.njit(cache=True, fastmath=VECTORS)
def _add(to: Floats, what: Floats, times: float) -> None:  # pragma: no cover - compiled
    for t in range(to.shape[0]):
        to[t] += times * what[t]


@numba.njit(cache=True, fastmath=VECTORS)
def _step_back(
    work: Floats, back: Floats, over: Floats, bar: Floats, far: float, pull: float
) -> float:  # pragma: no cover - compiled
    """Step the work of a pair against its cost, and return the square of how far it went."""
    square = 0.0
    for t in range(work.shape[0]):
        old = work[t]
        new = max(0.0, old - far * over[t])
        bar[t] = 2.0 * new - old
        work[t] = (1.0 - pull) * bar[t] + pull * back[t]
        over[t] = new - old
    for t in range(work.shape[0]):
        square += over[t] * over[t]
    return square


@numba.njit(cache=True)
def _spread(
    at: Point, anchor: Point, day: Layout, sheet: Sheet, weight: float, pull: float, stream: int
) -> float:  # pragma: no cover - compiled
    """Step each class of a stream, and project it on what it may do: its demand in all, its width in a slot."""
    efforts, unserved, delivered, missing = at.effort, at.unserved, at.delivered[stream], sheet.missing[stream]
    back, back_unserved, levels = anchor.effort, anchor.unserved, sheet.level
    first_effort, first_slot, end_slot = day.first_effort, day.first_slot, day.end_slot
    demands, mosts, losts = day.demand, day.most, day.lost
    far, square = 1.0 / weight, 0.0
    for c in range(day.first_class[stream], day.first_class[stream + 1]):
        begin, first, most = first_effort[c], first_slot[c], mosts[c]
        count = end_slot[c] - first
        aside = unserved[c] - far * losts[c]
        level = _level(efforts, delivered, begin, first, count, far, aside, demands[c], most, levels[c])
        levels[c] = level
        for i in range(count):
            old = efforts[begin + i]
            new = min(most, max(0.0, old - far * delivered[first + i] - level))
            missing[first + i] -= 2.0 * new - old
            square += (new - old) * (new - old)
            efforts[begin + i] = drawn(old, new, back[begin + i], pull)
        old = unserved[c]
        new = max(0.0, aside - level)
        square += (new - old) * (new - old)
        unserved[c] = drawn(old, new, back_unserved[c], pull)
    return square / far


@numba.njit(cache=True, inline="always")
def _level(
    effort: Floats,
    delivered: Floats,
    begin: int,
    first: int,
    count: int,
    far: float,
    aside: float,
    demand: float,
    most: float,
    level: float,
) -> float:  # pragma: no cover - compiled
    """Return by how much the efforts of a class must be lowered to add up to its demand: Newton, in a bracket."""
    low, high = -np.inf, np.inf
    for _ in range(NEWTON_MOST):
        total, slope = max(0.0, aside - level), 1.0 if aside > level else 0.0
        largest = aside
        for i in range(count):
            value = effort[begin + i] - far * delivered[first + i]
            largest = max(largest, value)
            part = min(most, max(0.0, value - level))
            total += part
            slope += 1.0 if 0.0 < part < most else 0.0
        excess = total - demand
        if abs(excess) <= TOLERANCE * demand:
            break
        if excess > 0.0:
            low = level
        else:
            high = level
        if high - low <= TOLERANCE * max(1.0, abs(level)):
            break
        level = level + excess / slope if slope > 0.0 else np.nan
        if not low < level < high:
            level = _elsewhere(low, high, min(high, aside) - demand, largest)
    return level


@numba.njit(cache=True)
def _elsewhere(low: float, high: float, least: float, most: float) -> float:  # pragma: no cover - compiled
    """Return where to look where Newton leads out of the bracket: within it, or at the end that is not yet known.

    Parameters
    ----------
    least, most
        Levels at which what is unserved alone is enough, and at which nothing is left.
    """
    if high == np.inf:
        return max(low, most)
    return 0.5 * (low + high) if low > -np.inf else least


@numba.njit(cache=True)
def _charge(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float
) -> float:  # pragma: no cover - compiled
    """Step the rents of links: nothing below the limit in either direction, beyond it what is too much."""
    priced = 0.0
    links, slots = at.rent.shape
    over = np.zeros((links, slots))
    for flow in range(day.first_toll.shape[0] - 1):
        for k in range(day.first_toll[flow], day.first_toll[flow + 1]):
            for t in range(slots):
                over[day.toll_link[k], t] += day.toll_factor[k] * sheet.flow[flow, t]
    for link in range(links):
        far = lengths.rent[link] * weight
        for t in range(slots):
            wanted = at.rent[link, t] + far * over[link, t]
            free = far * day.link_most[link, t]
            new = max(0.0, wanted - free) if wanted > 0.0 else min(0.0, wanted + free)
            old = at.rent[link, t]
            priced += (new - old) ** 2 / far
            at.rent[link, t] = drawn(old, new, anchor.rent[link, t], pull)
    return priced


@numba.njit(cache=True)
def _keep_free(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float
) -> float:  # pragma: no cover - compiled
    """Step the rents of the reserve."""
    priced = 0.0
    groups, slots = at.reserve.shape
    if groups == 0:
        return priced
    asked = np.zeros((groups, slots))
    for product in range(day.group.shape[0]):
        asked[day.group[product]] += sheet.asked[product]
    for group in range(groups):
        far = lengths.reserve[group] * weight
        for t in range(slots):
            old = at.reserve[group, t]
            new = max(0.0, old + far * (asked[group, t] - day.spare[group, t]))
            priced += (new - old) ** 2 / far
            at.reserve[group, t] = drawn(old, new, anchor.reserve[group, t], pull)
    return priced
