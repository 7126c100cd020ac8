"""Join builds and all cases in one linear programme: what the decomposition is held against where that is small.

Each bound that an option moves becomes a row with the shares that stand on its left; a row that both ends of which
move by different amounts stands twice.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

from qipan.dispatch.expansion.expand import cost_of_share, most_in_year, most_of
from qipan.dispatch.expansion.run_cases import quiet_solver, run_to_optimum
from qipan.dispatch.expansion.stage import Stage, Touch, stages
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.expansion import Prospect

Block = tuple[sparse.csr_array, sparse.csr_array, Floats, Floats]
"""Entries of the shares, entries of the case, lower and upper end of rows."""


def join(prospect: Prospect) -> tuple[float, Floats]:
    """Return the least cost in fen, and the units that stand, ``(options, years)``.

    Raises
    ------
    EngineError
        ``solver_failed`` when the programme cannot be solved.
    """
    made, touches = stages(prospect)
    options, years, days = len(prospect.options), len(prospect.years), len(prospect.days)
    shares = options * years
    in_case = len(made) // years
    first = np.cumsum([shares, *(len(one.program.cost) for one in made)])
    count = int(first[-1])
    blocks = []
    for case, one in enumerate(made):
        for share, own, low, high in _blocks(one, touches[case % days]):
            standing = sparse.csr_array(sparse.kron(share, _standing(years, case // in_case)))
            before = sparse.csr_array((own.shape[0], int(first[case]) - shares))
            after = sparse.csr_array((own.shape[0], count - int(first[case + 1])))
            blocks.append((sparse.hstack([standing, before, own, after]), low, high))
    blocks += _builds(prospect, count)
    blocks += _carbon(prospect, made, first, count)
    matrix = sparse.csc_array(sparse.vstack([block[0] for block in blocks]))
    remaining = np.cumsum(prospect.discount[::-1])[::-1]
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    run = [weight * one.program.cost for weight, one in zip(prospect.weight, made, strict=True)]
    cost = np.concatenate([(cost_of_share(prospect)[:, None] * remaining).ravel(), *run])
    scale = max(float(np.abs(cost).max(initial=1.0)) / 1e3, 1.0)
    model.col_cost_ = cost / scale
    model.col_lower_ = np.concatenate([np.zeros(shares), *(one.program.lower for one in made)])
    ends = [_free(one.program.upper, touches[case % days].upper) for case, one in enumerate(made)]
    model.col_upper_ = np.concatenate([most_in_year(prospect).ravel(), *ends])
    model.row_lower_ = np.concatenate([block[1] for block in blocks])
    model.row_upper_ = np.concatenate([block[2] for block in blocks])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    solver = quiet_solver()
    solver.passModel(model)
    run_to_optimum(solver)
    built = np.array(solver.getSolution().col_value)[:shares].reshape(options, years)
    cost_fen = float(solver.getInfo().objective_function_value) * scale
    return cost_fen, most_of(prospect)[:, None] * np.cumsum(built, axis=1)


def _standing(years: int, year: int) -> Floats:
    """Return the row that adds up what was built until a year."""
    return (np.arange(years) <= year).astype(float)[None, :]


def _free(upper: Floats, moved: sparse.csr_array) -> Floats:
    free = upper.copy()
    free[np.unique(moved.nonzero()[0])] = np.inf
    return free


def _blocks(one: Stage, touch: Touch) -> list[Block]:
    """Return the rows of a case: those that no option moves, both ends of those that it does, and moved columns."""
    program = one.program
    matrix = sparse.csr_array(program.matrix)
    moved = np.union1d(touch.row_lower.nonzero()[0], touch.row_upper.nonzero()[0]).astype(np.int64)
    still = np.setdiff1d(np.arange(matrix.shape[0]), moved)
    columns = np.unique(touch.upper.nonzero()[0])
    unit = sparse.csr_array(sparse.eye_array(matrix.shape[1], format="csr"))[columns]
    endless = np.full(len(moved), np.inf)
    return [
        (
            sparse.csr_array((len(still), touch.upper.shape[1])),
            matrix[still],
            program.row_lower[still],
            program.row_upper[still],
        ),
        (-touch.row_lower[moved], matrix[moved], program.row_lower[moved], endless),
        (-touch.row_upper[moved], matrix[moved], -endless, program.row_upper[moved]),
        (-touch.upper[columns], unit, np.full(len(columns), -np.inf), program.upper[columns]),
    ]


def _builds(prospect: Prospect, count: int) -> list[tuple[sparse.csr_array, Floats, Floats]]:
    """Return the rows of the most that can be built, and of what options need."""
    years, at = len(prospect.years), {one.option_id: index for index, one in enumerate(prospect.options)}
    rows = []
    for index, one in enumerate(prospect.options):
        line = np.zeros((1 + (years if one.needs else 0), count))
        line[0, index * years : (index + 1) * years] = 1.0
        for year in range(years) if one.needs else ():
            line[1 + year, index * years : index * years + year + 1] = one.most
            needed = at[one.needs]
            before = max(year + 1 - one.lead_years, 0)
            line[1 + year, needed * years : needed * years + before] -= prospect.options[needed].most
        most = np.zeros(len(line))
        most[0] = 1.0
        rows.append((sparse.csr_array(line), np.full(len(line), -np.inf), most))
    return rows


def _carbon(
    prospect: Prospect, made: list[Stage], first: Floats, count: int
) -> list[tuple[sparse.csr_array, Floats, Floats]]:
    """Return the rows of the carbon of each year and growth."""
    days = np.array([day.days_per_year for day in prospect.days])
    rows = []
    for year, growth in np.ndindex(len(prospect.years), len(prospect.growths)):
        if np.isfinite(prospect.carbon.most_kg[year]):
            line = np.zeros((1, count))
            for day, weight in enumerate(days.tolist()):
                case = (year * len(prospect.growths) + growth) * len(days) + day
                emitted = made[case].program.matrix[[-1], :].toarray()[0]
                line[0, int(first[case]) : int(first[case + 1])] = weight * emitted
            rows.append((sparse.csr_array(line), np.array([-np.inf]), prospect.carbon.most_kg[[year]]))
    return rows
