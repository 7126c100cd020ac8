"""Cover jobs by the reservations that they name, and put them beside all other work.

Who comes first is served first, ties by row. A covered job starts at its arrival and runs through, so at the arrival of
the next one a reservation has as many units left as at any moment after it: one look decides.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Texts
from qipan.dispatch.model.board import ROUNDING, Board, Held, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Reason, Status, Stretches
from qipan.dispatch.model.reservation import Covered, Nomination, Reservation
from qipan.dispatch.placement.score import CLOCK_S, moved_fen
from qipan.dispatch.placement.timeline import CLOCK_TICKS, TICK_S
from qipan.dispatch.programme.buy import buy
from qipan.dispatch.reservation.allot import allot


class Rest(NamedTuple):
    """All other work, on the board that covered jobs leave, and what it reaches there."""

    jobs: Jobs
    board: Board
    reached: Reach
    refused: Texts


def cover(
    jobs: Jobs,
    board: Board,
    rules: Rules,
    reached: Reach,
    *,
    refused: Texts,
    reservations: Sequence[Reservation],
    zone_name: str = "UTC",
) -> Covered:
    """Allot reservations to pools, and decide which jobs run on them.

    A job is covered if the reservation is of a product that its own limits allow, holds for all the time that the job
    requests, and has its units free when the job arrives.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason are not covered.
    zone_name
        Whose clocks an error shows.

    Raises
    ------
    BadInputError
        As `allot`.
    """
    pools = allot(reservations, board, rules, zone_name)
    position = {one.reservation_id: index for index, one in enumerate(reservations)}
    nomination = np.full(len(jobs), Nomination.NONE, dtype=object)
    reservation, pool = np.full(len(jobs), -1), np.full(len(jobs), -1)
    start_s = np.maximum(jobs.submit_s, board.start_s)
    free = [one.units for one in reservations]
    running: list[list[tuple[int, float]]] = [[] for _ in reservations]
    named = np.flatnonzero(jobs.reservation != "")
    product, takes = board.pool_product[pools] if len(pools) else pools, reached.takes
    for job in named[np.argsort(start_s[named], kind="stable")].tolist():
        at = position.get(jobs.reservation[job], -1)
        if at < 0:
            nomination[job] = Nomination.UNKNOWN
            continue
        one, end_s = reservations[at], start_s[job] + jobs.requested_s[job]
        # Work that would take more or less units of the product than it asks for is not what was sold.
        is_allowed = pools[at] >= 0 and takes[reached.of_job[job], product[at]] == 1.0
        if not is_allowed or refused[job] != Reason.NONE:
            nomination[job] = Nomination.NOT_ALLOWED
            continue
        if start_s[job] < one.from_s or end_s > one.to_s + CLOCK_S:
            nomination[job] = Nomination.OUTSIDE
            continue
        # As `timeline.held_ticks`: a job holds every minute that it touches.
        first = int(np.floor((start_s[job] - board.start_s) / TICK_S + CLOCK_TICKS))
        last = int(np.ceil((end_s - board.start_s) / TICK_S - CLOCK_TICKS))
        while running[at] and running[at][0][0] <= first:
            free[at] += heapq.heappop(running[at])[1]
        units = float(jobs.quantity[job])
        if units > free[at] + ROUNDING:
            nomination[job] = Nomination.USED_UP
            continue
        free[at] -= units
        heapq.heappush(running[at], (max(last, first + 1), units))
        nomination[job], reservation[job], pool[job] = Nomination.COVERED, at, pools[at]
    mine = pool >= 0
    held = Held(pool[mine], jobs.quantity[mine], start_s[mine], jobs.requested_s[mine])
    return Covered(tuple(reservations), pools, nomination, reservation, pool, held)


def pin(jobs: Jobs, board: Board, covered: Covered) -> Jobs:
    """Return the jobs with the windows of covered ones closed: they start when they arrive, and run through."""
    start_s = np.maximum(jobs.submit_s, board.start_s)
    start_by_s = np.where(covered.is_covered, start_s, jobs.start_by_s)
    return replace(jobs, start_by_s=start_by_s, preemptible=jobs.preemptible & ~covered.is_covered)


def rest_of(jobs: Jobs, board: Board, reached: Reach, *, refused: Texts, covered: Covered) -> Rest:
    """Return the jobs that are not covered, and the board that is left to them."""
    rest = ~covered.is_covered
    if rest.all():
        return Rest(jobs, board, reached, refused)
    mine = replace(reached, of_job=reached.of_job[rest])
    return Rest(jobs.take(rest), board.hold(covered.held), mine, refused[rest])


def join(jobs: Jobs, board: Board, covered: Covered, found: Placement) -> Placement:
    """Return where all jobs run: covered ones on their reservations, the rest where it was placed.

    Parameters
    ----------
    found
        Of the rest alone.
    """
    mine = covered.is_covered
    if not mine.any():
        return found
    rest = np.flatnonzero(~mine)
    pool, start_s = covered.pool.copy(), np.maximum(jobs.submit_s, board.start_s)
    status, reason = np.full(len(jobs), Status.PLACED, dtype=object), np.full(len(jobs), Reason.COVERED, dtype=object)
    pool[rest], start_s[rest], status[rest], reason[rest] = found.pool, found.start_s, found.status, found.reason
    held = None
    if found.held is not None:
        held = jobs.quantity.copy()
        held[rest] = found.held
    part = found.stretches
    return Placement(pool, start_s, status, reason, Stretches(rest[part.job], part.start_s, part.seconds), held)


def held_fen(jobs: Jobs, board: Board, rules: Rules, reached: Reach, covered: Covered) -> float:
    """Return what covered jobs cost that no plan of the rest counts: running, moving and distance.

    Where something stands behind the meters the plan of the rest buys their energy as well; elsewhere it is the tariff.

    Parameters
    ----------
    jobs
        From `pin`.
    board
        With nothing held.
    """
    at = np.flatnonzero(covered.is_covered)
    if not len(at):
        return 0.0
    alone = board.hold(covered.held)
    fen = float((board.opex_fen_per_unit_h[:, None] * alone.held_unit_h).sum())
    if board.energy is None:
        fen += buy(board, rules, alone.held_kw * board.slot_h).fen
    return fen + float(moved_fen(jobs, board, rules, reached, at=at, site=board.pool_site[covered.pool[at]]).sum())
