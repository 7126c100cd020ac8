"""Find the point of a polyhedron that is nearest to an aim, to rounding and proven.

An interior-point method says which bounds bind; with these as equations the answer is exact. It is held against every
bound and every multiplier, so that what is returned is proven.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import clarabel
import highspy
import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from qipan.dispatch.model.array import Bools, Floats
from qipan.dispatch.programme.simplex import new_solver, solver_failed

REACHED: Final = 1e-10
"""A bound is kept if it is broken by no more than this."""
LIFTS: Final = 1e-8
"""A bound does not bind if its multiplier is below minus this."""
FAINT: Final = 1e-7
ROUNDS: Final = 200
REFINEMENTS: Final = 8


class Projection(NamedTuple):
    """Least ``sum(weight * (x - aim)**2)`` with ``left @ x <= right``, the first ``equal`` of them equations."""

    weight: Floats
    aim: Floats
    left: sparse.csr_array
    right: Floats
    equal: int


def project(sought: Projection) -> Floats:
    """Return the point of a projection, ``(columns,)``; any point of it where a weight is zero.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    point = _proven(sought)
    if point is None:
        point = _proven(_with_equations(sought))
    if point is None:
        # Where the interior point ends far away, too many bounds bind at first; then none does.
        point = _proven(sought, _nowhere(sought))
    if point is None:
        raise solver_failed("bounds that bind and keep changing")
    return point


def _proven(sought: Projection, start: tuple[Floats, Floats, Bools] | None = None) -> Floats | None:
    """Return the answer, held against every bound and multiplier, or none if that fails.

    Parameters
    ----------
    start
        Point, multipliers and the bounds that bind at first; those of an interior-point method, if nobody says.
    """
    change, pressure, binds = start or _near(sought)
    for _ in range(ROUNDS):
        change, pressure = _exact(sought, binds, change, pressure)
        over = sought.left @ change - sought.right
        broken = np.flatnonzero(over[sought.equal :] > REACHED) + sought.equal
        free = pressure[sought.equal :]
        if np.abs(over[: sought.equal]).max(initial=0.0) > REACHED or binds[broken].any():
            return None
        if len(broken):
            binds[broken] = True
        elif free.min(initial=0.0) < -LIFTS:
            binds[sought.equal + free.argmin()] = False
        else:
            return change
    return None


def _with_equations(sought: Projection) -> Projection:
    """Return a projection whose bounds that always bind are equations, so that the others leave an inside.

    The slacks, up to one, of a point that may be scaled up are made as many as can be; what has none then never has.
    """
    count, bounds = len(sought.aim), len(sought.right)
    solver = new_solver()
    free, loose = np.full(count, np.inf), np.concatenate([np.zeros(sought.equal), np.ones(bounds - sought.equal)])
    right = sparse.csr_array(-sought.right[:, None])
    matrix = sparse.csc_array(sparse.hstack([sought.left, sparse.eye_array(bounds, format="csr"), right]))
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.concatenate([np.zeros(count), -loose, [0.0]])
    model.col_lower_ = np.concatenate([-free, np.zeros(bounds), [1.0]])
    model.col_upper_ = np.concatenate([free, loose, [np.inf]])
    model.row_lower_ = np.concatenate([np.zeros(sought.equal), np.full(bounds - sought.equal, -np.inf)])
    model.row_upper_ = np.zeros(bounds)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise solver_failed(solver.modelStatusToString(solver.getModelStatus()))
    is_loose = np.array(solver.getSolution().col_value[count : count + bounds]) > 0.5
    is_loose[: sought.equal] = False
    order = np.argsort(is_loose, kind="stable")
    return sought._replace(left=sought.left[order], right=sought.right[order], equal=int((~is_loose).sum()))


def _nowhere(sought: Projection) -> tuple[Floats, Floats, Bools]:
    """Return a start at which no bound binds but the equations."""
    bounds = len(sought.right)
    return sought.aim.copy(), np.zeros(bounds), np.arange(bounds) < sought.equal


def _near(sought: Projection) -> tuple[Floats, Floats, Bools]:
    """Return a point near the answer, the multiplier of each bound, and which bounds bind there."""
    size = max(1.0, float(np.abs(sought.aim).max()))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = REACHED
    cones = [clarabel.ZeroConeT(sought.equal), clarabel.NonnegativeConeT(len(sought.right) - sought.equal)]
    found = clarabel.DefaultSolver(
        sparse.csc_matrix(sparse.diags_array(sought.weight)),
        -sought.aim / size,
        sparse.csc_matrix(sought.left),
        sought.right / size,
        cones,
        settings,
    ).solve()
    pressure = np.array(found.z)
    binds = pressure > np.array(found.s)
    binds[: sought.equal] = True
    return np.array(found.x) * size, pressure * size, binds


def _exact(sought: Projection, binds: Bools, change: Floats, pressure: Floats) -> tuple[Floats, Floats]:
    """Return the answer for the bounds that bind as equations, refined from a near one, and all multipliers."""
    bound = np.flatnonzero(binds)
    rows = sought.left[bound]
    count, more = len(sought.aim), len(bound)
    weight = sparse.csr_array(sparse.diags_array(sought.weight))
    whole: sparse.csr_array = sparse.csr_array(
        sparse.vstack([sparse.hstack([weight, rows.T]), sparse.hstack([rows, sparse.csr_array((more, more))])])
    )
    firm = sparse.diags_array(np.concatenate([np.full(count, FAINT), np.full(more, -FAINT)]))
    solve = linalg.splu(sparse.csc_array(whole + firm)).solve
    wanted = np.concatenate([sought.aim, sought.right[bound]])
    found = np.concatenate([change, pressure[bound]])
    for _ in range(REFINEMENTS):
        found += solve(wanted - whole @ found)
    multiplier = np.zeros(len(sought.right))
    multiplier[bound] = found[count:]
    return found[:count], multiplier
