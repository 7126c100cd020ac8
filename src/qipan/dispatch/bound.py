"""A lower bound on the cost of placing whole jobs, certified by prices alone.

Any prices of capacity and power bound the cost from below: let every job choose its cheapest start at these prices
as if it were alone, and take back what the scarce limits would earn. At the plan's prices the bound is at least the
optimum of the plan, and better, because jobs here are whole and may not stop and go.

Source: `fisher1981` (Lagrangian relaxation).
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.classify import latest_start_in_horizon_s, planned_h
from qipan.dispatch.formulate import least_of_product, running_fen_per_unit_h
from qipan.dispatch.model.array import Floats, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.place import Prices, empty_options, fill_options, prices_of
from qipan.dispatch.reach import Reach
from qipan.dispatch.timeline import Asks, Timeline, asks, timeline


def bound_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, refused: Texts, plan: Plan) -> float:
    """Return the larger of the plan's optimum and its Lagrangian bound for whole jobs, in fen.

    Prices of links are left out (a bound for any prices is a bound), so it is weaker where links are scarce.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`; refused jobs are in neither cost.
    """
    rent = plan.capacity_rent_fen_per_unit_h + (
        plan.power_rent_fen_per_kwh[board.pool_site] * board.kwh_per_unit_h[:, None]
    )
    latest = latest_start_in_horizon_s(jobs, board)
    offers = least_of_product(board, running_fen_per_unit_h(board, rules) + rent)
    cheapest = cheapest_fen(
        asks(jobs, board, latest_start_s=latest, sort=reached.of_job, allowed=reached.allowed),
        prices_of(jobs, board, rules, reached, offers),
        timeline(board),
    )
    lost = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    least = np.minimum(cheapest, lost * jobs.quantity * planned_h(jobs, board))
    cap_kwh = np.where(np.isfinite(board.power_cap_kw), board.power_cap_kw, 0.0)[:, None] * board.slot_h
    earned = (plan.capacity_rent_fen_per_unit_h * board.capacity).sum() * board.slot_h
    earned += (plan.power_rent_fen_per_kwh * cap_kwh).sum()
    return max(plan.objective_fen, float(least[refused == Reason.NONE].sum() - earned))


@numba.njit(cache=True)
def cheapest_fen(ask: Asks, prices: Prices, room: Timeline) -> Floats:  # pragma: no cover - compiled
    """Return the least cost of each job at the prices, alone on the board, ``(jobs,)``; ``inf`` without a pool."""
    options = empty_options(room)
    least = np.full(len(ask.quantity), np.inf)
    for job in range(len(ask.quantity)):
        count = fill_options(options, ask, prices, room, job)
        if count:
            least[job] = options.cost[:count].min()
    return least
