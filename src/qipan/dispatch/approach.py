"""Approach the least cost of a day's programme from both sides, until the gap is as small as asked.

At every moment there is an answer that keeps all limits, and a bound that its prices prove. Steps are those of
`saddle`; the anchor is moved to where they have come whenever they have come far, and the primal weight is set anew so
that work and prices go equally far.

Sources: `applegate2021`, `lu2024` (restarts).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.dispatch.dual import earned_fen, least_fen, within_reason
from qipan.dispatch.layout import Layout, Lengths, Point, Sheet, lay_out
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.model.plan import Classes, Plan
from qipan.dispatch.repair import Answer, repair
from qipan.dispatch.saddle import step

LOOK_EVERY: Final = 20
BOUND_EVERY: Final = 100
ANSWER_EVERY: Final = 500
FAR: Final = 0.2
"""The anchor moves once steps have become this many times shorter than the first one after it moved."""
NEARER: Final = 0.8
"""It also moves where they are this many times shorter and grow again."""
LONG: Final = 0.36
"""It moves at the latest after this share of all steps."""


@dataclass(frozen=True, slots=True)
class Approach:
    """How near the least cost a plan is.

    Attributes
    ----------
    plan
        A plan that keeps every limit; its prices are indicative.
    bound_fen
        What no plan can cost less than, by the plan's prices alone.
    steps
        How many steps were made.
    """

    plan: Plan
    bound_fen: float
    steps: int

    @property
    def gap(self) -> float:
        """How much more the plan costs than the bound, relative to the bound."""
        over = self.plan.objective_fen - self.bound_fen
        if self.bound_fen:
            return over / abs(self.bound_fen)
        return float("inf") if over > 0 else 0.0


def approach(
    board: Board,
    classes: Classes,
    rules: Rules,
    takes: Floats,
    *,
    gap: float,
    steps_most: int = 100_000,
    is_enough: Callable[[int, float, float], bool] | None = None,
) -> Approach:
    """Plan the classes over the board within a gap of the least cost.

    Parameters
    ----------
    takes
        ``(streams, products)``, as `formulate` takes it.
    gap
        Stop once the plan costs at most this much more than the bound, relative to the bound.
    steps_most
        Stop after so many steps, wherever that is.
    is_enough
        Asked at every answer, with the steps so far, the least cost and the highest bound: whether to stop there.
    """
    day = lay_out(board, classes, rules, takes)
    lengths = _lengths(day, len(board.products))
    at = _begin(day, len(board.products))
    anchor = Point(*(part.copy() for part in at))
    sheet = _sheet(day, at)
    weight = _first_weight(day, at)
    bound, prices = -np.inf, at
    answer: Answer | None = None
    since, first, before, steps = 0, np.inf, np.inf, 0
    while True:
        if steps % BOUND_EVERY == 0:
            tame = within_reason(day, at)
            proven = least_fen(day, tame)[0]
            if proven > bound:
                bound, prices = proven, tame._replace(lmp=at.lmp.copy(), rent=at.rent.copy(), value=at.value.copy())
        if steps % ANSWER_EVERY == 0:
            found = repair(day, at)
            if answer is None or found.cost_fen < answer.cost_fen:
                answer = found
            is_near = answer.cost_fen - bound <= gap * abs(bound)
            is_told = is_enough is not None and is_enough(steps, answer.cost_fen, bound)
            if is_near or is_told or steps >= steps_most:
                break
        went, priced = step(at, anchor, day, lengths, sheet, weight, 1.0 / (since + 2.0))
        steps, since = steps + 1, since + 1
        length = np.sqrt(went + priced)
        first = length if since == 1 else first
        if since % LOOK_EVERY == 0:
            is_far = length < FAR * first or (length < NEARER * first and length > before)
            if is_far or since > LONG * steps:
                weight = _weight(weight, at, anchor, lengths)
                for part, there in zip(at, anchor, strict=True):
                    there[:] = part
                since, before = 0, np.inf
            else:
                before = length
    return Approach(_plan(board, classes, day, answer, prices), float(bound), steps)


def certified_fen(board: Board, classes: Classes, rules: Rules, takes: Floats, plan: Plan) -> float:
    """Return what no plan can cost less than, as the prices of a plan prove it; parameters as for `approach`."""
    day = lay_out(board, classes, rules, takes)
    at = _begin(day, len(board.products))
    lmp, reserve, fed = plan.lmp_fen_per_unit_h, plan.reserve_rent_fen_per_unit_h, plan.energy
    at.lmp[:] = lmp - reserve[day.group] if len(reserve) else lmp
    at.rent[:], at.reserve[:] = plan.link_rent_fen_per_gb, reserve
    if fed is not None:
        at.energy[:], at.limit[:] = fed.energy_fen_per_kwh, fed.limit_rent_fen_per_kwh
        at.peak[:] = fed.peak_rent_fen_per_kwh
        at.value[:] = fed.stored_fen_per_kwh[day.meters.store_site]
    return float(least_fen(day, within_reason(day, at))[0])


def _lengths(day: Layout, products: int) -> Lengths:
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


def _begin(day: Layout, products: int) -> Point:
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


def _sheet(day: Layout, at: Point) -> Sheet:
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


def _first_weight(day: Layout, at: Point) -> float:
    """Return a primal weight for prices to go as far as work in the end, as far as one can tell beforehand."""
    prices, work = np.linalg.norm(at.delivered), np.linalg.norm(day.demand)
    return float(prices / work) if prices > 0 and work > 0 else 1.0


def _weight(weight: float, at: Point, anchor: Point, lengths: Lengths) -> float:
    """Return the geometric mean of a weight and of how far prices went for each step of work since the anchor."""
    of_work = {
        "work": lengths.work[:, None],
        "effort": 1.0,
        "unserved": 1.0,
        "grid": lengths.grid[:, None],
        "fill": lengths.store[:, None],
        "drain": lengths.store[:, None],
        "stored": lengths.store[:, None],
    }
    of_prices = {
        "delivered": lengths.delivered,
        "lmp": lengths.lmp[:, None],
        "rent": lengths.rent[:, None],
        "reserve": lengths.reserve[:, None],
        "energy": lengths.energy[:, None],
        "value": lengths.value[:, None],
        "limit": lengths.area[:, None],
        "peak": lengths.area[:, None],
    }
    work, prices = (
        sum(float(np.sum((getattr(at, name) - getattr(anchor, name)) ** 2 / by)) for name, by in parts.items())
        for parts in (of_work, of_prices)
    )
    return float(np.sqrt(weight * np.sqrt(prices / work))) if work > 0 and prices > 0 else weight


def _plan(board: Board, classes: Classes, day: Layout, answer: Answer, at: Point) -> Plan:
    """Write an answer and its prices in the words of a plan."""
    _, delivered, price = least_fen(day, at)
    stream = np.repeat(np.arange(len(day.origin)), np.diff(day.first_pair))
    pair, slot = np.nonzero(answer.work)
    transfer = classes.streams.gb_per_unit_h[stream] * board.transfer_fen_per_gb[day.origin[stream], day.site]
    power = np.array(
        [[earned_fen(day, at, site, t)[1] for t in range(board.slot_count)] for site in range(len(board.sites))]
    ).reshape(len(board.sites), board.slot_count)
    supply, running, kwh = (np.empty_like(part) for part in (answer.supply, day.running, day.kwh))
    supply[day.pool], running[day.pool], kwh[day.pool] = answer.supply, day.running, day.kwh
    paid = power + at.energy if len(at.energy) else power
    burnt = running + paid[board.pool_site] * kwh[:, None]
    unserved, price_of = np.empty_like(answer.unserved), np.empty_like(price)
    unserved[day.order], price_of[day.order] = answer.unserved, price
    return Plan(
        classes=classes,
        work_stream=stream[pair],
        work_product=day.product[pair],
        work_slot=slot,
        work_unit_h=answer.work[pair, slot],
        takes=day.takes[pair],
        transfer_fen=transfer[pair],
        nearness_fen=(day.moving - transfer)[pair],
        supply_unit_h=supply,
        unserved_unit_h=unserved,
        lmp_fen_per_unit_h=at.lmp + at.reserve[day.group] if len(at.reserve) else at.lmp,
        delivered_fen_per_unit_h=np.where(np.isfinite(delivered), delivered, 0.0),
        class_price_fen_per_unit_h=price_of,
        capacity_rent_fen_per_unit_h=np.maximum(at.lmp[board.pool_product] - burnt, 0.0),
        power_rent_fen_per_kwh=power,
        link_rent_fen_per_gb=at.rent,
        link_flow_gb=answer.flow,
        objective_fen=answer.cost_fen,
        reserve_rent_fen_per_unit_h=at.reserve,
        energy=None if board.energy is None else _energy_plan(board, day, answer, at),
    )


def _energy_plan(board: Board, day: Layout, answer: Answer, at: Point) -> EnergyPlan:
    fed = answer.feed

    def of_sites(of_stores: Floats) -> Floats:
        whole = np.zeros_like(fed.grid)
        whole[day.meters.store_site] = of_stores
        return whole

    return EnergyPlan(
        grid_kwh=fed.grid,
        renewable_kwh=fed.plant,
        fill_kwh=of_sites(fed.fill),
        drain_kwh=of_sites(fed.drain),
        stored_kwh=of_sites(fed.stored),
        energy_fen_per_kwh=at.energy,
        stored_fen_per_kwh=of_sites(at.value),
        over_kwh=fed.over,
        limit_rent_fen_per_kwh=at.limit,
        peak_rent_fen_per_kwh=at.peak,
        peak_kw=fed.peak / board.slot_h,
    )
