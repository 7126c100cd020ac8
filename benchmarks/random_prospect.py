"""Made prospects of expansion: representative days of one made board, growths, and options of every sort."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from benchmarks.random_programme import programme

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.expansion import (
    Build,
    Carbon,
    Day,
    Growth,
    Limit,
    Line,
    Move,
    Option,
    Prospect,
)
from qipan.dispatch.model.plan import Instance

DAYS = (("summer", 92.0, 1.25, 0.7), ("winter", 120.0, 0.7, 1.2), ("between", 153.0, 1.0, 1.0))
"""Name, days of a year, sun and wind over those of the made day."""
GROWTHS = (("slow", 0.25, 1.08), ("middle", 0.5, 1.16), ("fast", 0.25, 1.25))
"""Name, probability and growth of demand a year."""
FIRST = 2026
FEN = {
    Build.CARDS: (2e5, 6e5),
    Build.LAND: (5e2, 1e3),
    Build.WIND: (4e4, 7e4),
    Build.SOLAR: (2e4, 4e4),
    Build.STORE: (8e3, 1.5e4),
    Build.CLOSING: (-1e5, -5e4),
    Build.LINK: (1e4, 3e4),
    Build.GRID: (5e3, 2e4),
    Build.LINE: (2e4, 6e4),
}
"""What a unit costs a year: drawn between."""


def prospect(
    sites: int,
    slots: int,
    classes: int,
    seed: int,
    *,
    years: int = 5,
    days: int = 3,
    growths: int = 3,
    origins: int = 12,
    carbon_kg: float = np.inf,
    load: float = 1.0,
) -> Prospect:
    """Draw a prospect from the first year on.

    Parameters
    ----------
    carbon_kg
        Limit of each year.
    load
        Demand of the first year over that of the made day.
    """
    rng = np.random.default_rng((seed, 2))
    base = programme(sites, slots, classes, seed, origins=origins, coupled=True)
    made = tuple(_day(base, at, load) for at in range(days))
    options = tuple(_options(rng, base, made))
    chosen = GROWTHS[:growths] if growths > 1 else (("middle", 1.0, 1.16),)
    whole = sum(probability for _, probability, _ in chosen)
    return Prospect(
        years=tuple(range(FIRST, FIRST + years)),
        discount_rate=0.06,
        days=made,
        growths=tuple(
            Growth(name, probability / whole, factor ** np.arange(years, dtype=float))
            for name, probability, factor in chosen
        ),
        carbon=Carbon(np.full(years, carbon_kg), "location", 500.0),
        options=options,
    )


def _day(base: Instance, at: int, load: float) -> Day:
    name, count, sun, _ = DAYS[at]
    energy, classes = base.board.energy, base.classes
    assert energy is not None
    prices = base.board.price_fen_per_kwh * (1.0 + 0.15 * (at == 0) + 0.1 * (at == 1))
    board = replace(
        base.board, price_fen_per_kwh=prices, energy=replace(energy, renewable_kw=energy.renewable_kw * sun)
    )
    grown = replace(classes, demand_unit_h=load * classes.demand_unit_h, width=load * classes.width)
    return Day(name, count, base._replace(board=board, classes=grown))


def _shapes(rng: np.random.Generator, day_list: tuple[Day, ...], *, is_sun: bool) -> dict[str, Floats]:
    shapes = {}
    for at, day in enumerate(day_list):
        hour = np.arange(day.instance.board.slot_count) * day.instance.board.slot_h
        part = DAYS[at][2] if is_sun else DAYS[at][3]
        shape = (
            0.75 * np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None)
            if is_sun
            else rng.uniform(0.05, 0.6, len(hour))
        )
        shapes[day.name] = np.clip(part * shape, 0.0, 1.0)
    return shapes


def _options(rng: np.random.Generator, base: Instance, made: tuple[Day, ...]) -> list[Option]:
    """Offer cards, plants and a store at each site, its link, the calls of the grid, a line and closings."""
    offers = []
    for at in range(len(base.board.sites)):
        offers += _at_site(rng, base.board, made, at)
    board, whole_kw = base.board, float(base.board.power_cap_kw.sum())
    for half in ("west", "east"):
        offers.append(_offer(rng, Build.GRID, half, 0.1 * whole_kw, (_move(Limit.GRID, half),)))
    lines = tuple(Line(origin.origin_id, board.sites[0].site_id, 15.0, 0.3) for origin in board.origins[:3])
    line = _offer(rng, Build.LINE, board.sites[0].site_id, 200.0, ())
    return [*offers, replace(line, lines=lines, line_gb_per_h=1.0)]


def _at_site(rng: np.random.Generator, board: Board, made: tuple[Day, ...], at: int) -> list[Option]:
    site = board.sites[at]
    here, kw = site.site_id, float(board.power_cap_kw[at])
    first, second = (int(pool) for pool in np.flatnonzero(board.pool_site == at))
    names = [pool.pool_id for pool in board.pools]
    power = _move(Limit.POWER, here, 1.1 * float(board.kwh_per_unit_h[first]))
    cards = (_move(Limit.POOL, names[first]), power)
    offers = [_offer(rng, Build.CARDS, here, float(board.capacity[first, 0]), cards)]
    if site.macro == "west":
        land = replace(_offer(rng, Build.LAND, here, kw, ()), earliest=FIRST, most_per_year=kw)
        wind = _offer(
            rng, Build.WIND, here, kw, (_move(Limit.RENEWABLE, here, shape=_shapes(rng, made, is_sun=False)),)
        )
        sun = _offer(rng, Build.SOLAR, here, kw, (_move(Limit.RENEWABLE, here, shape=_shapes(rng, made, is_sun=True)),))
        offers += [land, replace(wind, needs=land.option_id, lead_years=1), sun]
    else:
        store = (_move(Limit.STORE_KWH, here), _move(Limit.STORE_KW, here, 0.5))
        offers.append(_offer(rng, Build.STORE, here, kw, store))
    draw = rng.random()
    if draw < 0.3:
        closing = (_move(Limit.POOL, names[second], -1.0),)
        offers.append(_offer(rng, Build.CLOSING, here, float(board.capacity[second, 0]), closing))
    if draw > 0.6 and board.links is not None:
        link = f"into {here}"
        most = float(board.links.capacity_gb[board.links.names.index(link), 0]) / board.slot_h
        offers.append(_offer(rng, Build.LINK, here, most, (_move(Limit.LINK, link),)))
    return offers


def _offer(rng: np.random.Generator, build: Build, where: str, most: float, moves: tuple[Move, ...]) -> Option:
    name, cost = f"{build.value}-{where}", float(rng.uniform(*FEN[build]))
    earliest = FIRST + int(rng.integers(0, 2))
    return Option(name, build, name, name, where, moves, cost, most, most / 2.0, earliest)


def _move(limit: Limit, of: str, per_unit: float = 1.0, *, shape: dict[str, Floats] | None = None) -> Move:
    return Move(limit, of, per_unit, shape or {})
