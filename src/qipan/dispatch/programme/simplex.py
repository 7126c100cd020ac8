"""Ask HiGHS: one thread, a fixed seed, limits kept to a billionth, and an error of ours where it fails."""

from __future__ import annotations

from typing import Final

import highspy

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


def solver_failed(status: str) -> EngineError:
    """Return the error of a solver that ended without an answer."""
    return EngineError(
        f"The day's programme must solve to optimality, the solver ended with {status}.",
        code="solver_failed",
        hint="Check that prices, capacities and demands are finite numbers.",
    )
