"""What a site gives at the prices of a step, found exactly: its pools in merit order, within its power cap.

Where meters are known, the price of the site's energy is found with it: own plants give once it reaches their price,
the grid and the store stand behind the price at which the step began.

Kernels take arrays out of the nouns once, before any loop: numba counts references at each look into a tuple.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.solver.layout import Layout, Lengths, Point, Sheet

NEWTON_MOST = 60
TOLERANCE = 1e-9
TINY = 1e-300


@numba.njit(cache=True, inline="always")
def drawn(old: float, new: float, anchor: float, pull: float) -> float:  # pragma: no cover - compiled
    """Return a step reflected, and drawn to the anchor by its pull."""
    return (1.0 - pull) * (2.0 * new - old) + pull * anchor


@numba.njit(cache=True)
def supply(
    at: Point, anchor: Point, day: Layout, lengths: Lengths, sheet: Sheet, weight: float, pull: float, site: int
) -> float:  # pragma: no cover - compiled
    """Step the LMPs of a site and the prices of its energy, and return the square of how far that went.

    LMPs rise with what is asked of the site, and fall with what its pools give at the new price.
    """
    lmp, back, asked, length = at.lmp, anchor.lmp, sheet.asked, lengths.lmp
    products, first, end = day.pool_product, day.first_alike, day.end_alike
    running, room, kwh = day.running, day.room, day.kwh
    wanted, given, far, power, cap = sheet.wanted, sheet.given, sheet.far, sheet.power[site], day.cap_kwh[site]
    begin, stop = day.first_pool[site], day.first_pool[site + 1]
    has_meters = at.energy.shape[0] > 0
    energy = energy_back = net = fixed = plant = power
    energy_far, plant_fen = 1.0, np.inf
    if has_meters:
        energy, energy_back, net = at.energy[site], anchor.energy[site], sheet.net[site]
        fixed, plant, plant_fen = day.meters.fixed[site], day.meters.plant[site], day.meters.plant_fen[site]
        energy_far = lengths.energy[site] * weight
    priced = 0.0
    for t in range(lmp.shape[1]):
        for k in range(begin, stop):
            product = products[k]
            far[k] = length[product] * weight
            wanted[k] = lmp[product, t] + far[k] * asked[product, t]
        least = 0.0
        if has_meters:
            old = energy[t]
            rest = old + energy_far * (fixed[t] - net[t])
            # Below its price the plant gives nothing, above it all.
            least = _energy_price(
                first, end, running, room, kwh, wanted, given, far, begin, stop, t, cap[t], energy_far, old, rest
            )
            if least > plant_fen:
                rest -= energy_far * plant[t]
                least = _energy_price(
                    first, end, running, room, kwh, wanted, given, far, begin, stop, t, cap[t], energy_far, least, rest
                )
                least = max(least, plant_fen)
            priced += (least - old) * (least - old) / energy_far
            energy[t] = drawn(old, least, energy_back[t], pull)
        power[t] = _power_price(
            first, end, running, room, kwh, wanted, given, far, begin, stop, t, cap[t], least, power[t]
        )
        for k in range(begin, stop):
            if k == first[k]:
                product = products[k]
                new = wanted[k]
                for alike in range(k, end[k]):
                    new -= far[k] * given[alike]
                old = lmp[product, t]
                priced += (new - old) * (new - old) / far[k]
                lmp[product, t] = drawn(old, new, back[product, t], pull)
    return priced


@numba.njit(cache=True, inline="always")
def _give(
    first: Ints, end: Ints, running: Floats, room: Floats, kwh: Floats, wanted: Floats, given: Floats, far: Floats,
    begin: int, stop: int, t: int, price: float,
) -> tuple[float, float]:  # pragma: no cover - compiled  # fmt: skip
    """Return what the pools of a site burn at a price of power, and how fast that falls; keep what they give.

    The price of a product falls with each unit-hour given, and a pool gives for as long as it earns its cost, after the
    cheaper pools of its product.
    """
    used, slope = 0.0, 0.0
    for k in range(begin, stop):
        cost = running[k, t] + price * kwh[k]
        before = 0.0
        for other in range(first[k], end[k]):
            theirs = running[other, t] + price * kwh[other]
            if other != k and (theirs < cost or (theirs == cost and other < k)):
                before += room[other, t]
        gives = (wanted[k] - cost) / far[k] - before
        if gives <= 0.0:
            gives = 0.0
        elif gives >= room[k, t]:
            gives = room[k, t]
        else:
            slope += kwh[k] * kwh[k] / far[k]
        given[k] = gives
        used += kwh[k] * gives
    return used, slope


@numba.njit(cache=True, inline="always")
def _power_price(
    first: Ints, end: Ints, running: Floats, room: Floats, kwh: Floats, wanted: Floats, given: Floats, far: Floats,
    begin: int, stop: int, t: int, cap: float, least: float, price: float,
) -> float:  # pragma: no cover - compiled  # fmt: skip
    """Return a price, at least so high, at which a site burns no more than its cap: Newton, in a bracket.

    Where nothing is scarce it is the price of the last time that something was, for the next one.
    """
    used, slope = _give(first, end, running, room, kwh, wanted, given, far, begin, stop, t, least)
    if used > cap:
        low, high = least, np.inf
        price = price if price > least else least + (used - cap) / max(slope, TINY)
        for _ in range(NEWTON_MOST):
            used, slope = _give(first, end, running, room, kwh, wanted, given, far, begin, stop, t, price)
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
    return price


@numba.njit(cache=True)
def _energy_price(
    first: Ints, end: Ints, running: Floats, room: Floats, kwh: Floats, wanted: Floats, given: Floats, far: Floats,
    begin: int, stop: int, t: int, cap: float, energy_far: float, price: float, rest: float,
) -> float:  # pragma: no cover - compiled  # fmt: skip
    """Return the price of a site's energy: it rises with what is burnt, from what it is at rest; Newton, in a bracket.

    What would be burnt beyond the cap does not count: the price of power keeps it away.
    """
    used, slope = _give(first, end, running, room, kwh, wanted, given, far, begin, stop, t, price)
    over = price - rest - energy_far * min(used, cap)
    low, high = min(price, price - over), max(price, price - over)
    for _ in range(NEWTON_MOST):
        if abs(over) <= TOLERANCE * max(1.0, abs(price)):
            break
        if over > 0.0:
            high = price
        else:
            low = price
        price = price - over / (1.0 + energy_far * (slope if used < cap else 0.0))
        if not low < price < high:
            price = 0.5 * (low + high)
        used, slope = _give(first, end, running, room, kwh, wanted, given, far, begin, stop, t, price)
        over = price - rest - energy_far * min(used, cap)
    return price
