"""The solvers that ours is held against: each is given the day's programme as arrays, one thread, and a time to end in.

HiGHS by its simplex, interior point and first-order methods, OR-Tools by GLOP and PDLP, and linopy, which writes the
model itself. ``_full`` is the programme that one writes down first: every class at every site.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from qipan.dispatch.model.plan import Instance
from qipan.dispatch.programme.formulate import LinearProgram, formulate

FIRST_ORDER: Final = 1e-4
"""First-order methods stop at this relative error of limits and gap: their cost is that near the optimum, no nearer."""

HIGHS: Final[dict[str, dict[str, Any]]] = {
    "highs_simplex": {"solver": "simplex", "presolve": "off"},
    "highs_simplex_presolved": {"solver": "simplex"},
    "highs_ipx": {"solver": "ipx", "run_crossover": "off"},
    "highs_hipo": {"solver": "hipo", "run_crossover": "off"},
    "highs_pdlp": {"solver": "pdlp", "kkt_tolerance": FIRST_ORDER, "pdlp_optimality_tolerance": FIRST_ORDER},
}
ORTOOLS_PDLP: Final = (
    "termination_criteria { simple_optimality_criteria { eps_optimal_relative: 1e-4 eps_optimal_absolute: 1e-4 } }"
    " num_threads: 1"
)
PEERS: Final = {
    "highs_simplex": "HiGHS, dual simplex, presolve off",
    "highs_simplex_presolved": "HiGHS, dual simplex, its own options",
    "highs_ipx": "HiGHS, IPX without crossover",
    "highs_hipo": "HiGHS, HiPO without crossover",
    "highs_pdlp": "HiGHS, PDLP",
    "highs_simplex_full": "HiGHS, dual simplex, every class at every site",
    "highs_ipx_full": "HiGHS, IPX without crossover, every class at every site",
    "ortools_glop": "OR-Tools, GLOP",
    "ortools_pdlp": "OR-Tools, PDLP",
    "linopy": "linopy, HiGHS with its own options",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver came to: its status in its own words, and its cost in fen where it ended."""

    status: str
    cost_fen: float | None
    is_exact: bool

    @property
    def has_ended(self) -> bool:
        """Whether it ended before its time."""
        return self.cost_fen is not None


def ask(peer: str, made: Instance, cap_s: float) -> Answer:
    """Let a peer solve a day's programme, model building included."""
    if peer == "linopy":
        return _linopy(made, cap_s)
    program = formulate(*(full(made) if peer.endswith("_full") else made))
    name = peer.removesuffix("_full")
    return _highs(HIGHS[name], program, cap_s) if name in HIGHS else _ortools(name, program, cap_s)


def full(made: Instance) -> Instance:
    """Return the same programme with every class a stream of its own."""
    classes, streams = made.classes, made.classes.streams
    of = classes.stream
    alone = replace(
        streams,
        sort=streams.sort[of],
        origin=streams.origin[of],
        tier=streams.tier[of],
        gb_per_unit_h=streams.gb_per_unit_h[of],
    )
    whole = replace(classes, stream=np.arange(len(classes)), streams=alone)
    return made._replace(classes=whole, takes=made.takes[of])


def _highs(options: dict[str, Any], program: LinearProgram, cap_s: float) -> Answer:
    import highspy

    from qipan.dispatch.programme.simplex import pass_model

    solver = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, "time_limit": cap_s, **options}.items():
        if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise RuntimeError(f"HiGHS must know the option {name}={value}; install highspy-extras for HiPO.")
    pass_model(solver, program)
    solver.run()
    status = solver.getModelStatus()
    has_ended = status == highspy.HighsModelStatus.kOptimal
    cost = float(solver.getInfo().objective_function_value) if has_ended else None
    return Answer(solver.modelStatusToString(status), cost, options["solver"] != "pdlp")


def _ortools(name: str, program: LinearProgram, cap_s: float) -> Answer:
    # It holds a HiGHS of its own, which does not bear highspy in the same process.
    from ortools.linear_solver.python.model_builder_helper import ModelBuilderHelper, ModelSolverHelper, SolveStatus

    model = ModelBuilderHelper()
    model.fill_model_from_sparse_data(
        program.lower, program.upper, program.cost, program.row_lower, program.row_upper, program.matrix.tocsr()
    )
    solver = ModelSolverHelper(name.removeprefix("ortools_"))
    solver.set_time_limit_in_seconds(cap_s)
    if name == "ortools_pdlp":
        solver.set_solver_specific_parameters(ORTOOLS_PDLP)
    solver.solve(model)
    status = solver.status()
    cost = float(solver.objective_value()) if status == SolveStatus.OPTIMAL else None
    return Answer(status.name, cost, name != "ortools_pdlp")


def _linopy(made: Instance, cap_s: float) -> Answer:
    from benchmarks.linopy_day import by_stream

    model = by_stream(made.board, made.classes, made.rules, made.takes)
    status, condition = model.solve(
        "highs", io_api="direct", log_to_console=False, output_flag=False, threads=1, time_limit=cap_s
    )
    return Answer(condition, float(model.objective.value) if status == "ok" and condition == "optimal" else None, True)
