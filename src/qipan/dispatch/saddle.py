"""One step toward the saddle point of a day's programme: primal-dual hybrid gradient, reflected and drawn to an anchor.

Work moves against its cost at the present prices, prices move with what is missing or too much. Two blocks are solved
exactly at each step instead of by prices of their own: a class spreads its demand over its slots, and a site meets what
is asked of it in a slot by its pools within its power cap. So only three kinds of prices are left: delivered prices of
streams, LMPs of products, and rents of links.

Sources: `chambolle2011` (the method), `pock2011` (step lengths by row and column), `lu2024` (reflection and anchor).
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from qipan.dispatch.dual import add_tolls
from qipan.dispatch.layout import Layout, Lengths, Point, Sheet
from qipan.dispatch.model.array import Floats

NEWTON_MOST = 60
TOLERANCE = 1e-9
TINY = 1e-300
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
    slots = at.lmp.shape[1]
    has_links = at.rent.shape[0] > 0
    sheet.asked[:] = 0.0
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
            at.delivered[stream, t] = _drawn(old, new, anchor.delivered[stream, t], pull)
    for site in range(sites):
        for t in range(slots):
            priced += _supply(at, anchor, day, lengths, sheet, weight, pull, site, t)
    if has_links:
        priced += _charge(at, anchor, day, lengths, sheet, weight, pull)
    return went, priced


@numba.njit(cache=True, inline="always")
def _drawn(old: float, new: float, anchor: float, pull: float) -> float:  # pragma: no cover - compiled
    return (1.0 - pull) * (2.0 * new - old) + pull * anchor


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
        _cost_over(over, at.lmp[product, opens:closes], delivered, day.moving[pair])
        if has_links:
            _add(over, sheet.toll[place, opens:closes], gb)
        far = lengths.work[pair] / weight
        went += _step_back(at.work[pair, opens:closes], anchor.work[pair, opens:closes], over, bar, far, pull) / far
        _add(missing, bar, 1.0)
        _add(sheet.asked[product, opens:closes], bar, 1.0)
        if has_links:
            _add(sheet.flow[place, opens:closes], bar, gb)
    return went


@numba.njit(cache=True, fastmath=VECTORS)
def _cost_over(over: Floats, lmp: Floats, delivered: Floats, moving: float) -> None:  # pragma: no cover - compiled
    for t in range(over.shape[0]):
        over[t] = moving + lmp[t] - delivered[t]


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
    far = 1.0 / weight
    square = 0.0
    for c in range(day.first_class[stream], day.first_class[stream + 1]):
        begin, first = day.first_effort[c], day.first_slot[c]
        count = day.end_slot[c] - first
        aside = at.unserved[c] - far * day.lost[c]
        level = _level(at.effort, at.delivered[stream], begin, first, count, far, aside, day.demand[c], day.most[c],
                       sheet.level[c])  # fmt: skip
        sheet.level[c] = level
        for i in range(count):
            old = at.effort[begin + i]
            new = min(day.most[c], max(0.0, old - far * at.delivered[stream, first + i] - level))
            sheet.missing[stream, first + i] -= 2.0 * new - old
            square += (new - old) * (new - old)
            at.effort[begin + i] = _drawn(old, new, anchor.effort[begin + i], pull)
        old = at.unserved[c]
        new = max(0.0, aside - level)
        square += (new - old) * (new - old)
        at.unserved[c] = _drawn(old, new, anchor.unserved[c], pull)
    return square / far


@numba.njit(cache=True)
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
def _supply(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float, site: int, t: int
) -> float:  # pragma: no cover - compiled
    """Step the LMPs of a site in a slot: what is asked of it, less what its pools give at the new price."""
    begin, end = day.first_pool[site], day.first_pool[site + 1]
    for k in range(begin, end):
        product = day.pool_product[k]
        sheet.wanted[k] = at.lmp[product, t] + lengths.lmp[product] * weight * sheet.asked[product, t]
    _power(day, lengths, sheet, weight, site, t)
    priced = 0.0
    for k in range(begin, end):
        if k == day.first_alike[k]:
            product = day.pool_product[k]
            far = lengths.lmp[product] * weight
            new = sheet.wanted[k]
            for alike in range(k, day.end_alike[k]):
                new -= far * sheet.given[alike]
            old = at.lmp[product, t]
            priced += (new - old) * (new - old) / far
            at.lmp[product, t] = _drawn(old, new, anchor.lmp[product, t], pull)
    return priced


@numba.njit(cache=True)
def _power(
    day: Layout, lengths: Lengths, sheet: Sheet, weight: float, site: int, t: int
) -> None:  # pragma: no cover - compiled
    """Find the rent at which a site burns no more than its cap, and what its pools give: Newton, in a bracket."""
    cap = day.cap_kwh[site]
    used, slope = _give(day, lengths, sheet, weight, site, t, 0.0)
    if used <= cap:
        return
    low, high = 0.0, np.inf
    rent = sheet.power[site, t] if sheet.power[site, t] > 0.0 else (used - cap) / max(slope, TINY)
    for _ in range(NEWTON_MOST):
        used, slope = _give(day, lengths, sheet, weight, site, t, rent)
        if abs(used - cap) <= TOLERANCE * cap:
            break
        if used > cap:
            low = rent
        else:
            high = rent
        if high < np.inf and high - low <= TOLERANCE * high:
            break
        rent = rent + (used - cap) / slope if slope > 0.0 else np.nan
        if not low < rent < high:
            rent = 0.5 * (low + high) if high < np.inf else 2.0 * low + 1.0
    sheet.power[site, t] = rent


@numba.njit(cache=True)
def _give(
    day: Layout, lengths: Lengths, sheet: Sheet, weight: float, site: int, t: int, rent: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return what the pools of a site burn at a rent of power, and how fast that falls; keep what they give.

    The price of a product falls with each unit-hour given, and a pool gives for as long as it earns its cost, after the
    cheaper pools of its product.
    """
    used, slope = 0.0, 0.0
    for k in range(day.first_pool[site], day.first_pool[site + 1]):
        far = lengths.lmp[day.pool_product[k]] * weight
        cost = day.running[k, t] + rent * day.kwh[k]
        before = 0.0
        for other in range(day.first_alike[k], day.end_alike[k]):
            theirs = day.running[other, t] + rent * day.kwh[other]
            if other != k and (theirs < cost or (theirs == cost and other < k)):
                before += day.room[other, t]
        given = (sheet.wanted[k] - cost) / far - before
        if given <= 0.0:
            given = 0.0
        elif given >= day.room[k, t]:
            given = day.room[k, t]
        else:
            slope += day.kwh[k] * day.kwh[k] / far
        sheet.given[k] = given
        used += day.kwh[k] * given
    return used, slope


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
            at.rent[link, t] = _drawn(old, new, anchor.rent[link, t], pull)
    return priced
