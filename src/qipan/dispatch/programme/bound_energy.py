"""What energy costs at least, by prices alone: no solver need be trusted.

At any prices, let work pay for what it draws and take back the most that own plants, stores, limits and peaks could
earn at them; no way of buying costs less.

Source: `fisher1981` (Lagrangian relaxation).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import Energy, EnergyPlan
from qipan.dispatch.programme.energy import grid_fen_per_kwh, under_peak_kw


def within_reason(board: Board, energy: Energy, rules: Rules, priced: EnergyPlan) -> EnergyPlan:
    """Return prices at which the cost has a bound: no rent below nothing or above its most, no energy above its offer.

    Optimal prices stay as they are.

    Parameters
    ----------
    priced
        Whose prices are taken; nothing else of it is read.
    """
    areas = energy.areas
    limit = np.clip(priced.limit_rent_fen_per_kwh, 0.0, areas.over_fen_per_kwh[:, None])
    limit = np.where(np.isfinite(areas.most_kw), limit, 0.0)
    peak = np.maximum(priced.peak_rent_fen_per_kwh, 0.0)
    most = areas.peak_fen_per_kw / board.slot_h
    total = peak.sum(axis=1)
    peak = peak * np.where(total > most, most / np.where(total > 0.0, total, 1.0), 1.0)[:, None]
    offer = grid_fen_per_kwh(board, rules) + areas.member.T.astype(float) @ (limit + peak)
    return replace(
        priced,
        energy_fen_per_kwh=np.minimum(priced.energy_fen_per_kwh, offer),
        limit_rent_fen_per_kwh=limit,
        peak_rent_fen_per_kwh=peak,
    )


def least_energy_fen(board: Board, energy: Energy, priced: EnergyPlan) -> float:
    """Return the least that energy costs besides what work pays for it at its prices, in fen.

    Whatever the work of each site draws, buying that costs at least this and its kilowatt-hours at their prices.

    Parameters
    ----------
    priced
        From `within_reason`.
    """
    slot_h, areas, price = board.slot_h, energy.areas, priced.energy_fen_per_kwh
    most_kw = np.where(np.isfinite(areas.most_kw), areas.most_kw, 0.0)
    earned = np.maximum(price - energy.renewable_fen_per_kwh[:, None], 0.0) * energy.renewable_kw * slot_h
    rents = priced.limit_rent_fen_per_kwh * most_kw + priced.peak_rent_fen_per_kwh * under_peak_kw(areas.load_kw)
    stores = _earned_by_stores(board, energy, priced)
    return float((price * energy.fixed_kw).sum() * slot_h - earned.sum() - rents.sum() * slot_h - stores.sum())


def _earned_by_stores(board: Board, energy: Energy, priced: EnergyPlan) -> Floats:
    """Return the most that each store could earn, ``(sites,)``."""
    price, value = priced.energy_fen_per_kwh, priced.stored_fen_per_kwh
    way = np.sqrt(energy.store_efficiency)[:, None]
    traded = np.maximum(way * value - price, 0.0) + np.maximum(price - value / way, 0.0)
    kept = np.maximum(np.diff(value, axis=1), 0.0).sum(axis=1) * energy.store_kwh
    last = value[:, -1]
    left = last * np.where(last >= 0.0, energy.stored_kwh, energy.store_kwh)
    return np.asarray(
        value[:, 0] * energy.stored_kwh + traded.sum(axis=1) * energy.store_kw * board.slot_h + kept - left
    )
