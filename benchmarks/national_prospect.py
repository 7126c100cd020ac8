"""A made national scenario of five years: the ten clusters and 31 regions of the facts, and demand that grows.

Sites, cards, power, prices of three civil days, round trips and unit costs are the shipped facts. Made up here, by the
constants below: demand and its growth, what links carry, calls of the grid, sun and wind, and what may be built.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from qipan.bootstrap.files import expansion_facts
from qipan.dispatch.expansion.annuity import yearly_fen
from qipan.dispatch.expansion.enlarge import with_meters
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Links, Rules
from qipan.dispatch.model.energy import Areas
from qipan.dispatch.model.expansion import Assumed, Build, Carbon, Day, Growth, Limit, Line, Move, Option, Prospect
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes, Instance, Streams
from qipan.facts.catalog import Catalog
from qipan.workflows.fleet import assumption_rule, national_fleet, rules_of, set_up

YEARS = (2026, 2027, 2028, 2029, 2030)
DAYS = (
    ("summer", date(2026, 7, 15), 183.0, 1.0, 0.7),
    ("winter", date(2026, 1, 15), 182.0, 0.7, 1.1),
)
"""Name, civil day, days of a year, sun and wind."""
GROWTHS = (("slow", 0.25, 1.1), ("middle", 0.5, 1.18), ("fast", 0.25, 1.26))
"""Name, probability and growth of demand a year."""
UTILISATION = 0.5
"""Share of the cards that the first year asks for."""
TIERS = (Tier.REALTIME, Tier.INTERACTIVE, Tier.OFFLINE)
TIER_SHARES = (0.3, 0.25, 0.45)
"""Tiers of the work, and the share of each."""
CALL_SHARE = 0.7
"""What a cluster may draw from 18 to 22 h, as a share of its power cap."""
LINK_SHARE = 1.6
"""What moves into a cluster in an hour at most, over what its cards would pull in if all origins sent alike."""
CARBON_SHARE = 1.3
"""What 2029 and 2030 may emit, over what the first year's work would emit at the national factor."""
WINDY = ("zhangjiakou", "helinger", "qingyang", "zhongwei", "guian")
"""Clusters with ground for plants."""
LINES = (
    ("110000", "helinger"),
    ("310000", "wuhu"),
    ("440000", "guian"),
    ("310000", "zhongwei"),
    ("330000", "guian"),
)
"""Where a direct line could run."""
SLOT_H = 2
"""Hours of a slot: the days are for planning ahead, not for running."""


def national_prospect(days: int = 2, growths: int = 3) -> Prospect:
    """Lay the scenario out, or the first of its days and growths."""
    catalog = Catalog.load()
    assumed = expansion_facts(catalog)
    made = [_day(catalog, at) for at in range(days)]
    chosen = GROWTHS[:growths]
    whole = sum(one[1] for one in chosen)
    years = np.arange(len(YEARS), dtype=float)
    first = made[0].instance
    work = float(first.classes.demand_unit_h.sum())
    kwh = float(np.average(first.board.kwh_per_unit_h, weights=first.board.capacity[:, 0]))
    most_kg = work * kwh * catalog.number("grid/location_factor/cn/2022") * 365.0 * CARBON_SHARE
    return Prospect(
        years=YEARS,
        discount_rate=assumed.discount_rate,
        days=tuple(made),
        growths=tuple(Growth(name, chance / whole, rate**years) for name, chance, rate in chosen),
        carbon=Carbon(np.array([np.inf] * 3 + [most_kg] * 2), "location", assumed.over_fen_per_kg),
        options=tuple(_options(first.board, assumed)),
    )


def _day(catalog: Catalog, at: int) -> Day:
    name, day, count, _, _ = DAYS[at]
    fleet = national_fleet(catalog)
    board = _coarser(set_up(fleet, catalog, day, outlook_h=0).board)
    rules = rules_of(catalog)
    rule = assumption_rule(catalog, fleet)
    weights = np.array([origin.weight for origin in fleet.origins])
    streams, takes = _streams(board, rules, rule.gb_per_unit_h)
    classes = _classes(board, streams, weights / weights.sum())
    board = _called(_linked(board, classes))
    return Day(name, count, Instance(board, classes, rules, takes))


def _coarser(board: Board) -> Board:
    """Join the hours of a day into slots."""
    slots = board.slot_count // SLOT_H
    prices = board.price_fen_per_kwh.reshape(len(board.sites), slots, SLOT_H).mean(axis=2)
    return replace(
        board,
        slot_s=board.slot_s * SLOT_H,
        day_slots=slots,
        capacity=board.capacity[:, ::SLOT_H],
        price_fen_per_kwh=prices,
    )


def _streams(board: Board, rules: Rules, gb_per_unit_h: tuple[float, ...]) -> tuple[Streams, Floats]:
    """Give each origin a stream of each tier; one that reaches no site gives way to the next slower tier."""
    origin, at = (part.ravel() for part in np.indices((len(board.origins), len(TIERS))))
    tier = np.array(TIERS, dtype=np.int64)[at]
    limit = np.array([one.round_trip_ms_max for one in rules.tiers])
    held = tier.copy()
    for _ in Tier:
        lonely = ~(board.round_trip_ms[origin] <= limit[held][:, None]).any(axis=1)
        held[lonely] = np.minimum(held[lonely] + 1, int(Tier.OFFLINE))
    takes = (board.round_trip_ms[origin] <= limit[held][:, None]).astype(float)
    streams = Streams(
        sort=np.arange(len(origin)), origin=origin, tier=held, gb_per_unit_h=np.array(gb_per_unit_h)[tier]
    )
    return streams, takes


def _classes(board: Board, streams: Streams, weight: Floats) -> Classes:
    """Spread the work of a day: by the slot, over four hours, twelve, or the day, as the tier may wait."""
    slots = board.slot_count
    hour = np.arange(slots) * SLOT_H
    busy = 1.0 + 0.5 * np.sin((hour - 9.0) / 12.0 * np.pi)
    busy /= busy.sum()
    work = UTILISATION * float(board.capacity.sum()) * SLOT_H
    asked = np.tile(TIER_SHARES, len(board.origins)).tolist()
    stream, first, end, demand = [], [], [], []
    for index, share in enumerate(asked):
        span = (1, 2, 6, slots)[int(streams.tier[index])]
        for begin in range(0, slots, span):
            stream.append(index)
            first.append(begin)
            end.append(min(begin + span, slots))
            demand.append(work * weight[streams.origin[index]] * share * busy[begin : begin + span].sum())
    lasts_h = (np.array(end) - np.array(first)) * SLOT_H
    return Classes(
        of_job=np.zeros(0, dtype=np.int64),
        stream=np.array(stream),
        first_slot=np.array(first),
        end_slot=np.array(end),
        demand_unit_h=np.array(demand),
        width=np.array(demand) / np.maximum(lasts_h / 2.0, SLOT_H),
        streams=streams,
    )


def _linked(board: Board, classes: Classes) -> Board:
    """Limit what moves into each cluster from other regions."""
    origins, sites = board.round_trip_ms.shape
    factor = np.zeros((sites, origins, sites))
    adcodes = np.array([origin.adcode for origin in board.origins])
    for at, site in enumerate(board.sites):
        factor[at, adcodes != site.adcode, at] = 1.0
    gb_per_unit_h = float(
        (classes.demand_unit_h * classes.streams.gb_per_unit_h[classes.stream]).sum() / classes.demand_unit_h.sum()
    )
    into = LINK_SHARE * UTILISATION * gb_per_unit_h * board.capacity * SLOT_H
    return replace(board, links=Links(tuple(f"into {site.site_id}" for site in board.sites), into, factor))


def _called(board: Board) -> Board:
    """Let the grid call each cluster in the evening."""
    board = with_meters(board)
    assert board.energy is not None
    sites, slots = len(board.sites), board.slot_count
    most = np.repeat(board.power_cap_kw[:, None], slots, axis=1)
    most[:, 18 // SLOT_H : 22 // SLOT_H] *= CALL_SHARE
    areas = Areas(
        names=tuple(site.site_id for site in board.sites),
        member=np.eye(sites, dtype=bool),
        load_kw=np.zeros((sites, slots)),
        most_kw=most,
        over_fen_per_kwh=np.full(sites, 500.0),
        peak_fen_per_kw=np.zeros(sites),
    )
    return replace(board, energy=replace(board.energy, areas=areas, store_efficiency=np.full(sites, 0.85)))


def _options(board: Board, assumed: Assumed) -> list[Option]:
    """Offer cards, grid, link, store and closing at each cluster, plants on ground of the windy ones, and lines."""

    def offer(build: Build, where: str, most: float, *moves: Move, **more: Any) -> Option:
        fields: dict[str, Any] = {"most_per_year": most / 3.0, "earliest": YEARS[0] + 1, "name": where} | more
        name = fields.pop("name")
        cost = yearly_fen(assumed.costs[build], assumed.discount_rate)
        return Option(f"{build.value}-{name}", build, name, name, where, moves, cost, most, **fields)

    made = []
    for at, site in enumerate(board.sites):
        here, pool = site.site_id, board.pools[int(np.flatnonzero(board.pool_site == at)[0])].pool_id
        cards, kw = float(board.capacity[at, 0]), float(board.power_cap_kw[at])
        draw = float(board.kwh_per_unit_h[at])
        assert board.links is not None
        made += [
            offer(Build.CARDS, here, 2.0 * cards, _move(Limit.POOL, pool), _move(Limit.POWER, here, draw)),
            offer(Build.GRID, here, 2.0 * kw, _move(Limit.GRID, here)),
            offer(
                Build.LINK,
                here,
                3.0 * float(board.links.capacity_gb[at, 0]) / SLOT_H,
                _move(Limit.LINK, f"into {here}"),
            ),
            offer(Build.STORE, here, 2.0 * kw, _move(Limit.STORE_KWH, here), _move(Limit.STORE_KW, here, 0.5)),
            offer(Build.CLOSING, here, 0.4 * cards, _move(Limit.POOL, pool, -1.0), earliest=YEARS[0]),
        ]
        if here in WINDY:
            land = f"land-{here}"
            held = {"needs": land, "lead_years": 1}
            made += [
                offer(Build.LAND, here, 2.0 * kw, earliest=YEARS[0], most_per_year=2.0 * kw),
                offer(Build.SOLAR, here, kw, _move(Limit.RENEWABLE, here, shape=_shapes(at, is_sun=True))),
                offer(Build.WIND, here, kw, _move(Limit.RENEWABLE, here, shape=_shapes(at, is_sun=False)), **held),
            ]
    most = 0.2 * float(board.links.capacity_gb[:, 0].sum()) / SLOT_H if board.links else 0.0
    for origin, there in LINES:
        lines = (Line(origin, there, 18.0, 0.5),)
        made.append(offer(Build.LINE, there, most, lines=lines, line_gb_per_h=1.0, name=f"{origin}-{there}"))
    for here in ("wuhu", "tianfu", "shaoguan"):
        macro = next(site.macro for site in board.sites if site.site_id == here)
        lines = tuple(Line(one.origin_id, here, 15.0, 0.5) for one in board.origins if one.macro == macro)
        made.append(offer(Build.EXCHANGE, here, most, lines=lines, line_gb_per_h=1.0))
    return made


def _move(limit: Limit, of: str, per_unit: float = 1.0, *, shape: dict[str, Floats] | None = None) -> Move:
    return Move(limit, of, per_unit, shape or {})


def _shapes(at: int, *, is_sun: bool) -> dict[str, Floats]:
    """Return the share of a plant in each hour of each day; wind is drawn from a seed of the cluster."""
    hour, rng = np.arange(0, 24, SLOT_H), np.random.default_rng((at, 7))
    shapes = {}
    for name, _, _, sun, wind in DAYS:
        noon = 0.75 * sun * np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None)
        shapes[name] = noon if is_sun else np.clip(wind * rng.uniform(0.1, 0.5, len(hour)), 0.0, 1.0)
    return shapes
