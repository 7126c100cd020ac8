"""Answer a call of the grid: draw less in an area for some slots, at least cost.

The day's programme is solved, then once more from its answer with the draw of the area's sites held below what it was.
Both see the whole day, so work may make room for the call before it begins: a call known the day before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats, plain_list
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.job import KINDS, Tier
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.model.power import BASELINE, Answer, Call, Shifted
from qipan.dispatch.programme.energy import energy_rows, grid_fen_per_kwh, read_energy
from qipan.dispatch.programme.formulate import LinearProgram, formulate
from qipan.dispatch.programme.simplex import Solution, new_solver, pass_model, read_solution

SHORT_KW: Final = 1e-6
"""A call that lacks no more than this is met: the rest is rounding."""

SHOWN_UNIT_H: Final = 1e-6
"""Work that moved by no more than this did not move."""


def answer(instance: Instance, call: Call) -> Answer:
    """Return what the plan answers to a call, and what that costs.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    board, classes, rules, takes = instance
    called, area = _with_area(instance, call)
    energy = _energy_of(called)
    program = formulate(called, classes, rules, takes)
    solver = new_solver()
    pass_model(solver, program)
    solver.run()
    before = read_solution(solver)
    before_kwh = _drawn_kwh(called, program, before, call)
    slots = np.arange(call.first_slot, call.end_slot)
    most_kwh = before_kwh[slots] - call.reduce_kw * board.slot_h
    first = program.rows.energy + energy_rows(called, energy).limit + area * board.slot_count
    for slot, most in zip(slots.tolist(), most_kwh.tolist(), strict=True):
        solver.changeRowBounds(first + slot, -np.inf, most)
    solver.run()
    after = read_solution(solver)
    after_kwh = _drawn_kwh(called, program, after, call)
    return _told(called, instance, call, program, before, after, before_kwh, after_kwh)


def _told(
    board: Board,
    instance: Instance,
    call: Call,
    program: LinearProgram,
    before: Solution,
    after: Solution,
    before_kwh: Floats,
    after_kwh: Floats,
) -> Answer:
    slots = slice(call.first_slot, call.end_slot)
    delivered_kw = (before_kwh - after_kwh)[slots] / board.slot_h
    short_kw = np.maximum(call.reduce_kw - delivered_kw, 0.0)
    short_kw[short_kw <= SHORT_KW * max(call.reduce_kw, 1.0)] = 0.0
    over_fen = _energy_of(board).areas.over_fen_per_kwh[-1]
    over_kwh = np.maximum(after_kwh[slots] - (before_kwh[slots] - call.reduce_kw * board.slot_h), 0.0).sum()
    was, now = (_by_family(board, program, one, call) for one in (before, after))
    columns, lost = program.columns, program.cost[program.columns.unserved : program.columns.energy]
    unserved = slice(columns.unserved, columns.energy)
    return Answer(
        baseline=BASELINE,
        before_kw=plain_list(before_kwh / board.slot_h),
        after_kw=plain_list(after_kwh / board.slot_h),
        delivered_kw=plain_list(delivered_kw),
        short_kw=plain_list(short_kw),
        is_met=not short_kw.any(),
        shed_kwh=float((before_kwh - after_kwh)[slots].sum()),
        work_kwh=float(was[0] - now[0]),
        store_kwh=float(now[1] - was[1]),
        renewable_kwh=float(now[2] - was[2]),
        cost_fen=max(float(after.objective - over_fen * over_kwh - before.objective), 0.0),
        lost_fen=float(((after.value - before.value)[unserved] * lost).sum()),
        shifted=_shifted(board, instance, call, program, after.value - before.value),
    )


def _with_area(instance: Instance, call: Call) -> tuple[Board, int]:
    """Return the board with one more area, of the sites that are called and without a limit yet, and its position.

    What lacks of the call costs what the call says, or more than any way to deliver it.
    """
    board, rules = instance.board, instance.rules
    sites, slots = len(board.sites), board.slot_count
    energy = board.energy if board.energy is not None else _plain(board)
    areas, member = energy.areas, np.zeros((1, sites), dtype=bool)
    member[0, list(call.sites)] = True
    over_fen = call.most_fen_per_kwh
    if over_fen is None:
        lost_fen = max(rules.tiers[tier].unserved_fen_per_unit_h for tier in Tier) / _least_kwh(instance)
        paid_fen = float(np.abs(grid_fen_per_kwh(board, rules)).max()) + float(areas.peak_fen_per_kw.sum())
        over_fen = 4.0 * (lost_fen + paid_fen + float(areas.over_fen_per_kwh.max(initial=0.0)))
    more = Areas(
        names=(*areas.names, ""),
        member=np.concatenate([areas.member, member]),
        load_kw=np.concatenate([areas.load_kw, np.zeros((1, slots))]),
        most_kw=np.concatenate([areas.most_kw, np.full((1, slots), np.inf)]),
        over_fen_per_kwh=np.append(areas.over_fen_per_kwh, over_fen),
        peak_fen_per_kw=np.append(areas.peak_fen_per_kw, 0.0),
    )
    return replace(board, energy=replace(energy, areas=more)), len(areas.names)


def _least_kwh(instance: Instance) -> float:
    """Return the least that an hour of a unit of work draws anywhere, on as many units as it takes there."""
    board = instance.board
    kwh = instance.takes[:, board.pool_product] * board.kwh_per_unit_h
    return float(kwh[kwh > 0].min(initial=board.kwh_per_unit_h.min()))


def _plain(board: Board) -> Energy:
    """Return meters with nothing behind them; what covered jobs draw is drawn."""
    sites, slots = len(board.sites), board.slot_count
    none, empty = np.zeros(sites), np.zeros((0, slots))
    areas = Areas((), np.zeros((0, sites), dtype=bool), empty, empty, np.zeros(0), np.zeros(0))
    nothing = np.zeros((sites, slots))
    return Energy(board.held_kw, nothing, none, none, none, none, np.ones(sites), areas)


def _energy_of(board: Board) -> Energy:
    assert board.energy is not None, "a called board has meters"
    return board.energy


def _drawn_kwh(board: Board, program: LinearProgram, solution: Solution, call: Call) -> Floats:
    """Return what the called sites draw from the grid, ``(slots,)``."""
    first, shape = program.columns.energy, (len(board.sites), board.slot_count)
    grid = solution.value[first : first + shape[0] * shape[1]].reshape(shape)
    return np.asarray(grid[list(call.sites)].sum(axis=0))


def _by_family(board: Board, program: LinearProgram, solution: Solution, call: Call) -> tuple[float, float, float]:
    """Return what work draws, what comes out of stores and what own plants give at the called sites and slots, kWh."""
    columns, rows = program.columns, program.rows
    found = read_energy(
        board,
        _energy_of(board),
        np.zeros((len(board.sites), board.slot_count)),
        value=solution.value[columns.energy :],
        dual=solution.row_dual[rows.energy :],
    )
    supply = solution.value[columns.supply : columns.unserved].reshape(-1, board.slot_count)
    work = np.zeros_like(found.grid_kwh)
    np.add.at(work, board.pool_site, supply * board.kwh_per_unit_h[:, None])
    at = (list(call.sites), slice(call.first_slot, call.end_slot))
    stored = found.drain_kwh - found.fill_kwh
    return float(work[at].sum()), float(stored[at].sum()), float(found.renewable_kwh[at].sum())


def _shifted(board: Board, instance: Instance, call: Call, program: LinearProgram, change: Floats) -> list[Shifted]:
    """Return where work went, by kind and tier."""
    columns, streams = program.columns, instance.classes.streams
    site = np.array([product[0] for product in board.products], dtype=np.int64)[columns.product]
    is_called = np.isin(site, call.sites)
    is_in = (columns.slot >= call.first_slot) & (columns.slot < call.end_slot)
    parts = (is_in & is_called, is_in & ~is_called, columns.slot < call.first_slot, columns.slot >= call.end_slot)
    work = change[: columns.effort]
    unserved = change[columns.unserved : columns.energy]
    kind_of_stream = instance.kind_of_stream
    told = []
    for kind, tier in ((kind, tier) for kind in np.unique(kind_of_stream) for tier in Tier):
        mine = (kind_of_stream == kind) & (streams.tier == tier)
        shed, elsewhere, earlier, later = (float(work[part & mine[columns.stream]].sum()) for part in parts)
        lost = float(unserved[mine[instance.classes.stream]].sum())
        if max(map(abs, (shed, elsewhere, earlier, later, lost))) > SHOWN_UNIT_H:
            told.append(Shifted(KINDS[kind].value, tier.label, -shed, elsewhere, earlier, later, lost))
    return told
