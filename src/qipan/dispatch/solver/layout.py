"""Lay a day's programme out as flat arrays, in the order in which the kernels of `approach` walk through it.

Pairs are what a stream may use: a stream and a product, those of one stream side by side. Classes stand in the order of
their streams, efforts (a class in one of its slots) in the order of their classes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes
from qipan.dispatch.programme.energy import grid_fen_per_kwh, under_peak_kw
from qipan.dispatch.programme.formulate import room_kwh, supply_fen_per_unit_h


class Meters(NamedTuple):
    """What stands behind the meters of the sites and before them; nothing where all energy is bought at the price.

    Attributes
    ----------
    fixed, plant, grid_fen
        ``(sites, slots)``: drawn whatever runs, what own plants give at most, and the price of the grid.
    plant_fen
        ``(sites,)``
    first_area, area
        Areas of each site.
    most, under
        ``(areas, slots)``: the limit, and how far the load of others lies below its highest, in kWh of a slot.
    over_fen, peak_fen
        ``(areas,)``, for a kilowatt-hour of a slot.
    store_site, store_most, store_speed, store_begin, store_way
        ``(stores,)``: kWh that it holds, kWh of a slot, kWh at the start, and what remains of what goes one way.
    """

    fixed: Floats
    plant: Floats
    grid_fen: Floats
    plant_fen: Floats
    first_area: Ints
    area: Ints
    most: Floats
    under: Floats
    over_fen: Floats
    peak_fen: Floats
    store_site: Ints
    store_most: Floats
    store_speed: Floats
    store_begin: Floats
    store_way: Floats


class Layout(NamedTuple):
    """A programme for kernels; ``first_...`` has one entry more than what it cuts into stretches.

    Attributes
    ----------
    first_pair, first_class, origin, gb, opens, closes
        ``(streams,)``; a stream has classes in the slots ``[opens, closes)`` only.
    product, site, takes, moving
        ``(pairs,)``; units of the product that a unit of work takes, and what moving and distance cost for it.
    order, stream, first_effort, first_slot, end_slot, demand, most, lost
        ``(classes,)``; ``order`` is the position among the classes given, ``most`` the unit-hours of one slot.
    first_pool, pool, pool_product, first_alike, end_alike, running, room, kwh
        ``(pools,)`` in the order of their sites and products; ``running`` and ``room`` by slot. The pools of one
        product stand in ``[first_alike, end_alike)``.
    cap_kwh
        ``(sites, slots)``, what pools may burn; ``inf`` without a cap.
    group, spare
        ``(products,)`` and ``(groups, slots)``: products of one kind and model, and the unit-hours that leave a
        reserve; no groups where none is kept.
    first_toll, toll_link, toll_factor
        Links that a flow crosses, by origin times sites plus site.
    link_most
        ``(links, slots)``
    """

    first_pair: Ints
    first_class: Ints
    origin: Ints
    gb: Floats
    opens: Ints
    closes: Ints
    product: Ints
    site: Ints
    takes: Floats
    moving: Floats
    order: Ints
    stream: Ints
    first_effort: Ints
    first_slot: Ints
    end_slot: Ints
    demand: Floats
    most: Floats
    lost: Floats
    first_pool: Ints
    pool: Ints
    pool_product: Ints
    first_alike: Ints
    end_alike: Ints
    running: Floats
    room: Floats
    kwh: Floats
    cap_kwh: Floats
    group: Ints
    spare: Floats
    first_toll: Ints
    toll_link: Ints
    toll_factor: Floats
    link_most: Floats
    meters: Meters


class Point(NamedTuple):
    """Work and prices.

    Attributes
    ----------
    work
        ``(pairs, slots)``
    effort
        ``(efforts,)``
    unserved
        ``(classes,)``
    delivered
        ``(streams, slots)``
    lmp
        ``(products, slots)``
    grid
        ``(sites, slots)``
    fill, drain, stored
        ``(stores, slots)``
    rent
        ``(links, slots)``, signed by direction.
    reserve
        ``(groups, slots)``
    energy
        ``(sites, slots)``
    value
        ``(stores, slots)``, of a kilowatt-hour in the store at the end of the slot.
    limit, peak
        ``(areas, slots)``
    """

    work: Floats
    effort: Floats
    unserved: Floats
    grid: Floats
    fill: Floats
    drain: Floats
    stored: Floats
    delivered: Floats
    lmp: Floats
    rent: Floats
    reserve: Floats
    energy: Floats
    value: Floats
    limit: Floats
    peak: Floats


class Lengths(NamedTuple):
    """Length of a step by row and column, for a primal weight of one.

    Attributes
    ----------
    work
        ``(pairs,)``
    grid
        ``(sites,)``
    store
        ``(stores,)``, of what goes in and out and of what is kept.
    delivered
        ``(streams, slots)``
    lmp
        ``(products,)``
    rent
        ``(links,)``
    reserve
        ``(groups,)``
    energy
        ``(sites,)``
    value
        ``(stores,)``
    area
        ``(areas,)``, of limits and peaks.
    """

    work: Floats
    grid: Floats
    store: Floats
    delivered: Floats
    lmp: Floats
    rent: Floats
    reserve: Floats
    energy: Floats
    value: Floats
    area: Floats


class Sheet(NamedTuple):
    """What the kernels write on: flows of a step, and where the searches of the last step ended.

    Attributes
    ----------
    asked, price
        ``(products, slots)``, what is asked for, and the LMP with the rent of the reserve.
    missing
        ``(streams, slots)``
    flow, toll
        ``(origins * sites, slots)``, data moved and the rent of moving it.
    over, bar
        ``(slots,)``
    level
        ``(classes,)``
    power
        ``(sites, slots)``, rents.
    wanted, given, far
        ``(pools,)`` of the site at hand: the LMP at which nothing would be given, what is given at the new one, and
        how fast the LMP moves.
    net
        ``(sites, slots)``, energy from the grid and the store.
    drawn
        ``(areas, slots)``
    kept
        ``(stores, slots)``, how much more is stored than went in.
    """

    asked: Floats
    price: Floats
    missing: Floats
    flow: Floats
    toll: Floats
    over: Floats
    bar: Floats
    level: Floats
    power: Floats
    wanted: Floats
    given: Floats
    far: Floats
    net: Floats
    drawn: Floats
    kept: Floats


def lay_out(board: Board, classes: Classes, rules: Rules, takes: Floats) -> Layout:
    """Return the programme of a day for the kernels; what it means stands in `formulate`.

    Parameters
    ----------
    takes
        ``(streams, products)``, as `formulate` takes it.
    """
    streams = classes.streams
    stream, product = np.nonzero(takes)
    site = np.array([entry[0] for entry in board.products], dtype=np.int64)[product]
    origin = streams.origin[stream]
    near = np.array([rules.tiers[tier].nearness_fen_per_unit_h_ms for tier in Tier])[streams.tier[stream]]
    order = np.argsort(classes.stream, kind="stable")
    opens = np.full(len(streams), board.slot_count, dtype=np.int64)
    closes = np.zeros(len(streams), dtype=np.int64)
    np.minimum.at(opens, classes.stream, classes.first_slot)
    np.maximum.at(closes, classes.stream, classes.end_slot)
    lost = np.array([rules.tiers[tier].unserved_fen_per_unit_h for tier in Tier])[classes.tier]
    pool = np.lexsort((board.pool_product, board.pool_site))
    of_pool = board.pool_product[pool]
    turns = np.flatnonzero(np.diff(of_pool, prepend=-1, append=-1))
    alike = np.repeat(np.arange(len(turns) - 1), np.diff(turns)) if len(turns) else np.zeros(0, dtype=np.int64)
    first_toll, toll_link, toll_factor = _tolls(board)
    day = Layout(
        first_pair=_firsts(stream, len(streams)),
        first_class=_firsts(classes.stream, len(streams)),
        origin=streams.origin,
        gb=streams.gb_per_unit_h,
        opens=opens,
        closes=closes,
        product=product,
        site=site,
        takes=np.asarray(takes, dtype=float)[stream, product],
        moving=streams.gb_per_unit_h[stream] * board.transfer_fen_per_gb[origin, site]
        + near * board.round_trip_ms[origin, site],
        order=order,
        stream=classes.stream[order],
        first_effort=np.concatenate([[0], np.cumsum((classes.end_slot - classes.first_slot)[order])]),
        first_slot=classes.first_slot[order],
        end_slot=classes.end_slot[order],
        demand=classes.demand_unit_h[order],
        most=classes.width[order] * board.slot_h,
        lost=lost[order],
        first_pool=_firsts(board.pool_site, len(board.sites)),
        pool=pool,
        pool_product=of_pool,
        first_alike=turns[alike],
        end_alike=turns[alike + 1],
        running=np.ascontiguousarray(supply_fen_per_unit_h(board, rules)[pool]),
        room=np.ascontiguousarray(board.capacity[pool] * board.slot_h),
        kwh=board.kwh_per_unit_h[pool],
        cap_kwh=room_kwh(board),
        group=board.product_group,
        spare=board.spare_units * board.slot_h if rules.keeps_reserve else np.zeros((0, board.slot_count)),
        first_toll=first_toll,
        toll_link=toll_link,
        toll_factor=toll_factor,
        link_most=np.zeros((0, board.slot_count)) if board.links is None else board.links.capacity_gb,
        meters=Meters(*map(_plain, _meters(board, rules))),
    )
    plain: list[Any] = [part if isinstance(part, Meters) else _plain(part) for part in day]
    return Layout(*plain)


def _plain(part: Any) -> Any:
    """Return an array of its own without gaps: kernels are compiled anew for every other kind."""
    return np.array(part, order="C")


def _firsts(owner: Ints, owners: int) -> Ints:
    """Return where the stretch of each owner begins among entries sorted by owner, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=owners))]).astype(np.int64)


def _meters(board: Board, rules: Rules) -> Meters:
    slots, slot_h, energy = board.slot_count, board.slot_h, board.energy
    if energy is None:
        none, by_slot, index = np.zeros(0), np.zeros((0, slots)), np.zeros(0, dtype=np.int64)
        return Meters(
            *(by_slot,) * 3, none, np.zeros(1, dtype=np.int64), index, by_slot, by_slot, none, none, index, *(none,) * 4
        )
    site, area = np.nonzero(energy.areas.member.T)
    store = np.flatnonzero(energy.store_kwh > 0)
    return Meters(
        fixed=energy.fixed_kw * slot_h,
        plant=energy.renewable_kw * slot_h,
        grid_fen=grid_fen_per_kwh(board, rules),
        plant_fen=energy.renewable_fen_per_kwh,
        first_area=_firsts(site, len(board.sites)),
        area=area,
        most=energy.areas.most_kw * slot_h,
        under=under_peak_kw(energy.areas.load_kw) * slot_h,
        over_fen=energy.areas.over_fen_per_kwh,
        peak_fen=energy.areas.peak_fen_per_kw / slot_h,
        store_site=store,
        store_most=energy.store_kwh[store],
        store_speed=energy.store_kw[store] * slot_h,
        store_begin=energy.stored_kwh[store],
        store_way=np.sqrt(energy.store_efficiency[store]),
    )


def _tolls(board: Board) -> tuple[Ints, Ints, Floats]:
    flows = len(board.origins) * len(board.sites)
    if board.links is None:
        return np.zeros(flows + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    flow, link = np.nonzero(board.links.factor.reshape(-1, flows).T)
    return _firsts(flow, flows), np.ascontiguousarray(link), board.links.factor.reshape(-1, flows)[link, flow]
