"""The part of the day's programme that stands behind the meters and in the grid.

With sites ``s``, areas ``a`` and slots ``t``, energy in kWh of a slot of ``h`` hours::

    minimise ... + sum price[s,t] g[s,t] + sum renewable_price[s] w[s,t]
                 + sum over_price[a] v[a,t] + sum peak_price[a] q[a] / h
    (7) sum_p kwh[p] y[p,t] + fill[s,t] - drain[s,t]
            - g[s,t] - w[s,t]                  = -fixed_kw[s,t] h           energy price, negated
    (8) stored[s,t] - stored[s,t-1] - root e[s] fill[s,t]
            + drain[s,t] / root e[s]           = 0                          value of what is stored
    (9) sum_s g[s,t] - v[a,t]                 <= most_kw[a,t] h             limit rent
    (10) sum_s g[s,t] - q[a]                  <= (top[a] - load_kw[a,t]) h  peak rent
        0 <= w[s,t] <= renewable_kw[s,t] h,  0 <= fill, drain <= store_kw[s] h,  0 <= stored <= store_kwh[s]

What is stored at the end is at least what was there at the start; ``e`` is the efficiency of a round trip, ``top`` the
highest load of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import Energy, EnergyPlan

Entries = tuple[Ints, Ints, Floats]
"""Row, column and value of entries of a matrix."""

IDLE_KWH: Final = 1e-8
"""A site that draws no more than this in a slot draws nothing: the rest is rounding."""


@dataclass(frozen=True, slots=True)
class EnergyColumns:
    """First column of each family, site by site or area by area, and how many there are; counted from the first one."""

    grid: int
    renewable: int
    fill: int
    drain: int
    stored: int
    over: int
    peak: int
    count: int


@dataclass(frozen=True, slots=True)
class EnergyRows:
    """First row of each family, and how many there are; counted from the first one."""

    energy: int
    store: int
    limit: int
    peak: int
    count: int


def grid_fen_per_kwh(board: Board, rules: Rules) -> Floats:
    """Return what a kilowatt-hour from the grid costs, carbon included, ``(sites, slots)``."""
    factor = board.location_kg_per_kwh if rules.carbon_account == "location" else board.market_kg_per_kwh
    return board.price_fen_per_kwh + (rules.carbon_fen_per_kg * factor)[:, None]


def energy_columns(board: Board, energy: Energy) -> EnergyColumns:
    """Lay out the columns."""
    by_site, by_area = len(board.sites) * board.slot_count, len(energy.areas.names) * board.slot_count
    grid, renewable, fill, drain, stored, over = (by_site * family for family in range(6))
    peak = over + by_area
    return EnergyColumns(grid, renewable, fill, drain, stored, over, peak, peak + len(energy.areas.names))


def energy_rows(board: Board, energy: Energy) -> EnergyRows:
    """Lay out the rows."""
    by_site, by_area = len(board.sites) * board.slot_count, len(energy.areas.names) * board.slot_count
    return EnergyRows(0, by_site, 2 * by_site, 2 * by_site + by_area, 2 * (by_site + by_area))


def supply_entries(board: Board, supply: Ints, first_row: int) -> Entries:
    """Return the entries of supply in rows (7).

    Parameters
    ----------
    supply
        ``(pools, slots)``, the columns of supply.
    """
    row = first_row + board.pool_site[:, None] * board.slot_count + np.arange(board.slot_count)
    return row.ravel(), supply.ravel(), np.repeat(board.kwh_per_unit_h, board.slot_count)


def energy_entries(board: Board, energy: Energy, first_row: int, first_column: int) -> list[Entries]:
    """Return the entries of rows (7) to (10) but those of supply."""
    columns, rows = energy_columns(board, energy), energy_rows(board, energy)
    slots = board.slot_count
    cell = np.arange(len(board.sites) * slots)
    way = np.repeat(np.sqrt(energy.store_efficiency), slots)
    later = cell[cell % slots > 0]
    area, site = np.nonzero(energy.areas.member)
    slot = np.arange(slots)
    drawn = (first_column + columns.grid + site[:, None] * slots + slot).ravel()
    place = (area[:, None] * slots + slot).ravel()
    of_area = np.arange(len(energy.areas.names) * slots)
    ones = np.ones(len(cell))
    local = [
        (rows.energy + cell, columns.fill, ones),
        (rows.energy + cell, columns.drain, -ones),
        (rows.energy + cell, columns.grid, -ones),
        (rows.energy + cell, columns.renewable, -ones),
        (rows.store + cell, columns.stored, ones),
        (rows.store + cell, columns.fill, -way),
        (rows.store + cell, columns.drain, 1.0 / way),
    ]
    entries = [(first_row + row, first_column + family + cell, value) for row, family, value in local]
    return [
        *entries,
        (first_row + rows.store + later, first_column + columns.stored + later - 1, -np.ones(len(later))),
        (first_row + rows.limit + place, drawn, np.ones(len(place))),
        (first_row + rows.limit + of_area, first_column + columns.over + of_area, -np.ones(len(of_area))),
        (first_row + rows.peak + place, drawn, np.ones(len(place))),
        (first_row + rows.peak + of_area, first_column + columns.peak + of_area // slots, -np.ones(len(of_area))),
    ]


def energy_costs(board: Board, energy: Energy, rules: Rules) -> tuple[Floats, Floats, Floats]:
    """Return cost, lower and upper bound of each column."""
    columns = energy_columns(board, energy)
    slots, slot_h, areas = board.slot_count, board.slot_h, energy.areas
    shape = (len(board.sites), slots)
    nothing = np.zeros(shape)
    cost = np.concatenate(
        [
            grid_fen_per_kwh(board, rules).ravel(),
            np.repeat(energy.renewable_fen_per_kwh, slots),
            np.zeros(3 * nothing.size),
            np.repeat(areas.over_fen_per_kwh, slots),
            areas.peak_fen_per_kw / slot_h,
        ]
    )
    speed = np.repeat(energy.store_kw * slot_h, slots)
    upper = np.concatenate(
        [
            np.full(nothing.size, np.inf),
            (energy.renewable_kw * slot_h).ravel(),
            speed,
            speed,
            np.repeat(energy.store_kwh, slots),
            np.full(columns.count - columns.over, np.inf),
        ]
    )
    lower = np.zeros(columns.count)
    lower[columns.stored + slots - 1 : columns.over : slots] = energy.stored_kwh
    return cost, lower, upper


def energy_bounds(board: Board, energy: Energy) -> tuple[Floats, Floats]:
    """Return lower and upper bound of each row."""
    slot_h, areas = board.slot_h, energy.areas
    start = np.zeros((len(board.sites), board.slot_count))
    start[:, 0] = energy.stored_kwh
    equal = np.concatenate([(-energy.fixed_kw * slot_h).ravel(), start.ravel()])
    most = np.concatenate([(areas.most_kw * slot_h).ravel(), (under_peak_kw(areas.load_kw) * slot_h).ravel()])
    return np.concatenate([equal, np.full(len(most), -np.inf)]), np.concatenate([equal, most])


def under_peak_kw(load_kw: Floats) -> Floats:
    """Return how far the load of others lies below its highest, ``(areas, slots)``."""
    return load_kw.max(axis=1, keepdims=True, initial=-np.inf) - load_kw if load_kw.size else np.zeros_like(load_kw)


def read_energy(board: Board, energy: Energy, grid_fen: Floats, *, value: Floats, dual: Floats) -> EnergyPlan:
    """Translate the part of a solution back.

    Parameters
    ----------
    grid_fen
        ``(sites, slots)``, from `grid_fen_per_kwh`.
    value, dual
        Of the columns and rows of this part alone.
    """
    columns, rows = energy_columns(board, energy), energy_rows(board, energy)
    by_site, by_area = (len(board.sites), board.slot_count), (len(energy.areas.names), board.slot_count)
    grid, renewable, fill, drain, stored = value[columns.grid : columns.over].reshape(5, *by_site)
    price = -dual[rows.energy : rows.store].reshape(by_site)
    limit = np.maximum(-dual[rows.limit : rows.peak].reshape(by_area), 0.0)
    peak = np.maximum(-dual[rows.peak : rows.count].reshape(by_area), 0.0)
    stored_fen = -dual[rows.store : rows.limit].reshape(by_site)
    is_idle = np.maximum.reduce([grid, renewable, fill, drain]) <= IDLE_KWH
    return EnergyPlan(
        grid_kwh=grid,
        renewable_kwh=renewable,
        fill_kwh=fill,
        drain_kwh=drain,
        stored_kwh=stored,
        energy_fen_per_kwh=np.where(is_idle, _offers(energy, grid_fen, limit + peak, stored_fen), price),
        stored_fen_per_kwh=stored_fen,
        over_kwh=value[columns.over : columns.peak].reshape(by_area),
        limit_rent_fen_per_kwh=limit,
        peak_rent_fen_per_kwh=peak,
        peak_kw=value[columns.peak : columns.count] / board.slot_h,
    )


def _offers(energy: Energy, grid_fen: Floats, rent: Floats, stored_fen: Floats) -> Floats:
    """Return at what price each site that draws nothing could have its next kilowatt-hour, ``(sites, slots)``.

    Its dual may lie anywhere below, and no energy could be had at such a price; the offer is optimal as well.

    Parameters
    ----------
    grid_fen, stored_fen
        ``(sites, slots)``, prices of the grid and of a kilowatt-hour in the store.
    rent
        ``(areas, slots)``
    """
    offer = grid_fen + energy.areas.member.T.astype(float) @ rent
    plant = np.where(energy.renewable_kw > 0, energy.renewable_fen_per_kwh[:, None], np.inf)
    drained = stored_fen / np.sqrt(energy.store_efficiency)[:, None]
    return np.minimum(np.minimum(offer, plant), np.where(energy.store_kw[:, None] > 0, drained, np.inf))
