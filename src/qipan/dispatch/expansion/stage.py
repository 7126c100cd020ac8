"""Write the programmes of the representative days, and what each option moves in them.

To the rows (1) to (10) of `formulate` and `energy` come, for options ``o``
of which a share ``S[o]`` of the most stands::

    (6')  sum_p y[p,t] + r[group,t]            <= all[group,t] h               instead of (6)
    (11)  r[group,t] - sum_p of product cap h  >= 0                            the largest site of a group
    (12)  sum gb[k] v[o,k,r,t]                 <= gb_per_h[o] most[o] S[o] h   a line's room
    (13)  sum kg_per_kwh[s] g[s,t] - e         <= allowed                      carbon of the day

``v`` is work that goes over the lines of an option: it counts in (2) and (3), crosses no link, and pays the price and
the distance of the line. Every limit that an option moves is a bound of a column or a row, linear in ``S``.

Latency is all that a line cuts, so it serves only streams that may run at every site alike (of the kind and model that
they take) within their round trip: others are held back by something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from qipan.dispatch.expansion.enlarge import enlarge
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.expansion import Carbon, Day, Line, Option, Prospect
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.programme.energy import Entries
from qipan.dispatch.programme.formulate import LinearProgram, formulate


@dataclass(frozen=True, slots=True)
class Touch:
    """How bounds move with the share of each option: columns' upper, rows' lower and upper, each ``(…, options)``."""

    upper: sparse.csr_array
    row_lower: sparse.csr_array
    row_upper: sparse.csr_array


@dataclass(frozen=True, slots=True)
class Stage:
    """The programme of one representative day at one growth; its last column and row are those of carbon.

    ``unserved`` are the columns of what classes lack, ``kind`` theirs, as positions in `KINDS`.
    """

    program: LinearProgram
    unserved: slice
    kind: Ints


def stages(prospect: Prospect) -> tuple[list[Stage], list[Touch]]:
    """Return the programme of each case, and for each day what the options move in it."""
    touches = [touch(day, prospect.options, prospect.carbon) for day in prospect.days]
    made = []
    for at in range(len(prospect.years)):
        for growth in prospect.growths:
            made += [
                stage(_grown(day.instance, float(growth.factor[at])), day.name, prospect.options, prospect.carbon)
                for day in prospect.days
            ]
    return made, touches


def touch(day: Day, options: Sequence[Option], carbon: Carbon) -> Touch:
    """Return what the options move in a day: bounds with all of an option standing, less those with nothing."""
    nothing = np.zeros(len(options))
    base = stage(day.instance, day.name, options, carbon, units=nothing).program
    columns: list[list[Floats]] = [[], [], []]
    for at, option in enumerate(options):
        units = nothing.copy()
        units[at] = option.most
        full = stage(day.instance, day.name, options, carbon, units=units).program
        for moved, name in zip(columns, ("upper", "row_lower", "row_upper"), strict=True):
            moved.append(_apart(getattr(full, name), getattr(base, name)))
    sizes = (len(base.upper), len(base.row_lower), len(base.row_lower))
    return Touch(
        *(
            sparse.csr_array(np.stack(moved, axis=1) if moved else np.zeros((size, 0)))
            for moved, size in zip(columns, sizes, strict=True)
        )
    )


def stage(
    instance: Instance, day: str, options: Sequence[Option], carbon: Carbon, *, units: Floats | None = None
) -> Stage:
    """Write the programme of a day with so many units of each option standing, none where none are given."""
    units = np.zeros(len(options)) if units is None else units
    given = replace_board(instance, day, options, units)
    program = formulate(*given)
    program = _with_reserve(given, program)
    for option, count in zip(options, units.tolist(), strict=True):
        program = _with_lines(given, program, option, count)
    columns = program.columns
    unserved = slice(columns.unserved, columns.energy)
    return Stage(_with_carbon(given, program, carbon), unserved, given.kind)


def replace_board(instance: Instance, day: str, options: Sequence[Option], units: Floats) -> Instance:
    """Return the day on the enlarged board."""
    return instance._replace(board=enlarge(instance.board, options, units, day))


def _grown(instance: Instance, factor: float) -> Instance:
    classes = instance.classes
    return instance._replace(
        classes=replace(classes, demand_unit_h=factor * classes.demand_unit_h, width=factor * classes.width)
    )


def _apart(one: Floats, other: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isfinite(one) & np.isfinite(other), one - other, 0.0))


def _with_reserve(day: Instance, program: LinearProgram) -> LinearProgram:
    """Say the largest site of a group by a column, since which one is largest may change."""
    board, rows = day.board, program.rows
    if rows.energy == rows.reserve:
        return program
    slots = board.slot_count
    of_product = np.zeros((len(board.products), slots))
    np.add.at(of_product, board.pool_product, board.capacity * board.slot_h)
    of_group = np.zeros((len(board.spare_units), slots))
    np.add.at(of_group, board.product_group, of_product)
    row_upper = program.row_upper.copy()
    row_upper[rows.reserve : rows.energy] = of_group.ravel()
    largest = len(program.cost) + np.arange(of_group.size)
    place = len(program.row_lower) + np.arange(of_product.size)
    group = (board.product_group[:, None] * slots + np.arange(slots)).ravel()
    return append(
        replace(program, row_upper=row_upper),
        cost=np.zeros(of_group.size),
        row_lower=of_product.ravel(),
        row_upper=np.full(of_product.size, np.inf),
        entries=[
            (rows.reserve + np.arange(of_group.size), largest, np.ones(of_group.size)),
            (place, largest[group], np.ones(len(place))),
        ],
    )


def _with_lines(day: Instance, program: LinearProgram, option: Option, count: float) -> LinearProgram:
    """Add the work that goes over the lines of an option, and their room."""
    board, streams, rows = day.board, day.classes.streams, program.rows
    if not option.lines:
        return program
    slots = board.slot_count
    active = np.zeros((len(streams), slots), dtype=bool)
    active[day.classes.stream[program.columns.effort_class], program.columns.effort_slot] = True
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in day.rules.tiers])
    ways = [(line, *way) for line in option.lines for way in served(day, line)]
    cost, entries = [], []
    room = len(program.row_lower) + np.arange(slots)
    first = len(program.cost)
    for line, stream, product, takes in ways:
        slot = np.flatnonzero(active[stream])
        gb = float(streams.gb_per_unit_h[stream])
        fen = gb * line.transfer_fen_per_gb + float(near[streams.tier[stream]]) * line.round_trip_ms
        column = first + np.arange(len(slot))
        first += len(slot)
        cost.append(np.full(len(slot), fen))
        entries += [
            (rows.stream + stream * slots + slot, column, np.ones(len(slot))),
            (rows.balance + product * slots + slot, column, np.full(len(slot), takes)),
            (room[slot], column, np.full(len(slot), gb)),
        ]
    return append(
        program,
        cost=np.concatenate([*cost, np.zeros(0)]),
        row_lower=np.full(slots, -np.inf),
        row_upper=np.full(slots, count * option.line_gb_per_h * board.slot_h),
        entries=entries,
    )


def served(day: Instance, line: Line) -> list[tuple[int, int, float]]:
    """Return which streams a line serves: stream, product and the units of it that an hour of work takes."""
    board, streams = day.board, day.classes.streams
    origin = next((at for at, one in enumerate(board.origins) if one.origin_id == line.origin_id), -1)
    site = next((at for at, one in enumerate(board.sites) if one.site_id == line.site_id), -1)
    limit = np.array([rule.round_trip_ms_max for rule in day.rules.tiers])
    of_site = np.array([product[0] for product in board.products], dtype=np.int64)
    ways = []
    for stream in np.flatnonzero((streams.origin == origin) & (streams.gb_per_unit_h > 0)).tolist():
        most_ms = limit[streams.tier[stream]]
        if line.round_trip_ms > most_ms:
            continue
        taken = day.takes[stream]
        within = board.round_trip_ms[origin, of_site] <= most_ms
        for product in np.flatnonzero(of_site == site).tolist():
            alike = board.product_group == board.product_group[product]
            if (taken[alike] > 0).any() and (taken[alike & within] > 0).all():
                ways.append((stream, product, float(taken[alike].max())))
    return ways


def _with_carbon(day: Instance, program: LinearProgram, carbon: Carbon) -> LinearProgram:
    """Add the row of what the day emits, without a limit, and the column of what goes beyond one."""
    board, columns = day.board, program.columns
    factor = board.location_kg_per_kwh if carbon.account == "location" else board.market_kg_per_kwh
    if board.energy is None:
        kg = np.repeat(factor[board.pool_site] * board.kwh_per_unit_h, board.slot_count)
        drawn: Ints = np.arange(columns.supply, columns.unserved)
    else:
        kg = np.repeat(factor, board.slot_count)
        drawn = columns.energy + np.arange(len(kg))
    row = np.full(len(drawn) + 1, len(program.row_lower))
    over = len(program.cost)
    return append(
        program,
        cost=np.array([carbon.over_fen_per_kg]),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([np.inf]),
        entries=[(row, np.append(drawn, over), np.append(kg, -1.0))],
    )


def append(
    program: LinearProgram, *, cost: Floats, row_lower: Floats, row_upper: Floats, entries: Sequence[Entries]
) -> LinearProgram:
    """Add columns from zero up without limit, and rows, after those that a programme has."""
    old = program.matrix.tocoo()
    parts = [(old.coords[0], old.coords[1], old.data), *entries]
    row, column, value = (np.concatenate([part[at] for part in parts]) for at in range(3))
    shape = (len(program.row_lower) + len(row_lower), len(program.cost) + len(cost))
    return replace(
        program,
        cost=np.concatenate([program.cost, cost]),
        lower=np.concatenate([program.lower, np.zeros(len(cost))]),
        upper=np.concatenate([program.upper, np.full(len(cost), np.inf)]),
        row_lower=np.concatenate([program.row_lower, row_lower]),
        row_upper=np.concatenate([program.row_upper, row_upper]),
        matrix=sparse.csc_array((value, (row, column)), shape=shape),
    )
