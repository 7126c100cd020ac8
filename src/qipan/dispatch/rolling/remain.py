"""What is left of a board beside work that runs and what is kept free: the room of a re-plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.placement.timeline import TICK_S, Timeline


def room_left(board: Board, room: Timeline, slot: int, now_s: float) -> Board:
    """Return the slots of a board less what is held; of the present slot only what is left of it counts.

    Parameters
    ----------
    board
        From ``slot`` of the run on.
    room
        Of the whole run.
    """
    count, width = board.slot_count, room.ticks_of_slot
    first, end, gone = slot * width, (slot + count) * width, int((now_s - board.start_s) // TICK_S)

    def left(of_tick: Floats) -> Floats:
        """Return the mean of each slot, 0 for the minutes of it that are gone."""
        still = np.maximum(of_tick, 0.0)
        still[:, :gone] = 0.0
        return np.asarray(still.reshape(len(still), count, width).mean(axis=2))

    energy, links = board.energy, board.links
    if energy is not None:
        drawn = np.zeros((len(board.sites), count))
        busy = left(np.repeat(board.capacity, width, axis=1) - room.free[:, first:end])
        np.add.at(drawn, board.pool_site, busy * board.kwh_per_unit_h[:, None])
        share = np.ones(count)
        share[0] -= gone / width
        energy = replace(energy, fixed_kw=energy.fixed_kw * share + drawn, renewable_kw=energy.renewable_kw * share)
    if links is not None and room.free_gb is not None:
        free_gb = room.free_gb[:, slot : slot + count].reshape(2, -1, count)
        links = replace(links, capacity_gb=np.maximum(free_gb.min(axis=0), 0.0))
    return replace(
        board,
        capacity=left(room.free[:, first:end]),
        left_kw=left(room.free_kw[:, first:end]),
        energy=energy,
        links=links,
        spare=None if room.spare is None else left(room.spare[:, first:end]),
    )
