"""Write the day down as a sparse linear programme.

With classes ``c`` of streams ``k``, products ``r`` (a site, a kind, a model), pools ``p``, slots ``t``, links ``l``::

    minimise   sum (transfer + nearness)[k,r] x[k,r,t]  +  sum running[p,t] y[p,t]  +  sum lost[c] u[c]
    (1) sum_t z[c,t] + u[c]                    = demand[c]           price of the class
    (2) sum_r x[k,r,t] - sum_c z[c,t]          = 0                   delivered price of the stream and slot
    (3) sum_k takes[k,r] x[k,r,t]
                       - sum_p y[p,t]          = 0                   offer of the product and slot, negated
    (4) sum_p kwh[p] y[p,t]                   <= (cap_kw - fixed_kw)[site,t] h    power rent
    (5) |sum factor[l,k,r] gb[k] x[k,r,t]|    <= capacity[l,t]       link rent
    (6) sum_p y[p,t]                          <= spare[group,t] h    reserve rent, where a reserve is kept
        0 <= z[c,t] <= width[c] h,  0 <= y[p,t] <= capacity[p,t] h   capacity rent

Classes of a stream cost the same at a site, so only streams meet sites: the programme grows with streams times
products plus classes, not with their product. Where a board states what stands behind its meters, ``running`` is
without energy, and the rows of `energy` follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import EnergyPlan
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes, Streams
from qipan.dispatch.programme.energy import (
    Entries,
    energy_bounds,
    energy_columns,
    energy_costs,
    energy_entries,
    energy_rows,
    grid_fen_per_kwh,
    supply_entries,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each family of columns stands: work ``x``, then effort ``z``, supply ``y``, unserved ``u``, and energy.

    Attributes
    ----------
    stream, product, slot, takes, transfer_fen, nearness_fen
        ``(work columns,)``
    effort_class, effort_slot
        ``(effort columns,)``
    effort, supply, unserved, energy, count
        First column of each later family, and how many there are in all.
    """

    stream: Ints
    product: Ints
    slot: Ints
    takes: Floats
    transfer_fen: Floats
    nearness_fen: Floats
    effort_class: Ints
    effort_slot: Ints
    effort: int
    supply: int
    unserved: int
    energy: int
    count: int


@dataclass(frozen=True, slots=True)
class Rows:
    """First row of each family after the demands, and how many rows there are in all."""

    stream: int
    balance: int
    power: int
    link: int
    reserve: int
    energy: int
    count: int
    powered_sites: Ints


@dataclass(frozen=True, slots=True)
class LinearProgram:
    """A programme as arrays."""

    columns: Columns
    rows: Rows
    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    matrix: sparse.csc_array


def running_fen_per_unit_h(board: Board, rules: Rules, energy: EnergyPlan | None = None) -> Floats:
    """Return what an hour of a unit costs to run, carbon included, ``(pools, slots)``.

    Parameters
    ----------
    energy
        At whose prices energy counts; without it all is bought from the grid.
    """
    price = grid_fen_per_kwh(board, rules) if energy is None else energy.energy_fen_per_kwh
    return board.kwh_per_unit_h[:, None] * price[board.pool_site] + board.opex_fen_per_unit_h[:, None]


def supply_fen_per_unit_h(board: Board, rules: Rules) -> Floats:
    """Return what an hour of a unit costs besides what stands in `energy`, ``(pools, slots)``."""
    if board.energy is None:
        return running_fen_per_unit_h(board, rules)
    return np.repeat(board.opex_fen_per_unit_h[:, None], board.slot_count, axis=1)


def least_of_product(board: Board, of_pool: Floats) -> Floats:
    """Return the least value among the pools of each product, ``(products, slots)``.

    Parameters
    ----------
    of_pool
        ``(pools, slots)``
    """
    least = np.full((len(board.products), of_pool.shape[1]), np.inf)
    np.minimum.at(least, board.pool_product, of_pool)
    return least


def formulate(board: Board, classes: Classes, rules: Rules, takes: Floats) -> LinearProgram:
    """Write the programme of a day as arrays, no call a variable.

    Parameters
    ----------
    takes
        ``(streams, products)``: units of a product that a unit of work takes, 0 where it may not run, from `reach`.
    """
    columns = _columns(board, classes, rules, takes)
    rows = _rows(board, classes, rules)
    entries = [
        *_effort_entries(board, classes, columns, rows),
        *_work_entries(board, columns, rows),
        *_supply_entries(board, columns, rows),
        *_link_entries(board, classes.streams, columns, rows),
    ]
    if board.energy is not None:
        supply = np.arange(columns.supply, columns.unserved).reshape(len(board.pools), board.slot_count)
        entries += [supply_entries(board, supply, rows.energy)]
        entries += energy_entries(board, board.energy, rows.energy, columns.energy)
    row, column, value = (np.concatenate([entry[part] for entry in entries]) for part in range(3))
    row_lower, row_upper = _row_bounds(board, classes, rows)
    cost, lower, upper = _costs(board, classes, rules, columns)
    return LinearProgram(
        columns=columns,
        rows=rows,
        cost=cost,
        lower=lower,
        upper=upper,
        row_lower=row_lower,
        row_upper=row_upper,
        matrix=sparse.csc_array((value, (row, column)), shape=(rows.count, columns.count)),
    )


def _costs(board: Board, classes: Classes, rules: Rules, columns: Columns) -> tuple[Floats, Floats, Floats]:
    """Return cost, lower and upper bound of each column."""
    lost = np.array([rules.tiers[tier].unserved_fen_per_unit_h for tier in Tier])[classes.tier]
    cost, lower = np.zeros(columns.count), np.zeros(columns.count)
    cost[: columns.effort] = columns.transfer_fen + columns.nearness_fen
    cost[columns.supply : columns.unserved] = supply_fen_per_unit_h(board, rules).ravel()
    cost[columns.unserved : columns.energy] = lost
    upper = np.full(columns.count, np.inf)
    upper[columns.effort : columns.supply] = classes.width[columns.effort_class] * board.slot_h
    upper[columns.supply : columns.unserved] = (board.capacity * board.slot_h).ravel()
    upper[columns.unserved : columns.energy] = classes.demand_unit_h
    if board.energy is not None:
        part = slice(columns.energy, columns.count)
        cost[part], lower[part], upper[part] = energy_costs(board, board.energy, rules)
    return cost, lower, upper


def _columns(board: Board, classes: Classes, rules: Rules, takes: Floats) -> Columns:
    """Lay out every allowed (stream, product) over the slots in which the stream has a class, and every effort."""
    streams, slots = classes.streams, board.slot_count
    spans = classes.end_slot - classes.first_slot
    effort_class = np.repeat(np.arange(len(classes)), spans)
    within = np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans)
    effort_slot = classes.first_slot[effort_class] + within
    active = np.zeros((len(streams), slots), dtype=bool)
    active[classes.stream[effort_class], effort_slot] = True
    pair_stream, pair_product = np.nonzero(takes)
    pair, slot = np.nonzero(active[pair_stream])
    stream, product = pair_stream[pair], pair_product[pair]
    site = np.array([entry[0] for entry in board.products], dtype=np.int64)[product]
    origin = streams.origin[stream]
    near = np.array([rules.tiers[tier].nearness_fen_per_unit_h_ms for tier in Tier])
    supply = len(stream) + len(effort_class)
    unserved = supply + len(board.pools) * slots
    energy = unserved + len(classes)
    return Columns(
        stream=stream,
        product=product,
        slot=slot,
        takes=np.asarray(takes, dtype=float)[stream, product],
        transfer_fen=streams.gb_per_unit_h[stream] * board.transfer_fen_per_gb[origin, site],
        nearness_fen=near[streams.tier[stream]] * board.round_trip_ms[origin, site],
        effort_class=effort_class,
        effort_slot=effort_slot,
        effort=len(stream),
        supply=supply,
        unserved=unserved,
        energy=energy,
        count=energy + (0 if board.energy is None else energy_columns(board, board.energy).count),
    )


def _rows(board: Board, classes: Classes, rules: Rules) -> Rows:
    stream = len(classes)
    balance = stream + len(classes.streams) * board.slot_count
    power = balance + len(board.products) * board.slot_count
    powered = np.flatnonzero(np.isfinite(board.power_cap_kw))
    link = power + len(powered) * board.slot_count
    reserve = link + (0 if board.links is None else len(board.links.names)) * board.slot_count
    energy = reserve + (board.spare_units.size if rules.keeps_reserve else 0)
    count = energy + (0 if board.energy is None else energy_rows(board, board.energy).count)
    return Rows(stream, balance, power, link, reserve, energy, count, powered)


def _effort_entries(board: Board, classes: Classes, columns: Columns, rows: Rows) -> list[Entries]:
    """Rows (1) and (2) of effort, and (1) of what stays unserved."""
    effort = columns.effort + np.arange(len(columns.effort_class))
    of_stream = classes.stream[columns.effort_class]
    every = np.arange(len(classes))
    return [
        (columns.effort_class, effort, np.ones(len(effort))),
        (rows.stream + of_stream * board.slot_count + columns.effort_slot, effort, -np.ones(len(effort))),
        (every, columns.unserved + every, np.ones(len(classes))),
    ]


def _work_entries(board: Board, columns: Columns, rows: Rows) -> list[Entries]:
    """Rows (2) and (3) of work."""
    every = np.arange(columns.effort)
    return [
        (rows.stream + columns.stream * board.slot_count + columns.slot, every, np.ones(columns.effort)),
        (rows.balance + columns.product * board.slot_count + columns.slot, every, columns.takes),
    ]


def _supply_entries(board: Board, columns: Columns, rows: Rows) -> list[Entries]:
    """Rows (3), (4) and (6) of supply."""
    slots, pools = board.slot_count, len(board.pools)
    supply = columns.supply + np.arange(pools * slots)
    slot, pool = np.tile(np.arange(slots), pools), np.repeat(np.arange(pools), slots)
    position = np.full(len(board.sites), -1)
    position[rows.powered_sites] = np.arange(len(rows.powered_sites))
    where = position[board.pool_site[pool]]
    capped = where >= 0
    group = board.product_group[board.pool_product[pool]] * slots + slot
    kept = np.arange(len(supply) if rows.energy > rows.reserve else 0)
    return [
        (rows.balance + board.pool_product[pool] * slots + slot, supply, -np.ones(len(supply))),
        (rows.power + where[capped] * slots + slot[capped], supply[capped], board.kwh_per_unit_h[pool[capped]]),
        (rows.reserve + group[kept], supply[kept], np.ones(len(kept))),
    ]


def _link_entries(board: Board, streams: Streams, columns: Columns, rows: Rows) -> list[Entries]:
    """Rows (5) of work."""
    if board.links is None:
        return []
    site = np.array([entry[0] for entry in board.products], dtype=np.int64)[columns.product]
    origin = streams.origin[columns.stream]
    gb = streams.gb_per_unit_h[columns.stream]
    entries = []
    for link in range(len(board.links.names)):
        value = board.links.factor[link, origin, site] * gb
        used = np.flatnonzero(value)
        entries.append((rows.link + link * board.slot_count + columns.slot[used], used, value[used]))
    return entries


def _row_bounds(board: Board, classes: Classes, rows: Rows) -> tuple[Floats, Floats]:
    lower = np.full(rows.count, -np.inf)
    upper = np.full(rows.count, np.inf)
    lower[: rows.stream] = upper[: rows.stream] = classes.demand_unit_h
    lower[rows.stream : rows.power] = upper[rows.stream : rows.power] = 0.0
    upper[rows.power : rows.link] = room_kwh(board)[rows.powered_sites].ravel()
    if board.links is not None:
        upper[rows.link : rows.reserve] = board.links.capacity_gb.ravel()
        lower[rows.link : rows.reserve] = -board.links.capacity_gb.ravel()
    if rows.energy > rows.reserve:
        upper[rows.reserve : rows.energy] = (board.spare_units * board.slot_h).ravel()
    if board.energy is not None:
        lower[rows.energy :], upper[rows.energy :] = energy_bounds(board, board.energy)
    return lower, upper


def room_kwh(board: Board) -> Floats:
    """Return what the work of a site may burn in a slot under its power cap, ``(sites, slots)``."""
    return board.room_kw * board.slot_h
