"""Tell which work of the east the west should take, how much the plan moves, and what holds the rest back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.explanation.split import split_prices
from qipan.dispatch.jobs.reach import Reach, refusals
from qipan.dispatch.model.array import Bools, Floats, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.explanation import SCARCITY
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier, Workload
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.model.volume import EAST, WEST, Volume
from qipan.dispatch.placement.bound import cheapest_fen
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.score import price_fen
from qipan.dispatch.placement.timeline import asks, timeline

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
    found = found.take(east)
    western_site = np.array([site.macro == WEST for site in board.sites], dtype=bool)
    western = western_site[np.array([product[0] for product in board.products], dtype=np.int64)]
    excluded = refusals(jobs, board.whole, reached, within=western)
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
    without_rent = (plan.lmp_fen_per_unit_h - rent)[board.pool_product]
    far = replace(rules, tiers=tuple(replace(tier, nearness_fen_per_unit_h_ms=0.0) for tier in rules.tiers))
    ask = asks(jobs, board, replace(reached, within_data=reached.within_data & western))
    near = prices_of(jobs, board, rules, reached, without_rent)
    with_room = cheapest_fen(ask, near, timeline(board))
    with_both = cheapest_fen(ask, prices_of(jobs, board, far, reached, without_rent), timeline(board))
    at = np.flatnonzero(found.has_place)
    paid_far = np.full(len(jobs), np.inf)
    paid_far[at] = price_fen(
        jobs, board, reached, found, plan.lmp_fen_per_unit_h, link_fen_per_gb=plan.link_rent_fen_per_gb
    )[at]
    paid, trip = (
        paid_far.copy(),
        board.round_trip_ms[reached.origin[reached.of_job[at]], board.pool_site[found.pool[at]]],
    )
    paid[at] += near.moving.near[at] * trip
    held = np.where(_is_less(with_both, paid_far), "nearness", "price")
    return np.asarray(np.where(_is_less(with_room, paid), "room", held), dtype=object)


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
