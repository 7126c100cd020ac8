"""Where the steps toward a day's least cost begin, and how long they are.

Source: `pock2011` (step lengths by row and column).
"""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.solver.dual import least_fen
from qipan.dispatch.solver.layout import Layout, Lengths, Point, Sheet


def lengths_of(day: Layout, products: int) -> Lengths:
    """Return step lengths for which the method converges: one over the sums of the rows and columns."""
    slots = day.room.shape[1]
    streams = len(day.origin)
    pairs = np.diff(day.first_pair)
    stream = np.repeat(np.arange(streams), pairs)
    tried = np.zeros((streams, slots + 1))
    np.add.at(tried, (day.stream, day.first_slot), 1.0)
    np.add.at(tried, (day.stream, day.end_slot), -1.0)
    asking = np.bincount(day.product, weights=day.takes, minlength=products)
    groups = np.bincount(day.group, weights=asking, minlength=len(day.spare)) if len(day.spare) else np.zeros(0)
    tolled, rent = _toll_lengths(day, stream)
    areas = np.diff(day.meters.first_area).astype(float)
    members = np.bincount(day.meters.area, minlength=len(day.meters.most)).astype(float)
    stores = np.bincount(day.meters.store_site, minlength=len(areas)).astype(np.float64)
    way = day.meters.store_way
    return Lengths(
        work=1.0 / (1.0 + day.takes * (2.0 if len(groups) else 1.0) + tolled),
        grid=1.0 / (1.0 + 2.0 * areas),
        store=1.0 / np.maximum(2.0, 1.0 + 1.0 / way),
        delivered=1.0 / (pairs[:, None] + np.cumsum(tried, axis=1)[:, :slots]).clip(min=1.0),
        lmp=1.0 / np.maximum(asking, 1e-3),
        rent=rent,
        reserve=1.0 / np.maximum(groups, 1e-3),
        energy=1.0 / (1.0 + 2.0 * stores),
        value=1.0 / (2.0 + way + 1.0 / way),
        area=1.0 / np.maximum(members, 1.0),
    )


def _toll_lengths(day: Layout, stream: Ints) -> tuple[Floats, Floats]:
    """Return what links add to the sums of pairs, and the step lengths of their rents, each link scaled to one."""
    flow = day.origin[stream] * len(day.cap_kwh) + day.site
    crossed = np.zeros(len(day.link_most))
    largest = np.zeros(len(day.link_most))
    tolled = np.zeros(len(flow))
    tolls = np.diff(day.first_toll)[flow]
    pair = np.repeat(np.arange(len(flow)), tolls)
    within = np.arange(tolls.sum()) - np.repeat(np.cumsum(tolls) - tolls, tolls)
    toll = day.first_toll[flow][pair] + within
    size = np.abs(day.toll_factor[toll]) * day.gb[stream[pair]]
    np.add.at(crossed, day.toll_link[toll], size)
    np.maximum.at(largest, day.toll_link[toll], size)
    largest = np.where(largest > 0, largest, 1.0)
    np.add.at(tolled, pair, size / largest[day.toll_link[toll]])
    return tolled, 1.0 / np.maximum(largest * crossed, 1e-12)


def begin(day: Layout, products: int) -> Point:
    """Return no work at all, at the prices of boards without scarcity."""
    slots = day.room.shape[1]
    energy = day.meters.grid_fen.copy()
    site = np.repeat(np.arange(len(day.first_pool) - 1), np.diff(day.first_pool))
    running = day.running + (day.kwh[:, None] * energy[site] if len(energy) else 0.0)
    lmp = np.full((products, slots), np.inf)
    np.minimum.at(lmp, day.pool_product, running)
    stores, areas = (len(day.meters.store_site), slots), day.meters.most.shape
    at = Point(
        work=np.zeros((len(day.product), slots)),
        effort=np.zeros(int(day.first_effort[-1])),
        unserved=day.demand.copy(),
        grid=day.meters.fixed.copy(),
        fill=np.zeros(stores),
        drain=np.zeros(stores),
        stored=np.repeat(day.meters.store_begin[:, None], slots, axis=1),
        delivered=np.zeros((len(day.origin), slots)),
        lmp=lmp,
        rent=np.zeros_like(day.link_most),
        reserve=np.zeros_like(day.spare),
        energy=energy,
        value=np.repeat(energy[day.meters.store_site].mean(axis=1, keepdims=True), slots, axis=1),
        limit=np.zeros(areas),
        peak=np.zeros(areas),
    )
    delivered = least_fen(day, at)[1]
    return at._replace(delivered=np.where(np.isfinite(delivered), delivered, 0.0))


def sheet_of(day: Layout, at: Point) -> Sheet:
    """Return an empty sheet for the kernels."""
    flows = (len(day.first_toll) - 1, at.lmp.shape[1]) if len(day.link_most) else (0, at.lmp.shape[1])
    return Sheet(
        asked=np.zeros_like(at.lmp),
        price=np.zeros_like(at.lmp),
        missing=np.zeros_like(at.delivered),
        flow=np.zeros(flows),
        toll=np.zeros(flows),
        over=np.zeros(at.lmp.shape[1]),
        bar=np.zeros(at.lmp.shape[1]),
        level=np.zeros_like(day.demand),
        power=np.zeros_like(day.cap_kwh),
        wanted=np.zeros_like(day.kwh),
        given=np.zeros_like(day.kwh),
        far=np.zeros_like(day.kwh),
        net=np.zeros_like(at.grid),
        drawn=np.zeros_like(at.limit),
        kept=np.zeros_like(at.value),
    )


def first_weight(day: Layout, at: Point) -> float:
    """Return a primal weight for prices to go as far as work in the end, as far as one can tell beforehand."""
    prices, work = np.linalg.norm(at.delivered), np.linalg.norm(day.demand)
    return float(prices / work) if prices > 0 and work > 0 else 1.0
