"""Made boards and classes of a stated size, from a seed: what the solvers of the day's programme are compared on.

Sites west and east, origins heavier in the east, two card models, three tiers, three sizes of data. Work of the
real-time tier must run in its slot; the interactive tier may wait an hour, the batch tier 2 to 12. Every site has a
power cap, every site and origin a limit of what moves in a slot. Work is scaled to a share of the cards, so that nearly
all can be served.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Classes, Instance, Streams
from qipan.kernel.resources import Kind

SIZES = {
    "small": (10, 24, 200),
    "medium": (10, 96, 2_000),
    "large": (50, 96, 10_000),
    "national": (200, 96, 30_000),
}
"""Sites, slots and classes of each size."""
MODELS = ("A", "B")
IT_KW = (0.5, 0.9)
GB_PER_UNIT_H = (0.1, 2.0, 20.0)
SHARE_OF_CARDS = 0.5
RULES = Rules(
    tiers=(
        TierRule(22.0, 0.5, 4000.0),
        TierRule(45.0, 0.1, 2000.0),
        TierRule(np.inf, 0.0, 800.0),
        TierRule(np.inf, 0.0, 400.0),
    )
)


def programme(sites: int, slots: int, classes: int, seed: int, *, origins: int = 12, coupled: bool = False) -> Instance:
    """Draw a day of ``slots`` equal slots.

    Parameters
    ----------
    coupled
        Whether plants, stores, peak charges, calls of the grid and a reserve tie sites and slots together.
    """
    rng = np.random.default_rng(seed)
    is_west = rng.random(sites) < 0.6
    place = rng.random((sites, 2)) + np.where(is_west, 0.0, 1.0)[:, None] * (1.0, 0.0)
    is_east = rng.random(origins) < 0.75
    home = rng.random((origins, 2)) + np.where(is_east, 1.0, 0.0)[:, None] * (1.0, 0.0)
    weight = np.where(is_east, 3.0, 1.0) * rng.lognormal(0.0, 0.5, origins)
    distance = np.linalg.norm(home[:, None] - place[None], axis=2)
    board = _board(rng, is_west, place, distance, slots)
    streams, of_class = _streams(rng, weight / weight.sum(), classes)
    made = _classes(rng, board, streams, of_class)
    day = Instance(_with_links(board, made), made, RULES, _allowed(board, streams).astype(float))
    return _coupled(np.random.default_rng((seed, 1)), day, is_west) if coupled else day


def _board(rng: np.random.Generator, is_west: Bools, place: Floats, distance: Floats, slots: int) -> Board:
    sites, origins = distance.shape[::-1]
    hour = np.arange(slots) * 24.0 / slots
    cards = np.round(rng.lognormal(6.0, 0.6, (sites, len(MODELS))) * np.where(is_west, 1.5, 1.0)[:, None])
    pue = np.round(np.where(is_west, 1.2, 1.3) + rng.normal(0.0, 0.03, sites), 3)
    evening = 1.0 + 0.35 * np.sin((hour - 13.0) / 12.0 * np.pi) ** 2 + 0.25 * np.exp(-(((hour - 19.0) / 2.5) ** 2))
    base = np.where(is_west, 36.0, 62.0) + rng.normal(0.0, 4.0, sites)
    kw = cards @ np.array(IT_KW) * pue
    return Board(
        sites=tuple(
            Site(f"s{s:03d}", f"Site {s}", f"站{s}", "", f"{s:06d}", "west" if west else "east", *map(float, place[s]))
            for s, west in enumerate(is_west)
        ),
        pools=tuple(Pool(f"s{s:03d}-{model}", s, Kind.INTELLIGENT, model) for s in range(sites) for model in MODELS),
        origins=tuple(Origin(f"o{o:02d}", f"Origin {o}", f"地{o}", f"9{o:05d}", "east") for o in range(origins)),
        start_s=0.0,
        slot_s=86_400.0 / slots,
        day_slots=slots,
        capacity=np.repeat(cards.ravel()[:, None], slots, axis=1),
        it_kw_per_unit=np.tile(IT_KW, sites),
        opex_fen_per_unit_h=np.zeros(sites * len(MODELS)),
        pue=pue,
        power_cap_kw=np.round(kw * rng.uniform(0.75, 1.0, sites)),
        price_fen_per_kwh=np.round(base[:, None] * evening * rng.normal(1.0, 0.02, (sites, slots)), 3),
        location_kg_per_kwh=np.full(sites, 0.5),
        market_kg_per_kwh=np.full(sites, 0.4),
        round_trip_ms=np.round(2.0 + 28.0 * distance, 2),
        transfer_fen_per_gb=np.round(0.4 * (1.0 + distance), 3),
    )


def _coupled(rng: np.random.Generator, day: Instance, is_west: Bools) -> Instance:
    """Give western sites plants, some sites stores, all a peak charge, and two halves of the grid a call at its peak.

    One in four pairs of a stream and a product takes more units than asked, as a slower model would, and
    nearly half of all work is left out, to make room for the reserve.
    """
    board = day.board
    sites, slots, slot_h = len(board.sites), board.slot_count, board.slot_h
    hour = np.arange(slots) * slot_h
    full_kw = np.zeros(sites)
    np.add.at(full_kw, board.pool_site, board.capacity[:, 0] * board.kwh_per_unit_h)
    sun = np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None)
    wind = rng.uniform(0.0, 0.6, (sites, slots))
    plant_kw = full_kw * np.where(is_west, rng.uniform(0.3, 1.0, sites), 0.0)
    has_store = rng.random(sites) < 0.4
    store_kwh = np.round(np.where(has_store, full_kw * 0.5, 0.0))
    member = np.concatenate([np.eye(sites, dtype=bool), [is_west, ~is_west]])
    load = 1.0 + 0.3 * np.sin((hour - 9.0) / 12.0 * np.pi)
    halves = np.array([full_kw[is_west].sum(), full_kw[~is_west].sum()])
    most = np.full((2, slots), np.inf)
    most[:, (hour >= 18.0) & (hour < 20.0)] = 0.35 * halves[:, None]
    energy = Energy(
        fixed_kw=np.repeat(0.03 * full_kw[:, None], slots, axis=1),
        renewable_kw=np.round(plant_kw[:, None] * (0.6 * sun + wind), 3),
        renewable_fen_per_kwh=np.round(rng.uniform(5.0, 25.0, sites), 2),
        store_kwh=store_kwh,
        store_kw=store_kwh / 2.0,
        stored_kwh=np.round(store_kwh / 2.0),
        store_efficiency=np.where(has_store, 0.85, 1.0),
        areas=Areas(
            names=(*(one.site_id for one in board.sites), "west", "east"),
            member=member,
            load_kw=np.concatenate([np.zeros((sites, slots)), 5.0 * halves[:, None] * load]),
            most_kw=np.concatenate([np.full((sites, slots), np.inf), most]),
            over_fen_per_kwh=np.full(sites + 2, 300.0),
            peak_fen_per_kw=np.concatenate([np.full(sites, 100.0), np.full(2, 20.0)]),
        ),
    )
    slower = (day.takes > 0) & (rng.random(day.takes.shape) < 0.25)
    return Instance(
        replace(board, energy=energy),
        replace(day.classes, demand_unit_h=0.55 * day.classes.demand_unit_h, width=0.55 * day.classes.width),
        replace(day.rules, keeps_reserve=True),
        np.where(slower, 1.25, day.takes),
    )


def _streams(rng: np.random.Generator, weight: Floats, classes: int) -> tuple[Streams, Ints]:
    origin = rng.choice(len(weight), classes, p=weight)
    tier = rng.choice(3, classes, p=(0.3, 0.3, 0.4))
    model = rng.choice(len(MODELS), classes, p=(0.6, 0.4))
    data = rng.choice(len(GB_PER_UNIT_H), classes, p=(0.5, 0.35, 0.15))
    keys = np.stack([origin, tier, model, data], axis=1)
    unique, of_class = np.unique(keys, axis=0, return_inverse=True)
    return (
        # The sort of a made stream is its card model: nothing else is asked of it here.
        Streams(
            sort=unique[:, 2],
            origin=unique[:, 0],
            tier=unique[:, 1],
            gb_per_unit_h=np.array(GB_PER_UNIT_H)[unique[:, 3]],
        ),
        of_class.reshape(-1),
    )


def _classes(rng: np.random.Generator, board: Board, streams: Streams, stream: Ints) -> Classes:
    slots, slot_h, count = board.slot_count, board.slot_h, len(stream)
    hour = np.arange(slots) * slot_h
    busy = 1.0 + 0.5 * np.sin((hour - 9.0) / 12.0 * np.pi)
    first = rng.choice(slots, count, p=busy / busy.sum())
    wait = np.maximum(np.rint(wait_h(rng, streams.tier[stream]) / slot_h).astype(np.int64), 1)
    end = np.minimum(first + wait, slots)
    demand = rng.lognormal(0.0, 0.5, count)
    for model in range(len(MODELS)):
        ours = streams.sort[stream] == model
        cards_h = board.capacity[model :: len(MODELS)].sum() * slot_h
        if ours.any():
            demand[ours] *= SHARE_OF_CARDS * cards_h / demand[ours].sum()
    # Jobs last a quarter of their window or longer, so a class is at most four times as wide as it must be.
    lasts_h = (end - first) * slot_h * np.where(end - first > 1, rng.uniform(0.25, 1.0, count), 1.0)
    return Classes(
        of_job=np.zeros(0, dtype=np.int64),
        stream=stream,
        first_slot=first,
        end_slot=end,
        demand_unit_h=demand,
        width=demand / lasts_h,
        streams=streams,
    )


def wait_h(rng: np.random.Generator, tier: Ints) -> Floats:
    """Draw how long work of each tier may take from its arrival to its end, ``(classes,)``."""
    count = len(tier)
    return np.select(
        [tier == Tier.REALTIME, tier == Tier.INTERACTIVE],
        [np.zeros(count), rng.uniform(0.3, 1.0, count)],
        rng.uniform(2.0, 12.0, count),
    )


def _with_links(board: Board, classes: Classes) -> Board:
    """Give every origin and every site a limit: six times what moves on average, by weight and by cards."""
    sites, origins, slots = len(board.sites), len(board.origins), board.slot_count
    gb = classes.demand_unit_h * classes.streams.gb_per_unit_h[classes.stream]
    out = 6.0 * np.bincount(classes.streams.origin[classes.stream], weights=gb, minlength=origins) / slots
    cards = np.bincount(board.pool_site, weights=board.capacity[:, 0], minlength=sites)
    into = 6.0 * gb.sum() / slots * cards / cards.sum()
    factor = np.zeros((origins + sites, origins, sites))
    factor[np.arange(origins), np.arange(origins), :] = 1.0
    factor[origins + np.arange(sites), :, np.arange(sites)] = 1.0
    names = [f"out of {one.origin_id}" for one in board.origins] + [f"into {one.site_id}" for one in board.sites]
    capacity = np.repeat(np.round(np.concatenate([out, into]), 3)[:, None], slots, axis=1)
    return replace(board, links=Links(tuple(names), capacity, factor))


def _allowed(board: Board, streams: Streams) -> Bools:
    """Return which products have the model and lie within the tier's round trip; the nearest one, where none does."""
    products = board.products
    site = np.array([product[0] for product in products])
    model = np.array([MODELS.index(product[2]) for product in products])
    limit_ms = np.array([rule.round_trip_ms_max for rule in RULES.tiers])[streams.tier]
    round_trip_ms = board.round_trip_ms[streams.origin][:, site]
    same = model[None, :] == streams.sort[:, None]
    allowed = same & (round_trip_ms <= limit_ms[:, None])
    lonely = np.flatnonzero(~allowed.any(axis=1))
    allowed[lonely, np.where(same[lonely], round_trip_ms[lonely], np.inf).argmin(axis=1)] = True
    return np.asarray(allowed)
