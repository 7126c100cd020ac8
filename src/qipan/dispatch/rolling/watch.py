"""Watch prices and market power in rolling operation: spikes, withholding, and sites without which demand is not met.

Withholding is asked of the same programme with less of a site's capacity: what it does to the site's LMPs, to the cost
of the plan, and whether it pays the site. The residual supply index is what all others have over all demand.

Withholding costs a programme a site, so it is looked at once a day, in the slot that is expected to be tightest; the
index costs none, and is taken of the present slot at every re-plan.

Source: `sheffrin2002` (residual supply index).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from qipan.dispatch.jobs.add_up import by_kind
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import KINDS
from qipan.dispatch.model.plan import Instance, Plan
from qipan.dispatch.model.roll import Case, MarketPower, RollTerms, Spike
from qipan.dispatch.prices.publish import to_tick
from qipan.dispatch.programme.formulate import running_fen_per_unit_h
from qipan.dispatch.solver.approach import approach

PAST_MOST = 7 * 96
"""Re-plans that count as the past of an LMP."""
UNIT_H = 1e-6
"""Unit-hours below this are none."""


@dataclass(slots=True)
class Watched:
    """What was seen of market power so far.

    Attributes
    ----------
    pivotal_s
        ``(sites,)``, for how long demand could not be met without the site.
    peak_s
        Start of the slot in which withholding is looked at; ``nan`` where the present day has been.
    day
        The last day whose peak is known, counted from the start.
    """

    pivotal_s: Floats
    power: list[MarketPower] = field(default_factory=list)
    peak_s: float = np.nan
    day: int = -1


def watch(seen: Watched, case: Case, instance: Instance, plan: Plan, *, now_s: float, terms: RollTerms) -> None:
    """Look at market power in a re-plan: who is pivotal now, and at the day's peak what withholding would do."""
    whole, board = case.board, instance.board
    seen.pivotal_s += np.where(residual_supply(whole, instance, plan, now_s)[:, 0] < 1.0, terms.every_s, 0.0)
    day = int(case.day_of(np.array([now_s]))[0])
    if day > seen.day:
        left_s = float(case.day_ends_s[day]) - now_s
        peak = peak_slot(whole, instance, plan, now_s, int(np.ceil(left_s / board.slot_s)))
        if peak is not None:
            seen.day, seen.peak_s = day, board.start_s + peak * board.slot_s
    if board.start_s >= seen.peak_s:
        seen.power += withhold(whole, instance, plan, now_s, terms)
        seen.peak_s = np.nan


def find_spikes(board: Board, seen_lmp: Sequence[Floats], now_s: float, terms: RollTerms) -> list[Spike]:
    """Return which of the newest LMPs are spikes.

    Parameters
    ----------
    seen_lmp
        LMPs of the present slot at each re-plan so far, ``(products,)`` each, the newest last.
    """
    past = seen_lmp[:-1][-PAST_MOST:]
    if len(past) < max(terms.spike_after, 1):
        return []
    limit = np.quantile(np.array(past), terms.spike_quantile, axis=0)
    above = to_tick(seen_lmp[-1]) > to_tick(limit)
    return [
        Spike(now_s, board.sites[board.products[at][0]].site_id, float(seen_lmp[-1][at]), float(limit[at]))
        for at in np.flatnonzero(above).tolist()
    ]


def withhold(whole: Board, instance: Instance, plan: Plan, now_s: float, terms: RollTerms) -> list[MarketPower]:
    """Return what each site could do to prices by keeping back a share of its capacity.

    Parameters
    ----------
    whole
        The board before anything ran: shares are of its capacity and of its power caps.
    instance, plan
        A re-plan, over the room that was left.
    """
    board = instance.board
    installed, cap_kw = _installed(whole, board, now_s)
    index = residual_supply(whole, instance, plan, now_s)[:, 0]
    kind = np.array([KINDS.index(pool.kind) for pool in board.pools], dtype=np.int64)
    found = []
    for site in range(len(board.sites)):
        left, left_kw = board.capacity.copy(), board.room_kw.copy()
        mine = board.pool_site == site
        left[mine] = np.maximum(left[mine] - terms.withheld_share * installed[mine], 0.0)
        if np.isfinite(whole.power_cap_kw[site]):
            left_kw[site] = np.maximum(left_kw[site] - terms.withheld_share * cap_kw[site], 0.0)
        less = instance._replace(board=replace(board, capacity=left, left_kw=left_kw))
        theirs = approach(*less, gap=terms.gap, steps_most=terms.steps_most).plan
        before, after = _mean_lmp(board, plan, plan, site), _mean_lmp(board, theirs, plan, site)
        cost = plan.objective_fen
        found.append(
            MarketPower(
                moment_s=now_s,
                site_id=board.sites[site].site_id,
                withheld_unit_h=by_kind(kind, (board.capacity - left).sum(axis=1) * board.slot_h),
                lmp_change=(after - before) / abs(before) if before else 0.0,
                cost_change=(theirs.objective_fen - cost) / abs(cost) if cost else 0.0,
                surplus_change_fen=_surplus_fen(board, instance.rules, theirs, site)
                - _surplus_fen(board, instance.rules, plan, site),
                residual_supply_index=float(index[site]),
                is_pivotal=bool(index[site] < 1.0),
            )
        )
    return found


def residual_supply(whole: Board, instance: Instance, plan: Plan, now_s: float) -> Floats:
    """Return the residual supply index of each site, ``(sites, slots)``; ``inf`` where nothing is asked of its pools.

    It is what all others have over what runs and what is asked, for each kind and model; that of a site's scarcest one
    counts. Asked is what the plan supplies, and what it leaves unserved, in the slots and on the pools that it might
    have used, by what each of them has.

    Parameters
    ----------
    whole
        The board before anything ran.
    instance, plan
        A re-plan at ``now_s``, over the room that was left; of the present slot only what is left of it counts.
    """
    board = instance.board
    group, has, asked = _supply_and_demand(whole, instance, plan, now_s)
    index = np.full((len(board.sites), board.slot_count), np.inf)
    total = _by_group(group, has)
    for site in range(len(board.sites)):
        mine = board.pool_site == site
        others = total - _by_group(group, np.where(mine[:, None], has, 0.0))
        share = np.divide(others, asked, out=np.full_like(total, np.inf), where=asked > UNIT_H)
        index[site] = share[np.unique(group[mine])].min(axis=0, initial=np.inf)
    return index


def peak_slot(whole: Board, instance: Instance, plan: Plan, now_s: float, slots: int) -> int | None:
    """Return in which of the first slots demand takes the largest share of what there is, the first one of equals.

    None as long as nothing runs and nothing is asked.
    """
    group, has, asked = _supply_and_demand(whole, instance, plan, now_s)
    total = _by_group(group, has)
    share = np.divide(asked, total, out=np.where(asked > UNIT_H, np.inf, 0.0), where=total > UNIT_H)
    tightest = share[:, :slots].max(axis=0, initial=0.0)
    return int(tightest.argmax()) if tightest.any() else None


def _supply_and_demand(whole: Board, instance: Instance, plan: Plan, now_s: float) -> tuple[Ints, Floats, Floats]:
    """Return the kind and model of each pool, and unit-hours of pools and those that run or are asked for of a model.

    They have the axes ``(pools,)``, ``(pools, slots)`` and ``(groups, slots)``. A pool has what its site's power can
    feed of it alone.
    """
    board, classes, of_pool = instance.board, instance.classes, instance.takes[:, instance.board.pool_product]
    installed, cap_kw = _installed(whole, board, now_s)
    kwh = np.broadcast_to(whole.kwh_per_unit_h[:, None], installed.shape)
    fed = np.divide(cap_kw[whole.pool_site], kwh, out=np.full(kwh.shape, np.inf), where=kwh > 0)
    has = np.minimum(installed, fed) * board.slot_h
    runs = np.maximum(installed - board.capacity, 0.0) * board.slot_h
    group = board.product_group[board.pool_product]
    used = runs + plan.supply_unit_h
    for one in np.flatnonzero(plan.unserved_unit_h > UNIT_H).tolist():
        span, takes = slice(int(classes.first_slot[one]), int(classes.end_slot[one])), of_pool[classes.stream[one]]
        might = has[:, span] * (takes > 0.0)[:, None]
        used[:, span] += plan.unserved_unit_h[one] * takes[:, None] * might / max(might.sum(), UNIT_H)
    return group, has, _by_group(group, used)


def _installed(whole: Board, board: Board, now_s: float) -> tuple[Floats, Floats]:
    """Return units of each pool and the power cap of each site in a re-plan's slots, of the present one what is left.

    They have the axes ``(pools, slots)`` and ``(sites, slots)``.
    """
    slot = round((board.start_s - whole.start_s) / board.slot_s)
    share = np.ones(board.slot_count)
    share[0] -= (now_s - board.start_s) / board.slot_s
    return whole.capacity[:, slot : slot + board.slot_count] * share, whole.power_cap_kw[:, None] * share


def _by_group(group: Ints, of_pool: Floats) -> Floats:
    summed = np.zeros((int(group.max(initial=-1)) + 1, of_pool.shape[1]))
    np.add.at(summed, group, of_pool)
    return summed


def _mean_lmp(board: Board, priced: Plan, used: Plan, site: int) -> float:
    """Return the mean of a site's LMPs over what a plan has it supply; without any, over its capacity."""
    mine = board.pool_site == site
    weight = used.supply_unit_h[mine]
    weight = weight if weight.sum() > UNIT_H else board.capacity[mine]
    whole = float(weight.sum())
    return float((priced.lmp_fen_per_unit_h[board.pool_product[mine]] * weight).sum()) / whole if whole else 0.0


def _surplus_fen(board: Board, rules: Rules, plan: Plan, site: int) -> float:
    """Return a site's LMPs less running cost, over what it supplies."""
    mine = board.pool_site == site
    margin = plan.lmp_fen_per_unit_h[board.pool_product[mine]] - running_fen_per_unit_h(board, rules)[mine]
    return float((margin * plan.supply_unit_h[mine]).sum())
