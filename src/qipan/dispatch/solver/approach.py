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

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.model.plan import Classes, Plan
from qipan.dispatch.plan import plan
from qipan.dispatch.solver.begin import begin, first_weight, lengths_of, sheet_of
from qipan.dispatch.solver.dual import earned_fen, least_fen, slot_fen, within_reason
from qipan.dispatch.solver.finish import finish
from qipan.dispatch.solver.layout import Layout, Lengths, Point, lay_out
from qipan.dispatch.solver.repair import Answer, repair
from qipan.dispatch.solver.saddle import step
from qipan.dispatch.solver.slots import Slots, share_out

WHOLE_MOST: Final = 20_000
"""A programme of so many columns is solved by a simplex method sooner than it is approached."""
FINISHED_MOST: Final = 300_000
SHORT: Final = 520
"""Where prices are still far off after so many steps, a simplex method ends sooner from there, if it ends at all."""
LOOK_EVERY: Final = 120
"""Steps until the slots are shared out again; later a fifth of the steps made before, if that is more."""
TURN_EVERY: Final = 20
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
        return gap_of(self.plan.objective_fen, self.bound_fen)


def approach(
    board: Board,
    classes: Classes,
    rules: Rules,
    takes: Floats,
    *,
    gap: float,
    steps_most: int = 100_000,
    whole_most: int = WHOLE_MOST,
    finished_most: int = FINISHED_MOST,
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
    whole_most
        Solve a programme of at most so many columns to its optimum instead.
    finished_most
        Finish one of at most so many columns at its optimum where it is not near enough after a short approach.
    is_enough
        Asked at every answer, with the steps so far, the least cost and the highest bound: whether to stop there.
    """
    day = lay_out(board, classes, rules, takes)
    if _columns(day) <= whole_most:
        return _exact(board, classes, rules, takes, plan(board, classes, rules, takes), 0)
    is_finished = _columns(day) <= finished_most
    most = min(steps_most, SHORT) if is_finished else steps_most
    found = _approach(board, classes, day, gap=gap, steps_most=most, is_enough=is_enough)
    if not is_finished or found.gap <= gap or found.steps < most or most == steps_most:
        return found
    best = finish(board, classes, rules, takes, near=found.plan)
    return _exact(board, classes, rules, takes, best, found.steps)


def _exact(board: Board, classes: Classes, rules: Rules, takes: Floats, best: Plan, steps: int) -> Approach:
    """Return an optimal plan with the bound of its prices, which rounding alone can lift above its cost."""
    bound = certified_fen(board, classes, rules, takes, best)
    return Approach(best, min(bound, best.objective_fen), steps)


def _columns(day: Layout) -> int:
    """Return about how many columns the programme has: work in the slots of its stream, and effort."""
    return int((np.diff(day.first_pair) * np.maximum(day.closes - day.opens, 0)).sum() + day.first_effort[-1])


def _approach(
    board: Board,
    classes: Classes,
    day: Layout,
    *,
    gap: float,
    steps_most: int,
    is_enough: Callable[[int, float, float], bool] | None,
) -> Approach:
    lengths = lengths_of(day, len(board.products))
    at = begin(day, len(board.products))
    anchor = Point(*(part.copy() for part in at))
    sheet = sheet_of(day, at)
    weight = first_weight(day, at)
    slots = Slots(day, len(board.products))
    best = _look(day, at, None) if steps_most == 0 or not len(day.demand) else None
    look, since, first, before, steps = LOOK_EVERY, 0, np.inf, np.inf, 0
    while best is None or (best.gap > gap and steps < steps_most):
        went, priced = step(at, anchor, day, lengths, sheet, weight, 1.0 / (since + 2.0))
        steps, since = steps + 1, since + 1
        length = np.sqrt(went + priced)
        first = length if since == 1 else first
        if steps in (look, steps_most):
            best = _leap(day, at, best, slots)
            look = steps + max(LOOK_EVERY, steps // 5)
            if is_enough is not None and is_enough(steps, best.answer.cost_fen, best.bound_fen):
                break
        elif since % TURN_EVERY == 0:
            is_far = length < FAR * first or (length < NEARER * first and length > before)
            before = length
            if not is_far and since <= LONG * steps:
                continue
            weight = _weight(weight, at, anchor, lengths)
        else:
            continue
        for part, there in zip(at, anchor, strict=True):
            there[:] = part
        since, before = 0, np.inf
    return Approach(_plan(board, classes, day, best.answer, best.prices), best.bound_fen, steps)


@dataclass(frozen=True, slots=True)
class Best:
    """The least cost and the highest bound so far, and the prices that prove it."""

    answer: Answer
    bound_fen: float
    prices: Point

    @property
    def gap(self) -> float:
        """How much more the answer costs than the bound, relative to the bound."""
        return gap_of(self.answer.cost_fen, self.bound_fen)


def gap_of(cost_fen: float, bound_fen: float) -> float:
    """Return how much more a plan costs than a bound, relative to the bound."""
    over = cost_fen - bound_fen
    if bound_fen:
        return over / abs(bound_fen)
    return float("inf") if over > 0 else 0.0


def _look(day: Layout, at: Point, best: Best | None) -> Best:
    """Return the better of what a point gives and what was known."""
    answer = repair(day, at)
    tame = within_reason(day, at)
    bound = float(least_fen(day, tame)[0])
    if best is not None and best.answer.cost_fen <= answer.cost_fen:
        answer = best.answer
    if best is not None and best.bound_fen >= bound:
        return Best(answer, best.bound_fen, best.prices)
    return Best(answer, bound, Point(*(part.copy() for part in tame)))


def _leap(day: Layout, at: Point, best: Best | None, slots: Slots) -> Best:
    """Share the work of each slot out anew, take the prices of that in the slots where they prove more, and look.

    Where energy ties slots together, the work as it was may be better fed; so that is looked at, too.
    """
    is_coupled = len(at.energy) > 0
    if is_coupled:
        best = _look(day, at, best)
    unserved = None if best is None else best.answer.unserved
    tame = within_reason(day, at)
    new = share_out(slots, tame, unserved)
    bounds, choices = [], []
    for price in (least_fen(day, point)[2] for point in (tame, new)):
        better = slot_fen(day, new, price) > slot_fen(day, tame, price)
        mixed = tame._replace(
            **{name: np.where(better, getattr(new, name), getattr(tame, name)) for name in ("lmp", "rent", "reserve")}
        )
        bounds.append(least_fen(day, mixed)[0])
        choices.append(better)
    better = choices[int(bounds[1] > bounds[0])]
    for name in ("lmp", "rent", "reserve", "delivered"):
        getattr(at, name)[:, better] = getattr(new, name)[:, better]
    if unserved is not None:
        if is_coupled:
            return _look(day, at._replace(work=new.work), best)
        at.work[:] = new.work
    return _look(day, at, best)


def certified_fen(board: Board, classes: Classes, rules: Rules, takes: Floats, plan: Plan) -> float:
    """Return what no plan can cost less than, as the prices of a plan prove it; parameters as for `approach`."""
    day = lay_out(board, classes, rules, takes)
    at = begin(day, len(board.products))
    lmp, reserve, fed = plan.lmp_fen_per_unit_h, plan.reserve_rent_fen_per_unit_h, plan.energy
    at.lmp[:] = lmp - reserve[day.group] if len(reserve) else lmp
    at.rent[:], at.reserve[:] = plan.link_rent_fen_per_gb, reserve
    if fed is not None:
        at.energy[:], at.limit[:] = fed.energy_fen_per_kwh, fed.limit_rent_fen_per_kwh
        at.peak[:] = fed.peak_rent_fen_per_kwh
        at.value[:] = fed.stored_fen_per_kwh[day.meters.store_site]
    return float(least_fen(day, within_reason(day, at))[0])


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
