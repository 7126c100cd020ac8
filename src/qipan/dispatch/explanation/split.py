"""Split the locational prices of a plan into what made them, and note what its costs depend on."""

from __future__ import annotations

from typing import Any

import numpy as np

from qipan.dispatch.jobs.reach import largest_units, within_data
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.explanation import Part, ProductTerms, Terms
from qipan.dispatch.model.job import DataClass
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


def note_terms(board: Board, rules: Rules, plan: Plan, left: Floats) -> Terms:
    """Note all that an explanation of a plan's jobs and prices needs, as plain values.

    Parameters
    ----------
    left
        ``(products, slots)``, from `left_units`.
    """
    parts = split_prices(board, rules, plan)
    most = largest_units(board)
    # The classes are in order: where a strict one may go, every other may, too.
    data_class_max = within_data(board)[DataClass.REGION :].sum(axis=0)
    return Terms(
        slot_h=board.slot_h,
        slot_count=board.slot_count,
        site_ids=[site.site_id for site in board.sites],
        origin_ids=[origin.origin_id for origin in board.origins],
        products=[
            ProductTerms(
                site=site,
                kind=kind.value,
                card_model=card_model,
                units_max=float(most[product]),
                parts_fen_per_unit_h={
                    part.value: _rounded(values[product]) for part, values in parts.items() if values[product].any()
                },
                left_units=np.round(left[product], 6).tolist(),
            )
            for product, (site, kind, card_model) in enumerate(board.products)
        ],
        round_trip_ms=_rounded(board.round_trip_ms),
        transfer_fen_per_gb=_rounded(board.transfer_fen_per_gb),
        data_class_max=data_class_max.tolist(),
        link_fen_per_gb=_rounded(_link_fen_per_gb(board, plan)),
        round_trip_ms_max=[
            rule.round_trip_ms_max if np.isfinite(rule.round_trip_ms_max) else None for rule in rules.tiers
        ],
        nearness_fen_per_unit_h_ms=[rule.nearness_fen_per_unit_h_ms for rule in rules.tiers],
        substitutes=list(board.substitutes),
    )


def _link_fen_per_gb(board: Board, plan: Plan) -> Floats:
    """Return the rent of the links from each origin to each site, ``(origins, sites, slots)``."""
    if board.links is None:
        return np.zeros((0, 0, 0))
    # What runs against a full flow is paid.
    return np.asarray(np.einsum("los,lt->ost", board.links.factor, plan.link_rent_fen_per_gb))


def _rounded(values: Floats) -> Any:
    return np.round(values, 9).tolist()


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
