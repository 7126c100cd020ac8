"""Publish the prices of a plan by a rule that has exactly one answer.

Rents of capacity, power, links and the reserve, and the prices of energy, are chosen by `rule` from all optimal ones;
every other price follows from them.
What a limit of zero shuts out takes no part in the choice; it is priced last, as low as leaves nobody wanting it.

Source: `schweppe1988` (spot prices and rents), `euphemia2019` (the middle of the range).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Bools, Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.model.plan import Classes
from qipan.dispatch.prices.face import NOTHING, Face, Limits, face, shut
from qipan.dispatch.prices.rule import choose
from qipan.dispatch.programme.energy import read_energy
from qipan.dispatch.programme.formulate import LinearProgram, least_of_product, room_kwh
from qipan.kernel.errors import EngineError

TICKS_PER_FEN: Final = 100
HALF: Final = 0.5 + 1.0 / 7000.0
"""Prices a little below half a tick go up, so that rounding errors do not decide; no short decimal lies at the edge."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Published prices, as in `Plan`; ``is_final`` unless the choice failed and they are those of the solver."""

    lmp_fen_per_unit_h: Floats
    delivered_fen_per_unit_h: Floats
    class_price_fen_per_unit_h: Floats
    capacity_rent_fen_per_unit_h: Floats
    power_rent_fen_per_kwh: Floats
    link_rent_fen_per_gb: Floats
    reserve_rent_fen_per_unit_h: Floats
    energy: EnergyPlan | None
    is_final: bool


def to_tick(price_fen: Floats) -> Floats:
    """Round prices to the tick, a hundredth of a fen, as they are published; half a tick goes up.

    A quarter of a fen for a thousand unit-hours is below what money can express, so finer prices would say nothing.

    Examples
    --------
    >>> to_tick(np.array([12.344, 12.345, 12.345 - 1e-7, -0.005])).tolist()
    [12.34, 12.35, 12.35, 0.0]
    """
    return np.asarray(np.floor(price_fen * TICKS_PER_FEN + HALF) / TICKS_PER_FEN + 0.0)


def publish(board: Board, classes: Classes, program: LinearProgram, value: Floats, row_dual: Floats) -> Prices:
    """Return the prices of the rule: the same from whichever optimal answer they are reached.

    Parameters
    ----------
    program
        What `formulate` wrote for the board and the classes.
    value, row_dual
        ``(columns,)``, ``(rows,)``, any optimal answer and any optimal duals.
    """
    columns, rows, slots = program.columns, program.rows, board.slot_count
    limits = Limits(rows=np.arange(rows.power, rows.count), columns=np.arange(columns.supply, columns.unserved))
    price, is_final = _chosen(face(program, value, row_dual, limits))
    absent, side = shut(program)
    link = price[rows.link : rows.reserve]
    reserve = np.maximum(-price[rows.reserve : rows.energy], 0.0).reshape(-1, slots)
    energy = _energy(board, program, value, price[rows.energy : rows.count])
    capacity = np.maximum(-price[rows.count :], 0.0).reshape(-1, slots)
    power = np.zeros((len(board.sites), slots))
    power[rows.powered_sites] = np.maximum(-price[rows.power : rows.link].reshape(-1, slots), 0.0)
    kwh = board.kwh_per_unit_h[:, None]
    running = program.cost[columns.supply : columns.unserved].reshape(-1, slots)
    if energy is not None:
        running = running + energy.energy_fen_per_kwh[board.pool_site] * kwh
    no_room = (board.capacity <= 0.0) | ((room_kwh(board) <= 0.0)[board.pool_site] & (kwh > 0.0))
    offer = np.where(no_room, np.inf, running + capacity + power[board.pool_site] * kwh)
    lmp = least_of_product(board, offer)
    if len(reserve):
        lmp = np.where(board.spare_units > 0.0, reserve, np.inf)[board.product_group] + lmp
    # From here on a column's price is what its work pays besides the LMP.
    moving = program.cost[: columns.effort] - program.matrix[rows.link : rows.reserve, : columns.effort].T @ link
    delivered = _delivered(classes, program, moving, lmp, absent, slots)
    link = _shut_links(program, side[rows.link : rows.reserve], moving, lmp, delivered, link)
    worth = _worth(program, moving, delivered, lmp.shape)
    if len(reserve):
        reserve = _shut_reserve(board, reserve, worth - least_of_product(board, offer))
        running = running + reserve[board.product_group[board.pool_product]]
    lmp = np.where(np.isinf(lmp), np.maximum(least_of_product(board, running), worth), lmp)
    capacity, power = _absent_rents(board, running, lmp, capacity, power)
    offer = running + capacity + power[board.pool_site] * kwh
    return Prices(
        lmp_fen_per_unit_h=least_of_product(board, offer),
        delivered_fen_per_unit_h=delivered,
        class_price_fen_per_unit_h=_class_prices(board, classes, program, delivered),
        capacity_rent_fen_per_unit_h=capacity,
        power_rent_fen_per_kwh=power,
        link_rent_fen_per_gb=-link.reshape(-1, slots) + 0.0,
        reserve_rent_fen_per_unit_h=reserve,
        energy=energy,
        is_final=is_final,
    )


def _energy(board: Board, program: LinearProgram, value: Floats, dual: Floats) -> EnergyPlan | None:
    """Return where the energy comes from, and its prices."""
    if board.energy is None:
        return None
    first = program.columns.energy
    by_site = (len(board.sites), board.slot_count)
    grid = program.cost[first : first + by_site[0] * by_site[1]].reshape(by_site)
    return read_energy(board, board.energy, grid, value=value[first:], dual=dual)


def _chosen(optimal: Face) -> tuple[Floats, bool]:
    """Return the prices of the rule, or those of the solver where no solver can carry the rule out."""
    try:
        return choose(optimal), True
    except EngineError:
        return optimal.price, False


def _lost(program: LinearProgram) -> Floats:
    """Return the value of a lost unit-hour of each class."""
    return program.cost[program.columns.unserved : program.columns.energy]


def _delivered(
    classes: Classes, program: LinearProgram, moving: Floats, lmp: Floats, absent: Bools, slots: int
) -> Floats:
    """Return the least a stream can have a unit-hour for in a slot, ``(streams, slots)``; zero where it has no class.

    Where nothing can be had it is the value of what is lost.
    """
    columns = program.columns
    least = np.full((len(classes.streams), slots), np.inf)
    asked = np.where(absent[: columns.effort], np.inf, moving + columns.takes * lmp[columns.product, columns.slot])
    np.minimum.at(least, (columns.stream, columns.slot), asked)
    lost = np.zeros_like(least)
    at = (classes.stream[columns.effort_class], columns.effort_slot)
    np.maximum.at(lost, at, _lost(program)[columns.effort_class])
    has_class = np.zeros(least.shape, dtype=bool)
    has_class[at] = True
    return np.where(has_class, np.where(np.isinf(least), lost, least), 0.0)


def _shut_links(
    program: LinearProgram, side: Floats, moving: Floats, lmp: Floats, delivered: Floats, link: Floats
) -> Floats:
    """Return the prices of links, with those of links that only shut out as small as leaves nobody wanting them.

    They are priced one after the other in their order, again until nothing changes; ``moving`` is changed with them.
    """
    columns, rows = program.columns, program.rows
    link = link.copy()
    entries = sparse.csr_array(program.matrix[rows.link : rows.reserve, : columns.effort])
    closed = np.flatnonzero(side)
    for _ in range(len(closed)):
        before = link.copy()
        for row in closed:
            within = slice(entries.indptr[row], entries.indptr[row + 1])
            column, value = entries.indices[within], entries.data[within]
            at = columns.stream[column], columns.product[column], columns.slot[column]
            wanted = delivered[at[0], at[2]] - moving[column] - columns.takes[column] * lmp[at[1], at[2]]
            # What the upper limit shuts out needs a lower price; what has the other sign is shut out elsewhere.
            step = -side[row] * (np.maximum(wanted, 0.0) / np.abs(value))[value * side[row] > 0.0].max(initial=0.0)
            link[row] += step
            moving[column] -= value * step
        if (link == before).all():
            break
    return link


def _worth(program: LinearProgram, moving: Floats, delivered: Floats, shape: tuple[int, ...]) -> Floats:
    """Return the most that work would pay for a unit-hour of a product, ``(products, slots)``; ``-inf`` for none."""
    columns = program.columns
    most = np.full(shape, -np.inf)
    np.maximum.at(
        most, (columns.product, columns.slot), (delivered[columns.stream, columns.slot] - moving) / columns.takes
    )
    return most


def _shut_reserve(board: Board, reserve: Floats, wanted: Floats) -> Floats:
    """Return the rents of the reserve, with those of groups that must stay idle as low as leaves nobody wanting them.

    Parameters
    ----------
    wanted
        ``(products, slots)``, by how much work would pay more for a product than it costs.
    """
    most = np.zeros_like(reserve)
    np.maximum.at(most, board.product_group, wanted)
    return np.where(board.spare_units > 0.0, reserve, most)


def _absent_rents(board: Board, running: Floats, lmp: Floats, capacity: Floats, power: Floats) -> tuple[Floats, Floats]:
    """Return the rents of capacity and power, with those of limits of zero as low as leaves nobody wanting them."""
    margin = np.where(board.capacity > 0.0, lmp[board.pool_product] - running, 0.0)
    kwh = board.kwh_per_unit_h[:, None]
    asked = np.zeros_like(power)
    np.maximum.at(asked, board.pool_site, np.divide(margin, kwh, out=np.zeros_like(margin), where=kwh > 0.0))
    power = np.where(room_kwh(board) <= 0.0, asked, power)
    rest = lmp[board.pool_product] - running - power[board.pool_site] * kwh
    return np.where(board.capacity > 0.0, capacity, np.maximum(rest, 0.0)), power


def _class_prices(board: Board, classes: Classes, program: LinearProgram, delivered: Floats) -> Floats:
    """Return the price of the dearest hour that each class buys, ``(classes,)``.

    A class buys its cheapest hours, as many as it needs, unless losing the work is cheaper.
    """
    columns = program.columns
    lost, need = _lost(program), classes.demand_unit_h
    asked = delivered[classes.stream[columns.effort_class], columns.effort_slot]
    order = np.lexsort((asked, columns.effort_class))
    of_class, asked = columns.effort_class[order], asked[order]
    first = np.searchsorted(of_class, np.arange(len(classes)))
    width = (classes.width * board.slot_h)[of_class]
    before = (np.arange(len(of_class)) - first[of_class]) * width
    spare = NOTHING * (1.0 + need)
    buys = (before < (need - spare)[of_class]) & (asked < lost[of_class])
    bought = np.bincount(of_class, weights=width * buys, minlength=len(classes))
    dearest = np.full(len(classes), -np.inf)
    np.maximum.at(dearest, of_class[buys], asked[buys])
    return np.where((bought < need - spare) | np.isinf(dearest), lost, dearest)
