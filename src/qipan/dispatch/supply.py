"""What a site gives in a slot at the prices of a step, found exactly: its pools in merit order, within its power cap.

Where meters are known, the price of the site's energy is found with it: own plants give once it reaches their price,
the grid and the store stand behind the price at which the step began.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.layout import Layout, Lengths, Point, Sheet

NEWTON_MOST = 60
TOLERANCE = 1e-9
TINY = 1e-300


@numba.njit(cache=True, inline="always")
def drawn(old: float, new: float, anchor: float, pull: float) -> float:  # pragma: no cover - compiled
    """Return a step reflected, and drawn to the anchor by its pull."""
    return (1.0 - pull) * (2.0 * new - old) + pull * anchor


@numba.njit(cache=True)
def supply(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float, site: int, t: int
) -> float:  # pragma: no cover - compiled
    """Step the LMPs of a site in a slot: what is asked of it, less what its pools give at the new price."""
    begin, end = day.first_pool[site], day.first_pool[site + 1]
    for k in range(begin, end):
        product = day.pool_product[k]
        sheet.wanted[k] = at.lmp[product, t] + lengths.lmp[product] * weight * sheet.asked[product, t]
    if at.energy.shape[0] > 0:
        priced = _energy(at, anchor, day, lengths, sheet, weight, pull, site, t)
    else:
        priced = 0.0
        _cap(day, lengths, sheet, weight, site, t, 0.0)
    for k in range(begin, end):
        if k == day.first_alike[k]:
            product = day.pool_product[k]
            far = lengths.lmp[product] * weight
            new = sheet.wanted[k]
            for alike in range(k, day.end_alike[k]):
                new -= far * sheet.given[alike]
            old = at.lmp[product, t]
            priced += (new - old) * (new - old) / far
            at.lmp[product, t] = drawn(old, new, anchor.lmp[product, t], pull)
    return priced


@numba.njit(cache=True)
def _energy(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float, site: int, t: int
) -> float:  # pragma: no cover - compiled
    """Step the price of a site's energy, and find what its pools give at it."""
    far = lengths.energy[site] * weight
    old = at.energy[site, t]
    begin = old + far * (day.meters.fixed[site, t] - sheet.net[site, t])
    plant, plant_fen = day.meters.plant[site, t], day.meters.plant_fen[site]
    # Below its price the plant gives nothing, above it all: the price found without it, and with all of it.
    price = _energy_price(day, lengths, sheet, weight, site, t, far, begin, old)
    if price > plant_fen:
        price = max(plant_fen, _energy_price(day, lengths, sheet, weight, site, t, far, begin - far * plant, old))
    used, _ = _give(day, lengths, sheet, weight, site, t, price)
    cap = day.cap_kwh[site, t]
    if used > cap:
        price = begin + far * cap
        if price > plant_fen:
            price = max(plant_fen, price - far * plant)
        _cap(day, lengths, sheet, weight, site, t, price)
    at.energy[site, t] = drawn(old, price, anchor.energy[site, t], pull)
    return float((price - old) * (price - old) / far)


@numba.njit(cache=True)
def _energy_price(
    day: Layout,
    lengths: Lengths,
    sheet: Sheet,
    weight: float,
    site: int,
    t: int,
    far: float,
    begin: float,
    price: float,
) -> float:  # pragma: no cover - compiled
    """Return the price that rises from where it begins with what is burnt at it: Newton, in a bracket."""
    used, slope = _give(day, lengths, sheet, weight, site, t, price)
    over = price - begin - far * used
    low, high = min(price, price - over), max(price, price - over)
    for _ in range(NEWTON_MOST):
        if abs(over) <= TOLERANCE * max(1.0, abs(price)):
            break
        if over > 0.0:
            high = price
        else:
            low = price
        price = price - over / (1.0 + far * slope)
        if not low < price < high:
            price = 0.5 * (low + high)
        used, slope = _give(day, lengths, sheet, weight, site, t, price)
        over = price - begin - far * used
    return price


@numba.njit(cache=True)
def _cap(
    day: Layout, lengths: Lengths, sheet: Sheet, weight: float, site: int, t: int, least: float
) -> None:  # pragma: no cover - compiled
    """Find the price of power, at least so high, at which a site burns no more than its cap: Newton, in a bracket."""
    cap = day.cap_kwh[site, t]
    used, slope = _give(day, lengths, sheet, weight, site, t, least)
    if used <= cap:
        return
    low, high = least, np.inf
    price = sheet.power[site, t] if sheet.power[site, t] > least else least + (used - cap) / max(slope, TINY)
    for _ in range(NEWTON_MOST):
        used, slope = _give(day, lengths, sheet, weight, site, t, price)
        if abs(used - cap) <= TOLERANCE * cap:
            break
        if used > cap:
            low = price
        else:
            high = price
        if high < np.inf and high - low <= TOLERANCE * max(1.0, abs(high)):
            break
        price = price + (used - cap) / slope if slope > 0.0 else np.nan
        if not low < price < high:
            price = 0.5 * (low + high) if high < np.inf else low + 2.0 * (low - least) + 1.0
    sheet.power[site, t] = price


@numba.njit(cache=True)
def _give(
    day: Layout, lengths: Lengths, sheet: Sheet, weight: float, site: int, t: int, price: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return what the pools of a site burn at a price of power, and how fast that falls; keep what they give.

    The price of a product falls with each unit-hour given, and a pool gives for as long as it earns its cost, after the
    cheaper pools of its product.
    """
    used, slope = 0.0, 0.0
    for k in range(day.first_pool[site], day.first_pool[site + 1]):
        far = lengths.lmp[day.pool_product[k]] * weight
        cost = day.running[k, t] + price * day.kwh[k]
        before = 0.0
        for other in range(day.first_alike[k], day.end_alike[k]):
            theirs = day.running[other, t] + price * day.kwh[other]
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
