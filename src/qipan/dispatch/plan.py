"""Solve the day's linear programme with HiGHS, read the plan from it, and publish its prices."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Classes, Plan
from qipan.dispatch.prices.publish import publish
from qipan.dispatch.programme.formulate import LinearProgram, formulate
from qipan.dispatch.programme.simplex import Solution, new_solver, pass_model, read_solution


def solve(program: LinearProgram) -> Solution:
    """Hand a programme to HiGHS as arrays and solve it to optimality.

    Raises
    ------
    EngineError
        ``solver_failed`` when HiGHS ends in any state but optimal.
    """
    solver = new_solver()
    pass_model(solver, program)
    solver.run()
    return read_solution(solver)


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
