"""Share out what trades in an hour of spot, where several volumes are optimal: pro rata, then by hub, in whole lots.

At final prices most of it is settled: limits better than the price trade whole, worse ones not at all; cards go only
where they cost what is paid there, and a link that earns rent is full. What is left are limits that equal the price.

1. Each of them is to trade all of its lots. What trades lies nearest to that: the least sum of squares of what lacks,
   each over the lots of the limit, so that hubs that share a shortage lack the same share.
2. These shares are rounded to whole lots, up or down: as many lots as can be; then as many bids of one hub after the
   other, then offers. Hubs take turns at being the first, from hour to hour.
3. Of the flows that are left each hub serves itself first, then one pair of hubs after the other.

So there is one answer, whichever solver and whichever of several optimal plans is asked. Where a link carries parts of
a lot, flows may end in parts; the market rounds these down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import highspy
import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.prices.project import Projection, project
from qipan.dispatch.programme.simplex import new_solver, solver_failed
from qipan.kernel.errors import EngineError
from qipan.market.model.auction import Network

EQUAL: Final = 1e-6
"""Prices that differ by less, in fen, are equal."""
WHOLE: Final = 1e-5
"""Lots that differ by less from a whole one are whole: what a solver may lack where there are a million."""
GIVES: Final = 1e-6
"""By how many lots what was found to be the most may fall short, so that rounding shuts no door."""


class Prices(NamedTuple):
    """Final prices of an hour, unrounded, in fen a card-hour: of bids and offers ``(hubs,)``, of links ``(links,)``."""

    bid: Floats
    offer: Floats
    rent: Floats


class Ties(NamedTuple):
    """What the prices leave open: limits that equal them, and the flows that they pay for, beside what must trade.

    Variables are lots of bids, lots of offers, both by hub, and flows.

    Attributes
    ----------
    most
        The most of each variable.
    left, right, equal
        ``left @ lots <= right``, of which the first ``equal`` are equations: each hub's flows are what it trades, and a
        link that earns is full; the others, what links may carry.
    start, end
        Hubs of each flow.
    """

    most: Floats
    left: sparse.csr_array
    right: Floats
    equal: int
    start: Ints
    end: Ints


def share_volumes(
    network: Network,
    prices: Prices,
    bids: Mapping[tuple[int, int], int],
    offers: Mapping[tuple[int, int], int],
    turn: int = 0,
) -> Floats:
    """Return the lots that each hub supplies to each in an hour, ``(from, to)``.

    Parameters
    ----------
    bids, offers
        Lots by hub and limit.
    turn
        Number of the hour; which hub is the first goes by it.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    ties = tie(network, prices, bids, offers)
    flow = np.zeros((len(network.hubs),) * 2)
    if len(ties.start):
        flow[ties.start, ties.end] = _whole(ties, _pro_rata(ties), turn % len(network.hubs))
    return flow


def tie(
    network: Network, prices: Prices, bids: Mapping[tuple[int, int], int], offers: Mapping[tuple[int, int], int]
) -> Ties:
    """Return what the prices of an hour leave open."""
    hubs, links = len(network.hubs), len(network.links)
    share = np.array(network.share, dtype=float).reshape(links, hubs, hubs) / network.parts
    room = np.array(network.capacity_lots, dtype=float)
    carried = np.array(network.transfer_fen_per_card_h, dtype=float).reshape(hubs, hubs)
    carried = carried + np.tensordot(prices.rent, share, axes=1)
    is_paid = np.abs(prices.offer[:, None] + carried - prices.bid) < EQUAL
    start, end = np.nonzero(is_paid)
    buys, bids_whole = _split(bids, prices.bid, lambda limit, price: limit > price)
    sells, offers_whole = _split(offers, prices.offer, lambda limit, price: limit < price)
    flows = np.arange(len(start))
    ends = np.concatenate([end, hubs + start]), np.concatenate([flows, flows])
    meets = sparse.coo_array((np.ones(2 * len(start)), ends), shape=(2 * hubs, len(start)))
    crosses = share[:, start, end]
    earns = np.abs(prices.rent) >= EQUAL
    nothing = sparse.csr_array((links, 2 * hubs))
    over = sparse.hstack([nothing, sparse.csr_array(crosses)], format="csr")
    balance = sparse.hstack([-sparse.eye_array(2 * hubs), meets], format="csr")
    full = sparse.diags_array(np.sign(prices.rent)) @ over
    return Ties(
        np.concatenate([buys, sells, np.full(len(start), np.inf)]),
        sparse.csr_array(sparse.vstack([balance, full[earns], over[~earns], -over[~earns]])),
        np.concatenate([bids_whole, offers_whole, room[earns], room[~earns], room[~earns]]),
        2 * hubs + int(earns.sum()),
        start,
        end,
    )


def _split(
    levels: Mapping[tuple[int, int], int], price: Floats, is_better: Callable[[int, float], bool]
) -> tuple[Floats, Floats]:
    """Return the lots at a limit that equals the price, and at better ones, ``(hubs,)`` each."""
    equal, better = np.zeros(len(price)), np.zeros(len(price))
    for (hub, limit), lots in levels.items():
        if abs(limit - price[hub]) < EQUAL:
            equal[hub] += lots
        elif is_better(limit, float(price[hub])):
            better[hub] += lots
    return equal, better


def _pro_rata(ties: Ties) -> Floats:
    """Return the lots of limits at the price that lack least of all, by squares over the lots asked for."""
    asked = np.flatnonzero(np.isfinite(ties.most) & (ties.most > 0.0))
    flows = np.flatnonzero(np.isinf(ties.most))
    most = ties.most[asked]
    # In units in which every lot that lacks counts alike, and the largest is one.
    size = max(float(ties.right.max(initial=0.0)), float(most.max(initial=0.0)), 1.0)
    unit = np.concatenate([np.sqrt(most * size), np.full(len(flows), size)])
    columns = np.concatenate([asked, flows])
    rows = ties.left[:, columns] @ sparse.diags_array(unit / size)
    each = sparse.eye_array(len(columns), format="csr")
    aim = np.concatenate([most / unit[: len(asked)], np.zeros(len(flows))])
    sought = Projection(
        np.concatenate([np.ones(len(asked)), np.zeros(len(flows))]),
        aim,
        sparse.csr_array(sparse.vstack([rows, each[: len(asked)], -each])),
        np.concatenate([ties.right / size, aim[: len(asked)], np.zeros(len(columns))]),
        ties.equal,
    )
    lots = np.zeros(int(np.isfinite(ties.most).sum()))
    if len(asked):
        lots[asked] = (project(sought) * unit)[: len(asked)]
    return lots


def _whole(ties: Ties, shares: Floats, first: int) -> Floats:
    """Return the flows, in lots, with each share rounded to a lot up or down."""
    hubs, flows = len(shares) // 2, len(ties.start)
    low, high = np.floor(shares + WHOLE), np.ceil(shares - WHOLE)
    solver = _solver(ties, low, high)
    bids = np.flatnonzero(low[:hubs] < high[:hubs])
    try:
        _most(solver, bids)
    except EngineError:
        # A share that is whole to a solver may not be: then it is rounded as the others are.
        low, high = np.maximum(low - 1.0, 0.0), np.minimum(high + 1.0, ties.most[: len(shares)])
        solver, bids = _solver(ties, low, high), np.flatnonzero(low[:hubs] < high[:hubs])
        _most(solver, bids)
    if len(bids):
        most = float(_value(solver)[bids].sum()) - GIVES
        solver.addRow(most, np.inf, len(bids), bids, np.ones(len(bids)))
    place = [(hub - first) % hubs for hub in range(hubs)]
    shared = sorted(np.flatnonzero(low < high).tolist(), key=lambda at: (at >= hubs, place[at % hubs]))
    ends = list(zip(ties.start.tolist(), ties.end.tolist(), strict=True))
    pairs = sorted(range(flows), key=lambda at: (len({*ends[at]}), *(place[hub] for hub in ends[at][::-1])))
    for column in [*shared, *(len(shares) + at for at in pairs)]:
        _most(solver, np.array([column]))
        lots = float(_value(solver)[column])
        solver.changeColBounds(int(column), max(lots - GIVES, 0.0), lots + GIVES)
    found = _value(solver)[len(shares) :]
    whole = np.rint(found)
    return np.where(np.abs(found - whole) < WHOLE, whole, found)


def _solver(ties: Ties, low: Floats, high: Floats) -> highspy.Highs:
    """Return a solver of what is open, with shares between bounds."""
    flows = len(ties.start)
    low, high = np.append(low, np.zeros(flows)), np.append(high, np.full(flows, np.inf))
    solver, matrix = new_solver(), sparse.csc_array(ties.left)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.zeros(matrix.shape[1])
    model.col_lower_, model.col_upper_ = low, high
    is_equal = np.arange(len(ties.right)) < ties.equal
    model.row_lower_ = np.where(is_equal, ties.right, -np.inf)
    model.row_upper_ = ties.right
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver.passModel(model)
    return solver


def _most(solver: highspy.Highs, columns: Ints) -> None:
    """Make the sum of some variables as large as it can be."""
    count = solver.getNumCol()
    cost = np.zeros(count)
    cost[columns] = -1.0
    solver.changeColsCost(count, np.arange(count, dtype=np.int32), cost)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise solver_failed(solver.modelStatusToString(solver.getModelStatus()))


def _value(solver: highspy.Highs) -> Floats:
    return np.array(solver.getSolution().col_value)
