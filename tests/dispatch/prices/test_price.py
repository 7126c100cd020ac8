"""Locational prices: the golden case, and identities on random days.

The three-node case is the nodal clearing test of ASSUME (numbers only): ten generators a node, equal reactances, lines
of 5,000 MW.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Links, Origin, Pool, Rules, Site, TierRule
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Classes, Plan, Reason, Streams
from qipan.dispatch.plan import plan
from qipan.dispatch.prices.price import identities
from qipan.kernel.resources import Kind

NODES = ("node1", "node2", "node3")
LINES = ((0, 1), (0, 2), (1, 2))


def triangle_factors() -> np.ndarray:
    """With equal reactances two thirds of a flow take the direct line, one third the way round."""
    factor = np.zeros((3, 3, 3))
    for origin in range(3):
        for site in range(3):
            if origin == site:
                continue
            third = 3 - origin - site
            for (a, b), share in (((site, origin), 2 / 3), ((site, third), 1 / 3), ((third, origin), 1 / 3)):
                for line, (start, end) in enumerate(LINES):
                    factor[line, origin, site] += share * ((a, b) == (start, end)) - share * ((b, a) == (start, end))
    return factor


def cleared(demand: list[float]) -> tuple[Board, Plan, Rules]:
    board = Board(
        sites=tuple(Site(name, name, "", "", "", "", 0.0, 0.0) for name in NODES),
        pools=tuple(Pool(f"gen{price}", (price - 5) // 10, Kind.INTELLIGENT, "") for price in range(5, 35)),
        origins=tuple(Origin(name, name, "", "", "") for name in NODES),
        start_s=0.0,
        slot_s=3600.0,
        day_slots=1,
        capacity=np.full((30, 1), 1000.0),
        it_kw_per_unit=np.zeros(30),
        opex_fen_per_unit_h=np.arange(5.0, 35.0),
        pue=np.ones(3),
        power_cap_kw=np.full(3, math.inf),
        price_fen_per_kwh=np.zeros((3, 1)),
        location_kg_per_kwh=np.zeros(3),
        market_kg_per_kwh=np.zeros(3),
        round_trip_ms=np.zeros((3, 3)),
        transfer_fen_per_gb=np.zeros((3, 3)),
        links=Links(("1-2", "1-3", "2-3"), np.full((3, 1), 5000.0), triangle_factors()),
    )
    zeros = np.zeros(3, dtype=np.int64)
    classes = Classes(
        of_job=zeros,
        stream=np.arange(3),
        first_slot=zeros,
        end_slot=zeros + 1,
        demand_unit_h=np.array(demand),
        width=np.array(demand),
        streams=Streams(sort=np.arange(3), origin=np.arange(3), tier=zeros, gb_per_unit_h=np.ones(3)),
    )
    rules = Rules(tuple(TierRule(math.inf, 0.0, 3000.0) for _ in range(4)))
    return board, plan(board, classes, rules, np.ones((3, 3), dtype=bool)), rules


def held(board: Board, solved: Plan, rules: Rules) -> None:
    # One generator is indifferent, so the other two flows may differ from the literature's; the full line may not.
    assert abs(solved.link_flow_gb[1, 0]) == pytest.approx(5000.0)
    money = identities(board, solved, rules)
    assert max(money.payments_error, money.revenue_error, money.slackness_error) < 1e-9
    assert money.link_rent_fen > 0


def test_prices_of_the_three_node_case_are_those_of_the_literature() -> None:
    board, solved, rules = cleared([2400.0, 2400.0, 17400.0])
    assert solved.lmp_fen_per_unit_h[:, 0] == pytest.approx([12.0, 22.0, 32.0], abs=1e-9)
    assert solved.class_price_fen_per_unit_h == pytest.approx([12.0, 22.0, 32.0], abs=1e-9)
    held(board, solved, rules)


def test_prices_of_the_three_node_case_with_many_optima_are_in_the_middle() -> None:
    # The literature has 17, 23 and 29, one end: node 3 has used its generator of 29 whole and that of 30 not at all.
    board, solved, rules = cleared([4400.0, 4400.0, 14400.0])
    assert solved.lmp_fen_per_unit_h[:, 0] == pytest.approx([16.5, 23.0, 29.5], abs=1e-9)
    held(board, solved, rules)


def random_day(rng: np.random.Generator) -> tuple[Board, Jobs, Rules]:
    """Three sites with scarce cards and power, prices that may be negative, sixty jobs in six hours."""
    slots, count = 6, 60
    places = [("a", "east"), ("b", "west"), ("c", "west")]
    board = Board(
        sites=tuple(Site(name, name, "", "", "", macro, 0.0, 0.0) for name, macro in places),
        pools=tuple(Pool(f"{name}-{k}", s, Kind.INTELLIGENT, "") for s, (name, _) in enumerate(places) for k in (0, 1)),
        origins=tuple(Origin(name, name, "", "", macro) for name, macro in places[:2]),
        start_s=0.0,
        slot_s=3600.0,
        day_slots=slots,
        capacity=rng.integers(2, 12, (6, slots)).astype(float),
        it_kw_per_unit=rng.uniform(0.5, 1.5, 6),
        opex_fen_per_unit_h=np.zeros(6),
        pue=rng.uniform(1.1, 1.4, 3),
        power_cap_kw=np.array([math.inf, 9.0, 12.0]),
        price_fen_per_kwh=rng.uniform(-10.0, 90.0, (3, slots)),
        location_kg_per_kwh=rng.uniform(0.1, 0.8, 3),
        market_kg_per_kwh=rng.uniform(0.1, 0.8, 3),
        round_trip_ms=rng.uniform(2.0, 60.0, (2, 3)),
        transfer_fen_per_gb=rng.uniform(0.0, 3.0, (2, 3)),
        links=Links(("wire",), np.full((1, slots), 40.0), rng.integers(0, 2, (1, 2, 3)).astype(float)),
    )
    submit = rng.uniform(0.0, 5.0, count) * 3600.0
    requested = rng.choice([0.25, 0.5, 1.0, 2.0, 4.0], count) * 3600.0
    start_by = submit + rng.choice([0.0, 1.0, 5.0], count) * 3600.0
    jobs = Jobs(
        job_id=np.arange(count).astype(str).astype(object),
        label=np.full(count, "", dtype=object),
        submit_s=submit,
        kind=np.zeros(count, dtype=np.int64),
        card_model=np.full(count, "", dtype=object),
        quantity=rng.choice([0.25, 1.0, 2.0, 8.0], count),
        requested_s=requested,
        actual_s=requested * rng.uniform(0.1, 1.0, count),
        origin=rng.choice(np.array(["a", "b"], dtype=object), count),
        tier=rng.integers(0, 4, count),
        data_class=rng.choice([0, 0, 1], count),
        workload=np.zeros(count, dtype=np.int64),
        start_by_s=start_by,
        finish_by_s=start_by + requested,
        data_gb=rng.choice([0.0, 1.0, 10.0], count),
        preemptible=np.zeros(count, dtype=bool),
        priority=np.zeros(count, dtype=np.int64),
        command=np.full(count, "", dtype=object),
        reservation=np.full(count, "", dtype=object),
        assumed=np.zeros(count, dtype=np.int64),
    )
    limits = (20.0, 40.0, 100.0, math.inf)
    tiers = tuple(TierRule(limit, 1.0, lost) for limit, lost in zip(limits, (4e3, 3e3, 2e3, 1e3), strict=True))
    return board, jobs, Rules(tiers)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_identities_hold_on_random_days(seed: int) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    money = identities(board, solved, rules)
    assert max(money.payments_error, money.revenue_error, money.slackness_error) < 1e-7
    assert min(solved.capacity_rent_fen_per_unit_h.min(), solved.power_rent_fen_per_kwh.min()) >= -1e-9
