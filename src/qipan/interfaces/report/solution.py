"""A solved instance as plain values, the same at every door."""

from __future__ import annotations

from typing import Any

import numpy as np

from qipan.dispatch.jobs.add_up import by_kind
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.solver.approach import Approach


def solution(instance: Instance, found: Approach) -> dict[str, Any]:
    """Return what a plan costs, how certain that is, what it leaves undone, and its prices.

    Lists have the axis ``slots``; `work` holds a row for each stream, product and slot with work.
    """
    board, plan = instance.board, found.plan
    classes, kind = instance.classes, instance.kind
    ids = [site.site_id for site in board.sites]
    supply = np.zeros((len(board.products), board.slot_count))
    np.add.at(supply, board.pool_product, plan.supply_unit_h)
    return {
        "cost_fen": plan.objective_fen,
        "bound_fen": found.bound_fen,
        "gap": found.gap,
        "steps": found.steps,
        "is_final": plan.is_final,
        "tiers": [
            {
                "tier": tier.label,
                "demand_unit_h": by_kind(kind[classes.tier == tier], classes.demand_unit_h[classes.tier == tier]),
                "unserved_unit_h": by_kind(kind[classes.tier == tier], plan.unserved_unit_h[classes.tier == tier]),
            }
            for tier in Tier
        ],
        "products": [
            {
                "site": ids[site],
                "kind": kind.value,
                "card_model": model,
                "supply_unit_h": supply[index].tolist(),
                "lmp_fen_per_unit_h": plan.lmp_fen_per_unit_h[index].tolist(),
            }
            for index, (site, kind, model) in enumerate(board.products)
        ],
        "links": []
        if board.links is None
        else [
            {
                "name": name,
                "flow_gb": plan.link_flow_gb[index].tolist(),
                "rent_fen_per_gb": plan.link_rent_fen_per_gb[index].tolist(),
            }
            for index, name in enumerate(board.links.names)
        ],
        **_energy(instance, found),
        "unserved_unit_h": plan.unserved_unit_h.tolist(),
        "work": {
            "stream": plan.work_stream.tolist(),
            "product": plan.work_product.tolist(),
            "slot": plan.work_slot.tolist(),
            "unit_h": plan.work_unit_h.tolist(),
        },
    }


def _energy(instance: Instance, found: Approach) -> dict[str, Any]:
    board, fed = instance.board, found.plan.energy
    if fed is None or board.energy is None:
        return {"meters": [], "areas": []}

    def lists(index: int, **tables: Floats) -> dict[str, list[float]]:
        return {name: table[index].tolist() for name, table in tables.items()}

    return {
        "meters": [
            {
                "site": site.site_id,
                **lists(
                    index,
                    grid_kwh=fed.grid_kwh,
                    renewable_kwh=fed.renewable_kwh,
                    fill_kwh=fed.fill_kwh,
                    drain_kwh=fed.drain_kwh,
                    stored_kwh=fed.stored_kwh,
                    energy_fen_per_kwh=fed.energy_fen_per_kwh,
                ),
            }
            for index, site in enumerate(board.sites)
        ],
        "areas": [
            {
                "name": name,
                "peak_kw": float(fed.peak_kw[index]),
                **lists(
                    index,
                    over_kwh=fed.over_kwh,
                    limit_rent_fen_per_kwh=fed.limit_rent_fen_per_kwh,
                    peak_rent_fen_per_kwh=fed.peak_rent_fen_per_kwh,
                ),
            }
            for index, name in enumerate(board.energy.areas.names)
        ],
    }
