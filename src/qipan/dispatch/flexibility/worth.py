"""Tell what the flexibility of each kind and tier of work is worth: what the plan would cost more without it.

The programme is written once, with classes fine enough to take waiting away; then only bounds of columns change, so
every restricted plan is a plan of the first programme, and no flexibility is worth less than nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import KINDS, Jobs, Tier
from qipan.dispatch.model.plan import Classes, Instance
from qipan.dispatch.model.power import Flexibility
from qipan.dispatch.programme.formulate import LinearProgram, formulate
from qipan.dispatch.programme.simplex import Solution, new_solver, pass_model, read_solution

REGION, MACRO, NEAREST = 0, 1, 2
"""How near a site is to an origin: in its region, in its macro-region, or neither."""


class _Restricted(NamedTuple):
    fen: float
    lost_fen: float


def worth(jobs: Jobs, instance: Instance) -> tuple[Flexibility, ...]:
    """Return the worth of flexibility in time and in space by kind and tier, at the optimum of the linear programme.

    Tiers of which a kind has no work are left out.

    Parameters
    ----------
    jobs
        Those that the classes of the instance were made of.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    board, classes, rules, takes = instance
    classes, rigid_end = split_by_end(jobs, board, classes)
    program = formulate(board, classes, rules, takes)
    columns = program.columns
    solver = new_solver()
    pass_model(solver, program)
    solver.run()
    free, basis = read_solution(solver), solver.getBasis()

    def without(mine: Bools) -> _Restricted:
        """Solve without some columns, then let them free again."""
        chosen = np.flatnonzero(mine).astype(np.int32)
        solver.changeColsBounds(len(chosen), chosen, program.lower[chosen], np.zeros(len(chosen)))
        solver.run()
        found = read_solution(solver)
        solver.changeColsBounds(len(chosen), chosen, program.lower[chosen], program.upper[chosen])
        solver.setBasis(basis)
        return _Restricted(max(found.objective - free.objective, 0.0), _lost_fen(program, found, free))

    far = {most: _is_far(board, classes, takes, most)[columns.stream, columns.product] for most in (REGION, MACRO)}
    told = []
    kind, tiers = Instance(board, classes, rules, takes).kind_of_stream, classes.streams.tier
    for k, tier in np.unique(np.stack([kind, tiers], axis=1), axis=0).tolist():
        alike = (kind == k) & (tiers == tier)
        late, away = np.zeros((2, columns.count), dtype=bool)
        late[columns.effort : columns.supply] = alike[classes.stream[columns.effort_class]] & (
            columns.effort_slot >= rigid_end[columns.effort_class]
        )
        of_tier = alike[columns.stream]
        wait = without(late)
        away[: columns.effort] = of_tier & far[REGION]
        region = without(away)
        away[: columns.effort] = of_tier & far[MACRO]
        macro = without(away)
        work = free.value[: columns.effort] * of_tier
        told.append(
            Flexibility(
                kind=KINDS[k].value,
                tier=Tier(tier).label,
                work_unit_h=float(work.sum()),
                energy_kwh=float((work * columns.takes * _kwh_of_product(board)[columns.product]).sum()),
                wait_fen=wait.fen,
                wait_lost_fen=wait.lost_fen,
                leave_region_fen=region.fen,
                leave_region_lost_fen=region.lost_fen,
                leave_macro_fen=macro.fen,
                leave_macro_lost_fen=macro.lost_fen,
            )
        )
    return tuple(told)


def split_by_end(jobs: Jobs, board: Board, classes: Classes) -> tuple[Classes, Ints]:
    """Split classes by the slot in which their jobs would end if none waited.

    Returns
    -------
    Classes
        The same work in the same windows; classes of one window may be several.
    ndarray
        ``(classes,)``, one past the last slot of each without waiting.
    """
    index = np.flatnonzero(classes.of_job >= 0)
    old = classes.of_job[index]
    submit = np.maximum(jobs.submit_s[index], board.start_s)
    ends = np.ceil((submit + jobs.requested_s[index] - board.start_s) / board.slot_s - 1e-9).astype(np.int64)
    ends = np.clip(ends, classes.first_slot[old] + 1, classes.end_slot[old])
    unique, inverse = np.unique(np.stack([old, ends], axis=1), axis=0, return_inverse=True)
    inverse, parent = inverse.reshape(-1), unique[:, 0]
    work = jobs.quantity[index] * planned_h(jobs, board)[index]
    of_job = np.full(len(jobs), -1, dtype=np.int64)
    of_job[index] = inverse
    split = replace(
        classes,
        of_job=of_job,
        stream=classes.stream[parent],
        first_slot=classes.first_slot[parent],
        end_slot=classes.end_slot[parent],
        demand_unit_h=_added(inverse, work, len(unique)),
        width=_added(inverse, jobs.quantity[index], len(unique)),
    )
    return split, unique[:, 1]


def _added(group: Ints, values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(group, weights=values, minlength=count), dtype=np.float64)


def _is_far(board: Board, classes: Classes, takes: Floats, most: int) -> Bools:
    """Tell which products a stream must give up if it may go no farther than that, ``(streams, products)``.

    A stream without any so near keeps those of the next larger circle, in the end the nearest site.
    """
    site = np.array([product[0] for product in board.products], dtype=np.int64)
    origin = classes.streams.origin
    circle = _circles(board)[origin][:, site]
    may = takes > 0
    nearest = np.where(may, circle, NEAREST + 1).min(axis=1, initial=NEAREST + 1)
    allowed = np.maximum(nearest, most)[:, None]
    trip = np.where(may, board.round_trip_ms[origin][:, site], np.inf)
    is_nearest = trip <= trip.min(axis=1, initial=np.inf, keepdims=True)
    return np.asarray(may & np.where(allowed == NEAREST, ~is_nearest, circle > allowed))


def _circles(board: Board) -> Ints:
    """Return how near each site is to each origin, ``(origins, sites)``."""
    circle = np.full((len(board.origins), len(board.sites)), NEAREST, dtype=np.int64)
    for o, origin in enumerate(board.origins):
        for s, site in enumerate(board.sites):
            if (origin.adcode or origin.origin_id) == (site.adcode or site.site_id):
                circle[o, s] = REGION
            elif origin.macro and origin.macro == site.macro:
                circle[o, s] = MACRO
    return circle


def _kwh_of_product(board: Board) -> Floats:
    """Return the least energy of a unit-hour among the pools of each product, ``(products,)``."""
    least = np.full(len(board.products), np.inf)
    np.minimum.at(least, board.pool_product, board.kwh_per_unit_h)
    return least


def _lost_fen(program: LinearProgram, found: Solution, free: Solution) -> float:
    part = slice(program.columns.unserved, program.columns.energy)
    return float(((found.value - free.value)[part] * program.cost[part]).sum())
