"""A lower bound on the cost of placing whole jobs, certified by prices alone.

Any prices of capacity, power, energy, links and the reserve bound the cost from below: let every job choose its
cheapest start at these prices as if it were alone, and take back the most that scarce limits, own plants and stores
could earn. At the plan's prices the bound is at least the optimum of the plan, and better, because jobs here are whole,
stay in one pool, and only some may stop and go.

Source: `fisher1981` (Lagrangian relaxation).
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.placement.choose import Prices, choose, empty_seat, prices_of, rents_of
from qipan.dispatch.placement.timeline import Asks, Timeline, asks, timeline
from qipan.dispatch.programme.bound_energy import least_energy_fen, within_reason
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


def bound_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan) -> float:
    """Return the larger of the plan's optimum and its Lagrangian bound for whole jobs, in fen.

    The plan must be optimal; of any other plan take `proven_fen`. A whole job holds more of a substitute than the plan
    lets its work take, and where a unit-hour costs less than nothing that is cheaper: there the optimum is no bound.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`; refused jobs are in neither cost.
    """
    proven = proven_fen(jobs, board, rules, reached, refused=refused, plan=plan)
    if reached.units is not None and plan.lmp_fen_per_unit_h.min(initial=0.0) < 0.0:
        return proven
    return max(plan.objective_fen, proven)


def proven_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan) -> float:
    """Return what the plan's prices alone prove about whole jobs, in fen, whether or not the plan is optimal.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`; refused jobs are in neither cost.
    """
    energy = None
    least_fen = 0.0
    if board.energy is not None and plan.energy is not None:
        energy = within_reason(board, board.energy, rules, plan.energy)
        least_fen = least_energy_fen(board, board.energy, energy)
    rent = plan.capacity_rent_fen_per_unit_h + (
        plan.power_rent_fen_per_kwh[board.pool_site] * board.kwh_per_unit_h[:, None]
    )
    price = running_fen_per_unit_h(board, rules, energy) + rent
    kept = plan.reserve_rent_fen_per_unit_h
    if len(kept):
        price = price + kept[board.product_group[board.pool_product]]
    ask = asks(jobs, board, reached)
    priced = prices_of(jobs, board, rules, reached, price)
    if board.links is not None:
        priced = priced._replace(rents=rents_of(board.links, plan))
    cheapest = cheapest_fen(ask, priced, timeline(board))
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    least = np.minimum(cheapest, worth * jobs.quantity * planned_h(jobs, board))
    cap_kwh = np.where(np.isfinite(board.room_kw), board.room_kw, 0.0) * board.slot_h
    earned = (plan.capacity_rent_fen_per_unit_h * board.capacity).sum() * board.slot_h
    earned += (plan.power_rent_fen_per_kwh * cap_kwh).sum()
    if len(kept):
        earned += (kept * board.spare_units).sum() * board.slot_h
    if board.links is not None:
        earned += (np.abs(plan.link_rent_fen_per_gb) * board.links.capacity_gb).sum()
    return float(least[refused == Reason.NONE].sum() - earned + least_fen)


@numba.njit(cache=True)
def cheapest_fen(ask: Asks, prices: Prices, room: Timeline) -> Floats:  # pragma: no cover - compiled
    """Return the least cost of each job at the prices, alone on the board, ``(jobs,)``; ``inf`` without a pool."""
    seat = empty_seat(room.free_least.shape[1])
    least = np.full(len(ask.quantity), np.inf)
    for job in range(len(ask.quantity)):
        least[job] = choose(seat, ask, prices, room, job, True)[0]
    return least
