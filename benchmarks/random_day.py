"""Draw a small board and its jobs at random, with everything that has ever been awkward in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier
from qipan.kernel.resources import Kind

PROVINCES = ("110000", "310000", "440000", "520000", "640000", "")
MACROS = ("east", "central", "west", "")
MODELS = ("", "A100", "H20")
SLOT_S = 3600.0
DAY_SLOTS = (23, 24, 24, 25)


def random_day(rng: np.random.Generator) -> tuple[Board, Jobs, Rules]:
    """Draw a board, jobs that are complete, and rules.

    Boards have several kinds and models, caps of power down to none, slots without capacity, negative prices, links,
    and days of 23 and 25 slots; jobs are fractional, larger than any site, longer than the horizon, bound to a region,
    have windows of a minute or less, or may stop and go.
    """
    board = _board(rng)
    jobs, rules = _jobs(rng, board), _rules(rng)
    if rng.random() < 0.6:  # Hard limits shut out most jobs of the others; here it is room and price that decide.
        anywhere = tuple(replace(tier, round_trip_ms_max=np.inf) for tier in rules.tiers)
        kind = np.full(len(jobs), KINDS.index(board.pools[0].kind))
        jobs = replace(jobs, kind=kind, card_model=np.full(len(jobs), "", dtype=object), data_class=0 * jobs.data_class)
        rules = replace(rules, tiers=anywhere)
    return board, jobs, rules


def _board(rng: np.random.Generator) -> Board:
    sites = tuple(
        Site(f"site-{s}", f"Site {s}", f"站点{s}", "", *_place(rng), lon_deg=0.0, lat_deg=0.0)
        for s in range(rng.integers(1, 6))
    )
    origins = tuple(Origin(f"origin-{o}", f"Origin {o}", f"来源{o}", *_place(rng)) for o in range(rng.integers(1, 6)))
    kinds = rng.choice(np.arange(len(KINDS)), size=rng.integers(1, 4), replace=False)
    pools = tuple(
        Pool(f"pool-{s}-{p}", s, KINDS[rng.choice(kinds)], str(rng.choice(MODELS)))
        for s in range(len(sites))
        for p in range(rng.integers(1, 4))
    )
    day_slots = int(rng.choice(DAY_SLOTS))
    slots = day_slots + int(rng.choice([0, 6, 24]))
    capacity = _capacity(rng, len(pools), slots)
    it_kw = np.where([pool.kind == Kind.STORAGE for pool in pools], 0.0, rng.uniform(0.05, 1.5, len(pools)))
    pue = rng.uniform(1.05, 1.6, len(sites))
    full_kw = np.zeros(len(sites))
    np.add.at(full_kw, [pool.site for pool in pools], capacity.max(axis=1) * it_kw)
    share = rng.choice([0.0, 0.2, 0.6, 0.9, 1.2, np.inf, np.inf], size=len(sites))
    pair = (len(origins), len(sites))
    return Board(
        sites=sites,
        pools=pools,
        origins=origins,
        start_s=1.7e9 - 1.7e9 % 86400.0 + 3600.0 * int(rng.integers(0, 24)),
        slot_s=SLOT_S,
        day_slots=day_slots,
        capacity=capacity,
        it_kw_per_unit=it_kw,
        opex_fen_per_unit_h=rng.choice([0.0, 3.0, 12.5], size=len(pools)),
        pue=pue,
        power_cap_kw=np.where(np.isinf(share), np.inf, full_kw * pue * np.where(np.isinf(share), 0.0, share)),
        price_fen_per_kwh=_prices(rng, len(sites), slots),
        location_kg_per_kwh=rng.uniform(0.05, 0.95, len(sites)),
        market_kg_per_kwh=rng.uniform(0.01, 0.95, len(sites)),
        round_trip_ms=rng.uniform(0.5, 60.0, pair),
        transfer_fen_per_gb=rng.choice([0.0, 1.0, 1.0]) * rng.uniform(0.0, 40.0, pair),
        links=_links(rng, pair, slots) if rng.random() < 0.25 else None,
    )


def _place(rng: np.random.Generator) -> tuple[str, str]:
    return str(rng.choice(PROVINCES)), str(rng.choice(MACROS))


def _capacity(rng: np.random.Generator, pools: int, slots: int) -> Floats:
    whole = rng.choice([0.0, 1.0, 2.5, 8.0, 8.0, 16.0, 40.0], size=pools)
    share = np.ones((pools, slots))
    if rng.random() < 0.4:  # Some hours under maintenance.
        share = rng.choice([0.0, 0.5, 1.0, 1.0, 1.0], size=(pools, slots))
    return np.asarray(whole[:, None] * share)


def _prices(rng: np.random.Generator, sites: int, slots: int) -> Floats:
    flat = rng.choice([30.0, 45.0, 60.0], size=(sites, 1))
    if rng.random() < 0.2:  # The same everywhere and always: nothing but ties.
        return np.full((sites, slots), 45.0)
    prices = flat * rng.uniform(0.3, 1.8, (sites, slots))
    if rng.random() < 0.3:
        prices -= rng.choice([0.0, 0.0, 60.0, 200.0], size=(sites, slots))
    return np.asarray(prices)


def _links(rng: np.random.Generator, pair: tuple[int, int], slots: int) -> Links:
    count = int(rng.integers(1, 4))
    return Links(
        names=tuple(f"link-{number}" for number in range(count)),
        capacity_gb=np.repeat(rng.choice([0.0, 5.0, 50.0, 1e4], size=(count, 1)), slots, axis=1),
        factor=rng.choice([-1.0, -1 / 3, 0.0, 0.0, 1 / 3, 2 / 3, 1.0], size=(count, *pair)),
    )


def _jobs(rng: np.random.Generator, board: Board) -> Jobs:
    count = int(rng.choice([1, 5, 30, 80, 200]))
    day_s = board.day_slots * board.slot_s
    submit_s = board.start_s + np.where(
        rng.random(count) < 0.2,
        np.floor(rng.uniform(0, board.day_slots, count)) * board.slot_s,
        rng.uniform(0, day_s, count),
    )
    requested_s = np.where(
        rng.random(count) < 0.3,
        rng.choice([60.0, 3600.0, 7200.0, 86400.0], size=count),
        np.clip(rng.lognormal(np.log(2400.0), 1.6, count), 1.0, 4e5),
    )
    quantity = np.where(
        rng.random(count) < 0.3,
        rng.uniform(0.01, 1.0, count),
        rng.choice([1.0, 1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0], size=count),
    )
    slack_s = rng.choice([0.0, 30.0, 900.0, 7200.0, 36000.0, 172800.0], size=count)
    start_by_s = submit_s + slack_s
    # A deadline that leaves less than the window, all of it, or more; now and then none that can be kept.
    spare_s = rng.choice([-30.0, 0.0, 0.0, 600.0, 1e6], size=count, p=[0.04, 0.4, 0.3, 0.16, 0.1])
    gb_per_unit_h = rng.choice([0.0, 0.0, 0.5, 4.0, 9.7], size=count)
    kinds = [KINDS.index(pool.kind) for pool in board.pools]
    actual_s = np.where(rng.random(count) < 0.5, np.nan, requested_s * rng.uniform(0.05, 1.4, count))
    return Jobs(
        job_id=np.array([f"job-{number}" for number in range(count)], dtype=object),
        label=np.full(count, "", dtype=object),
        submit_s=submit_s,
        kind=np.where(rng.random(count) < 0.95, rng.choice(kinds, size=count), rng.integers(0, len(KINDS), count)),
        card_model=rng.choice(np.array([*MODELS, "B200"], dtype=object), size=count, p=[0.5, 0.25, 0.2, 0.05]),
        quantity=quantity,
        requested_s=requested_s,
        actual_s=actual_s,
        origin=rng.choice(np.array([origin.origin_id for origin in board.origins], dtype=object), size=count),
        tier=rng.integers(0, len(Tier), count),
        data_class=rng.choice(np.arange(len(DataClass)), size=count, p=[0.7, 0.2, 0.1]),
        workload=np.zeros(count, dtype=np.int64),
        start_by_s=start_by_s,
        finish_by_s=start_by_s + requested_s + spare_s,
        data_gb=quantity
        * requested_s
        / 3600.0
        * np.where(rng.random(count) < 0.5, gb_per_unit_h, rng.uniform(0, 10, count)),
        preemptible=rng.spawn(1)[0].random(count) < 0.4,
        priority=rng.integers(0, 3, count),
        command=np.full(count, "", dtype=object),
        reservation=np.full(count, "", dtype=object),
        assumed=np.zeros(count, dtype=np.int64),
    )


def _rules(rng: np.random.Generator) -> Rules:
    limits = rng.choice([5.0, 20.0, 40.0, np.inf], size=len(Tier))
    near = np.where(rng.random(len(Tier)) < 0.5, 0.0, rng.uniform(0.0, 2.0, len(Tier)))
    lost = rng.choice([50.0, 500.0, 4000.0], size=len(Tier))
    return Rules(
        tiers=tuple(TierRule(float(a), float(b), float(c)) for a, b, c in zip(limits, near, lost, strict=True)),
        carbon_fen_per_kg=float(rng.choice([0.0, 0.0, 10.0, 100.0])),
        carbon_account=str(rng.choice(["location", "market"])),
    )
