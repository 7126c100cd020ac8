"""Measure how whole jobs meet the grid: peaks of its areas, and what is taken from own plants, by policy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import plain_list
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import Energy, EnergyPlan
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.model.power import AreaPeaks, PowerDay, Uptake
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import usage
from qipan.dispatch.plan import plan
from qipan.dispatch.pose import Posed
from qipan.dispatch.programme.buy import buy
from qipan.dispatch.reservation.cover import join

OURS, OTHERS, BLIND = "qipan", "others", "blind"
"""By the plan; without any site; by a plan that knows neither peaks nor limits of areas."""


def measure(board: Board, rules: Rules, posed: Posed, found: Placement) -> PowerDay | None:
    """Return peaks and uptake on what happened; nothing where nothing stands behind the meters.

    Energy is bought at least cost for each placement (`buy`). The blind plan buys without peaks and limits as well.
    Covered jobs run where they must in each.

    Parameters
    ----------
    found
        Of all jobs that were posed.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    energy = board.energy
    if energy is None:
        return None
    jobs, covered, rest, instance = posed.jobs, posed.covered, posed.rest, posed.instance
    blind = _without_areas(board, energy)
    left = blind.hold(covered.held)
    theirs = plan(left, instance.classes, rules, instance.takes)
    unseeing = place(rest.jobs, left, rules, rest.reached, refused=rest.refused, plan=theirs)
    at_home = place_by(Baseline.HOME_FIRST, rest.jobs, rest.board, rules, rest.reached, refused=rest.refused)
    policies = {
        OURS: (board, found),
        BLIND: (blind, join(jobs, blind, covered, unseeing)),
        Baseline.HOME_FIRST.value: (board, join(jobs, board, covered, at_home)),
    }
    bought = {
        policy: buy(where, rules, usage(jobs, where, placed).energy_kwh).energy
        for policy, (where, placed) in policies.items()
    }
    return PowerDay(_areas(board, energy, bought), _uptake(board, energy, bought))


def _without_areas(board: Board, energy: Energy) -> Board:
    free = replace(
        energy.areas,
        most_kw=np.full_like(energy.areas.most_kw, np.inf),
        peak_fen_per_kw=np.zeros_like(energy.areas.peak_fen_per_kw),
    )
    return replace(board, energy=replace(energy, areas=free))


def _areas(board: Board, energy: Energy, bought: dict[str, EnergyPlan]) -> list[AreaPeaks]:
    areas, member = energy.areas, energy.areas.member.astype(float)
    drawn_kw = {policy: member @ one.grid_kwh / board.slot_h for policy, one in bought.items()}
    return [
        AreaPeaks(
            name=name,
            others_kw=plain_list(areas.load_kw[a]),
            sites_kw=plain_list(drawn_kw[OURS][a]),
            limit_kw=float(areas.most_kw[a].min()) if np.isfinite(areas.most_kw[a]).any() else None,
            over_kwh=float(np.maximum(drawn_kw[OURS][a] - areas.most_kw[a], 0.0).sum() * board.slot_h),
            peaks_kw={OTHERS: float(areas.load_kw[a].max())}
            | {policy: float((areas.load_kw[a] + kw[a]).max()) for policy, kw in drawn_kw.items()},
        )
        for a, name in enumerate(areas.names)
    ]


def _uptake(board: Board, energy: Energy, bought: dict[str, EnergyPlan]) -> list[Uptake]:
    available_kwh = energy.renewable_kw.sum(axis=1) * board.slot_h
    return [
        Uptake(
            site.site_id,
            float(available_kwh[s]),
            {policy: float(one.renewable_kwh[s].sum()) for policy, one in bought.items()},
        )
        for s, site in enumerate(board.sites)
        if available_kwh[s] > 0
    ]
