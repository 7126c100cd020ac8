"""Who is left out because of its priority: it would have room if jobs of higher priority in its tier had none."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Reason
from qipan.dispatch.placement.choose import Prices, choose, empty_seat, prices_of
from qipan.dispatch.placement.seats import Seats, hold_all, release_seat
from qipan.dispatch.placement.tell import seats_of
from qipan.dispatch.placement.timeline import Asks, Timeline, asks, timeline
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


def name_outranked(jobs: Jobs, board: Board, rules: Rules, reached: Reach, found: Placement) -> Placement:
    """Give the reason `OUTRANKED` to jobs without room that would have some if those of higher priority had none.

    All other tiers stay where they are, and so do jobs of the same priority or a lower one.
    """
    reason, has = found.reason.copy(), found.has_place
    for tier in np.unique(jobs.tier[found.reason == Reason.NO_ROOM]).tolist():
        mine = np.flatnonzero((jobs.tier == tier) & (has | (found.reason == Reason.NO_ROOM)))
        levels = np.unique(jobs.priority[mine])[::-1]
        seated = jobs.priority[mine[has[mine]]]
        if not len(seated) or seated.max() == levels[-1]:
            continue
        ask, room = asks(jobs, board, reached), timeline(board, keeps_reserve=rules.keeps_reserve)
        seats = seats_of(found, ask, board)
        prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules))
        hold_all(np.flatnonzero(has), ask, room, seats)
        for level in levels:
            of_level = mine[jobs.priority[mine] == level]
            if level < seated.max():
                left = of_level[~has[of_level]]
                reason[left[_have_room(left, ask, prices, room)]] = Reason.OUTRANKED
            _lift(of_level[has[of_level]], ask, room, seats)
    return replace(found, reason=reason)


@numba.njit(cache=True)
def _lift(order: Ints, ask: Asks, room: Timeline, seats: Seats) -> None:  # pragma: no cover - compiled
    for job in order:
        release_seat(room, ask, seats, job)


@numba.njit(cache=True)
def _have_room(order: Ints, ask: Asks, prices: Prices, room: Timeline) -> Bools:  # pragma: no cover - compiled
    """Tell which jobs have room, each as if alone, ``(jobs of the order,)``."""
    seat, have = empty_seat(room.free_least.shape[1]), np.zeros(len(order), np.bool_)
    for k in range(len(order)):
        have[k] = choose(seat, ask, prices, room, order[k], False)[1] >= 0
    return have
