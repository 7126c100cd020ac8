"""Move the limits of a board by what is built on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.expansion import Limit, Move, Option

BEHIND_METERS = (Limit.RENEWABLE, Limit.STORE_KWH, Limit.STORE_KW, Limit.GRID)


def enlarge(board: Board, options: Sequence[Option], units: Floats, day: str) -> Board:
    """Return the board with so many units of each option standing; what their lines open is no limit and stays out.

    Parameters
    ----------
    units
        ``(options,)``
    day
        Name of the representative day, for the shapes.
    """
    if any(move.limit in BEHIND_METERS for option in options for move in option.moves):
        board = with_meters(board)
    for option, count in zip(options, units.tolist(), strict=True):
        for move in option.moves if count else ():
            board = _moved(board, move, count, day)
    return board


def with_meters(board: Board) -> Board:
    """Return a board that knows meters; those that it did not know have nothing behind them."""
    if board.energy is not None:
        return board
    sites, slots = len(board.sites), board.slot_count
    none, nothing = np.zeros(sites), np.zeros((sites, slots))
    no_area, no_limit = np.zeros(0), np.zeros((0, slots))
    areas = Areas((), np.zeros((0, sites), dtype=bool), no_limit, no_limit, no_area, no_area)
    return replace(board, energy=Energy(nothing, nothing, none, none, none, none, none + 1.0, areas))


def names_of(board: Board, limit: Limit) -> tuple[str, ...]:
    """Return what a move of a limit can name on a board."""
    if limit is Limit.POOL:
        return tuple(pool.pool_id for pool in board.pools)
    if limit is Limit.LINK:
        return () if board.links is None else board.links.names
    if limit is Limit.GRID:
        return () if board.energy is None else board.energy.areas.names
    return tuple(site.site_id for site in board.sites)


def limit_of(board: Board, limit: Limit) -> Floats:
    """Return where a limit stands, a row for each of its names: ``(names, slots)``, for a store ``(names,)``."""
    if limit is Limit.POOL:
        return board.capacity
    if limit is Limit.POWER:
        return board.power_cap_kw
    if limit is Limit.LINK:
        return np.zeros((0, board.slot_count)) if board.links is None else board.links.capacity_gb / board.slot_h
    energy = with_meters(board).energy
    assert energy is not None
    if limit is Limit.RENEWABLE:
        return energy.renewable_kw
    if limit is Limit.GRID:
        return energy.areas.most_kw
    return energy.store_kwh if limit is Limit.STORE_KWH else energy.store_kw


def _moved(board: Board, move: Move, count: float, day: str) -> Board:
    at = names_of(board, move.limit).index(move.of)
    limit = limit_of(board, move.limit).copy()
    by = count * move.per_unit
    limit[at] += by if limit.ndim == 1 else by * move.shape.get(day, np.ones(board.slot_count))
    if move.limit is Limit.POOL:
        return replace(board, capacity=limit)
    if move.limit is Limit.POWER:
        return replace(board, power_cap_kw=limit)
    if move.limit is Limit.LINK:
        assert board.links is not None
        return replace(board, links=replace(board.links, capacity_gb=limit * board.slot_h))
    assert board.energy is not None
    return replace(board, energy=_fed(board.energy, move.limit, limit))


def _fed(energy: Energy, limit: Limit, value: Floats) -> Energy:
    if limit is Limit.GRID:
        return replace(energy, areas=replace(energy.areas, most_kw=value))
    if limit is Limit.RENEWABLE:
        return replace(energy, renewable_kw=value)
    if limit is Limit.STORE_KWH:
        return replace(energy, store_kwh=value)
    return replace(energy, store_kw=value)
