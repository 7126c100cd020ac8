"""Tell which work of the east the west should take, how much the plan moves, and what holds the rest back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.bound import cheapest_fen
from qipan.dispatch.classify import latest_start_in_horizon_s
from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.explanation import SCARCITY
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier, Workload
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.model.volume import Volume
from qipan.dispatch.place import Prices, prices_of
from qipan.dispatch.reach import Reach, refusals
from qipan.dispatch.split import split_prices
from qipan.dispatch.timeline import TICK_S, asks, timeline

EAST, WEST = "east", "west"
"""Macro-regions that the work comes from, and that should take it."""

LESS = 1e-9
"""By how much a cost must be below another to count as less, relative to it."""


def volumes(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, found: Placement, plan: Plan
) -> tuple[Volume, ...]:
    """Add up the work of the east by kind, tier, workload and data class, in that order.

    Work is what was requested. What is eligible and stays is held by the first of these that answers: had the west no
    rents, it would cost less there (room); had distance no price either (nearness); else it is price. All at the
    plan's prices, each job at its best western start in its window, against what it costs where it is placed.
    """
    origin = reached.origin[reached.of_job]
    east = np.array([one.macro == EAST for one in board.origins], dtype=bool)[origin]
    jobs, reached = jobs.take(east), replace(reached, of_job=reached.of_job[east])
    found = Placement(found.pool[east], found.start_s[east], found.status[east], found.reason[east])
    western_site = np.array([site.macro == WEST for site in board.sites], dtype=bool)
    western = western_site[np.array([product[0] for product in board.products], dtype=np.int64)]
    excluded = refusals(jobs, board, reached, within=western)
    is_moved = found.has_place & western_site[board.pool_site[found.pool]]
    held = _held_by(jobs, board, rules, reached, found=found, plan=plan, western=western)
    outcome = np.where(excluded != Reason.NONE, excluded, np.where(is_moved, "moved", held))
    return _added_up(jobs, outcome)


def _held_by(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, found: Placement, plan: Plan, western: Bools
) -> Texts:
    """Return what would hold each job back from the west if it stayed, ``(jobs,)``."""
    parts = split_prices(board, rules, plan)
    rent = np.sum([values for part, values in parts.items() if part in SCARCITY], axis=0)
    lmp = plan.lmp_fen_per_unit_h
    far = replace(rules, tiers=tuple(replace(tier, nearness_fen_per_unit_h_ms=0.0) for tier in rules.tiers))
    latest = latest_start_in_horizon_s(jobs, board)
    ask = asks(jobs, board, latest_start_s=latest, sort=reached.of_job, allowed=reached.allowed & western)
    room = timeline(board)
    here = prices_of(jobs, board, rules, reached, lmp)
    without_distance = prices_of(jobs, board, far, reached, lmp - rent)
    at = np.flatnonzero(found.has_place)
    paid, paid_near = np.full(len(jobs), np.inf), np.full(len(jobs), np.inf)
    paid[at] = _paid_fen(here, jobs, board, found, at)
    site = board.pool_site[found.pool[at]]
    paid_near[at] = paid[at] - here.moving[at, site] + without_distance.moving[at, site]
    with_room = cheapest_fen(ask, prices_of(jobs, board, rules, reached, lmp - rent), room)
    with_both = cheapest_fen(ask, without_distance, room)
    held = np.where(_is_less(with_both, paid_near), "nearness", "price")
    return np.asarray(np.where(_is_less(with_room, paid), "room", held), dtype=object)


def _paid_fen(prices: Prices, jobs: Jobs, board: Board, found: Placement, at: Ints) -> Floats:
    """Return what the jobs ``at`` cost where they are placed, ``(at,)``."""
    pool = found.pool[at]
    begin = (found.start_s[at] - board.start_s) / TICK_S
    last = prices.spent.shape[1] - 1

    def spent(tick: Floats) -> Floats:
        whole = np.minimum(tick.astype(np.int64), last)
        after = np.minimum(whole + 1, last)
        low = prices.spent[pool, whole]
        return np.asarray(low + (tick - whole) * (prices.spent[pool, after] - low))

    unit = spent(begin + prices.ticks[at]) - spent(begin)
    return np.asarray(jobs.quantity[at] * unit + prices.moving[at, board.pool_site[pool]])


def _is_less(cost: Floats, than: Floats) -> Bools:
    slack = LESS * np.where(np.isfinite(than), np.abs(than), 0.0) + LESS
    return np.asarray(cost < than - slack)


def _added_up(jobs: Jobs, outcome: Texts) -> tuple[Volume, ...]:
    keys = np.stack([jobs.kind, jobs.tier, jobs.workload, jobs.data_class], axis=1)
    unique, of_job = np.unique(keys, axis=0, return_inverse=True)
    work, of_job = jobs.work_unit_h, of_job.reshape(-1)
    names = ("moved", "price", "nearness", "room")
    rows = []
    for index, (kind, tier, workload, data_class) in enumerate(unique.tolist()):
        mine = of_job == index
        added = {str(one): float(work[mine & (outcome == one)].sum()) for one in dict.fromkeys(outcome[mine])}
        moved, price, nearness, room = (added.pop(name, 0.0) for name in names)
        rows.append(
            Volume(
                kind=KINDS[kind].value,
                tier=Tier(tier).label,
                workload=Workload(workload).label,
                data_class=DataClass(data_class).label,
                jobs=int(mine.sum()),
                asked_unit_h=float(work[mine].sum()),
                excluded_unit_h={reason.value: added[reason.value] for reason in Reason if reason.value in added},
                eligible_unit_h=moved + price + nearness + room,
                moved_unit_h=moved,
                price_unit_h=price,
                nearness_unit_h=nearness,
                room_unit_h=room,
                standard_unit_h=moved + room,
            )
        )
    return tuple(rows)
