"""Say between what bounds each price of a face may lie.

Where every bound compares two prices, the face is a lattice: all prices are greatest at once, and these are the lengths
of shortest paths. Elsewhere each published price is made greatest and least by a linear programme.

Source: `schrijver1998` (potentials and shortest paths).
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.prices.face import Face, part
from qipan.dispatch.programme.simplex import PRIMAL, new_solver, solver_failed


def signs(whole: Face) -> Floats:
    """Return signs that make every bound of a block the difference of two prices, ``(open,)``; zero where none do."""
    count = len(whole.row)
    matrix = whole.matrix
    entries = np.diff(matrix.indptr)
    pair = np.flatnonzero(entries == 2)
    first, second = matrix.indptr[pair], matrix.indptr[pair] + 1
    one, other = matrix.indices[first], matrix.indices[second]
    is_even = np.isclose(np.abs(matrix.data[first]), np.abs(matrix.data[second]), rtol=1e-12, atol=0.0)
    is_turned = matrix.data[first] * matrix.data[second] > 0
    uneven = np.unique(whole.block[matrix.indices[np.repeat(entries > 2, entries)]])
    uneven = np.union1d(uneven, whole.block[one[~is_even]])
    # Two copies of each price, of either sign; a bound ties copies whose difference it limits.
    ties = sparse.coo_array(
        (
            np.ones(2 * len(pair)),
            (
                np.concatenate([one, one + count]),
                np.concatenate([other + count * is_turned, other + count * ~is_turned]),
            ),
        ),
        shape=(2 * count, 2 * count),
    )
    side = csgraph.connected_components(ties, directed=False)[1].reshape(2, count)
    uneven = np.union1d(uneven, whole.block[side[0] == side[1]])
    sign = np.where(side[0] < side[1], 1.0, -1.0)
    return np.where(np.isin(whole.block, uneven), 0.0, sign)


def span(whole: Face) -> tuple[Floats, Floats]:
    """Return by how much each price may fall and rise, both ``(open,)``.

    Prices that are not published may be left at ``-inf`` and ``inf``.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    sign = signs(whole)
    least, most = np.full(len(sign), -np.inf), np.full(len(sign), np.inf)
    plain = np.flatnonzero(sign)
    if len(plain):
        least[plain], most[plain] = _by_paths(part(whole, sign != 0.0), sign[plain])
    for block in np.unique(whole.block[sign == 0.0]):
        chosen = np.flatnonzero(whole.block == block)
        least[chosen], most[chosen] = _by_programmes(part(whole, whole.block == block))
    return least, most


def _by_paths(plain: Face, sign: Floats) -> tuple[Floats, Floats]:
    """Return the ends of all ranges as lengths of shortest paths from and to a root that stands for no change."""
    count = len(sign)
    matrix = plain.matrix.tocoo()
    entries = np.diff(plain.matrix.indptr)
    scale = np.abs(plain.matrix.data[plain.matrix.indptr[:-1]])
    toward = matrix.data * sign[matrix.col] > 0
    start, end = np.full(len(entries), count), np.full(len(entries), count)
    end[matrix.row[toward]] = matrix.col[toward]
    start[matrix.row[~toward]] = matrix.col[~toward]
    slack = plain.slack / scale
    equal = plain.is_equal
    each = np.arange(count)
    root = np.full(count, count)
    rise = np.where(sign > 0, plain.most, -plain.least)
    fall = np.where(sign > 0, -plain.least, plain.most)
    arcs = [
        (start, end, slack),
        (end[equal], start[equal], slack[equal]),
        (root, each, rise),
        (each, root, fall),
    ]
    graph = _shortest(count + 1, *(np.concatenate([arc[k] for arc in arcs]) for k in range(3)))
    high = csgraph.dijkstra(graph, indices=[count])[0, :count]
    low = -csgraph.dijkstra(graph.T, indices=[count])[0, :count]
    return np.where(sign > 0, low, -high), np.where(sign > 0, high, -low)


def _shortest(count: int, start: Ints, end: Ints, length: Floats) -> sparse.csr_array:
    """Return a graph that keeps the shortest of parallel arcs."""
    finite = np.isfinite(length)
    start, end, length = start[finite], end[finite], length[finite]
    order = np.lexsort((length, end, start))
    start, end, length = start[order], end[order], length[order]
    is_first = np.ones(len(start), dtype=bool)
    is_first[1:] = (np.diff(start) != 0) | (np.diff(end) != 0)
    return sparse.csr_array((length[is_first], (start[is_first], end[is_first])), shape=(count, count))


def _by_programmes(block: Face) -> tuple[Floats, Floats]:
    """Return the ends of the ranges of published prices, each by a programme of its own."""
    solver = new_solver(simplex_strategy=PRIMAL)
    solver.passModel(model_of(block))
    ends = np.array([[-np.inf], [np.inf]]) * np.ones(len(block.row))
    for position in np.flatnonzero(block.is_aimed):
        for side, sense in enumerate((1.0, -1.0)):
            solver.changeColCost(int(position), sense)
            solver.run()
            status = solver.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                ends[side, position] = solver.getSolution().col_value[position]
            elif status not in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
                raise solver_failed(solver.modelStatusToString(status))
        solver.changeColCost(int(position), 0.0)
    return ends[0], ends[1]


def model_of(block: Face) -> highspy.HighsLp:
    """Return the changes of a face as HiGHS takes them, without a cost."""
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = block.matrix.shape
    model.col_cost_ = np.zeros(len(block.row))
    model.col_lower_, model.col_upper_ = block.least, block.most
    model.row_lower_ = np.where(block.is_equal, block.slack, -np.inf)
    model.row_upper_ = block.slack
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = block.matrix.indptr
    model.a_matrix_.index_ = block.matrix.indices
    model.a_matrix_.value_ = block.matrix.data
    return model
