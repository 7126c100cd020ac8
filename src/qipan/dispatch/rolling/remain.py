"""What is left of a board beside work that runs and what is kept free: the room of a re-plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.placement.timeline import TICK_S, Timeline


def room_left(board: Board, room: Timeline, slot: int, now_s: float) -> Board:
    """Return the slots of a board less what is held; of the present slot only what is left of it counts."""
    width = room.ticks_of_slot
    first, end = slot * width, (slot + board.slot_count) * width
    shape = (-1, board.slot_count, width)
    free = room.free[:, first:end].copy()
    free[:, : int((now_s - board.start_s) // TICK_S)] = 0.0
    free_kw = np.maximum(room.free_kw[:, first:end].reshape(shape).min(axis=2), 0.0)
    kwh = board.kwh_per_unit_h[:, None]
    under_cap = np.divide(
        free_kw[board.pool_site], kwh, out=np.full((len(kwh), board.slot_count), np.inf), where=kwh > 0
    )
    capacity = np.minimum(free.reshape(shape).mean(axis=2), under_cap)
    energy = board.energy
    if energy is not None:
        drawn = _drawn_kw(board, room, first, end)
        energy = replace(energy, fixed_kw=energy.fixed_kw + drawn)
    links = board.links
    if links is not None and room.free_gb is not None:
        free_gb = room.free_gb[:, slot : slot + board.slot_count].reshape(2, -1, board.slot_count)
        links = replace(links, capacity_gb=np.maximum(free_gb.min(axis=0), 0.0))
    spare = None
    if room.spare is not None:
        beside = np.maximum(room.spare[:, first:end], 0.0)
        beside[:, : int((now_s - board.start_s) // TICK_S)] = 0.0
        spare = beside.reshape(shape).mean(axis=2)
    return replace(board, capacity=np.maximum(capacity, 0.0), energy=energy, links=links, spare=spare)


def _drawn_kw(board: Board, room: Timeline, first: int, end: int) -> Floats:
    """Return what held units draw, the mean of each slot, ``(sites, slots)``."""
    busy = np.repeat(board.capacity, room.ticks_of_slot, axis=1) - room.free[:, first:end]
    drawn = np.zeros((len(board.sites), board.slot_count))
    np.add.at(
        drawn,
        board.pool_site,
        busy.reshape(len(busy), board.slot_count, -1).mean(axis=2) * board.kwh_per_unit_h[:, None],
    )
    return drawn
