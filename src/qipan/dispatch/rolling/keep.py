"""Keep what is reserved free for its holders, minute by minute, until it is known whether they use it.

A job that names a reservation is told some time before it starts, its *notice*; without one it starts when it arrives.
So all use of a minute is known that long before, and what is left of it is open to other work from then on. Until then
it is held in the room of the board, as if it were used: no other job, re-plan or price can have it, and a covered job
takes its place there. What a covered job leaves by ending early is its holder's again, as far as it is not open yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.dispatch.model.board import ROUNDING, Board, Held
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.reservation import Covered, Nomination, Reservation
from qipan.dispatch.placement.score import CLOCK_S
from qipan.dispatch.placement.timeline import CLOCK_TICKS, TICK_S, Asks, Timeline, change, held_ticks
from qipan.dispatch.reservation.allot import ticks_of


@dataclass(slots=True)
class Kept:
    """What is kept for holders, and which jobs it covered; all verbs here change it.

    Attributes
    ----------
    start_s
        Start of the board, from which ticks count.
    reservations, pools
        All there are, and the pool that each is in, ``(reservations,)``.
    units
        Kept free for its holder, ``(reservations, ticks)``; held in the room of the board.
    open_tick
        Of ticks before this one all use is known: nothing is kept in them.
    nomination, reservation
        ``(jobs,)``, what became of each wish, and the reservation that covers the job, or -1.
    """

    start_s: float
    reservations: tuple[Reservation, ...]
    pools: Ints
    units: Floats
    open_tick: int
    nomination: Texts
    reservation: Ints


def keep_free(
    reservations: Sequence[Reservation], pools: Ints, board: Board, room: Timeline, *, jobs: Jobs, is_plannable: Bools
) -> Kept:
    """Take all that is reserved out of the room of an empty board, and judge wishes of jobs that no site can take.

    Parameters
    ----------
    pools
        From `allot`.
    is_plannable
        ``(jobs,)``, whether any site can take the job.
    """
    kept = Kept(
        start_s=board.start_s,
        reservations=tuple(reservations),
        pools=pools,
        units=np.zeros((len(reservations), room.free.shape[1])),
        open_tick=0,
        nomination=np.full(len(jobs), Nomination.NONE, dtype=object),
        reservation=np.full(len(jobs), -1),
    )
    for job in np.flatnonzero((jobs.reservation != "") & ~is_plannable).tolist():
        is_known = position(kept, str(jobs.reservation[job])) >= 0
        kept.nomination[job] = Nomination.NOT_ALLOWED if is_known else Nomination.UNKNOWN
    for index, one in enumerate(reservations):
        first, last = ticks_of(one, board)
        kept.units[index, first:last] = one.units
        change(room, int(pools[index]), first, -kept.units[index, first:last])
    return kept


def open_until(kept: Kept, room: Timeline, tick: int) -> None:
    """Open what is kept before a tick to all work: nobody can ask for it any more."""
    tick = min(tick, kept.units.shape[1])
    if tick <= kept.open_tick:
        return
    span = slice(kept.open_tick, tick)
    for index in np.flatnonzero(kept.units[:, span].any(axis=1)).tolist():
        change(room, int(kept.pools[index]), span.start, kept.units[index, span])
        kept.units[index, span] = 0.0
    kept.open_tick = tick


def nominate(kept: Kept, room: Timeline, ask: Asks, jobs: Jobs, *, job: int, begin: float) -> bool:
    """Judge a job that names a reservation as `cover` does; where it is covered, free the room that is kept for it.

    Returns
    -------
    bool
        Whether it is covered; the caller then holds the room.

    Parameters
    ----------
    begin
        The tick in which it starts by its notice.
    """
    kept.nomination[job] = _judge(kept, room, ask, jobs, job=job, begin=begin)
    if kept.nomination[job] != Nomination.COVERED:
        return False
    take_up(kept, room, ask, jobs, job=job, at=position(kept, str(jobs.reservation[job])), begin=begin)
    return True


def take_up(kept: Kept, room: Timeline, ask: Asks, jobs: Jobs, *, job: int, at: int, begin: float) -> None:
    """Free the room that a reservation keeps for a job it covers."""
    first, last = held_ticks(begin, ask.length[job], room.free.shape[1])
    freed = np.minimum(kept.units[at, first:last], jobs.quantity[job])
    kept.units[at, first:last] -= freed
    change(room, int(kept.pools[at]), first, freed)
    kept.nomination[job], kept.reservation[job] = Nomination.COVERED, at


def leave(kept: Kept, room: Timeline, *, job: int, units: float, first: int, last: int) -> None:
    """Keep for its holder again what a covered job leaves in ticks ``[first, last)``, as far as it is not open."""
    at, first = int(kept.reservation[job]), max(first, kept.open_tick)
    if at >= 0 and last > first:
        kept.units[at, first:last] += units
        change(room, int(kept.pools[at]), first, np.full(last - first, -units))


def covered_of(kept: Kept, jobs: Jobs, pool: Ints, start_s: Floats, ran_s: Floats) -> Covered:
    """Return which jobs were covered, and what these really held.

    Parameters
    ----------
    pool, start_s, ran_s
        ``(jobs,)``, where and when each ran, and for how long.
    """
    mine = kept.reservation >= 0
    held = Held(pool[mine], jobs.quantity[mine], start_s[mine], ran_s[mine])
    where = np.where(mine, pool, -1)
    return Covered(kept.reservations, kept.pools, kept.nomination, kept.reservation, where, held)


def position(kept: Kept, reservation_id: str) -> int:
    """Return the position of a reservation, or -1."""
    ids = [one.reservation_id for one in kept.reservations]
    return ids.index(reservation_id) if reservation_id in ids else -1


def _judge(kept: Kept, room: Timeline, ask: Asks, jobs: Jobs, *, job: int, begin: float) -> Nomination:
    at = position(kept, str(jobs.reservation[job]))
    if at < 0:
        return Nomination.UNKNOWN
    one, pool = kept.reservations[at], kept.pools[at]
    units = 1.0 if ask.units is None else ask.units[ask.sort[job], pool]
    # Work that would take more or less units of the product than it asks for is not what was sold.
    if not ask.allowed[ask.sort[job], pool] or units != 1.0:
        return Nomination.NOT_ALLOWED
    arrives, lasts_s = ask.start[job], ask.length[job] * TICK_S

    def is_inside(tick: float) -> bool:
        start_s = kept.start_s + tick * TICK_S
        return bool(one.from_s - CLOCK_S <= start_s and start_s + lasts_s <= one.to_s + CLOCK_S)

    if not is_inside(begin):
        return Nomination.LATE if is_inside(arrives) else Nomination.OUTSIDE
    first, last = held_ticks(begin, ask.length[job], room.free.shape[1])
    if begin > max(ask.latest[job], arrives) + CLOCK_TICKS or first < kept.open_tick:
        return Nomination.LATE
    if kept.units[at, first:last].min() < jobs.quantity[job] - ROUNDING:
        return Nomination.USED_UP
    return Nomination.COVERED
