"""Split the locational prices of a plan into what made them."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.explanation import Part
from qipan.dispatch.model.plan import Plan


def split_prices(board: Board, rules: Rules, plan: Plan) -> dict[Part, Floats]:
    """Return the parts of the price of each product and slot, fen a unit-hour, ``(products, slots)`` each.

    They add up to the LMPs. Where a product has several pools, they are those of the pool that offers the next
    unit-hour at least cost.
    """
    kwh, site = board.kwh_per_unit_h[:, None], board.pool_site
    energy, carbon, grid = _energy_parts(board, rules, plan)
    of_pool = {
        Part.ENERGY: energy[site] * kwh,
        Part.RUNNING: np.repeat(board.opex_fen_per_unit_h[:, None], board.slot_count, axis=1),
        Part.CARBON: carbon[site] * kwh,
        Part.CAPACITY: plan.capacity_rent_fen_per_unit_h,
        Part.POWER: plan.power_rent_fen_per_kwh[site] * kwh,
        Part.GRID: grid[site] * kwh,
    }
    offer = np.sum(list(of_pool.values()), axis=0)
    slot = np.arange(board.slot_count)
    cheapest = np.zeros((len(board.products), board.slot_count), dtype=np.int64)
    for product in range(len(board.products)):
        pools = np.flatnonzero(board.pool_product == product)
        cheapest[product] = pools[offer[pools].argmin(axis=0)]
    parts = {part: np.asarray(values[cheapest, slot]) for part, values in of_pool.items()}
    kept = plan.reserve_rent_fen_per_unit_h
    parts[Part.RESERVE] = kept[board.product_group] if len(kept) else np.zeros_like(parts[Part.ENERGY])
    return parts


def _energy_parts(board: Board, rules: Rules, plan: Plan) -> tuple[Floats, Floats, Floats]:
    """Return what a kilowatt-hour costs as energy, as carbon and for the limits of the grid, ``(sites, slots)`` each.

    Where the next one comes from a plant or a store, its whole price is that of energy.
    """
    factor = board.location_kg_per_kwh if rules.carbon_account == "location" else board.market_kg_per_kwh
    carbon = np.repeat((rules.carbon_fen_per_kg * factor)[:, None], board.slot_count, axis=1)
    if board.energy is None or plan.energy is None:
        return board.price_fen_per_kwh, carbon, np.zeros_like(carbon)
    rent = plan.energy.limit_rent_fen_per_kwh + plan.energy.peak_rent_fen_per_kwh
    grid = board.energy.areas.member.T.astype(float) @ rent
    whole = plan.energy.energy_fen_per_kwh
    is_drawn = np.isclose(whole, board.price_fen_per_kwh + carbon + grid, rtol=1e-6, atol=1e-6)
    carbon, grid = np.where(is_drawn, carbon, 0.0), np.where(is_drawn, grid, 0.0)
    return whole - carbon - grid, carbon, grid
