"""Allot reservations to pools, and refuse what could not all be used at once.

What is allotted holds by construction: whatever covered jobs nominate, at any minute they stay within the capacity of
their pools, the power caps of their sites beside the draw at no load, the reserve where one is kept, and the limits of
areas of the grid. Own plants lower what an area's sites draw; nothing counts on stores.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import ROUNDING, Board, Rules
from qipan.dispatch.model.reservation import Reservation
from qipan.dispatch.placement.timeline import CLOCK_TICKS, TICK_S
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind
from qipan.kernel.time import zone

NAMED = 3
"""How many of the nearest names an error tells."""


class _Limit(NamedTuple):
    """What is reserved under a limit and what there is, ``(ticks,)`` both; ``name`` may be that of a site."""

    rule: str
    name: str
    unit: str
    reserved: Floats
    most: Floats


def allot(
    reservations: Sequence[Reservation],
    board: Board,
    rules: Rules,
    zone_name: str = "UTC",
    whose: str = "the board",
    *,
    aside: Sequence[Finding] = (),
) -> Ints:
    """Return the pool that each reservation is in, ``(reservations,)``.

    Each takes the first pool of its product, in the board's order, that has room for all of it beside those before it.

    Parameters
    ----------
    zone_name
        Whose clocks an error shows.
    whose
        How an error calls what the sites are of.
    aside
        What was wrong with other rows of their file, which an error tells too.

    Raises
    ------
    BadInputError
        ``reservations_over_links`` on a board whose links are limited: nobody says where reserved work comes from.
        ``reservations_unmet`` with a finding for each: ``site_unknown``, ``product_not_on_board``,
        ``pool_over_reserved``, ``power_cap_over_reserved``, ``reserve_over_reserved``, ``area_over_reserved``.
    """
    if len(reservations) and board.links is not None and board.links.names:
        raise BadInputError(
            f"Reservations must be on a board without limited links, was one with {len(board.links.names)}.",
            code="reservations_over_links",
            hint="Leave out the limits of links: a reservation does not say from where its work comes.",
        )
    ticks = ticks_of_slot(board)
    capacity = np.repeat(board.capacity, ticks, axis=1)
    reserved = np.zeros_like(capacity)
    pool = np.full(len(reservations), -1)
    findings = []
    for index, one in enumerate(reservations):
        mine = pools_of(one, board)
        first, last = ticks_of(one, board)
        room = capacity[mine, first:last] - reserved[mine, first:last]
        fits = np.flatnonzero((room >= one.units - ROUNDING).all(axis=1))
        if not len(mine):
            findings.append(_without_product(one, board, whose))
        elif not len(fits):
            roomiest = int(room.min(axis=1).argmax())
            at, most = first + int(room[roomiest].argmin()), float(room[roomiest].min())
            findings.append(_too_much(one, board, at, max(most, 0.0), zone_name))
        else:
            pool[index] = mine[fits[0]]
            reserved[pool[index], first:last] += one.units
    for limit in _limits(board, rules, reserved):
        over = np.flatnonzero((limit.reserved > ROUNDING) & (limit.reserved > limit.most + ROUNDING * (1 + limit.most)))
        if len(over):
            findings.append(_over(limit, board, int(over[0]), zone_name))
    if findings:
        raise BadInputError(
            f"Reservations must fit together on the board, was not: {findings[0].message}",
            code="reservations_unmet",
            hint="Correct the contracts that the findings name: each must be of resources on the board and sold once.",
            findings=sorted([*aside, *findings], key=lambda finding: finding.row),
        )
    return pool


def ticks_of_slot(board: Board) -> int:
    """Return how many minutes a slot has."""
    return round(board.slot_s / TICK_S)


def pools_of(one: Reservation, board: Board) -> Ints:
    """Return the pools of a reservation's product."""
    asked = (one.site_id, one.kind, one.card_model)
    return np.array(
        [p for p, it in enumerate(board.pools) if (board.sites[it.site].site_id, it.kind, it.card_model) == asked],
        dtype=np.int64,
    )


def ticks_of(one: Reservation, board: Board) -> tuple[int, int]:
    """Return the minutes of the horizon in which a reservation holds; none where the last is not after the first."""
    whole = board.slot_count * ticks_of_slot(board)
    first, last = ((moment - board.start_s) / TICK_S for moment in (one.from_s, one.to_s))
    return int(np.clip(np.floor(first + CLOCK_TICKS), 0, whole)), int(np.clip(np.ceil(last - CLOCK_TICKS), 0, whole))


def _limits(board: Board, rules: Rules, reserved: Floats) -> Iterator[_Limit]:
    """Yield all that reservations share.

    Parameters
    ----------
    reserved
        ``(pools, ticks)``
    """
    ticks = ticks_of_slot(board)
    kw = np.zeros((len(board.sites), reserved.shape[1]))
    np.add.at(kw, board.pool_site, reserved * board.kwh_per_unit_h[:, None])
    room_kw = np.repeat(np.maximum(board.room_kw, 0.0), ticks, axis=1)
    for site, its in enumerate(board.sites):
        yield _Limit("power_cap_over_reserved", its.name_en, "kW", kw[site], room_kw[site])
    if rules.keeps_reserve:
        spare = np.repeat(board.spare_units, ticks, axis=1)
        busy = np.zeros_like(spare)
        np.add.at(busy, board.product_group[board.pool_product], reserved)
        for group, (kind, model) in enumerate(dict.fromkeys(product[1:] for product in board.products)):
            name = f"{kind.value} {model}".strip()
            yield _Limit("reserve_over_reserved", name, f"{kind.unit}s", busy[group], spare[group])
    if board.energy is not None:
        areas = board.energy.areas
        fixed, own = (np.repeat(one, ticks, axis=1) for one in (board.energy.fixed_kw, board.energy.renewable_kw))
        for area, name in enumerate(areas.names):
            mine = areas.member[area]
            # What the sites of an area draw at no load, or take from others, is no matter of reservations.
            idle = np.maximum(fixed[mine] - own[mine], 0.0).sum(axis=0)
            drawn = np.maximum(fixed[mine] + kw[mine] - own[mine], 0.0).sum(axis=0) - idle
            most = np.repeat(areas.most_kw[area], ticks)
            yield _Limit("area_over_reserved", name, "kW", drawn, np.maximum(most - idle, 0.0))


def _without_product(one: Reservation, board: Board, whose: str) -> Finding:
    names = [site.site_id for site in board.sites]
    if one.site_id not in names:
        nearest = difflib.get_close_matches(one.site_id, names, n=NAMED, cutoff=0.0)
        told = (
            f"Reservation {one.reservation_id} must be at a site of {whose}, was at {one.site_id}; "
            f"the nearest names are {', '.join(nearest)}."
        )
        return Finding(one.line, "site", "site_unknown", told, one.site_id)
    there = (product[1:] for product in board.products if names[product[0]] == one.site_id)
    told = (
        f"Reservation {one.reservation_id} must be of a kind and card model that {one.site_id} of {whose} has, "
        f"{', '.join(_product(*has) for has in there)}, was {_product(one.kind, one.card_model)}."
    )
    return Finding(one.line, "kind", "product_not_on_board", told, one.reservation_id)


def _product(kind: Kind, card_model: str) -> str:
    return f"{kind.value} {card_model}".strip()


def _too_much(one: Reservation, board: Board, tick: int, most: float, zone_name: str) -> Finding:
    told = (
        f"Reservation {one.reservation_id} must find its {one.units:g} {one.kind.unit}s in one pool of {one.site_id} "
        f"beside those before it, was {most:g} left at {_clock(board, tick, zone_name)}."
    )
    return Finding(one.line, "units", "pool_over_reserved", told, one.reservation_id)


def _over(limit: _Limit, board: Board, tick: int, zone_name: str) -> Finding:
    what = {
        "power_cap_over_reserved": "under the power cap of {} beside its draw at no load",
        "reserve_over_reserved": "beside the reserve of {}",
        "area_over_reserved": "within what the grid lets the sites of {} draw beside their draw at no load",
    }[limit.rule].format(limit.name)
    told = (
        f"What is reserved must stay {what}, at most {limit.most[tick]:g} {limit.unit}, "
        f"was {limit.reserved[tick]:g} {limit.unit} at {_clock(board, tick, zone_name)}."
    )
    return Finding(0, "units", limit.rule, told, limit.name)


def _clock(board: Board, tick: int, zone_name: str) -> str:
    moment = datetime.fromtimestamp(board.start_s + tick * TICK_S, tz=UTC).astimezone(zone(zone_name))
    return moment.isoformat(timespec="minutes")
