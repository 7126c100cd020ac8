"""Ask HiGHS: one thread, a fixed seed, limits kept to a billionth, and an error of ours where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import highspy
import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Floats
from qipan.kernel.errors import EngineError

OPTIONS: Final[dict[str, str | float]] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    # Presolve finds little to remove from our programmes, and the basis that it hands back costs the simplex method
    # several times what the solve costs without it.
    "presolve": "off",
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
PRIMAL: Final = 4
"""The simplex strategy that goes on from an answer after costs or columns have changed."""


def new_solver(**options: str | float) -> highspy.Highs:
    """Return a HiGHS with our options, and those given."""
    solver = highspy.Highs()
    for name, value in {**OPTIONS, **options}.items():
        solver.setOptionValue(name, value)
    return solver


class Program(Protocol):
    """Any linear programme as arrays: costs, bounds of columns and rows, and the matrix between them."""

    @property
    def cost(self) -> Floats:
        """``(columns,)``."""

    @property
    def lower(self) -> Floats:
        """``(columns,)``."""

    @property
    def upper(self) -> Floats:
        """``(columns,)``."""

    @property
    def row_lower(self) -> Floats:
        """``(rows,)``."""

    @property
    def row_upper(self) -> Floats:
        """``(rows,)``."""

    @property
    def matrix(self) -> sparse.csc_array:
        """``(rows, columns)``."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Primal and dual values of a solved programme."""

    value: Floats
    row_dual: Floats
    reduced_cost: Floats
    objective: float


def pass_model(solver: highspy.Highs, program: Program) -> None:
    """Give a programme to HiGHS, as arrays, which is several times faster than as a `HighsLp`."""
    columns, matrix = len(program.cost), program.matrix
    solver.passModel(
        columns,
        len(program.row_lower),
        matrix.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        program.cost,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        matrix.indptr[:-1],
        matrix.indices,
        matrix.data,
        np.zeros(columns, dtype=np.int32),
    )


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


def solver_failed(status: str) -> EngineError:
    """Return the error of a solver that ended without an answer."""
    return EngineError(
        f"The day's programme must solve to optimality, the solver ended with {status}.",
        code="solver_failed",
        hint="Check that prices, capacities and demands are finite numbers.",
    )
