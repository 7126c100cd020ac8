"""Tell what each region would have had alone: whether the common board leaves anyone worse off.

A region alone has its own sites for its own work. On the common board its work pays the common prices and its sites
earn them; by weak duality that comes to no more than the best it could do alone, wherever no limit of the grid, peak or
reserve is shared: it is individually rational to take part. Service is another matter: scarce room goes to the work
that is worth most, wherever it comes from, so a region may be served less in a tier than it would have served itself.

Source: `owen1975` (dual prices of a linear programme share its value so that nobody is better off alone).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import KINDS, Tier
from qipan.dispatch.model.plan import Classes, Instance, Plan
from qipan.dispatch.model.stand_alone import StandAlone
from qipan.dispatch.plan import plan as solve
from qipan.dispatch.programme.buy import buy
from qipan.dispatch.programme.energy import grid_fen_per_kwh
from qipan.dispatch.programme.formulate import supply_fen_per_unit_h

SLACK: Final = 1e-9
"""Share of what is asked for within which two amounts are the same."""


ByTier = dict[str, dict[str, float]]
"""Unit-hours by kind, then by tier."""


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the board: positions of its origins and sites."""

    region_id: str
    name_en: str
    name_zh: str
    origins: Ints
    sites: Ints


def stand_alone(board: Board, classes: Classes, rules: Rules, takes: Floats, *, plan: Plan) -> tuple[StandAlone, ...]:
    """Compare each region on the common board with the best plan of its own sites for its own work.

    Regions with work or sites come in the order of the board's origins, then of its sites. Alone no reserve is kept:
    there is no other site to take over. A region without work pays what its sites draw at no load, and one without a
    site serves nothing.

    Parameters
    ----------
    takes
        ``(streams, products)``, as `formulate` takes it.
    plan
        The optimal plan of the common board.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    earned = _earned_fen(board, rules, plan)
    paid = np.bincount(
        plan.work_stream,
        weights=plan.delivered_fen_per_unit_h[plan.work_stream, plan.work_slot] * plan.work_unit_h,
        minlength=len(classes.streams),
    )
    lost_fen = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[classes.tier]
    kind = Instance(board, classes, rules, takes).kind
    told = []
    for region in regions_of(board):
        streams = np.isin(classes.streams.origin, region.origins)
        mine = streams[classes.stream]
        if not mine.any() and not len(region.sites):
            continue
        alone = _alone(board, classes, mine, rules, takes, region.sites)
        asked, left = classes.demand_unit_h[mine], plan.unserved_unit_h[mine]
        alone_left = asked if alone is None else alone.unserved_unit_h
        by_tier = [_by_tier(kind[mine], classes.tier[mine], work) for work in (asked, left, alone_left)]
        alone_fen = (
            _idle_fen(board, rules, region.sites) + float((lost_fen[mine] * asked).sum())
            if alone is None
            else alone.objective_fen
        )
        told.append(
            StandAlone(
                region_id=region.region_id,
                name_en=region.name_en,
                name_zh=region.name_zh,
                sites=len(region.sites),
                asked_unit_h=by_tier[0],
                unserved_unit_h=by_tier[1],
                alone_unserved_unit_h=by_tier[2],
                net_fen=float(
                    paid[streams].sum() + (lost_fen * plan.unserved_unit_h)[mine].sum() - earned[region.sites].sum()
                ),
                alone_fen=alone_fen,
                worse_tiers=_worse(*by_tier),
            )
        )
    return tuple(told)


def regions_of(board: Board) -> tuple[Region, ...]:
    """Return the regions of a board; origins and sites of one code are one region, those without a code their own."""
    origins = [(one.adcode or one.origin_id, one.name_en, one.name_zh) for one in board.origins]
    sites = [(one.adcode or one.site_id, one.name_en, one.name_zh) for one in board.sites]
    names = {key: (name_en, name_zh) for key, name_en, name_zh in [*reversed(sites), *reversed(origins)]}
    return tuple(
        Region(key, *names[key], _at(key, [one[0] for one in origins]), _at(key, [one[0] for one in sites]))
        for key in dict.fromkeys(one[0] for one in [*origins, *sites])
    )


def _at(key: str, keys: Sequence[str]) -> Ints:
    return np.array([index for index, one in enumerate(keys) if one == key], dtype=np.int64)


def _by_tier(kind: Ints, tier: Ints, work: Floats) -> ByTier:
    return {
        KINDS[k].value: {
            Tier(one).label: float(work[(kind == k) & (tier == one)].sum()) for one in np.unique(tier[kind == k])
        }
        for k in np.unique(kind).tolist()
    }


def _worse(asked: ByTier, left: ByTier, alone_left: ByTier) -> tuple[str, ...]:
    worse = {
        tier
        for kind, of_kind in asked.items()
        for tier, work in of_kind.items()
        if left[kind][tier] > alone_left[kind][tier] + SLACK * work
    }
    return tuple(tier.label for tier in Tier if tier.label in worse)


def _earned_fen(board: Board, rules: Rules, plan: Plan) -> Floats:
    """Return what each site earns at the common prices over what running costs it, ``(sites,)``.

    A site with meters pays for what it draws from the grid and its plants, limits and peaks at their rents.
    """
    margin = (plan.lmp_fen_per_unit_h[board.pool_product] - supply_fen_per_unit_h(board, rules)) * plan.supply_unit_h
    earned = np.bincount(board.pool_site, weights=margin.sum(axis=1), minlength=len(board.sites))
    if board.energy is None or plan.energy is None:
        return np.asarray(earned)
    fed, areas = plan.energy, board.energy.areas
    rent = areas.member.T.astype(float) @ (fed.limit_rent_fen_per_kwh + fed.peak_rent_fen_per_kwh)
    paid = (grid_fen_per_kwh(board, rules) + rent) * fed.grid_kwh
    paid += board.energy.renewable_fen_per_kwh[:, None] * fed.renewable_kwh
    return np.asarray(earned - paid.sum(axis=1))


def _alone(board: Board, classes: Classes, mine: Bools, rules: Rules, takes: Floats, sites: Ints) -> Plan | None:
    """Return the best plan of some classes on some sites, none without either."""
    if not len(sites) or not mine.any():
        return None
    product_site = np.array([product[0] for product in board.products], dtype=np.int64)
    own = replace(
        classes,
        of_job=np.zeros(0, dtype=np.int64),
        stream=classes.stream[mine],
        first_slot=classes.first_slot[mine],
        end_slot=classes.end_slot[mine],
        demand_unit_h=classes.demand_unit_h[mine],
        width=classes.width[mine],
    )
    return solve(board.take(sites), own, replace(rules, keeps_reserve=False), takes[:, np.isin(product_site, sites)])


def _idle_fen(board: Board, rules: Rules, sites: Ints) -> float:
    """Return what sites draw at no load costs."""
    return buy(board.take(sites), rules, np.zeros((len(sites), board.slot_count))).fen if len(sites) else 0.0
