"""Priority decides who of a tier is served: nobody is left out for jobs of lower priority, and no other tier leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from benchmarks.random_meters import random_meters
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.dispatch.placement.test_fill import solved
from tests.independent.check_placement import check_placement, check_priority, sheet

from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.placement.place import follow_priority
from qipan.dispatch.placement.priority import contested
from qipan.dispatch.placement.turns import urgent_order

AT_HOME = {"data_class": 2, "slack_h": 0.0}


def test_a_higher_priority_turns_out_a_lower_one_though_more_hours_are_lost(make_board, make_jobs, rules) -> None:
    large = {"quantity": 2.0, "requested_h": 2.0, "slack_h": 0.0}
    board, jobs = make_board(cards=(2.0, 0.0)), make_jobs(large, {"slack_h": 0.0, "priority": 1})
    found = solved(jobs, board, rules)[3]
    assert found.pool.tolist() == [-1, 0]
    assert found.reason.tolist() == [Reason.TURNED_OUT, Reason.NONE]
    alike = solved(replace(jobs, priority=np.zeros(2, dtype=np.int64)), board, rules)[3]
    assert alike.reason.tolist() == [Reason.NONE, Reason.NO_ROOM]


def test_who_is_turned_out_turns_out_a_lower_one_elsewhere(make_board, make_jobs, rules) -> None:
    # The last must stay in Guangdong and the second in Ningxia; the first may be in either.
    board = make_board(cards=(2.0, 2.0))
    large = {"quantity": 2.0, "requested_h": 4.0, "slack_h": 0.0}
    jobs = make_jobs(large | {"priority": 1}, large | AT_HOME | {"origin": "640000"}, AT_HOME | {"priority": 2})
    found = solved(jobs, board, rules)[3]
    assert found.pool.tolist() == [1, -1, 0]
    assert found.reason[1] == Reason.TURNED_OUT


def test_priority_says_nothing_between_tiers(make_board, make_jobs, rules) -> None:
    tiers = [{"slack_h": 0.0, "tier": tier, "priority": int(tier)} for tier in Tier]
    found = solved(make_jobs(*tiers), make_board(cards=(2.0, 0.0), round_trip_ms=np.ones((2, 2))), rules)[3]
    assert found.pool.tolist() == [0, 0, -1, -1]
    assert found.reason.tolist()[2:] == [Reason.NO_ROOM] * 2


def test_room_that_a_priority_leaves_serves_any_tier(make_board, make_jobs, rules) -> None:
    board, large = make_board(cards=(2.0, 0.0)), {"quantity": 2.0, "requested_h": 2.0, "slack_h": 0.0}
    jobs = make_jobs(large, {"slack_h": 0.0, "priority": 1}, {"slack_h": 0.0, "tier": Tier.OFFLINE})
    assert solved(jobs, board, rules)[3].pool.tolist() == [-1, 0, 0]


def test_least_work_is_turned_out(make_board, make_jobs, rules) -> None:
    # Two cards are held by one job for the first hour, by two for the second, and by two for the last two.
    large, small = {"quantity": 2.0, "slack_h": 0.0}, {"slack_h": 0.0, "submit_h": 1.0}
    long = {"slack_h": 0.0, "submit_h": 2.0, "requested_h": 2.0}
    jobs = make_jobs(large, small, small, long, long, {"slack_h": 3.0, "priority": 1})
    found = solved(jobs, make_board(cards=(2.0, 0.0), slots=4), rules)[3]
    assert found.pool.tolist()[0] == found.pool.tolist()[5] == 0
    assert (found.pool < 0).sum() == (found.pool[1:3] < 0).sum() == 1


def test_a_link_that_lower_priorities_overfill_for_a_moment_bars_only_who_crosses_it() -> None:
    board, jobs, rules = random_day(np.random.default_rng(138))
    assert board.links is not None
    assert solved(jobs, board, rules)[3].has_place.any()


def crowded(seed: int, kind: str):
    """Draw a board with a part of its cards and many priorities; with meters, or with tiers that share a value."""
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = replace(board, capacity=np.ceil(board.capacity / rng.choice([2.0, 6.0])))
    if kind == "meters":
        board = random_meters(rng, replace(board, links=None))
    if kind == "reserve":
        rules = replace(rules, keeps_reserve=True)
    tier = jobs.tier if kind == "tiers" else jobs.tier // 2
    return board, replace(jobs, priority=rng.integers(0, rng.choice([2, 9]), len(jobs)), tier=tier), rules


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(["tiers", "few", "meters", "reserve"]))
@example(seed=7, kind="tiers")
def test_nobody_is_left_out_for_a_lower_priority_of_its_tier(seed: int, kind: str) -> None:
    board, jobs, rules = crowded(seed, kind)
    found = solved(jobs, board, rules)[3]
    assert check_placement(board, jobs, rules, found) == []
    assert check_priority(board, jobs, sheet(board, jobs, rules), found) == []


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_boards_on_which_no_tier_has_two_priorities_are_filled_as_without_any(seed: int) -> None:
    board, jobs, rules = crowded(seed, "tiers")
    jobs = replace(jobs, priority=np.zeros(len(jobs), dtype=np.int64))
    with pytest.MonkeyPatch.context() as without:
        without.setattr("qipan.dispatch.placement.place.serve_by_priority", None)
        found = solved(jobs, board, rules)[3]
    assert not (found.reason == Reason.TURNED_OUT).any()


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_placement_that_is_served_by_priority_stays_as_it_is(seed: int) -> None:
    board, jobs, rules = crowded(seed, "tiers")
    reached, refused, best, found = solved(jobs, board, rules)
    assert follow_priority(jobs, board, rules, reached, refused=refused, plan=best, found=found) is found


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_other_placements_are_served_by_priority_and_no_tier_gives_more_than_it_takes(seed: int) -> None:
    board, jobs, rules = crowded(seed, "tiers")
    same = replace(jobs, priority=np.zeros(len(jobs), dtype=np.int64))
    reached, refused, best, found = solved(same, board, rules)
    served = follow_priority(jobs, board, rules, reached, refused=refused, plan=best, found=found)
    assert check_placement(board, jobs, rules, served) == []
    assert check_priority(board, jobs, sheet(board, jobs, rules), served) == []
    for tier in Tier:
        mine = jobs.tier == tier
        loses = mine & found.has_place & ~served.has_place
        gains = mine & ~found.has_place & served.has_place
        assert (served.reason[loses] == Reason.TURNED_OUT).all()
        if loses.any():
            assert jobs.priority[gains].max() > jobs.priority[loses].max()


def test_contested_names_tiers_in_which_one_left_out_is_above_one_served(make_jobs, rules) -> None:
    jobs = make_jobs(
        {"priority": 1}, {}, {"tier": Tier.OFFLINE}, {"tier": Tier.OFFLINE, "priority": 1}, {"tier": Tier.REALTIME}
    )
    order = urgent_order(jobs, rules, np.full(5, Reason.NONE, dtype=object))
    pool = np.array([-1, 0, -1, 0, 0])
    assert [one.tolist() for one in contested(order, jobs, pool)] == [[0, 1]]
    assert contested(order, jobs, np.zeros(5)) == contested(order, jobs, np.full(5, -1)) == []
