"""Solve the day's linear programme with HiGHS, read the plan from it, and publish its prices."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Classes, Plan
from qipan.dispatch.prices.publish import publish
from qipan.dispatch.programme.formulate import LinearProgram, formulate
from qipan.dispatch.programme.simplex import new_solver, solver_failed


@dataclass(frozen=True, slots=True)
class Solution:
    """Primal and dual values of a solved programme."""

    value: Floats
    row_dual: Floats
    reduced_cost: Floats
    objective: float


def solve(program: LinearProgram) -> Solution:
    """Hand a programme to HiGHS as arrays and solve it to optimality.

    Raises
    ------
    EngineError
        ``solver_failed`` when HiGHS ends in any state but optimal.
    """
    solver = new_solver()
    solver.passModel(model_of(program))
    solver.run()
    return read_solution(solver)


def read_solution(solver: highspy.Highs) -> Solution:
    """Return what HiGHS has found.

    Raises
    ------
    EngineError
        ``solver_failed`` when HiGHS ended in any state but optimal.
    """
    status = solver.getModelStatus()
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        raise solver_failed(solver.modelStatusToString(status))
    found = solver.getSolution()
    return Solution(
        value=np.array(found.col_value),
        row_dual=np.array(found.row_dual),
        reduced_cost=np.array(found.col_dual),
        objective=float(solver.getInfo().objective_function_value),
    )


def model_of(program: LinearProgram) -> highspy.HighsLp:
    """Return a programme as HiGHS takes it."""
    model = highspy.HighsLp()
    model.num_col_ = len(program.cost)
    model.num_row_ = len(program.row_lower)
    model.col_cost_ = program.cost
    model.col_lower_ = program.lower
    model.col_upper_ = program.upper
    model.row_lower_ = program.row_lower
    model.row_upper_ = program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = program.matrix.indptr
    model.a_matrix_.index_ = program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    return model


def plan(board: Board, classes: Classes, rules: Rules, takes: Floats) -> Plan:
    """Plan the classes over the board at least cost, and price every product and slot.

    Prices are final: those of the rule in `publish`, the same from any solver.

    Parameters
    ----------
    takes
        ``(streams, products)``, as `formulate` takes it.

    Raises
    ------
    EngineError
        ``solver_failed`` when the programme cannot be solved.
    """
    program = formulate(board, classes, rules, takes)
    return read_plan(board, classes, program, solve(program))


def read_plan(board: Board, classes: Classes, program: LinearProgram, solution: Solution) -> Plan:
    """Translate an optimal solution back into the words of a plan, with the prices of the rule."""
    columns, rows, slots = program.columns, program.rows, board.slot_count
    prices = publish(board, classes, program, solution.value, solution.row_dual)
    links = (0 if board.links is None else len(board.links.names), slots)
    flow = program.matrix[rows.link : rows.reserve] @ solution.value if links[0] else np.zeros(0)
    return Plan(
        classes=classes,
        work_stream=columns.stream,
        work_product=columns.product,
        work_slot=columns.slot,
        work_unit_h=solution.value[: columns.effort],
        takes=columns.takes,
        transfer_fen=columns.transfer_fen,
        nearness_fen=columns.nearness_fen,
        supply_unit_h=solution.value[columns.supply : columns.unserved].reshape(-1, slots),
        unserved_unit_h=solution.value[columns.unserved : columns.energy],
        lmp_fen_per_unit_h=prices.lmp_fen_per_unit_h,
        delivered_fen_per_unit_h=prices.delivered_fen_per_unit_h,
        class_price_fen_per_unit_h=prices.class_price_fen_per_unit_h,
        capacity_rent_fen_per_unit_h=prices.capacity_rent_fen_per_unit_h,
        power_rent_fen_per_kwh=prices.power_rent_fen_per_kwh,
        link_rent_fen_per_gb=prices.link_rent_fen_per_gb,
        link_flow_gb=np.asarray(flow).reshape(links),
        objective_fen=solution.objective,
        reserve_rent_fen_per_unit_h=prices.reserve_rent_fen_per_unit_h,
        energy=prices.energy,
        is_final=prices.is_final,
    )
