"""Made horizons of expansion: representative days of one made board, growths, and options of every sort."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.random_programme import programme
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.expansion import (
    Build,
    Carbon,
    Day,
    Growth,
    Horizon,
    Limit,
    Line,
    Move,
    Option,
)
from qipan.dispatch.model.plan import Instance

DAYS = (("summer", 92.0, 1.25, 0.7), ("winter", 120.0, 0.7, 1.2), ("between", 153.0, 1.0, 1.0))
"""Name, days of a year, sun and wind over those of the made day."""
GROWTHS = (("slow", 0.25, 1.08), ("middle", 0.5, 1.16), ("fast", 0.25, 1.25))
"""Name, probability and growth of demand a year."""


def horizon(
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
    costs: dict[str, float] | None = None,
) -> Horizon:
    """Draw a horizon from 2026 on.

    Parameters
    ----------
    carbon_kg
        Limit of each year.
    load
        Demand of the first year over that of the made day.
    costs
        Fen of a unit and year by the name of what is built; else drawn.
    """
    rng = np.random.default_rng((seed, 2))
    base = programme(sites, slots, classes, seed, origins=origins, coupled=True)
    made = tuple(_day(base, at, load) for at in range(days))
    options = tuple(_options(rng, base, made, costs or {}))
    chosen = GROWTHS[:growths] if growths > 1 else (("middle", 1.0, 1.16),)
    whole = sum(probability for _, probability, _ in chosen)
    return Horizon(
        years=tuple(range(2026, 2026 + years)),
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


def _shapes(rng: np.random.Generator, day_list: tuple[Day, ...], *, sun: bool) -> dict[str, Floats]:
    shapes = {}
    for at, day in enumerate(day_list):
        hour = np.arange(day.instance.board.slot_count) * day.instance.board.slot_h
        part = DAYS[at][2] if sun else DAYS[at][3]
        shape = (
            0.75 * np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None) if sun else rng.uniform(0.05, 0.6, len(hour))
        )
        shapes[day.name] = np.clip(part * shape, 0.0, 1.0)
    return shapes


def _options(rng: np.random.Generator, base: Instance, made: tuple[Day, ...], costs: dict[str, float]) -> list[Option]:
    """Offer cards, plants and a store at each site, its link, the calls of the grid, lines and closings."""
    board = base.board
    kwh = board.kwh_per_unit_h

    def fen(build: Build, low: float, high: float) -> float:
        drawn = float(rng.uniform(low, high))
        return costs.get(build.value, drawn) if costs else drawn

    def one(
        option_id: str, build: Build, where: str, moves: tuple[Move, ...], cost: float, most: float, **more: object
    ) -> Option:
        fields: dict[str, object] = {"most_per_year": most / 2.0, "earliest": 2026 + int(rng.integers(0, 2))}
        return Option(
            option_id,
            build,
            f"{build.value} {where}",
            f"{build.value} {where}",
            where,
            moves,
            cost,
            most,
            **(fields | more),
        )  # type: ignore[arg-type]

    options = []
    for at, site in enumerate(board.sites):
        pools = np.flatnonzero(board.pool_site == at)
        pool = int(pools[0])
        cards = float(board.capacity[pool, 0])
        name, here = board.pools[pool].pool_id, site.site_id
        kw = float(board.power_cap_kw[at])
        draw = rng.random()
        moves = (Move(Limit.POOL, name, 1.0, {}), Move(Limit.POWER, here, 1.1 * float(kwh[pool]), {}))
        options.append(one(f"cards-{here}", Build.CARDS, here, moves, fen(Build.CARDS, 2e5, 6e5), cards))
        if site.macro == "west":
            land = f"land-{here}"
            sun = Move(Limit.RENEWABLE, here, 1.0, _shapes(rng, made, sun=True))
            wind = Move(Limit.RENEWABLE, here, 1.0, _shapes(rng, made, sun=False))
            options.append(
                one(land, Build.LAND, here, (), fen(Build.LAND, 500.0, 1000.0), kw, earliest=2026, most_per_year=kw)
            )
            options.append(
                one(f"wind-{here}", Build.WIND, here, (wind,), fen(Build.WIND, 4e4, 7e4), kw, needs=land, lead_years=1)
            )
            options.append(one(f"solar-{here}", Build.SOLAR, here, (sun,), fen(Build.SOLAR, 2e4, 4e4), kw))
        else:
            store = (Move(Limit.STORE_KWH, here, 1.0, {}), Move(Limit.STORE_KW, here, 0.5, {}))
            options.append(one(f"store-{here}", Build.STORE, here, store, fen(Build.STORE, 8e3, 1.5e4), kw))
        if draw < 0.3:
            closing = (Move(Limit.POOL, board.pools[int(pools[1])].pool_id, -1.0, {}),)
            most = float(board.capacity[int(pools[1]), 0])
            options.append(one(f"close-{here}", Build.CLOSING, here, closing, -fen(Build.CLOSING, 5e4, 1e5), most))
        if draw > 0.6:
            assert board.links is not None
            link = f"into {here}"
            most = float(board.links.capacity_gb[board.links.names.index(link), 0]) / board.slot_h
            options.append(
                one(
                    f"link-{here}",
                    Build.LINK,
                    here,
                    (Move(Limit.LINK, link, 1.0, {}),),
                    fen(Build.LINK, 1e4, 3e4),
                    most,
                )
            )
    for half in ("west", "east"):
        calls = (Move(Limit.GRID, half, 1.0, {}),)
        options.append(
            one(
                f"grid-{half}",
                Build.GRID,
                half,
                calls,
                fen(Build.GRID, 5e3, 2e4),
                0.1 * float(board.power_cap_kw.sum()),
            )
        )
    east = [origin.origin_id for origin in board.origins][:3]
    west = next(site.site_id for site in board.sites)
    lines = tuple(Line(origin, west, 15.0, 0.3) for origin in east)
    options.append(
        one("line-east", Build.LINE, west, (), fen(Build.LINE, 2e4, 6e4), 200.0, lines=lines, line_gb_per_h=1.0)
    )
    return options
