"""Whether a job that starts after the day could start in it at the same site, and what that would cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Plan, Reason, Stretches
from qipan.dispatch.placement.score import price_fen
from qipan.dispatch.placement.seats import hold_all, hold_seat, release_seat
from qipan.dispatch.placement.tell import seats_of
from qipan.dispatch.placement.timeline import TICK_S, asks, earliest, timeline


def sooner(
    jobs: Jobs, board: Board, reached: Reach, *, keeps_reserve: bool, plan: Plan, found: Placement
) -> tuple[Floats, Floats]:
    """Find the earliest start in the day, in one stretch, that each job placed after it has in its own pool.

    All others stay where they are.

    Returns
    -------
    start_s, more_fen
        ``(jobs,)``: that start, ``nan`` where there is no room, and what it costs more at the plan's prices.
    """
    start_s, more_fen = np.full(len(jobs), np.nan), np.full(len(jobs), np.nan)
    later: Ints = np.flatnonzero(found.reason == Reason.LATER_IS_BETTER)
    if not len(later):
        return start_s, more_fen
    ask, room = asks(jobs, board, reached), timeline(board, keeps_reserve=keeps_reserve)
    seats = seats_of(found, ask, board)
    hold_all(np.flatnonzero(found.has_place), ask, room, seats)
    for job in later:
        release_seat(room, ask, seats, job)
        at = board.start_s + earliest(room, ask, job, found.pool[job]) * TICK_S
        hold_seat(room, ask, seats, job)
        if board.start_s <= at < board.day_end_s - 1e-6:
            start_s[job] = at
    is_sooner = np.isfinite(start_s)
    kept = ~is_sooner[found.stretches.job]
    stretches = Stretches(*(of[kept] for of in (found.stretches.job, found.stretches.start_s, found.stretches.seconds)))
    moved = replace(found, start_s=np.where(is_sooner, start_s, found.start_s), stretches=stretches)
    paid = [
        price_fen(jobs, board, reached, one, plan.lmp_fen_per_unit_h, link_fen_per_gb=plan.link_rent_fen_per_gb)
        for one in (moved, found)
    ]
    more_fen[is_sooner] = (paid[0] - paid[1])[is_sooner]
    return start_s, more_fen
