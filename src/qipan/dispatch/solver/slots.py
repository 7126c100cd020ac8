"""Share each slot's work out over the sites at least cost, once it is settled what every class does in it.

A slot alone is a small programme, so a simplex method ends within milliseconds. What no site takes at the price of its
class is left to other slots, and its work is lost where it has no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.programme.simplex import new_solver
from qipan.dispatch.solver.dual import add_reserve, add_tolls, least_fen
from qipan.dispatch.solver.layout import Layout, Point

NEAR: Final = 0.05
"""Products are tried whose work costs at most this share more than the cheapest, at the prices of the point."""
ELSEWHERE: Final = 0.1
"""Work is left to other slots where it would cost this share more than at the prices of the point."""
UNPLACED: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Slots:
    """What all slots have in common.

    Attributes
    ----------
    stream, flow
        ``(pairs,)``
    lost
        ``(streams,)``
    running
        ``(pools, slots)``, energy included.
    near
        ``(pairs, slots)``: which products are tried for which stream.
    free, bound
        ``(streams, slots)``: work of classes that have other slots, and of those that have none.
    elsewhere
        ``(streams, slots)``: what work costs in other slots.
    """

    day: Layout
    stream: Ints
    flow: Ints
    lost: Floats
    running: Floats
    near: Bools
    free: Floats
    bound: Floats
    elsewhere: Floats


class Bases:
    """Where each column and row of each slot's programme stood when it was last solved, to begin from there.

    Attributes
    ----------
    columns, rows
        ``(slots, columns)`` and ``(slots, rows)``, as HiGHS counts them.
    is_known
        ``(slots,)``
    """

    def __init__(self, day: Layout, products: int) -> None:
        slots, streams = day.room.shape[1], len(day.origin)
        columns = len(day.product) + len(day.kwh) + 2 * streams
        rows = streams + products + len(day.cap_kwh) + len(day.link_most) + len(day.spare)
        self.columns = np.zeros((slots, columns), dtype=np.int8)
        self.rows = np.full((slots, rows), int(highspy.HighsBasisStatus.kBasic), dtype=np.int8)
        self.is_known = np.zeros(slots, dtype=bool)


STATUS: Final = [highspy.HighsBasisStatus(value) for value in range(5)]


def share_out(day: Layout, at: Point, unserved: Floats | None, bases: Bases) -> Point:
    """Return a point with the work of each slot shared out anew, at the prices of its slot.

    Parameters
    ----------
    at
        A point from `dual.within_reason`; its prices of energy stay.
    unserved
        ``(classes,)``, of an answer: classes that found no room anywhere are not left to other slots.
    """
    slots = _slots(day, at, unserved)
    solver = new_solver(solver="simplex", primal_feasibility_tolerance=1e-7, dual_feasibility_tolerance=1e-7)
    new = Point(*(part.copy() for part in at))
    new.work[:] = 0.0
    for t in range(at.lmp.shape[1]):
        tried = np.flatnonzero(slots.near[:, t])
        if not _solve(solver, slots, t, tried, new, bases):
            _solve(solver, slots, t, np.flatnonzero((slots.free + slots.bound)[slots.stream, t] > 0.0), new, bases)
    return new


def _slots(day: Layout, at: Point, unserved: Floats | None) -> Slots:
    streams, slots = at.delivered.shape
    stream = np.repeat(np.arange(streams), np.diff(day.first_pair))
    flow = day.origin[stream] * len(day.cap_kwh) + day.site
    count = np.diff(day.first_effort)
    of_class = np.repeat(np.arange(len(count)), count)
    slot = np.arange(len(of_class)) - day.first_effort[of_class] + day.first_slot[of_class]
    place = day.stream[of_class] * slots + slot
    doing = np.clip(at.effort, 0.0, day.most[of_class])
    short = np.zeros(len(count)) if unserved is None else np.where(unserved > UNPLACED * day.demand, unserved, 0.0)
    doing = np.minimum(doing + short[of_class], day.most[of_class])
    has_others = ((count > 1) & (short == 0.0))[of_class]
    free, bound = (
        np.asarray(np.bincount(place, doing * are, minlength=streams * slots), dtype=np.float64).reshape(streams, slots)
        for are in (has_others, ~has_others)
    )
    if unserved is None:
        free[:] = 0.0
    toll = np.zeros((len(day.first_toll) - 1, slots))
    add_tolls(day, at.rent, toll)
    lmp = at.lmp.copy()
    add_reserve(day, at.reserve, lmp)
    asked = day.moving[:, None] + day.takes[:, None] * lmp[day.product] + day.gb[stream][:, None] * toll[flow]
    price = least_fen(day, at)[1]
    running = day.running
    if len(at.energy):
        running = running + day.kwh[:, None] * np.repeat(at.energy, np.diff(day.first_pool), axis=0)
    lost = np.zeros(streams)
    np.maximum.at(lost, day.stream, day.lost)
    near = (asked <= (1.0 + NEAR) * price[stream]) & ((free + bound)[stream] > 0.0)
    elsewhere = np.minimum((1.0 + ELSEWHERE) * price, lost[:, None])
    return Slots(day, stream, flow, lost, running, near, free, bound, elsewhere)


def _solve(solver: highspy.Highs, slots: Slots, t: int, tried: Ints, new: Point, bases: Bases) -> bool:
    """Share the work of one slot out over the products tried; return whether nothing was lost."""
    day = slots.day
    model, doing, movable = _model(slots, t, tried)
    aside = len(movable)
    pairs, pools, streams = len(day.product), len(day.kwh), len(day.origin)
    column = np.concatenate([tried, pairs + np.arange(pools), pairs + pools + movable, pairs + pools + streams + doing])
    row = np.concatenate([doing, np.arange(streams, bases.rows.shape[1])])
    solver.passModel(model)
    if bases.is_known[t]:
        basis = highspy.HighsBasis()
        basis.valid, basis.alien = True, True
        basis.col_status = [STATUS[value] for value in bases.columns[t, column].tolist()]
        basis.row_status = [STATUS[value] for value in bases.rows[t, row].tolist()]
        solver.setBasis(basis)
    solver.run()
    basis = solver.getBasis()
    bases.columns[t] = 0
    bases.columns[t, column] = [int(value) for value in basis.col_status]
    bases.rows[t, row] = [int(value) for value in basis.row_status]
    bases.is_known[t] = True
    solution = solver.getSolution()
    value, dual = np.asarray(solution.col_value), np.asarray(solution.row_dual)
    products, links, groups = len(new.lmp), len(day.link_most), len(day.spare)
    new.work[:, t] = 0.0
    new.work[tried, t] = np.maximum(value[: len(tried)], 0.0)
    new.delivered[doing, t] = dual[: len(doing)]
    least = np.full(products, np.inf)
    np.minimum.at(least, day.pool_product, slots.running[:, t])
    new.lmp[:, t] = np.maximum(-dual[len(doing) : len(doing) + products], least)
    new.rent[:, t] = -dual[len(dual) - groups - links : len(dual) - groups]
    new.reserve[:, t] = np.maximum(-dual[len(dual) - groups :], 0.0)
    return bool(value[len(tried) + len(day.kwh) + aside :].sum() <= UNPLACED * slots.bound[:, t].sum())


def _model(slots: Slots, t: int, tried: Ints) -> tuple[highspy.HighsLp, Ints, Ints]:
    """Return the programme of a slot, which streams it has, and which of them may leave work to other slots.

    Columns are work, supply, what is left to other slots and what is lost; rows are streams, products, power, links and
    groups of the reserve.
    """
    day = slots.day
    needed = slots.free[:, t] + slots.bound[:, t]
    doing = np.flatnonzero(needed > 0.0)
    movable = np.flatnonzero(slots.free[doing, t] > 0.0)
    pools, sites = len(day.kwh), len(day.cap_kwh)
    first_product = len(doing)
    first_site = first_product + len(day.group)
    first_link = first_site + sites
    first_group = first_link + len(day.link_most)
    place = np.full(len(needed), -1)
    place[doing] = np.arange(len(doing))
    work = np.arange(len(tried))
    tolls = np.diff(day.first_toll)[slots.flow[tried]]
    column = np.repeat(work, tolls)
    within = np.arange(len(column)) - np.repeat(np.cumsum(tolls) - tolls, tolls)
    toll = day.first_toll[slots.flow[tried]][column] + within
    supply = len(tried) + np.arange(pools)
    aside = len(tried) + pools + np.arange(len(movable))
    lost = len(tried) + pools + len(movable) + np.arange(len(doing))
    site = np.repeat(np.arange(sites), np.diff(day.first_pool))
    entries = [
        (place[slots.stream[tried]], work, np.ones(len(tried))),
        (first_product + day.product[tried], work, day.takes[tried]),
        (first_link + day.toll_link[toll], column, day.toll_factor[toll] * day.gb[slots.stream[tried]][column]),
        (first_product + day.pool_product, supply, -np.ones(pools)),
        (first_site + site, supply, day.kwh),
        (movable, aside, np.ones(len(movable))),
        (np.arange(len(doing)), lost, np.ones(len(doing))),
    ]
    if len(day.spare):
        entries.append((first_group + day.group[day.product[tried]], work, day.takes[tried]))
    row, at, value = (np.concatenate([entry[part] for entry in entries]) for part in range(3))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(tried) + pools + len(movable) + len(doing), first_group + len(day.spare)
    matrix = sparse.csc_array((value, (row, at)), shape=(model.num_row_, model.num_col_))
    elsewhere, free = slots.elsewhere[doing[movable], t], slots.free[doing[movable], t]
    model.col_cost_ = np.concatenate([day.moving[tried], slots.running[:, t], elsewhere, slots.lost[doing]])
    model.col_lower_ = np.zeros(model.num_col_)
    model.col_upper_ = np.concatenate([np.full(len(tried), np.inf), day.room[:, t], free, needed[doing]])
    most, none = day.link_most[:, t], np.zeros(len(day.group))
    endless = np.full(sites + len(day.spare), -np.inf)
    model.row_lower_ = np.concatenate([needed[doing], none, endless[:sites], -most, endless[sites:]])
    model.row_upper_ = np.concatenate([needed[doing], none, day.cap_kwh[:, t], most, day.spare[:, t]])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    return model, doing, doing[movable]
