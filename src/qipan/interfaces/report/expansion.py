"""A plan of expansion as plain values, the same at every door."""

from __future__ import annotations

from typing import Any

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.expansion import Expansion, Prospect, Weighing


def expansion(prospect: Prospect, weighed: Weighing) -> dict[str, Any]:
    """Return what to build where and when, what it costs and is worth, and what doing otherwise would cost.

    Lists have the axis ``years``.
    """
    return {
        "years": list(prospect.years),
        "discount_rate": prospect.discount_rate,
        "gap": weighed.plan.gap,
        "bound_fen": weighed.plan.bound_fen,
        "steps": weighed.plan.steps,
        "plan": _costs(weighed.plan),
        "nothing": _costs(weighed.nothing),
        "followed": _costs(weighed.followed),
        "options": [_option(prospect, weighed, index) for index in range(len(prospect.options))],
    }


def _costs(found: Expansion) -> dict[str, Any]:
    return {
        "cost_fen": found.cost_fen,
        "build_fen": found.build_fen.tolist(),
        "run_fen": found.run_fen.tolist(),
        "carbon_kg": found.carbon_kg.tolist(),
        "unserved_unit_h": found.unserved_unit_h.tolist(),
    }


def _option(prospect: Prospect, weighed: Weighing, index: int) -> dict[str, Any]:
    """Return an option; its yearly worth is the discounted mean of the years from its first one on."""
    option, standing = prospect.options[index], weighed.plan.standing[index]
    years = np.array(prospect.years)
    stands = standing > 1e-6 * option.most
    first = int(years[stands][0]) if stands.any() else None
    counted = years >= (option.earliest if first is None else first)
    moves = bool(option.moves or option.lines)

    def mean(worth_fen: Floats) -> float | None:
        if not moves or not counted.any():
            return None
        return float(np.average(worth_fen[counted], weights=prospect.discount[counted]))

    return {
        "option_id": option.option_id,
        "build": option.build.value,
        "name_en": option.name_en or option.option_id,
        "name_zh": option.name_zh or option.option_id,
        "where": option.where,
        "first_year": first,
        "most": option.most,
        "standing": standing.tolist(),
        "followed": weighed.followed.standing[index].tolist(),
        "cost_fen_per_unit_year": option.cost_fen_per_unit_year,
        "first_unit_worth_fen_per_year": mean(weighed.nothing.worth_fen[index]),
        "next_unit_worth_fen_per_year": mean(weighed.plan.worth_fen[index]),
        "worth_fen": weighed.plan.worth_fen[index].tolist(),
    }
