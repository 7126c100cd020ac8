"""Describe every optimal price of a programme at once, from any one optimal answer.

The optimal duals of a linear programme are the dual points that are complementary to any optimal answer; whichever
answer it is, they are the same set, a *face*. Here it is written as what the duals of rows may differ by from those
that a solver returned. Columns' upper limits that have a published price become rows first, so that every price is the
dual of a row.

Most duals differ by nothing: the columns strictly between their limits say so. Which ones do is read from normal
deviates projected on what these columns leave open: a dual that may differ keeps a share of them with probability one.
What remains falls into blocks that share no column.

Source: `schrijver1998` (complementary slackness, the optimal face).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph, linalg

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.programme.formulate import LinearProgram

NOTHING: Final = 1e-8
"""A quantity that is nearer to its limit than this, relative to one and the limit, stands at it."""
FAINT: Final = 1e-10
TIGHT: Final = 1e-9
"""A bound with no more slack than this has none, in fen."""
OPEN: Final = 1e-7
"""A dual whose share of a probe is larger than this may differ."""
PROBES: Final = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Whose prices are published: these rows, and the upper limits of these columns."""

    rows: Ints
    columns: Ints


@dataclass(frozen=True, slots=True)
class Face:
    """What the duals of rows may differ by, ``least <= change <= most`` and ``matrix @ change <= slack``.

    Attributes
    ----------
    price
        ``(rows + limited columns,)``, the optimal duals at which every change is zero, in fen.
    row
        ``(open,)``, positions in ``price`` of those that may differ.
    least, most
        ``(open,)``; ``least <= 0 <= most``.
    matrix, slack
        ``(bounds, open)``, ``(bounds,)``; slack is zero or more.
    is_equal
        ``(bounds,)``, whether a bound must hold with equality; its slack is then zero.
    is_aimed
        ``(open,)``, whether the price is published.
    block
        ``(open,)``, the block of each; blocks share no bound.
    """

    price: Floats
    row: Ints
    least: Floats
    most: Floats
    matrix: sparse.csr_array
    slack: Floats
    is_equal: Bools
    is_aimed: Bools
    block: Ints


def face(program: LinearProgram, value: Floats, row_dual: Floats, limits: Limits) -> Face:
    """Return the optimal duals of a programme.

    A column that its limits force to zero is left out first, with whatever only it could use: what cannot be used has
    no price.

    Parameters
    ----------
    value, row_dual
        ``(columns,)``, ``(rows,)``, any optimal answer and any optimal duals.
    limits
        Whose prices are published. Prices of limits of zero are not.
    """
    kept = ~forced(program)
    raised = raise_limits(program, value, row_dual, limits, kept)
    free = np.flatnonzero((np.diff(raised.matrix.indptr) > 0) & (raised.at_lower | raised.at_upper))
    is_equal = ~raised.at_least & ~raised.at_most
    while True:
        free = free[_open(sparse.csr_array(raised.matrix[free][:, np.flatnonzero(is_equal)].T))]
        found, column = _bounds(raised, free, is_equal)
        tied = column[_tied(found)]
        if is_equal[tied].all():
            return part(found, np.isin(found.block, np.unique(found.block[found.is_aimed])))
        is_equal[tied] = True


@dataclass(frozen=True, slots=True)
class Raised:
    """A programme whose published upper limits are rows, at an optimal answer; columns that are forced are left out.

    Attributes
    ----------
    matrix
        ``(rows, columns)``
    price, at_lower, at_upper, is_aimed
        ``(rows,)``, optimal duals, the limits at which a row stands, and whether its price is published.
    margin, at_least, at_most
        ``(columns,)``, reduced costs and the limits at which a column stands.
    """

    matrix: sparse.csr_array
    price: Floats
    at_lower: Bools
    at_upper: Bools
    is_aimed: Bools
    margin: Floats
    at_least: Bools
    at_most: Bools


def raise_limits(program: LinearProgram, value: Floats, row_dual: Floats, limits: Limits, kept: Bools) -> Raised:
    """Make rows of the published upper limits; parameters as for `face`."""
    column = np.flatnonzero(kept)
    count = len(limits.columns)
    is_limited = kept[limits.columns]
    below = sparse.csr_array(
        (
            np.ones(int(is_limited.sum())),
            (np.flatnonzero(is_limited), (np.cumsum(kept) - 1)[limits.columns[is_limited]]),
        ),
        shape=(count, len(column)),
    )
    matrix = sparse.csr_array(sparse.vstack([program.matrix[:, column], below], format="csr"))
    margin = program.cost - program.matrix.T @ row_dual
    rent = np.where(kept, np.minimum(margin, 0.0), 0.0)[limits.columns]
    margin[limits.columns] -= rent
    most = program.upper.copy()
    most[limits.columns] = np.inf
    lower = np.concatenate([program.row_lower, np.full(count, -np.inf)])
    upper = np.concatenate([program.row_upper, program.upper[limits.columns]])
    done = matrix @ value[column]
    is_aimed = np.zeros(len(lower), dtype=bool)
    is_aimed[limits.rows] = is_aimed[len(row_dual) :] = True
    return Raised(
        matrix=matrix,
        # What nothing can use has no price, whatever the solver said.
        price=np.where(np.diff(matrix.indptr) > 0, np.concatenate([row_dual, rent]), 0.0),
        at_lower=_meet(done, lower),
        at_upper=_meet(upper, done),
        is_aimed=is_aimed,
        margin=margin[column],
        at_least=_meet(value[column], program.lower[column]),
        at_most=_meet(most[column], value[column]),
    )


def part(whole: Face, chosen: Bools) -> Face:
    """Return the face of the chosen prices alone, whole blocks of them."""
    column = np.flatnonzero(chosen)
    matrix = sparse.csr_array(whole.matrix[:, column])
    rows = np.flatnonzero(np.diff(matrix.indptr))
    return Face(
        price=whole.price,
        row=whole.row[column],
        least=whole.least[column],
        most=whole.most[column],
        matrix=matrix[rows],
        slack=whole.slack[rows],
        is_equal=whole.is_equal[rows],
        is_aimed=whole.is_aimed[column],
        block=np.unique(whole.block[column], return_inverse=True)[1],
    )


def forced(program: LinearProgram) -> Bools:
    """Return which columns can be nothing but zero, ``(columns,)``."""
    return shut(program)[0]


def shut(program: LinearProgram) -> tuple[Bools, Floats]:
    """Return which columns can be nothing but zero, ``(columns,)``, and by which limit rows force them, ``(rows,)``.

    A row whose entries have one sign and whose limit on that side is zero forces all its columns, again and again. Its
    side is 1 for its upper limit, -1 for its lower one, and 0 where it forces nothing.
    """
    gone = program.upper <= 0.0
    matrix = program.matrix
    rises, falls = (sparse.csc_array(matrix > 0), sparse.csc_array(matrix < 0))
    side = np.zeros(len(program.row_lower))
    while True:
        here = (~gone).astype(float)
        has_rise, has_fall = rises @ here > 0, falls @ here > 0
        over = has_rise & ~has_fall & (program.row_upper == 0.0)
        under = has_fall & ~has_rise & (program.row_lower == 0.0)
        if not (over | under).any():
            return np.asarray(gone), side
        side += 1.0 * over - under
        gone = gone | ((rises.T @ (over | under) + falls.T @ (over | under)) > 0)


def _meet(high: Floats, low: Floats) -> Bools:
    """Return where two limits meet."""
    with np.errstate(invalid="ignore"):
        return np.asarray(high - low <= NOTHING * (1.0 + np.minimum(np.abs(high), np.abs(low))))


def _open(between: sparse.csr_array) -> Bools:
    """Return which duals the columns strictly between their limits leave open, ``(rows,)``.

    Parameters
    ----------
    between
        ``(columns, rows)``
    """
    count = between.shape[1]
    if not count:
        return np.zeros(0, dtype=bool)
    gram = sparse.csc_array(between.T @ between + FAINT * sparse.eye_array(count))
    solve = linalg.splu(gram, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}).solve
    # Always the same draw: what is returned depends on the arguments alone.
    probe = np.random.default_rng(0).standard_normal((count, PROBES))
    for _ in range(3):
        probe = FAINT * solve(probe)
    return np.asarray(np.abs(probe).max(axis=1) > OPEN)


def _bounds(raised: Raised, free: Ints, is_equal: Bools) -> tuple[Face, Ints]:
    """Return what rows and columns say of the free duals, and the column that each bound comes from."""
    columns = sparse.csr_array(raised.matrix[free].T)
    says = (np.diff(columns.indptr) > 0) & (is_equal | ~(raised.at_least & raised.at_most))
    column = np.flatnonzero(says)
    sign = np.where(raised.at_most[column] & ~is_equal[column], -1.0, 1.0)
    price = raised.price[free]
    matrix = sparse.csr_array(sparse.diags_array(sign) @ columns[column])
    found = Face(
        price=raised.price,
        row=free,
        least=np.where(raised.at_upper[free], -np.inf, -np.maximum(price, 0.0)),
        most=np.where(raised.at_lower[free], np.inf, -np.minimum(price, 0.0)),
        matrix=matrix,
        slack=np.where(is_equal[column], 0.0, np.maximum(sign * raised.margin[column], 0.0)),
        is_equal=is_equal[column],
        is_aimed=raised.is_aimed[free],
        block=_blocks(matrix),
    )
    return found, column


def _blocks(matrix: sparse.csr_array) -> Ints:
    """Return a number for each column of a matrix, the same for two that a chain of rows joins."""
    rows, columns = matrix.shape
    if not columns:
        return np.zeros(0, dtype=np.int64)
    entry = matrix.tocoo()
    graph = sparse.coo_array((np.ones(matrix.nnz), (entry.row, entry.col + rows)), shape=(rows + columns,) * 2)
    return np.asarray(csgraph.connected_components(graph, directed=False)[1][rows:], dtype=np.int64)


def _tied(found: Face) -> Bools:
    """Return which bounds without slack hold with equality, as bounds without slack close a circle, ``(bounds,)``.

    Only bounds on one price and on two of equal weight are looked at. Every price has two nodes, for its rise and its
    fall; an arc says that its end rises at most as much as its start.
    """
    matrix, count = found.matrix, len(found.row)
    entries = np.diff(matrix.indptr)
    begin = matrix.indptr[:-1]
    tight = found.slack <= TIGHT
    alone = np.flatnonzero(tight & (entries == 1))
    pair = np.flatnonzero(tight & (entries == 2))
    pair = pair[np.isclose(np.abs(matrix.data[begin[pair]]), np.abs(matrix.data[begin[pair] + 1]), rtol=1e-12)]

    def node(bound: Ints, position: int, *, falls: bool) -> Ints:
        at = begin[bound] + position
        return np.asarray(matrix.indices[at] + count * ((matrix.data[at] < 0) != falls), dtype=np.int64)

    each = np.arange(count)
    start = [node(alone, 0, falls=True), node(pair, 0, falls=True), node(pair, 1, falls=True)]
    end = [node(alone, 0, falls=False), node(pair, 1, falls=False), node(pair, 0, falls=False)]
    start += [each[found.least >= -TIGHT], each[found.most <= TIGHT] + count]
    end += [each[found.least >= -TIGHT] + count, each[found.most <= TIGHT]]
    start_all, end_all = np.concatenate(start), np.concatenate(end)
    graph = sparse.coo_array((np.ones(len(start_all)), (start_all, end_all)), shape=(2 * count, 2 * count))
    circle = csgraph.connected_components(graph, connection="strong")[1]
    is_tied = np.zeros(len(entries), dtype=bool)
    for bound, position in ((alone, 0), (pair, 1)):
        is_tied[bound] = circle[node(bound, 0, falls=True)] == circle[node(bound, position, falls=False)]
    return is_tied
