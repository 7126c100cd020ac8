"""Tell where and when jobs run from their seats, and the seats from that."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.classify import latest_start_in_horizon_s
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Texts
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Reason, Status, Stretches
from qipan.dispatch.placement.seats import Seats, empty_seats
from qipan.dispatch.placement.timeline import CLOCK_TICKS, TICK_S, Asks


def placement(
    jobs: Jobs, board: Board, reached: Reach, *, refused: Texts, seats: Seats, is_out: Bools | None = None
) -> Placement:
    """Give every job its status and reason, and those that stop and go their stretches.

    Parameters
    ----------
    is_out
        ``(jobs,)``, which jobs without a seat had one until a higher priority of their tier took it; None for nobody.
    """
    pool = seats.pool.copy()
    first_tick = seats.begin[seats.first[:-1]]
    start_s = np.where(pool >= 0, board.start_s + first_tick * TICK_S, np.nan)
    today = (pool >= 0) & (start_s < board.day_end_s - 1e-6)
    after = (pool >= 0) & ~today
    can_wait = (pool < 0) & (refused == Reason.NONE)
    can_wait &= jobs.latest_start_s > latest_start_in_horizon_s(jobs, board) + 1.0
    status = np.full(len(jobs), Status.REFUSED, dtype=object)
    status[today] = Status.PLACED
    status[after | can_wait] = Status.CARRIED_OVER
    reason = refused.copy()
    reason[(pool < 0) & (refused == Reason.NONE)] = Reason.NO_ROOM
    if is_out is not None:
        reason[(pool < 0) & (refused == Reason.NONE) & is_out] = Reason.TURNED_OUT
    reason[after] = Reason.LATER_IS_BETTER
    return Placement(pool, start_s, status, reason, _stretches(board, seats), reached.held(jobs, board, pool))


def seats_of(found: Placement, ask: Asks, board: Board) -> Seats:
    """Return the seats of a placement: the inverse of `placement`."""
    seats = empty_seats(ask, round(board.slot_s / TICK_S))
    runs = found.runs(ask.length * TICK_S)
    seats.pool[:], seats.parts[:] = found.pool, np.bincount(runs.job, minlength=len(seats.parts))
    begun = np.cumsum(seats.parts) - seats.parts
    at = seats.first[runs.job] + np.arange(len(runs.job)) - begun[runs.job]
    begin, ticks = (runs.start_s - board.start_s) / TICK_S, runs.seconds / TICK_S
    seats.begin[at] = np.where(np.abs(begin - np.rint(begin)) < CLOCK_TICKS, np.rint(begin), begin)
    seats.ticks[at] = ticks
    return seats


def _stretches(board: Board, seats: Seats) -> Stretches:
    count = np.where(seats.parts > 1, seats.parts, 0)
    job = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(job)) - np.repeat(np.cumsum(count) - count, count)
    at = seats.first[job] + within
    return Stretches(job=job, start_s=board.start_s + seats.begin[at] * TICK_S, seconds=seats.ticks[at] * TICK_S)
