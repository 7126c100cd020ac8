"""What a placement came to: both carbon accounts, cost, waits; and the sign that flips."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.dispatch.jobs.reach import reach
from qipan.dispatch.model.board import Board, Rules, TierRule
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Placement, Reason, Status
from qipan.dispatch.placement.score import planned_fen, price_fen, ran_s, score, usage


def at(board: Board, *pools: int, start_h: float = 0.0) -> Placement:
    count = len(pools)
    has = np.array(pools) >= 0
    return Placement(
        pool=np.array(pools),
        start_s=np.where(has, board.start_s + start_h * 3600.0, np.nan),
        status=np.where(has, Status.PLACED, Status.REFUSED).astype(object),
        reason=np.array([Reason.NONE if held else Reason.NO_ROOM for held in has], dtype=object).reshape(count),
    )


def test_score_moving_from_guangdong_to_ningxia_flips_the_sign_between_accounts(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 10.0})
    reached = reach(jobs, board, rules)
    home = score("home", jobs, board, rules, reached, at(board, 0))
    west = score("west", jobs, board, rules, reached, at(board, 1))
    assert west.location_kg / home.location_kg - 1 == pytest.approx(0.40, abs=0.005)
    assert west.market_kg / home.market_kg - 1 == pytest.approx(-0.72, abs=0.005)
    assert west.cost_fen < home.cost_fen
    assert (home.moved_share, west.moved_share) == (0.0, 1.0)


def test_score_counts_what_ran_and_never_more_than_was_requested(make_board, make_jobs, rules) -> None:
    board = make_board()
    jobs = make_jobs({"requested_h": 4.0, "actual_h": 1.0}, {"requested_h": 1.0, "actual_h": 9.0}, {"requested_h": 2.0})
    assert (ran_s(jobs) / 3600.0).tolist() == [1.0, 1.0, 2.0]
    result = score("any", jobs, board, rules, reach(jobs, board, rules), at(board, 0, 0, 0))
    assert result.work_unit_h == pytest.approx(4.0)
    assert result.energy_kwh == pytest.approx(5.0)
    assert result.energy_fen == pytest.approx(300.0)


def test_score_past_the_horizon_pays_the_last_day_again(make_board, make_jobs, rules) -> None:
    prices = np.array([[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]] * 2)
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    jobs = make_jobs({"requested_h": 8.0})
    result = score("any", jobs, board, rules, reach(jobs, board, rules), at(board, 0))
    assert result.energy_fen == pytest.approx(210.0 + 10.0 + 20.0)


def test_score_refused_work_is_counted_apart(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 2.0}, {"quantity": 3.0, "requested_h": 2.0})
    result = score("any", jobs, board, rules, reach(jobs, board, rules), at(board, 0, -1))
    assert (result.work_unit_h, result.lost_unit_h) == (2.0, 6.0)
    assert (result.jobs_placed, result.jobs_refused) == (1, 1)


def test_score_realtime_latency_is_weighted_by_work(make_board, make_jobs, rules) -> None:
    board = make_board(round_trip_ms=((2.0, 15.0), (30.0, 2.0)))
    jobs = make_jobs({"tier": Tier.REALTIME, "quantity": 99.0}, {"tier": Tier.REALTIME, "quantity": 1.0})
    reached = reach(jobs, board, rules)
    assert score("any", jobs, board, rules, reached, at(board, 0, 1)).realtime_p95_ms == 2.0
    assert score("any", jobs, board, rules, reached, at(board, 1, 0)).realtime_p95_ms == 15.0
    batch = make_jobs({})
    assert np.isnan(score("any", batch, board, rules, reach(batch, board, rules), at(board, 0)).realtime_p95_ms)


def test_usage_spreads_a_run_over_the_slots_it_touches(make_board, make_jobs) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 2.0, "requested_h": 2.0})
    used = usage(jobs, board, at(board, 0, start_h=0.5))
    assert used.unit_h[0].tolist() == pytest.approx([1.0, 2.0, 1.0, 0.0, 0.0, 0.0])
    assert used.energy_kwh[0].sum() == pytest.approx(4.0 * 1.25)


def test_planned_cost_of_a_job_that_outlasts_the_horizon_counts_its_part_inside(make_board, make_jobs) -> None:
    board = make_board(price_fen_per_kwh=(10.0, 10.0), pue=(1.0, 1.0))
    jobs = make_jobs({"requested_h": 60.0, "slack_h": 0.0, "data_gb": 60.0, "origin": "640000"})
    rules = Rules((TierRule(1e9, 0.0, 1.0),) * 4)
    reached = reach(jobs, board, rules)
    served, lost = planned_fen(jobs, board, rules, reached, at(board, 0))
    assert served == pytest.approx(6 * 10.0 + 6.0 * 2.0)
    assert lost == 0.0


def test_price_of_a_job_is_the_sum_of_its_hours(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 2.0, "requested_h": 2.0}, {})
    prices = np.array([[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]] * 2)
    paid = price_fen(jobs, board, reach(jobs, board, rules), at(board, 1, -1, start_h=0.5), prices)
    assert paid[0] == pytest.approx(2.0 * (0.5 + 2.0 + 2.0))
    assert np.isnan(paid[1])
