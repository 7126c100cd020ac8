"""Fill an empty board with whole jobs in one pass: along a plan, at prices that lean to it, or where most is free."""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Plan
from qipan.dispatch.placement.choose import Prices, rents_of
from qipan.dispatch.placement.fill import Lean, fill
from qipan.dispatch.placement.seats import Seats, empty_seats
from qipan.dispatch.placement.timeline import TICK_S, Asks, Timeline, timeline

EASED: Final = 0.99
"""Share of the plan's rents that counts, so that of two equal seats the scarce one is taken while there is room."""


def fill_along(
    order: Ints, jobs: Jobs, board: Board, rules: Rules, plan: Plan, *, pull: float, ask: Asks, prices: Prices
) -> tuple[Timeline, Seats]:
    """Fill an empty board in an order, at the plan's prices, which lean.

    Parameters
    ----------
    pull
        How far prices lean, as a share of their mean.
    prices
        What running costs, energy at the plan's prices of it.
    """
    room = timeline(board, keeps_reserve=rules.keeps_reserve)
    seats = empty_seats(ask, room.ticks_of_slot)
    lmp = plan.lmp_fen_per_unit_h[board.pool_product] * TICK_S / 3600.0
    lean = lean_of(board, plan, pull, prices.step[0] + EASED * np.maximum(lmp - prices.step[0], 0.0))
    step = lean.base - lean.pull * np.minimum(lean.planned, 1.0)
    prices = prices._replace(step=step, level=jobs.tier.astype(np.int64))
    if board.links is not None:
        prices = prices._replace(rents=EASED * rents_of(board.links, plan))
    fill(order, ask, prices, lean, room, seats)
    return room, seats


def fill_evenly(order: Ints, board: Board, rules: Rules, ask: Asks, prices: Prices) -> tuple[Timeline, Seats]:
    """Fill an empty board in an order, each job where most is free."""
    room = timeline(board, keeps_reserve=rules.keeps_reserve)
    seats = empty_seats(ask, room.ticks_of_slot)
    whole, none = board.capacity[None] * room.ticks_of_slot, np.zeros(len(ask.sort))
    lean = Lean(planned=whole, left=whole.copy(), base=np.zeros_like(board.capacity), pull=1.0)
    prices = prices._replace(step=-np.ones_like(whole), moving=prices.moving._replace(gb=none, near=none))
    fill(order, ask, prices, lean, room, seats)
    return room, seats


def lean_of(board: Board, plan: Plan, pull: float, base: Floats) -> Lean:
    """Return what the plan gives each tier of each pool, and how prices lean towards that.

    What work takes of a product is shared out over its pools as they supply it.

    Parameters
    ----------
    pull
        How far prices lean, as a share of their mean.
    base
        Prices that do not lean, fen for a unit and tick, ``(pools, slots)``.
    """
    given = np.zeros((len(Tier), len(board.products), board.slot_count))
    tier = plan.classes.streams.tier[plan.work_stream]
    np.add.at(given, (tier, plan.work_product, plan.work_slot), plan.takes * plan.work_unit_h)
    whole = np.zeros(given.shape[1:])
    np.add.at(whole, board.pool_product, plan.supply_unit_h)
    share = plan.supply_unit_h / np.where(whole > 0.0, whole, np.inf)[board.pool_product]
    planned = np.ascontiguousarray(given[:, board.pool_product] * share * 3600.0 / TICK_S)
    return Lean(planned=planned, left=planned.copy(), base=base, pull=pull * float(np.abs(base).mean()))
