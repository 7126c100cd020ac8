"""Run every case at a given build with HiGHS, each from where it last ended, and read the slopes of its cost."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from qipan.dispatch.expansion.stage import Stage, stages
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.expansion import Prospect
from qipan.dispatch.model.job import KINDS
from qipan.dispatch.programme.simplex import pass_model
from qipan.kernel.errors import EngineError


@dataclass(frozen=True, slots=True)
class Ran:
    """What the cases came to at a build, each with the axis ``(cases,)`` first.

    Attributes
    ----------
    cost_fen
        Cost of the day.
    slope_fen
        ``(cases, options)``, by how much it rises with the share of an option that stands.
    carbon_slope_fen
        By how much it rises with each kilogram that is allowed.
    carbon_kg
        What the day emits.
    unserved_unit_h
        ``(cases, kinds)``, what it leaves undone.
    """

    cost_fen: Floats
    slope_fen: Floats
    carbon_slope_fen: Floats
    carbon_kg: Floats
    unserved_unit_h: Floats


class Cases:
    """The programmes of all cases, one solver a day.

    Cases of a day differ in bounds only, as do two runs of a case: each goes on from its last basis, the first time
    from that of the case before.
    """

    def __init__(self, prospect: Prospect) -> None:
        self.stages, self.touches = stages(prospect)
        self._days = len(prospect.days)
        self._of_year = len(prospect.growths) * len(prospect.days)
        self._solvers = [solver_of(one) for one in self.stages[: self._days]]
        self._bases: list[highspy.HighsBasis | None] = [None] * len(self.stages)

    def run(self, share: Floats, allowed_kg: Floats) -> Ran:
        """Run all cases.

        Parameters
        ----------
        share
            ``(options, years)``, share of the most of an option that stands.
        allowed_kg
            ``(cases,)``, what each day may emit.

        Raises
        ------
        EngineError
            ``solver_failed`` when HiGHS does not end at the optimum.
        """
        found = [
            self._case(case, share[:, case // self._of_year], float(allowed_kg[case]))
            for case in range(len(self.stages))
        ]
        cost, slope, carbon_slope, carbon, unserved = zip(*found, strict=True)
        return Ran(np.array(cost), np.array(slope), np.array(carbon_slope), np.array(carbon), np.array(unserved))

    def _case(self, case: int, share: Floats, allowed_kg: float) -> tuple[float, Floats, float, float, Floats]:
        stage, day = self.stages[case], case % self._days
        solver, touch, program = self._solvers[day], self.touches[day], stage.program
        upper = np.maximum(program.upper + touch.upper @ share, program.lower)
        row_upper = program.row_upper + touch.row_upper @ share
        row_upper[-1] = allowed_kg
        columns, rows = len(upper), len(row_upper)
        solver.changeColsBounds(columns, np.arange(columns, dtype=np.int32), program.lower, upper)
        row_lower = program.row_lower + touch.row_lower @ share
        solver.changeRowsBounds(rows, np.arange(rows, dtype=np.int32), row_lower, row_upper)  # type: ignore[attr-defined]
        basis = self._bases[case]
        if basis is not None:
            solver.setBasis(basis)
        run_to_optimum(solver)
        self._bases[case] = solver.getBasis()
        found = solver.getSolution()
        column_dual, row_dual = np.array(found.col_dual), np.array(found.row_dual)
        value = np.array(found.col_value)
        slope = np.minimum(column_dual, 0.0) @ touch.upper
        slope = slope + np.maximum(row_dual, 0.0) @ touch.row_lower + np.minimum(row_dual, 0.0) @ touch.row_upper
        return (
            float(solver.getInfo().objective_function_value),
            np.asarray(slope),
            min(float(row_dual[-1]), 0.0),
            float(found.row_value[-1]) + float(value[-1]),
            np.asarray(np.bincount(stage.kind, value[stage.unserved], len(KINDS)), dtype=np.float64),
        )


def solver_of(stage: Stage) -> highspy.Highs:
    """Hand a programme to HiGHS: one thread, a fixed seed, no presolve, so that a basis can be gone on from."""
    solver = quiet_solver()
    solver.setOptionValue("presolve", "off")
    pass_model(solver, stage.program)
    return solver


def quiet_solver() -> highspy.Highs:
    """Return a solver that prints nothing and always does the same."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    return solver


def run_to_optimum(solver: highspy.Highs) -> None:
    """Run a solver.

    Raises
    ------
    EngineError
        ``solver_failed`` when it ends in any state but optimal.
    """
    solver.run()
    status = solver.getModelStatus()
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
        raise EngineError(
            f"A programme of the expansion must solve to optimality, HiGHS ended with "
            f"{solver.modelStatusToString(status)}.",
            code="solver_failed",
            hint="Check that prices, capacities, costs and demands are finite numbers.",
        )
