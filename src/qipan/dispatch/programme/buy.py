"""Buy the energy of given work at least cost: from the grid, from own plants, through stores, under limits and peaks.

Rows (7) to (10) of `energy` with what the work draws given. Of ways that cost the same, one that draws least from the
grid and puts least into stores; of these the one that HiGHS finds first, the same each time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import Energy, EnergyPlan, Purchase
from qipan.dispatch.programme.energy import (
    energy_bounds,
    energy_columns,
    energy_costs,
    energy_entries,
    energy_rows,
    grid_fen_per_kwh,
    read_energy,
    under_peak_kw,
)
from qipan.dispatch.programme.simplex import PRIMAL, Solution, new_solver, pass_model, read_solution

NO_PRICE_FEN: Final = 1e-7
"""A dual below this is none: its column or row may move without a cost."""


class _Program(NamedTuple):
    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    matrix: sparse.csc_array


def buy(board: Board, rules: Rules, work_kwh: Floats) -> Purchase:
    """Buy what work draws at least cost, and tell where it comes from and what more would cost.

    Parameters
    ----------
    work_kwh
        ``(sites, slots)``, what work draws at the meters, besides what is drawn at no load.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    grid_fen = grid_fen_per_kwh(board, rules)
    if board.energy is None:
        return Purchase(fen=float((grid_fen * work_kwh).sum()), energy=_from_grid(grid_fen, work_kwh))
    program = _formulate(board, board.energy, rules, work_kwh)
    best, value = _solve(program, board, board.energy)
    bought = read_energy(board, board.energy, grid_fen, value=value, dual=best.row_dual)
    drawn_kwh = board.energy.areas.member.astype(float) @ bought.grid_kwh
    return Purchase(
        fen=best.objective,
        energy=replace(
            bought,
            # Where they cost nothing the solver may leave them higher than they are.
            over_kwh=np.maximum(drawn_kwh - board.energy.areas.most_kw * board.slot_h, 0.0),
            peak_kw=raised_kw(board, drawn_kwh),
        ),
    )


def raised_kw(board: Board, drawn_kwh: Floats) -> Floats:
    """Return by how much the sites raise the highest load of each area, ``(areas,)``.

    Parameters
    ----------
    drawn_kwh
        ``(areas, slots)``, what the sites of each area draw from the grid.
    """
    if board.energy is None:
        return np.zeros(0)
    above = drawn_kwh / board.slot_h - under_peak_kw(board.energy.areas.load_kw)
    return np.asarray(above.max(axis=1, initial=0.0))


def _from_grid(grid_fen: Floats, work_kwh: Floats) -> EnergyPlan:
    """Return all energy bought at the price, with neither plants nor stores nor areas."""
    none, no_area = np.zeros_like(work_kwh), np.zeros((0, work_kwh.shape[1]))
    return EnergyPlan(
        grid_kwh=work_kwh.copy(),
        renewable_kwh=none,
        fill_kwh=none,
        drain_kwh=none,
        stored_kwh=none,
        energy_fen_per_kwh=grid_fen,
        stored_fen_per_kwh=none,
        over_kwh=no_area,
        limit_rent_fen_per_kwh=no_area,
        peak_rent_fen_per_kwh=no_area,
        peak_kw=np.zeros(0),
    )


def _formulate(board: Board, energy: Energy, rules: Rules, work_kwh: Floats) -> _Program:
    columns, rows = energy_columns(board, energy), energy_rows(board, energy)
    entries = energy_entries(board, energy, 0, 0)
    row, column, value = (np.concatenate([entry[part] for entry in entries]) for part in range(3))
    row_lower, row_upper = energy_bounds(board, energy)
    for limit in (row_lower, row_upper):
        limit[rows.energy : rows.store] -= work_kwh.ravel()
    return _Program(
        *energy_costs(board, energy, rules),
        row_lower,
        row_upper,
        sparse.csc_array((value, (row, column)), shape=(rows.count, columns.count)),
    )


def _solve(program: _Program, board: Board, energy: Energy) -> tuple[Solution, Floats]:
    """Return an optimal solution, and the values of one that draws least from the grid and through stores.

    What has a price in any optimal dual is the same in every optimal answer; the rest may move.
    """
    solver = new_solver()
    pass_model(solver, program)
    solver.run()
    best = read_solution(solver)
    is_priced = np.abs(best.reduced_cost) > NO_PRICE_FEN
    columns = energy_columns(board, energy)
    cost = np.zeros(columns.count)
    cost[columns.grid : columns.renewable] = cost[columns.fill : columns.drain] = 1.0
    equal = program._replace(
        cost=cost,
        lower=np.where(is_priced, best.value, program.lower),
        upper=np.where(is_priced, best.value, program.upper),
        row_lower=np.where(np.abs(best.row_dual) > NO_PRICE_FEN, program.row_upper, program.row_lower),
    )
    basis = solver.getBasis()
    pass_model(solver, equal)
    solver.setBasis(basis)
    solver.setOptionValue("simplex_strategy", PRIMAL)
    solver.run()
    return best, read_solution(solver).value
