"""A plan of expansion as plain values, the same at every door."""

from __future__ import annotations

from typing import Any

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.expansion import Expansion, Limit, Option, Prospect, Weighing


def tell(prospect: Prospect, weighed: Weighing) -> dict[str, Any]:
    """Return what to build where and when, what it costs and is worth, and what doing otherwise would cost.

    Lists have the axis ``years``. Where an option stands, and between what it leads, is by the first day.
    """
    board = prospect.days[0].instance.board
    return {
        "years": list(prospect.years),
        "discount_rate": prospect.discount_rate,
        "gap": weighed.plan.gap,
        "bound_fen": weighed.plan.bound_fen,
        "steps": weighed.plan.steps,
        "plan": _costs(weighed.plan),
        "nothing": _costs(weighed.nothing),
        "followed": _costs(weighed.followed),
        "sites": [
            {name: getattr(one, name) for name in ("site_id", "name_en", "name_zh", "adcode", "lon_deg", "lat_deg")}
            for one in board.sites
        ],
        "origins": [
            {name: getattr(one, name) for name in ("origin_id", "name_en", "name_zh", "adcode")}
            for one in board.origins
        ],
        "options": [
            _option(prospect, weighed, index) | _places(board, option) for index, option in enumerate(prospect.options)
        ],
    }


def _places(board: Board, option: Option) -> dict[str, Any]:
    """Return the sites whose limits an option moves, and the origins and sites that it leads between."""
    ids = [one.site_id for one in board.sites]
    sites: list[str] = []
    ways = [(line.origin_id, line.site_id) for line in option.lines]
    for move in option.moves:
        if move.limit is Limit.POOL:
            sites += [ids[one.site] for one in board.pools if one.pool_id == move.of]
        elif move.limit is Limit.LINK and board.links is not None:
            factor = board.links.factor[board.links.names.index(move.of)]
            ways += [(board.origins[o].origin_id, ids[s]) for o, s in np.argwhere(factor).tolist()]
        elif move.limit is Limit.GRID and board.energy is not None:
            member = board.energy.areas.member[board.energy.areas.names.index(move.of)]
            sites += [ids[s] for s in np.flatnonzero(member).tolist()]
        elif move.of in ids:
            sites.append(move.of)
    return {"site_ids": list(dict.fromkeys(sites)), "ways": [list(way) for way in dict.fromkeys(ways)]}


def _costs(found: Expansion) -> dict[str, Any]:
    return {
        "cost_fen": found.cost_fen,
        "build_fen": found.build_fen.tolist(),
        "run_fen": found.run_fen.tolist(),
        "carbon_kg": found.carbon_kg.tolist(),
        "unserved_unit_h": {kind: work.tolist() for kind, work in found.unserved_unit_h.items()},
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
