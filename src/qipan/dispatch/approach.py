"""Approach the least cost of a day's programme from both sides, until the gap is as small as asked.

At every moment there is an answer that keeps all limits, and a bound that its prices prove. Steps are those of
`saddle`; the anchor is moved to where they have come whenever they have come far, and the primal weight is set anew so
that work and prices go equally far.

Sources: `applegate2021`, `lu2024` (restarts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.dispatch.dual import earned_fen, least_fen
from qipan.dispatch.layout import Layout, Lengths, Point, Sheet, lay_out
from qipan.dispatch.model.array import Bools, Floats
from qipan.dispatch.model.board import Board, Rules
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
    board: Board, classes: Classes, rules: Rules, allowed: Bools, *, gap: float, steps_most: int = 100_000
) -> Approach:
    """Plan the classes over the board within a gap of the least cost.

    Parameters
    ----------
    allowed
        ``(streams, products)``, from `reach`.
    gap
        Stop once the plan costs at most this much more than the bound, relative to the bound.
    steps_most
        Stop after so many steps, wherever that is.
    """
    day = lay_out(board, classes, rules, allowed)
    lengths = _lengths(day, len(board.products))
    at = _begin(day, len(board.products))
    anchor = Point(*(part.copy() for part in at))
    sheet = _sheet(day, at)
    weight = _first_weight(day, at)
    bound, prices = -np.inf, (at.lmp, at.rent)
    answer: Answer | None = None
    since, first, before, steps = 0, np.inf, np.inf, 0
    while True:
        if steps % BOUND_EVERY == 0:
            proven = least_fen(day, at.lmp, at.rent)[0]
            if proven > bound:
                bound, prices = proven, (at.lmp.copy(), at.rent.copy())
        if steps % ANSWER_EVERY == 0:
            found = repair(day, at.work, at.effort, at.lmp, at.rent)
            if answer is None or found.cost_fen < answer.cost_fen:
                answer = found
            if answer.cost_fen - bound <= gap * abs(bound) or steps >= steps_most:
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
    return Approach(_plan(board, classes, day, answer, *prices), float(bound), steps)


def _lengths(day: Layout, products: int) -> Lengths:
    """Return step lengths for which the method converges: one over the sums of the rows and columns."""
    slots = day.room.shape[1]
    streams = len(day.origin)
    pairs = np.diff(day.first_pair)
    stream = np.repeat(np.arange(streams), pairs)
    flow = day.origin[stream] * len(day.cap_kwh) + day.site
    tried = np.zeros((streams, slots + 1))
    np.add.at(tried, (day.stream, day.first_slot), 1.0)
    np.add.at(tried, (day.stream, day.end_slot), -1.0)
    asking = np.bincount(day.product, minlength=products)
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
    return Lengths(
        work=1.0 / (2.0 + tolled),
        delivered=1.0 / (pairs[:, None] + np.cumsum(tried, axis=1)[:, :slots]).clip(min=1.0),
        lmp=1.0 / np.maximum(asking, 1.0),
        rent=1.0 / np.maximum(largest * crossed, 1e-12),
    )


def _begin(day: Layout, products: int) -> Point:
    """Return no work at all, at the prices of boards without scarcity."""
    slots = day.room.shape[1]
    lmp = np.full((products, slots), np.inf)
    np.minimum.at(lmp, day.pool_product, day.running)
    rent = np.zeros_like(day.link_most)
    delivered = least_fen(day, lmp, rent)[1]
    return Point(
        work=np.zeros((len(day.product), slots)),
        effort=np.zeros(int(day.first_effort[-1])),
        unserved=day.demand.copy(),
        delivered=np.where(np.isfinite(delivered), delivered, 0.0),
        lmp=lmp,
        rent=rent,
    )


def _sheet(day: Layout, at: Point) -> Sheet:
    flows = (len(day.first_toll) - 1, at.lmp.shape[1]) if len(day.link_most) else (0, at.lmp.shape[1])
    return Sheet(
        asked=np.zeros_like(at.lmp),
        missing=np.zeros_like(at.delivered),
        flow=np.zeros(flows),
        toll=np.zeros(flows),
        over=np.zeros(at.lmp.shape[1]),
        bar=np.zeros(at.lmp.shape[1]),
        level=np.zeros_like(day.demand),
        power=np.zeros((len(day.cap_kwh), at.lmp.shape[1])),
        wanted=np.zeros_like(day.kwh),
        given=np.zeros_like(day.kwh),
    )


def _first_weight(day: Layout, at: Point) -> float:
    """Return a primal weight for prices to go as far as work in the end, as far as one can tell beforehand."""
    prices, work = np.linalg.norm(at.delivered), np.linalg.norm(day.demand)
    return float(prices / work) if prices > 0 and work > 0 else 1.0


def _weight(weight: float, at: Point, anchor: Point, lengths: Lengths) -> float:
    """Return the geometric mean of a weight and of how far prices went for each step of work since the anchor."""
    work = sum(
        float(np.sum((part - there) ** 2 / length))
        for part, there, length in (
            (at.work, anchor.work, lengths.work[:, None]),
            (at.effort, anchor.effort, 1.0),
            (at.unserved, anchor.unserved, 1.0),
        )
    )
    prices = sum(
        float(np.sum((part - there) ** 2 / length))
        for part, there, length in (
            (at.delivered, anchor.delivered, lengths.delivered),
            (at.lmp, anchor.lmp, lengths.lmp[:, None]),
            (at.rent, anchor.rent, lengths.rent[:, None]),
        )
    )
    return float(np.sqrt(weight * np.sqrt(prices / work))) if work > 0 and prices > 0 else weight


def _plan(board: Board, classes: Classes, day: Layout, answer: Answer, lmp: Floats, rent: Floats) -> Plan:
    """Write an answer and its prices in the words of a plan."""
    _, delivered, price = least_fen(day, lmp, rent)
    stream = np.repeat(np.arange(len(day.origin)), np.diff(day.first_pair))
    pair, slot = np.nonzero(answer.work)
    transfer = classes.streams.gb_per_unit_h[stream] * board.transfer_fen_per_gb[day.origin[stream], day.site]
    power = np.array(
        [[earned_fen(day, lmp, site, t)[1] for t in range(board.slot_count)] for site in range(len(board.sites))]
    ).reshape(len(board.sites), board.slot_count)
    supply, running, kwh = (np.empty_like(part) for part in (answer.supply, day.running, day.kwh))
    supply[day.pool], running[day.pool], kwh[day.pool] = answer.supply, day.running, day.kwh
    burnt = running + power[board.pool_site] * kwh[:, None]
    unserved, paid = np.empty_like(answer.unserved), np.empty_like(price)
    unserved[day.order], paid[day.order] = answer.unserved, price
    return Plan(
        classes=classes,
        work_stream=stream[pair],
        work_product=day.product[pair],
        work_slot=slot,
        work_unit_h=answer.work[pair, slot],
        transfer_fen=transfer[pair],
        nearness_fen=(day.moving - transfer)[pair],
        supply_unit_h=supply,
        unserved_unit_h=unserved,
        lmp_fen_per_unit_h=lmp,
        delivered_fen_per_unit_h=np.where(np.isfinite(delivered), delivered, 0.0),
        class_price_fen_per_unit_h=paid,
        capacity_rent_fen_per_unit_h=np.maximum(lmp[board.pool_product] - burnt, 0.0),
        power_rent_fen_per_kwh=power,
        link_rent_fen_per_gb=rent,
        link_flow_gb=answer.flow,
        objective_fen=answer.cost_fen,
    )
