"""Boards of rolling operation: with meters, without stores and areas of the grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.board import Board
from qipan.dispatch.model.energy import Areas, Energy


def metered(board: Board, *, fixed_kw: float, plant_kw: float) -> Board:
    """Give each site of a board a draw at no load, and a plant whose energy costs nothing."""
    sites, slots = len(board.sites), board.slot_count
    none, empty = np.zeros(sites), np.zeros((0, slots))
    return replace(
        board,
        energy=Energy(
            fixed_kw=np.full((sites, slots), fixed_kw),
            renewable_kw=np.full((sites, slots), plant_kw),
            renewable_fen_per_kwh=none,
            store_kwh=none,
            store_kw=none,
            stored_kwh=none,
            store_efficiency=np.ones(sites),
            areas=Areas((), np.zeros((0, sites), dtype=bool), empty, empty, np.zeros(0), np.zeros(0)),
        ),
    )
