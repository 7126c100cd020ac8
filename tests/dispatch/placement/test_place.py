"""Whole jobs along a plan, and by the rules of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.dispatch.programme.test_energy import with_energy
from tests.independent.check_placement import check_no_room, sheet

from qipan.dispatch.jobs.classify import classify, latest_start_in_horizon_s
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Placement, Reason, Status
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.place import NOTHING, Tried, _best, place
from qipan.dispatch.placement.seats import Seats
from qipan.dispatch.placement.turns import placing_order, waiting_order
from qipan.dispatch.plan import plan


def placed(jobs: Jobs, board: Board, rules: Rules, *, theirs: Mapping[str, Placement] = NOTHING) -> Placement:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    return place(jobs, board, rules, reached, refused=refused, plan=solved, theirs=theirs)


def by_rule(rule: Baseline, jobs: Jobs, board: Board, rules: Rules) -> Placement:
    reached = reach(jobs, board, rules)
    return place_by(rule, jobs, board, rules, reached, refused=refusals(jobs, board, reached))


def test_place_follows_the_cheap_hour_and_site(make_board, make_jobs, rules) -> None:
    prices = np.array([[90.0, 80.0, 70.0, 90.0, 90.0, 90.0], [90.0, 80.0, 10.0, 90.0, 90.0, 90.0]])
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    found = placed(make_jobs({"slack_h": 3.0}), board, rules)
    assert found.pool.tolist() == [1]
    assert found.start_s - board.start_s == pytest.approx([7200.0])
    assert found.status.tolist() == [Status.PLACED]


def test_place_waits_for_the_hour_of_the_plant(make_board, make_jobs, rules) -> None:
    sun = np.zeros((2, 6))
    sun[1, 2] = 4.8
    board = with_energy(make_board(), renewable_kw=sun)
    found = placed(make_jobs(*[{"quantity": 2.0, "slack_h": 3.0}] * 2), board, rules)
    assert found.pool.tolist() == [1, 1]
    assert found.start_s - board.start_s == pytest.approx([7200.0] * 2)


def test_place_leaves_room_under_the_cap_for_what_is_drawn_at_no_load(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(power_cap_kw=(np.inf, 3.6)), fixed_kw=[[0.0], [1.2]])
    found = placed(make_jobs(*[{"slack_h": 0.0}] * 3, {"quantity": 2.5, "slack_h": 0.0}), board, rules)
    assert sorted(found.pool.tolist()) == [0, 0, 1, 1]
    assert found.pool[3] == 0


def test_place_keeps_as_much_free_as_the_largest_site_has(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(cards=(10.0, 6.0)), make_jobs(*[{"quantity": 2.0, "slack_h": 0.0}] * 4)
    kept = replace(rules, keeps_reserve=True)
    found = placed(jobs, board, kept)
    assert found.pool.tolist() == [1, 1, 1, -1]
    assert found.reason.tolist() == [Reason.NONE] * 3 + [Reason.NO_ROOM]
    for rule in Baseline:
        assert by_rule(rule, jobs, board, kept).has_place.sum() == 3


def test_place_urgent_work_takes_the_room_before_tolerant_work(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(2.0, 0.0))
    jobs = make_jobs(
        {"quantity": 2.0, "requested_h": 1.0, "slack_h": 4.0, "tier": Tier.OFFLINE},
        {"quantity": 2.0, "requested_h": 1.0, "slack_h": 0.0, "tier": Tier.REALTIME},
    )
    found = placed(jobs, board, rules)
    assert found.pool.tolist() == [0, 0]
    assert found.start_s[1] == board.start_s
    assert found.start_s[0] >= board.start_s + 3600.0


def test_place_without_room_refuses_with_a_reason(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 0.0), slots=4)
    jobs = make_jobs(*[{"requested_h": 4.0, "slack_h": 0.0}] * 2)
    found = placed(jobs, board, rules)
    assert sorted(found.status.tolist()) == [Status.PLACED, Status.REFUSED]
    assert sorted(found.reason.tolist()) == [Reason.NONE, Reason.NO_ROOM]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=76)
@example(seed=22888)
def test_nobody_is_left_without_a_seat_who_has_room(seed: int) -> None:
    """By no way of placing; in the examples jobs end with a tick, but for what seconds since 1970 cannot hold."""
    board, jobs, rules = random_day(np.random.default_rng(seed))
    known = sheet(board, jobs, rules)
    for found in (placed(jobs, board, rules), *(by_rule(rule, jobs, board, rules) for rule in Baseline)):
        assert check_no_room(board, jobs, known, found) == []


@pytest.mark.parametrize("seed", [3, 76, 118])
def test_place_starts_from_what_rules_are_known_to_do_and_finds_the_same(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    found = placed(jobs, board, rules)
    theirs = {rule.value: by_rule(rule, jobs, board, rules) for rule in Baseline}
    monkeypatch.setattr("qipan.dispatch.placement.place.place_by", None)
    again = placed(jobs, board, rules, theirs=theirs)
    assert again.pool.tolist() == found.pool.tolist()
    assert np.array_equal(again.start_s, found.start_s, equal_nan=True)


def seated(fen: float, left: tuple[float, ...], pool: int) -> Tried:
    none = np.zeros(0)
    return Tried(fen, left, Seats(np.array([pool]), np.array([1]), np.array([0, 1]), none, none))


def test_of_ways_that_leave_the_same_the_first_stays_but_for_one_that_costs_less_by_more_than_rounding() -> None:
    third = 0.1 + 0.2
    ways = [seated(third, (0.0,), 0), seated(0.3, (0.0,), 1), seated(0.2999, (0.0,), 2), seated(0.301, (0.0,), 3)]
    assert _best(ways[:2])[1].pool.tolist() == [0]
    assert _best(ways)[1].pool.tolist() == [2]
    assert _best([*ways, seated(0.302, (-1.0,), 4)])[1].pool.tolist() == [4]
    assert _best([*ways, seated(0.304, (-1.0,), 4)])[1].pool.tolist() == [2]


def test_place_that_may_wait_past_the_horizon_is_carried_over_not_refused(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 0.0), slots=4)
    jobs = make_jobs(*[{"requested_h": 4.0, "slack_h": 24.0}] * 2)
    found = placed(jobs, board, rules)
    assert sorted(found.status.tolist()) == [Status.CARRIED_OVER, Status.PLACED]


def test_place_after_the_day_is_carried_over_with_a_tentative_start(make_board, make_jobs, rules) -> None:
    prices = np.array([[90.0] * 4 + [1.0, 90.0]] * 2)
    board = make_board(price_fen_per_kwh=prices)
    found = placed(make_jobs({"slack_h": 5.0}), board, rules)
    assert found.status.tolist() == [Status.CARRIED_OVER]
    assert found.reason.tolist() == [Reason.LATER_IS_BETTER]
    assert found.start_s[0] >= board.day_end_s


def test_place_keeps_shared_cards_fractional(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 0.0))
    found = placed(make_jobs(*[{"quantity": 0.46, "slack_h": 0.0}] * 2), board, rules)
    assert found.status.tolist() == [Status.PLACED] * 2


def test_placing_order_is_size_then_slack_then_as_they_came_and_who_waits_goes_by_priority_first(make_jobs) -> None:
    jobs = make_jobs(
        {"tier": Tier.OFFLINE, "slack_h": 5.0},
        {"tier": Tier.BATCH, "slack_h": 5.0},
        {"tier": Tier.OFFLINE, "slack_h": 1.0},
        {"tier": Tier.BATCH, "slack_h": 6.0, "quantity": 4.0},
        {"tier": Tier.BATCH, "slack_h": 9.0, "priority": 3},
    )
    nobody = np.full(5, Reason.NONE, dtype=object)
    assert placing_order(jobs, nobody).tolist() == [3, 2, 0, 1, 4]
    assert waiting_order(jobs, nobody).tolist() == [4, 3, 2, 0, 1]


def test_latest_start_keeps_the_whole_job_in_the_horizon(make_board, make_jobs) -> None:
    board = make_board()
    jobs = make_jobs({"requested_h": 2.0, "slack_h": 24.0}, {"requested_h": 30.0, "slack_h": 24.0})
    assert (latest_start_in_horizon_s(jobs, board) - board.start_s).tolist() == [4 * 3600.0, 4 * 3600.0]


@pytest.mark.parametrize(
    ("rule", "pool"),
    [
        (Baseline.HOME_FIRST, 0),
        (Baseline.CHEAPEST, 1),
        (Baseline.GREENEST, 0),
        (Baseline.MOST_AVAILABLE, 1),
    ],
)
def test_place_by_each_rule_takes_its_own_site_at_once(make_board, make_jobs, rules, rule, pool) -> None:
    board = make_board(cards=(10.0, 12.0))
    found = by_rule(rule, make_jobs({"quantity": 1.0}, {"quantity": 3.0, "submit_h": 0.5}), board, rules)
    assert found.pool[0] == pool or rule is Baseline.MOST_AVAILABLE
    assert found.pool[1] == pool
    assert found.start_s.tolist() == [board.start_s, board.start_s + 1800.0]


def test_place_by_home_first_spills_to_the_next_site_when_home_is_full(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 5.0))
    found = by_rule(Baseline.HOME_FIRST, make_jobs({}, {}), board, rules)
    assert found.pool.tolist() == [0, 1]


def test_place_by_any_rule_waits_when_every_site_is_full(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 0.0))
    found = by_rule(Baseline.CHEAPEST, make_jobs({}, {}), board, rules)
    assert (found.start_s - board.start_s).tolist() == [0.0, 3600.0]
