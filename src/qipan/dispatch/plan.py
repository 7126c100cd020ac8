"""Solve the day's linear programme with HiGHS and read plan and prices from it."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from qipan.dispatch.energy import read_energy
from qipan.dispatch.formulate import LinearProgram, formulate, least_of_product
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Classes, Plan
from qipan.kernel.errors import EngineError


@dataclass(frozen=True, slots=True)
class Solution:
    """Primal and dual values of a solved programme."""

    value: Floats
    row_dual: Floats
    reduced_cost: Floats
    objective: float


def solve(program: LinearProgram) -> Solution:
    """Hand a programme to HiGHS as arrays and solve it to optimality, on one thread, with a fixed seed.

    Presolve is off: it finds little to remove from these programmes, and the basis that it hands back costs the simplex
    method several times what the solve costs without it.

    Raises
    ------
    EngineError
        ``solver_failed`` when HiGHS ends in any state but optimal.
    """
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("presolve", "off")
    solver.passModel(model_of(program))
    solver.run()
    status = solver.getModelStatus()
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        raise EngineError(
            f"The day's programme must solve to optimality, HiGHS ended with {solver.modelStatusToString(status)}.",
            code="solver_failed",
            hint="Check that prices, capacities and demands are finite numbers.",
        )
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

    Prices are the duals that the solver returned, so they are *indicative*: where the dual is not unique another
    solver may return another one.

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
    """Translate a solution back into the words of a plan."""
    columns, rows, slots = program.columns, program.rows, board.slot_count
    supply = slice(columns.supply, columns.unserved)
    power_rent = np.zeros((len(board.sites), slots))
    power_rent[rows.powered_sites] = np.maximum(-solution.row_dual[rows.power : rows.link].reshape(-1, slots), 0.0)
    running = program.cost[supply].reshape(-1, slots)
    capacity_rent = np.maximum(-solution.reduced_cost[supply].reshape(-1, slots), 0.0)
    links = (0 if board.links is None else len(board.links.names), slots)
    flow = program.matrix[rows.link : rows.reserve] @ solution.value if links[0] else np.zeros(0)
    reserve = np.maximum(-solution.row_dual[rows.reserve : rows.energy].reshape(-1, slots), 0.0)
    energy = None
    if board.energy is not None:
        grid = program.cost[columns.energy : columns.energy + power_rent.size].reshape(power_rent.shape)
        energy = read_energy(
            board,
            board.energy,
            grid,
            value=solution.value[columns.energy :],
            dual=solution.row_dual[rows.energy :],
        )
    paid = power_rent if energy is None else power_rent + energy.energy_fen_per_kwh
    offers = _offers(board, running, capacity_rent, paid)
    return Plan(
        classes=classes,
        work_stream=columns.stream,
        work_product=columns.product,
        work_slot=columns.slot,
        work_unit_h=solution.value[: columns.effort],
        takes=columns.takes,
        transfer_fen=columns.transfer_fen,
        nearness_fen=columns.nearness_fen,
        supply_unit_h=solution.value[supply].reshape(-1, slots),
        unserved_unit_h=solution.value[columns.unserved : columns.energy],
        lmp_fen_per_unit_h=offers if not len(reserve) else offers + reserve[board.product_group],
        delivered_fen_per_unit_h=solution.row_dual[rows.stream : rows.balance].reshape(-1, slots),
        class_price_fen_per_unit_h=solution.row_dual[: rows.stream],
        capacity_rent_fen_per_unit_h=capacity_rent,
        power_rent_fen_per_kwh=power_rent,
        link_rent_fen_per_gb=solution.row_dual[rows.link : rows.reserve].reshape(links),
        link_flow_gb=np.asarray(flow).reshape(links),
        reserve_rent_fen_per_unit_h=reserve,
        energy=energy,
        objective_fen=solution.objective,
    )


def _offers(board: Board, running: Floats, capacity_rent: Floats, paid_per_kwh: Floats) -> Floats:
    """Return at what price each product offers its next unit-hour, ``(products, slots)``.

    It equals the dual of the product's balance wherever something is supplied. Where nothing is, that dual may lie
    anywhere below the running cost, and nobody could buy there at such a price; the offer is optimal as well.
    """
    offer = running + capacity_rent + paid_per_kwh[board.pool_site] * board.kwh_per_unit_h[:, None]
    return least_of_product(board, offer)
