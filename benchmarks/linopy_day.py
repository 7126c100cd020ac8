"""Write the programme of a day in linopy, vectorised as its documentation teaches, and solve it with HiGHS."""

from __future__ import annotations

from typing import Any

import linopy
import numpy as np
import xarray as xr

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.plan import Classes
from qipan.dispatch.programme.formulate import running_fen_per_unit_h

OUR_OPTIONS: dict[str, Any] = {"presolve": "off", "threads": 1, "random_seed": 0}
"""What `qipan.dispatch.plan` tells HiGHS besides keeping quiet."""


def by_stream(board: Board, classes: Classes, rules: Rules, takes: Floats) -> linopy.Model:
    """Write the programme that `qipan.dispatch.programme.formulate` writes: streams meet sites, classes meet slots.

    Boards with meters and reserves are not written.
    """
    model = linopy.Model()
    window = _window(board, classes)
    active = np.zeros((len(classes.streams), board.slot_count), dtype=bool)
    np.logical_or.at(active, classes.stream, window)
    reached = _named((takes > 0.0)[:, :, None] & active[:, None, :], "stream", "product", "slot")
    moving = _named(_moving(board, classes, rules), "stream", "product")
    wide = _named(np.repeat(classes.width[:, None] * board.slot_h, board.slot_count, axis=1), "class", "slot")
    stream = _named(classes.stream, "class").rename("stream")
    work = model.add_variables(lower=0, coords=reached.coords, mask=reached, name="work")
    effort = model.add_variables(lower=0, upper=wide, mask=_named(window, "class", "slot"), name="effort")
    delivered = work.sum("product") - effort.groupby(stream).sum()
    model.add_constraints(delivered == 0, name="delivery", mask=_named(active, "stream", "slot"))
    used = (work * _named(takes, "stream", "product")).sum("stream")
    _limit_links(model, work, "stream", board, classes.streams.origin, classes.streams.gb_per_unit_h)
    return _finish(model, board, classes, rules, served=effort.sum("slot"), work=used, cost=work * moving)


def by_class(board: Board, classes: Classes, rules: Rules, takes: Floats) -> linopy.Model:
    """Write the same programme with every class at every site: the form that one writes down first."""
    model = linopy.Model()
    window = _window(board, classes)
    of_class: Floats = takes[classes.stream]
    able: Bools = of_class > 0.0
    reached = _named(able[:, :, None] & window[:, None, :], "class", "product", "slot")
    moving = _named(_moving(board, classes, rules)[classes.stream], "class", "product")
    some = np.asarray(able.any(axis=1))[:, None] & window
    work = model.add_variables(lower=0, coords=reached.coords, mask=reached, name="work")
    width = _named(classes.width * board.slot_h, "class")
    model.add_constraints(work.sum("product") <= width, name="width", mask=_named(some, "class", "slot"))
    served = work.sum(["product", "slot"])
    used = (work * _named(of_class, "class", "product")).sum("class")
    origin, gb = classes.streams.origin[classes.stream], classes.streams.gb_per_unit_h[classes.stream]
    _limit_links(model, work, "class", board, origin, gb)
    return _finish(model, board, classes, rules, served=served, work=used, cost=work * moving)


def solve(model: linopy.Model, **options: Any) -> tuple[float, Floats]:
    """Solve a model in memory and return its optimum and the prices of its products, ``(products, slots)``."""
    status, condition = model.solve("highs", io_api="direct", log_to_console=False, output_flag=False, **options)
    if (status, condition) != ("ok", "optimal"):
        raise RuntimeError(f"linopy ended with {status}, {condition}")
    return float(model.objective.value or 0.0), np.asarray(-model.constraints["balance"].dual.values)


def _named(values: Floats | Bools | Ints, *axes: str) -> xr.DataArray:
    return xr.DataArray(
        values, dims=axes, coords={axis: np.arange(n) for axis, n in zip(axes, values.shape, strict=True)}
    )


def _window(board: Board, classes: Classes) -> Bools:
    slot = np.arange(board.slot_count)
    return np.asarray((slot >= classes.first_slot[:, None]) & (slot < classes.end_slot[:, None]))


def _moving(board: Board, classes: Classes, rules: Rules) -> Floats:
    """Return what moving and distance of a unit-hour cost, ``(streams, products)``."""
    streams = classes.streams
    site = [product[0] for product in board.products]
    near = np.array([rule.nearness_fen_per_unit_h_ms for rule in rules.tiers])[streams.tier]
    moved = streams.gb_per_unit_h[:, None] * board.transfer_fen_per_gb[streams.origin][:, site]
    return np.asarray(moved + near[:, None] * board.round_trip_ms[streams.origin][:, site])


def _limit_links(
    model: linopy.Model, work: linopy.Variable, axis: str, board: Board, origin: Ints, gb_per_unit_h: Floats
) -> None:
    """Keep what moves within what each link carries.

    Parameters
    ----------
    axis
        ``stream`` or ``class``, the axis of the origins and of what a unit-hour moves.
    """
    if board.links is None:
        return
    site = [product[0] for product in board.products]
    for link, name in enumerate(board.links.names):
        factor = board.links.factor[link][origin][:, site] * gb_per_unit_h[:, None]
        rows, most = np.flatnonzero(factor.any(axis=1)), _named(board.links.capacity_gb[link], "slot")
        if not len(rows):
            continue
        flow = (work.sel({axis: rows}) * _named(factor, axis, "product").sel({axis: rows})).sum([axis, "product"])
        model.add_constraints(flow <= most, name=f"{name}_ahead")
        model.add_constraints(flow >= -most, name=f"{name}_back")


def _finish(
    model: linopy.Model,
    board: Board,
    classes: Classes,
    rules: Rules,
    *,
    served: linopy.LinearExpression,
    work: linopy.LinearExpression,
    cost: linopy.LinearExpression,
) -> linopy.Model:
    """Add supply and unserved work, the demands, balances and power caps, and the objective."""
    demand = _named(classes.demand_unit_h, "class")
    value = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[classes.tier]
    supply = model.add_variables(lower=0, upper=_named(board.capacity * board.slot_h, "pool", "slot"), name="supply")
    unserved = model.add_variables(lower=0, upper=demand, name="unserved")
    model.add_constraints(served + unserved == demand, name="demand")
    given = supply.groupby(_named(board.pool_product, "pool").rename("product")).sum()
    model.add_constraints(work - given == 0, name="balance")
    drawn = (
        (supply * _named(board.kwh_per_unit_h, "pool")).groupby(_named(board.pool_site, "pool").rename("site")).sum()
    )
    cap_kwh = _named(board.power_cap_kw * board.slot_h, "site")
    model.add_constraints(drawn <= cap_kwh, name="power", mask=np.isfinite(cap_kwh))
    running = supply * _named(running_fen_per_unit_h(board, rules), "pool", "slot")
    model.add_objective(cost.sum() + running.sum() + (unserved * _named(value, "class")).sum())
    return model
