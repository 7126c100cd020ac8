"""Lay a day's programme out as flat arrays, in the order in which the kernels of `approach` walk through it.

Pairs are what a stream may use: a stream and a product, those of one stream side by side. Classes stand in the order of
their streams, efforts (a class in one of its slots) in the order of their classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qipan.dispatch.formulate import running_fen_per_unit_h
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes


class Layout(NamedTuple):
    """A programme for kernels; ``first_...`` has one entry more than what it cuts into stretches.

    Attributes
    ----------
    first_pair, first_class, origin, gb, opens, closes
        ``(streams,)``; a stream has classes in the slots ``[opens, closes)`` only.
    product, site, moving
        ``(pairs,)``; what moving and distance cost for a unit-hour.
    order, stream, first_effort, first_slot, end_slot, demand, most, lost
        ``(classes,)``; ``order`` is the position among the classes given, ``most`` the unit-hours of one slot.
    first_pool, pool, pool_product, first_alike, end_alike, running, room, kwh
        ``(pools,)`` in the order of their sites and products; ``running`` and ``room`` by slot. The pools of one
        product stand in ``[first_alike, end_alike)``.
    cap_kwh
        ``(sites,)``, of one slot; ``inf`` without a cap.
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
    first_toll: Ints
    toll_link: Ints
    toll_factor: Floats
    link_most: Floats


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
    rent
        ``(links, slots)``, signed by direction.
    """

    work: Floats
    effort: Floats
    unserved: Floats
    delivered: Floats
    lmp: Floats
    rent: Floats


class Lengths(NamedTuple):
    """Length of a step by row and column, for a primal weight of one.

    Attributes
    ----------
    work
        ``(pairs,)``
    delivered
        ``(streams, slots)``
    lmp
        ``(products,)``
    rent
        ``(links,)``
    """

    work: Floats
    delivered: Floats
    lmp: Floats
    rent: Floats


class Sheet(NamedTuple):
    """What the kernels write on: flows of a step, and where the searches of the last step ended.

    Attributes
    ----------
    asked
        ``(products, slots)``
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
    wanted, given
        ``(pools,)`` of the site at hand: the LMP at which nothing would be given, and what is given at the new one.
    """

    asked: Floats
    missing: Floats
    flow: Floats
    toll: Floats
    over: Floats
    bar: Floats
    level: Floats
    power: Floats
    wanted: Floats
    given: Floats


def lay_out(board: Board, classes: Classes, rules: Rules, allowed: Bools) -> Layout:
    """Return the programme of a day for the kernels; what it means stands in `formulate`.

    Parameters
    ----------
    allowed
        ``(streams, products)``, from `reach`.
    """
    streams = classes.streams
    stream, product = np.nonzero(allowed)
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
    return Layout(
        first_pair=_firsts(stream, len(streams)),
        first_class=_firsts(classes.stream, len(streams)),
        origin=streams.origin,
        gb=streams.gb_per_unit_h,
        opens=opens,
        closes=closes,
        product=product,
        site=site,
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
        running=np.ascontiguousarray(running_fen_per_unit_h(board, rules)[pool]),
        room=np.ascontiguousarray(board.capacity[pool] * board.slot_h),
        kwh=board.kwh_per_unit_h[pool],
        cap_kwh=board.power_cap_kw * board.slot_h,
        first_toll=first_toll,
        toll_link=toll_link,
        toll_factor=toll_factor,
        link_most=np.zeros((0, board.slot_count)) if board.links is None else board.links.capacity_gb,
    )


def _firsts(owner: Ints, owners: int) -> Ints:
    """Return where the stretch of each owner begins among entries sorted by owner, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=owners))]).astype(np.int64)


def _tolls(board: Board) -> tuple[Ints, Ints, Floats]:
    flows = len(board.origins) * len(board.sites)
    if board.links is None:
        return np.zeros(flows + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    flow, link = np.nonzero(board.links.factor.reshape(-1, flows).T)
    return _firsts(flow, flows), link, board.links.factor.reshape(-1, flows)[link, flow]
