"""Share each slot's work out over the sites at least cost, once it is settled what every class does in it.

A slot alone is a small programme, so a simplex method ends within milliseconds. What no site takes at the price of its
class is left to other slots, and its work is lost where it has no other.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import highspy
import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.programme.simplex import new_solver, pass_model
from qipan.dispatch.solver.dual import add_reserve, add_tolls, least_fen
from qipan.dispatch.solver.layout import Layout, Point

DEARER: Final = 0.05
"""Products are tried whose work costs at most this share more than the cheapest, at the prices of the point."""
ELSEWHERE: Final = 0.5
"""Work is left to other slots where it would cost this share more than at the prices of the point.

Where slots are short, the prices of all classes that could leave them climb together to the value of lost work: with a
small share, by as much at a time.
"""
UNPLACED: Final = 1e-9
STATUS: Final = [highspy.HighsBasisStatus(value) for value in range(5)]
LOWER, BASIC, UPPER = (
    int(status)
    for status in (highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic, highspy.HighsBasisStatus.kUpper)
)


class SlotProgram(NamedTuple):
    """A slot's programme, as `simplex.Program` has it."""

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    matrix: sparse.csc_array


class Slots:
    """What all slots have in common, and where each of them stood when it was last solved, to begin from there.

    Columns are work, supply, what streams leave to other slots and what they lose; rows are streams, products, power,
    links and groups of the reserve.

    Attributes
    ----------
    stream, flow
        ``(pairs,)``
    lost
        ``(streams,)``
    matrix
        ``(rows, columns)``
    column_status, row_status
        ``(slots, columns)`` and ``(slots, rows)``, as HiGHS counts them.
    is_known
        ``(slots,)``
    """

    def __init__(self, day: Layout, products: int) -> None:
        slots, streams = day.room.shape[1], len(day.origin)
        self.day, self.products = day, products
        self.stream = np.repeat(np.arange(streams), np.diff(day.first_pair))
        self.flow = day.origin[self.stream] * len(day.cap_kwh) + day.site
        self.lost = np.zeros(streams)
        np.maximum.at(self.lost, day.stream, day.lost)
        self.matrix = self._matrix()
        rows, columns = self.matrix.shape
        self.column_status = np.full((slots, columns), LOWER, dtype=np.int8)
        self.row_status = np.full((slots, rows), BASIC, dtype=np.int8)
        self.is_known = np.zeros(slots, dtype=bool)

    def _matrix(self) -> sparse.csc_array:
        day, streams, pairs, pools = self.day, len(self.lost), len(self.flow), len(self.day.kwh)
        tolls = np.diff(day.first_toll)[self.flow]
        crossing = np.repeat(np.arange(pairs), tolls)
        toll = (
            np.arange(len(crossing)) - np.repeat(np.cumsum(tolls) - tolls, tolls) + day.first_toll[self.flow[crossing]]
        )
        site = np.repeat(np.arange(len(day.cap_kwh)), np.diff(day.first_pool))
        work, supply = np.arange(pairs), pairs + np.arange(pools)
        product, power = streams + day.product, streams + self.products + site
        link = streams + self.products + len(day.cap_kwh) + day.toll_link[toll]
        entries = [
            (self.stream, work, np.ones(pairs)),
            (product, work, day.takes),
            (link, crossing, day.toll_factor[toll] * day.gb[self.stream[crossing]]),
            (streams + day.pool_product, supply, -np.ones(pools)),
            (power, supply, day.kwh),
            (np.tile(np.arange(streams), 2), pairs + pools + np.arange(2 * streams), np.ones(2 * streams)),
        ]
        group = streams + self.products + len(day.cap_kwh) + len(day.link_most)
        if len(day.spare):
            entries.append((group + day.group[day.product], work, day.takes))
        row, column, value = (np.concatenate([entry[part] for entry in entries]) for part in range(3))
        shape = (group + len(day.spare), pairs + pools + 2 * streams)
        return sparse.csc_array((value, (row, column)), shape=shape)


class Needs(NamedTuple):
    """What is to be done in each slot, and at what prices.

    Attributes
    ----------
    running
        ``(pools, slots)``, energy included.
    near
        ``(pairs, slots)``: which products are tried for which stream.
    free, bound
        ``(streams, slots)``: work of classes that have other slots, and of those that have none.
    elsewhere
        ``(streams, slots)``: what work costs in other slots.
    """

    running: Floats
    near: Bools
    free: Floats
    bound: Floats
    elsewhere: Floats


def share_out(slots: Slots, at: Point, unserved: Floats | None) -> Point:
    """Return a point with the work of each slot shared out anew, at the prices of its slot.

    Parameters
    ----------
    slots
        Learns where each slot stands now.
    at
        A point from `dual.within_reason`; its prices of energy stay.
    unserved
        ``(classes,)``, of an answer: classes that found no room anywhere are not left to other slots.
    """
    needs = _needs(slots, at, unserved)
    solver = new_solver(solver="simplex", primal_feasibility_tolerance=1e-7, dual_feasibility_tolerance=1e-7)
    new = Point(*(part.copy() for part in at))
    new.work[:] = 0.0
    for t in range(at.lmp.shape[1]):
        if not _solve(solver, slots, needs, t, np.flatnonzero(needs.near[:, t]), new):
            everything = (needs.free + needs.bound)[slots.stream, t] > 0.0
            _solve(solver, slots, needs, t, np.flatnonzero(everything), new)
    return new


def _needs(slots: Slots, at: Point, unserved: Floats | None) -> Needs:
    day, stream = slots.day, slots.stream
    streams, count = at.delivered.shape
    efforts = np.diff(day.first_effort)
    of_class = np.repeat(np.arange(len(efforts)), efforts)
    slot = np.arange(len(of_class)) - day.first_effort[of_class] + day.first_slot[of_class]
    place = day.stream[of_class] * count + slot
    doing = np.clip(at.effort, 0.0, day.most[of_class])
    short = np.zeros(len(efforts)) if unserved is None else np.where(unserved > UNPLACED * day.demand, unserved, 0.0)
    doing = np.minimum(doing + short[of_class], day.most[of_class])
    has_others = ((efforts > 1) & (short == 0.0))[of_class]
    free, bound = (
        np.asarray(np.bincount(place, doing * are, minlength=streams * count), dtype=np.float64).reshape(streams, count)
        for are in (has_others, ~has_others)
    )
    if unserved is None:
        free[:] = 0.0
    toll = np.zeros((len(day.first_toll) - 1, count))
    add_tolls(day, at.rent, toll)
    lmp = at.lmp.copy()
    add_reserve(day, at.reserve, lmp)
    asked = day.moving[:, None] + day.takes[:, None] * lmp[day.product] + day.gb[stream][:, None] * toll[slots.flow]
    price = least_fen(day, at)[1]
    running = day.running
    if len(at.energy):
        running = running + day.kwh[:, None] * np.repeat(at.energy, np.diff(day.first_pool), axis=0)
    near = (asked <= (1.0 + DEARER) * price[stream]) & ((free + bound)[stream] > 0.0)
    return Needs(running, near, free, bound, np.minimum((1.0 + ELSEWHERE) * price, slots.lost[:, None]))


def _solve(solver: highspy.Highs, slots: Slots, needs: Needs, t: int, tried: Ints, new: Point) -> bool:
    """Share the work of one slot out over the products tried; return whether nothing was lost."""
    day = slots.day
    streams, products = len(slots.lost), slots.products
    pairs, links, groups = len(slots.flow), len(day.link_most), len(day.spare)
    column = np.concatenate([tried, np.arange(pairs, slots.matrix.shape[1])])
    program = _program(slots, needs, t, tried, column)
    pass_model(solver, program)
    if slots.is_known[t]:
        basis = highspy.HighsBasis()
        basis.valid, basis.alien = True, True
        basis.col_status = [STATUS[value] for value in slots.column_status[t, column].tolist()]
        basis.row_status = [STATUS[value] for value in slots.row_status[t].tolist()]
        solver.setBasis(basis)
    solver.run()
    solution = solver.getSolution()
    value, active, dual = (np.asarray(part) for part in (solution.col_value, solution.row_value, solution.row_dual))
    basic = np.asarray(solver.getBasicVariables()[1])  # type: ignore[attr-defined]  # not in its stubs
    slots.column_status[t] = LOWER
    slots.column_status[t, column] = np.where((value > 0.0) & (value >= program.upper), UPPER, LOWER)
    slots.column_status[t, column[basic[basic >= 0]]] = BASIC
    slots.row_status[t] = np.where(active >= program.row_upper - UNPLACED, UPPER, LOWER)
    slots.row_status[t, -1 - basic[basic < 0]] = BASIC
    slots.is_known[t] = True
    new.work[:, t] = 0.0
    new.work[tried, t] = np.maximum(value[: len(tried)], 0.0)
    doing = needs.free[:, t] + needs.bound[:, t] > 0.0
    new.delivered[doing, t] = dual[:streams][doing]
    least = np.full(products, np.inf)
    np.minimum.at(least, day.pool_product, needs.running[:, t])
    new.lmp[:, t] = np.maximum(-dual[streams : streams + products], least)
    new.rent[:, t] = -dual[len(dual) - groups - links : len(dual) - groups]
    new.reserve[:, t] = np.maximum(-dual[len(dual) - groups :], 0.0)
    return bool(value[len(value) - streams :].sum() <= UNPLACED * needs.bound[:, t].sum())


def _program(slots: Slots, needs: Needs, t: int, tried: Ints, column: Ints) -> SlotProgram:
    """Return the programme of a slot with some of its columns."""
    day = slots.day
    free, needed = needs.free[:, t], needs.free[:, t] + needs.bound[:, t]
    most, none = day.link_most[:, t], np.zeros(slots.products)
    endless = np.full(len(day.cap_kwh) + len(day.spare), -np.inf)
    sites = len(day.cap_kwh)
    return SlotProgram(
        cost=np.concatenate([day.moving[tried], needs.running[:, t], needs.elsewhere[:, t], slots.lost]),
        lower=np.zeros(len(column)),
        upper=np.concatenate([np.full(len(tried), np.inf), day.room[:, t], free, needed]),
        row_lower=np.concatenate([needed, none, endless[:sites], -most, endless[sites:]]),
        row_upper=np.concatenate([needed, none, day.cap_kwh[:, t], most, day.spare[:, t]]),
        matrix=slots.matrix[:, column],
    )
