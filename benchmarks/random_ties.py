"""Draw small days with many ties, so that many prices are optimal: round costs, whole demands, limits met exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Bools
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes, Instance, Streams
from qipan.kernel.resources import Kind

Shape = Callable[[np.random.Generator, Board], Board]


def _plain(_rng: np.random.Generator, board: Board) -> Board:
    return board


def _with_power(rng: np.random.Generator, board: Board) -> Board:
    """Give most sites a cap of power at a share of their cards, down to none."""
    full_kw = np.zeros(len(board.sites))
    np.add.at(full_kw, board.pool_site, board.capacity.max(axis=1) * board.kwh_per_unit_h)
    share = rng.choice([0.0, 0.25, 0.5, 0.5, 0.75, np.inf], size=len(board.sites))
    return replace(board, power_cap_kw=np.where(np.isinf(share), np.inf, full_kw * np.where(np.isinf(share), 0, share)))


def _with_links(rng: np.random.Generator, board: Board) -> Board:
    """Add one to three links with little room, used one way, both ways, or in shares."""
    count = int(rng.integers(1, 4))
    pair = (len(board.origins), len(board.sites))
    room = rng.choice([0.0, 1.0, 4.0, 4.0, 12.0], size=(count, 1))
    return replace(
        board,
        links=Links(
            names=tuple(f"link-{number}" for number in range(count)),
            capacity_gb=np.repeat(room, board.slot_count, axis=1),
            factor=rng.choice([-1.0, -1 / 3, 0.0, 0.0, 0.0, 1 / 3, 2 / 3, 1.0, 1.0], size=(count, *pair)),
        ),
    )


def _with_both(rng: np.random.Generator, board: Board) -> Board:
    return _with_links(rng, _with_power(rng, board))


def _with_meters(rng: np.random.Generator, board: Board) -> Board:
    """Give sites plants, stores and draw at no load, and the grid one to three areas with limits and peaks."""
    sites, slots, areas = len(board.sites), board.slot_count, int(rng.integers(1, 4))
    by_site, by_area = (sites, slots), (areas, slots)
    store = rng.choice([0.0, 0.0, 2.0, 4.0], size=sites)
    energy = Energy(
        fixed_kw=np.repeat(rng.choice([0.0, 0.0, 1.0], size=(sites, 1)), slots, axis=1),
        renewable_kw=rng.choice([0.0, 0.0, 1.0, 2.0, 6.0], size=by_site),
        renewable_fen_per_kwh=rng.choice([0.0, 10.0, 30.0, 40.0], size=sites),
        store_kwh=store,
        store_kw=np.where(store > 0.0, rng.choice([1.0, 2.0], size=sites), 0.0),
        stored_kwh=store * rng.choice([0.0, 0.5, 1.0], size=sites),
        store_efficiency=np.where(store > 0.0, rng.choice([1.0, 0.81, 0.64], size=sites), 1.0),
        areas=Areas(
            names=tuple(f"area-{number}" for number in range(areas)),
            member=rng.random((areas, sites)) < 0.6,
            load_kw=rng.choice([0.0, 5.0, 5.0, 8.0], size=by_area),
            most_kw=rng.choice([0.0, 2.0, 4.0, np.inf, np.inf], size=by_area),
            over_fen_per_kwh=rng.choice([50.0, 500.0], size=areas),
            peak_fen_per_kw=rng.choice([0.0, 10.0, 60.0], size=areas),
        ),
    )
    if rng.random() < 0.3:
        board = _with_power(rng, board)
        board = replace(board, power_cap_kw=board.power_cap_kw + energy.fixed_kw[:, 0])
    return replace(board, energy=energy)


def _with_all(rng: np.random.Generator, board: Board) -> Board:
    return _with_links(rng, _with_meters(rng, board))


SHAPES: dict[str, Shape] = {
    "plain": _plain,
    "power": _with_power,
    "links": _with_links,
    "both": _with_both,
    "meters": _with_meters,
    "all": _with_all,
}
"""What is added to a plain board; a new kind of limit is one line here."""


def random_ties(rng: np.random.Generator, shape: str) -> Instance:
    """Draw a day of 1 to 8 slots on 1 to 4 sites."""
    board = SHAPES[shape](rng, _board(rng))
    classes = _classes(rng, board)
    nearness = rng.choice([0.0, 0.0, 0.5])
    lost = rng.choice([90.0, 200.0, 4000.0], size=len(Tier))
    rules = Rules(
        tuple(TierRule(np.inf, nearness, float(value)) for value in lost),
        keeps_reserve=board.energy is not None and bool(rng.random() < 0.4),
    )
    takes = _allowed(rng, board, classes.streams).astype(float)
    if board.energy is not None:
        takes *= rng.choice([1.0, 1.0, 1.25], size=takes.shape)
    return Instance(board, classes, rules, takes)


def _board(rng: np.random.Generator) -> Board:
    sites, origins, slots = (int(rng.integers(1, most + 1)) for most in (4, 3, 8))
    models = ("A", "B")[: int(rng.integers(1, 3))]
    alike = int(rng.choice([1, 1, 2, 3]))
    pools = tuple(
        Pool(f"{s}-{model}-{number}", s, Kind.INTELLIGENT, model)
        for s in range(sites)
        for model in models
        for number in range(alike)
    )
    cards = rng.choice([0.0, 1.0, 2.0, 4.0, 8.0, 10.0], size=(len(pools), 1))
    open_share = np.ones((len(pools), slots))
    if rng.random() < 0.3:
        open_share = rng.choice([0.0, 0.5, 1.0, 1.0], size=(len(pools), slots))
    pair = (origins, sites)
    coarse = rng.random() < 0.5
    return Board(
        sites=tuple(Site(f"s{s}", f"Site {s}", f"站{s}", "", "", "east", 0.0, 0.0) for s in range(sites)),
        pools=pools,
        origins=tuple(Origin(f"o{o}", f"Origin {o}", f"地{o}", "", "east") for o in range(origins)),
        start_s=0.0,
        slot_s=3600.0,
        day_slots=slots,
        capacity=cards * open_share,
        it_kw_per_unit=rng.choice([0.0, 0.5, 1.0, 1.0], size=len(pools)),
        opex_fen_per_unit_h=rng.choice([0.0, 0.01, 3.0, 12.5], size=len(pools)),
        pue=rng.choice([1.0, 1.0, 1.2] if coarse else [1.13, 1.25, 1.377], size=sites),
        power_cap_kw=np.full(sites, np.inf),
        price_fen_per_kwh=rng.choice(
            [30.0, 40.0, 60.0, 60.0, -5.0] if coarse else [31.7, 44.05, 58.33], (sites, slots)
        ),
        location_kg_per_kwh=np.zeros(sites),
        market_kg_per_kwh=np.zeros(sites),
        round_trip_ms=rng.choice([2.0, 10.0, 30.0], size=pair),
        transfer_fen_per_gb=rng.choice([0.0, 0.0, 1.0, 2.0] if coarse else [0.15, 0.4, 1.05], size=pair),
    )


def _classes(rng: np.random.Generator, board: Board) -> Classes:
    count = int(rng.choice([1, 3, 8, 20, 40]))
    keys = np.stack([rng.integers(0, high, count) for high in (len(board.origins), 3, 3)], axis=1)
    unique, stream = np.unique(keys, axis=0, return_inverse=True)
    first = rng.integers(0, board.slot_count, count)
    end = np.minimum(first + rng.choice([1, 1, 2, 3, 8], size=count), board.slot_count)
    demand = rng.choice([0.1, 0.3, 1.0, 1.0, 2.0, 4.0, 10.0], size=count)
    return Classes(
        of_job=np.zeros(0, dtype=np.int64),
        stream=stream.reshape(-1),
        first_slot=first,
        end_slot=end,
        demand_unit_h=demand,
        width=demand / (end - first) * rng.choice([1.0, 1.0, 2.0, 8.0], size=count),
        streams=Streams(
            sort=np.arange(len(unique)),
            origin=unique[:, 0],
            tier=unique[:, 1],
            gb_per_unit_h=np.array([0.0, 1.0, 2.5])[unique[:, 2]],
        ),
    )


def _allowed(rng: np.random.Generator, board: Board, streams: Streams) -> Bools:
    """Let each stream use one model, at most sites."""
    models = np.array([product[2] for product in board.products])
    asked = rng.choice(np.unique(models), size=len(streams))
    near = rng.random((len(streams), len(models))) < 0.8
    near[np.arange(len(streams)), rng.integers(0, len(models), len(streams))] = True
    return np.asarray((models[None, :] == asked[:, None]) & near)
