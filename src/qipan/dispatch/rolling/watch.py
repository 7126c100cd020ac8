"""Watch prices and market power in rolling operation: spikes, withholding, and sites without which demand is not met.

Withholding is asked of the same programme with less of a site's capacity: what it does to the site's LMPs, to the cost
of the plan, and whether it pays the site. The residual supply index is what all others could supply over all demand.

Source: `sheffrin2002` (residual supply index).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Instance, Plan
from qipan.dispatch.model.roll import MarketPower, RollTerms, Spike
from qipan.dispatch.prices.publish import to_tick
from qipan.dispatch.programme.formulate import running_fen_per_unit_h
from qipan.dispatch.solver.approach import approach

PAST_MOST = 7 * 96
"""Re-plans that count as the past of an LMP."""


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
        The board before anything ran: shares are of its capacity.
    instance, plan
        A re-plan, over the room that was left.
    """
    board = instance.board
    slot = round((board.start_s - whole.start_s) / board.slot_s)
    installed = whole.capacity[:, slot : slot + board.slot_count]
    index = residual_supply(board, plan)
    found = []
    for site in range(len(board.sites)):
        mine = (board.pool_site == site)[:, None]
        left = np.maximum(board.capacity - np.where(mine, terms.withheld_share * installed, 0.0), 0.0)
        less = instance._replace(board=replace(board, capacity=left))
        theirs = approach(*less, gap=terms.gap, steps_most=terms.steps_most).plan
        before, after = _mean_lmp(board, plan, plan, site), _mean_lmp(board, theirs, plan, site)
        cost = plan.objective_fen
        found.append(
            MarketPower(
                moment_s=now_s,
                site_id=board.sites[site].site_id,
                withheld_unit_h=float((board.capacity - left).sum() * board.slot_h),
                lmp_change=(after - before) / abs(before) if before else 0.0,
                cost_change=(theirs.objective_fen - cost) / abs(cost) if cost else 0.0,
                surplus_change_fen=_surplus_fen(board, instance.rules, theirs, site)
                - _surplus_fen(board, instance.rules, plan, site),
                residual_supply_index=float(index[site]),
                is_pivotal=bool(index[site] < 1.0),
            )
        )
    return found


def residual_supply(board: Board, plan: Plan) -> Floats:
    """Return the residual supply index of each site, ``(sites,)``; ``inf`` where nothing is asked.

    It is taken over the room that running work leaves, for each kind and model and in each slot; the least counts.
    Demand is what the plan supplies in the slot, and what it leaves unserved of classes that may use the slot is added.
    """
    group = board.product_group[board.pool_product]
    groups, slots = int(group.max(initial=-1)) + 1, board.slot_count
    room, asked = np.zeros((groups, slots)), np.zeros((groups, slots))
    np.add.at(room, group, board.capacity * board.slot_h)
    np.add.at(asked, group, plan.supply_unit_h)
    classes = plan.classes
    for one in np.flatnonzero(plan.unserved_unit_h > 1e-6).tolist():
        span = slice(int(classes.first_slot[one]), int(classes.end_slot[one]))
        asked[:, span] += plan.unserved_unit_h[one] / (span.stop - span.start) / max(groups, 1)
    index = np.full(len(board.sites), np.inf)
    for site in range(len(board.sites)):
        own = np.zeros((groups, slots))
        mine = board.pool_site == site
        np.add.at(own, group[mine], board.capacity[mine] * board.slot_h)
        others = np.divide(room - own, asked, out=np.full((groups, slots), np.inf), where=asked > 1e-6)
        index[site] = others[np.unique(group[mine])].min(initial=np.inf)
    return index


def _mean_lmp(board: Board, priced: Plan, used: Plan, site: int) -> float:
    """Return the mean of a site's LMPs over what a plan has it supply; without any, over its capacity."""
    mine = board.pool_site == site
    weight = used.supply_unit_h[mine]
    weight = weight if weight.sum() > 1e-6 else board.capacity[mine]
    whole = float(weight.sum())
    return float((priced.lmp_fen_per_unit_h[board.pool_product[mine]] * weight).sum()) / whole if whole else 0.0


def _surplus_fen(board: Board, rules: Rules, plan: Plan, site: int) -> float:
    """Return a site's LMPs less running cost, over what it supplies."""
    mine = board.pool_site == site
    margin = plan.lmp_fen_per_unit_h[board.pool_product[mine]] - running_fen_per_unit_h(board, rules)[mine]
    return float((margin * plan.supply_unit_h[mine]).sum())
