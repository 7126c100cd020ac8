"""Go from a plan near the optimum to an exact one, whose prices are final.

A programme restricted to some columns is small: those that the plan uses, and those that its prices call cheap. At its
duals every column left out is priced; those that would pay are added, and it is solved again from where it stands. When
none would pay, its answer is an optimum of the whole.

Source: `dantzig1960` (column generation).
"""

from __future__ import annotations

from typing import Final

import highspy
import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Classes, Plan
from qipan.dispatch.plan import read_plan
from qipan.dispatch.programme.formulate import LinearProgram, formulate
from qipan.dispatch.programme.simplex import PRIMAL, Solution, new_solver, pass_model, read_solution

CHEAP_SHARE: Final = 1.0
"""So many columns a row are kept at the start, the cheapest; any further one at no cost is kept as well."""
ADDED_SHARE: Final = 0.5
"""At most so many columns a row are added at once, those that pay most."""
PAYS: Final = 1e-9
"""A column pays if its reduced cost is below minus this, in fen."""


def finish(board: Board, classes: Classes, rules: Rules, takes: Floats, *, near: Plan) -> Plan:
    """Return the plan of least cost, with final prices, from one near it.

    Parameters
    ----------
    takes
        ``(streams, products)``, as `formulate` takes it.
    near
        Any plan of these classes on this board; the nearer it is, the sooner it is done.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    program = formulate(board, classes, rules, takes)
    used = _used(board, program, near)
    return read_plan(board, classes, program, solve_from(program, _row_dual(program, near), used))


def solve_from(program: LinearProgram, row_dual: Floats, used: Bools) -> Solution:
    """Solve a programme to optimality from duals that need not be optimal.

    Parameters
    ----------
    row_dual
        ``(rows,)``
    used
        ``(columns,)``, columns to keep whatever these duals say.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    kept = used.copy()
    kept[program.columns.unserved :] = True
    margin = program.cost - program.matrix.T @ row_dual
    count = int(CHEAP_SHARE * len(row_dual))
    kept |= margin <= (max(PAYS, np.partition(margin, count)[count]) if count < len(margin) else np.inf)
    column = np.flatnonzero(kept)
    solver = new_solver()
    pass_model(solver, _only(program, column))
    while True:
        solver.run()
        found = read_solution(solver)
        margin = program.cost - program.matrix.T @ found.row_dual
        paying = np.flatnonzero((margin < -PAYS) & ~kept)
        if not len(paying):
            break
        most = int(ADDED_SHARE * len(row_dual)) + 1
        if len(paying) > most:
            paying = paying[np.argpartition(margin[paying], most)[:most]]
        kept[paying] = True
        column = np.concatenate([column, paying])
        _add(solver, program, paying)
        solver.setOptionValue("simplex_strategy", PRIMAL)
    value = np.zeros(len(margin))
    value[column] = found.value
    return Solution(value=value, row_dual=found.row_dual, reduced_cost=margin, objective=found.objective)


def _used(board: Board, program: LinearProgram, near: Plan) -> Bools:
    """Return which columns a plan uses, as far as it tells: work and supply, ``(columns,)``."""
    columns = program.columns
    work = np.zeros((len(near.classes.streams), len(board.products), board.slot_count), dtype=bool)
    work[near.work_stream, near.work_product, near.work_slot] = near.work_unit_h > 0.0
    used = np.zeros(columns.count, dtype=bool)
    used[: columns.effort] = work[columns.stream, columns.product, columns.slot]
    used[columns.supply : columns.unserved] = near.supply_unit_h.ravel() > 0.0
    return used


def _row_dual(program: LinearProgram, near: Plan) -> Floats:
    """Return the prices of a plan from `approach` as duals of the rows of `formulate`, ``(rows,)``."""
    powered = near.power_rent_fen_per_kwh[program.rows.powered_sites]
    fed = near.energy
    return np.concatenate(
        [
            near.class_price_fen_per_unit_h,
            near.delivered_fen_per_unit_h.ravel(),
            -near.lmp_fen_per_unit_h.ravel(),
            -powered.ravel(),
            -near.link_rent_fen_per_gb.ravel(),
            -near.reserve_rent_fen_per_unit_h.ravel(),
            *(() if fed is None else (-part.ravel() for part in fed.prices)),
        ]
    )


def _only(program: LinearProgram, column: Ints) -> LinearProgram:
    """Return a programme with these columns alone; `Columns` still counts those of the whole."""
    return LinearProgram(
        columns=program.columns,
        rows=program.rows,
        cost=program.cost[column],
        lower=program.lower[column],
        upper=program.upper[column],
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        matrix=program.matrix[:, column],
    )


def _add(solver: highspy.Highs, program: LinearProgram, column: Ints) -> None:
    part = program.matrix[:, column]
    cost, lower, upper = program.cost[column], program.lower[column], program.upper[column]
    solver.addCols(len(column), cost, lower, upper, part.nnz, part.indptr[:-1], part.indices, part.data)
