"""What a placement came to: both carbon accounts, cost, waits; and the sign that flips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from benchmarks.random_meters import random_meters
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dispatch.programme.test_energy import with_energy

from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules, TierRule
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.plan import Placement, Reason, Status
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.score import planned_fen, price_fen, ran_s, score, usage
from qipan.kernel.resources import Kind


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
    home = score("home", jobs, board, rules, reached, found=at(board, 0))
    west = score("west", jobs, board, rules, reached, found=at(board, 1))
    assert west.location_kg / home.location_kg - 1 == pytest.approx(0.40, abs=0.005)
    assert west.market_kg / home.market_kg - 1 == pytest.approx(-0.72, abs=0.005)
    assert west.cost_fen < home.cost_fen
    assert (home.moved_share, west.moved_share) == (0.0, 1.0)


def test_score_counts_what_ran_and_never_more_than_was_requested(make_board, make_jobs, rules) -> None:
    board = make_board()
    jobs = make_jobs({"requested_h": 4.0, "actual_h": 1.0}, {"requested_h": 1.0, "actual_h": 9.0}, {"requested_h": 2.0})
    assert (ran_s(jobs) / 3600.0).tolist() == [1.0, 1.0, 2.0]
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, 0, 0, 0))
    assert result.work_unit_h == pytest.approx({"intelligent": 4.0})
    assert result.energy_kwh == pytest.approx(5.0)
    assert result.energy_fen == pytest.approx(300.0)


@pytest.mark.parametrize("seed", range(3))
def test_score_tells_what_the_plan_minimises_of_each_placement(seed: int) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    reached = reach(jobs, board, rules)
    for rule in Baseline:
        found = place_by(rule, jobs, board, rules, reached, refused=refusals(jobs, board, reached))
        told = score(rule.value, jobs, board, rules, reached, found=found)
        assert told.planned_fen == pytest.approx(sum(planned_fen(jobs, board, rules, reached, found)))


def test_score_may_rank_placements_otherwise_than_the_plan_where_jobs_end_early(make_board, make_jobs, rules) -> None:
    board = make_board(price_fen_per_kwh=np.array([[10.0] + [90.0] * 5, [40.0] * 6]), pue=(1.0, 1.0))
    jobs = make_jobs({"requested_h": 4.0, "actual_h": 1.0})
    reached = reach(jobs, board, rules)
    steep, even = (score("any", jobs, board, rules, reached, found=at(board, pool)) for pool in (0, 1))
    assert steep.cost_fen < even.cost_fen
    assert steep.planned_fen > even.planned_fen


def test_score_of_nothing_that_ran_has_no_means(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({})
    told = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, -1))
    assert (told.mean_wait_h, told.moved_share) == (None, None)


def test_score_past_the_horizon_pays_the_last_day_again(make_board, make_jobs, rules) -> None:
    prices = np.array([[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]] * 2)
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    jobs = make_jobs({"requested_h": 8.0})
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, 0))
    assert result.energy_fen == pytest.approx(210.0 + 10.0 + 20.0)


def test_score_refused_work_is_counted_apart(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 2.0}, {"quantity": 3.0, "requested_h": 2.0})
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, 0, -1))
    assert (result.work_unit_h, result.lost_unit_h) == ({"intelligent": 2.0}, {"intelligent": 6.0})
    assert (result.jobs_placed, result.jobs_refused) == (1, 1)


def test_score_realtime_latency_is_weighted_by_work(make_board, make_jobs, rules) -> None:
    board = make_board(round_trip_ms=((2.0, 15.0), (30.0, 2.0)))
    jobs = make_jobs({"tier": Tier.REALTIME, "quantity": 99.0}, {"tier": Tier.REALTIME, "quantity": 1.0})
    reached = reach(jobs, board, rules)
    assert score("any", jobs, board, rules, reached, found=at(board, 0, 1)).realtime_p95_ms == 2.0
    assert score("any", jobs, board, rules, reached, found=at(board, 1, 0)).realtime_p95_ms == 15.0
    batch = make_jobs({})
    assert np.isnan(score("any", batch, board, rules, reach(batch, board, rules), found=at(board, 0)).realtime_p95_ms)


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


def test_score_without_meters_has_plain_peaks_and_nothing_renewable(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 2.0}, {"quantity": 3.0})
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, 0, 1))
    assert result.peak_kw == pytest.approx(2.0 * 1.25 + 3.0 * 1.2)
    assert (result.peak_raised_kw, result.areas_peak_kw) == (None, None)
    assert (result.renewable_kwh, result.curtailed_kwh, result.over_kwh) == (0.0, 0.0, 0.0)


def test_score_with_a_plant_counts_carbon_of_the_grid_alone(make_board, make_jobs, rules) -> None:
    figures = {"renewable_kw": [[0.0], [2.0]], "renewable_fen_per_kwh": 10.0, "fixed_kw": [[0.0], [0.5]]}
    board, jobs = with_energy(make_board(), **figures), make_jobs({"quantity": 3.0})
    priced = replace(rules, carbon_fen_per_kg=5.0)
    result = score("any", jobs, board, priced, reach(jobs, board, rules), found=at(board, 1))
    # 3.6 kWh of work and 0.5 kWh at no load in the first hour, 0.5 kWh in each of five more.
    assert result.energy_kwh == pytest.approx(3.6 + 6 * 0.5)
    assert result.renewable_kwh == pytest.approx(2.0 + 5 * 0.5)
    assert result.curtailed_kwh == pytest.approx(6 * 2.0 - 4.5)
    assert result.location_kg == pytest.approx(2.1 * 0.6423)
    assert result.market_kg == pytest.approx(2.1 * 0.6423 * 0.2)
    assert result.energy_fen == pytest.approx(2.1 * 40.0 + 4.5 * 10.0)
    assert result.peak_kw == result.peak_raised_kw + 2.0 == pytest.approx(4.1)


def test_score_past_the_horizon_knows_no_plant(make_board, make_jobs, rules) -> None:
    prices = np.array([[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]] * 2)
    board = with_energy(make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0)), renewable_kw=9.0)
    jobs = make_jobs({"requested_h": 8.5})
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, 0))
    assert result.energy_fen == pytest.approx(10.0 + 20.0 + 0.5 * 30.0)
    assert result.location_kg == pytest.approx(2.5 * 0.4403)
    assert (result.energy_kwh, result.renewable_kwh) == (pytest.approx(8.5), pytest.approx(6.0))


def test_score_tells_how_sites_raise_the_peak_of_their_area_and_pass_its_limit(make_board, make_jobs, rules) -> None:
    area = {"load_kw": [50.0, 48.0, 0.0, 0.0, 0.0, 0.0], "most_kw": [3.0] * 6, "over": 7.0, "peak": 100.0}
    board, jobs = with_energy(make_board(pue=(1.0, 1.0)), area), make_jobs({"quantity": 4.0, "requested_h": 2.0})
    reached = reach(jobs, board, rules)
    now, later = (score("any", jobs, board, rules, reached, found=at(board, 1, start_h=start)) for start in (0.0, 1.0))
    assert (now.peak_raised_kw, now.areas_peak_kw) == pytest.approx((4.0, 54.0))
    assert (later.peak_raised_kw, later.areas_peak_kw) == pytest.approx((2.0, 52.0))
    assert now.over_kwh == later.over_kwh == pytest.approx(2.0)
    assert now.cost_fen == pytest.approx(8.0 * 40.0 + 2.0 * 7.0 + 400.0)
    assert later.cost_fen == pytest.approx(8.0 * 40.0 + 2.0 * 7.0 + 200.0)


def test_score_counts_as_missed_who_ends_late_or_is_refused_room(make_board, make_jobs, rules) -> None:
    board = make_board()
    window = {"requested_h": 2.0, "slack_h": 1.0}
    jobs = make_jobs(window, window, window | {"actual_h": 1.0}, window | {"tier": Tier.REALTIME}, window)
    found = at(board, 0, 0, 0, -1, -1)
    found.start_s[:] += np.array([1.0, 1.5, 2.0, 0.0, 0.0]) * 3600.0
    found.reason[4] = Reason.TOO_FAR
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=found)
    assert (result.deadline_misses, result.deadline_miss_share) == (2, 0.5)
    assert result.tier_lost_unit_h == {"intelligent": (2.0, 0.0, 2.0, 0.0)}
    waiting = replace(found, status=np.where(found.has_place, found.status, Status.CARRIED_OVER))
    assert score("any", jobs, board, rules, reach(jobs, board, rules), found=waiting).deadline_misses == 1


def test_planned_cost_with_meters_is_that_of_the_plan_when_jobs_lie_as_planned(make_board, make_jobs, rules) -> None:
    figures = {"renewable_kw": [[0.0], [2.4]], "renewable_fen_per_kwh": 10.0, "fixed_kw": [[0.0], [0.6]]}
    board, jobs = with_energy(make_board(), **figures), make_jobs({"quantity": 2.0, "slack_h": 0.0})
    served, lost = planned_fen(jobs, board, rules, reach(jobs, board, rules), at(board, 1))
    assert served == pytest.approx(0.6 * 40.0 + (2.4 + 5 * 0.6) * 10.0)
    assert lost == 0.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_score_with_meters_loses_no_kilowatt_hour(seed: int) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = random_meters(rng, board)
    board = replace(board, location_kg_per_kwh=np.ones(len(board.sites)))
    reached = reach(jobs, board, rules)
    found = place_by(Baseline.CHEAPEST_START, jobs, board, rules, reached, refused=refusals(jobs, board, reached))
    result = score("any", jobs, board, rules, reached, found=found)
    energy = board.energy
    assert result.renewable_kwh + result.curtailed_kwh == pytest.approx(energy.renewable_kw.sum() * board.slot_h)
    # Stores end no emptier than they begin, so what is drawn comes from grid and plants, and losses besides.
    assert result.location_kg + result.renewable_kwh >= result.energy_kwh - 1e-6 * max(1.0, result.energy_kwh)
    if not energy.store_kwh.any():
        assert result.location_kg + result.renewable_kwh == pytest.approx(result.energy_kwh)
    work = jobs.quantity * ran_s(jobs) / 3600.0 * found.has_place
    drawn = (work * board.kwh_per_unit_h[found.pool]).sum() + energy.fixed_kw.sum() * board.slot_h
    assert result.energy_kwh == pytest.approx(drawn)
    if energy.areas.names:
        assert result.areas_peak_kw >= result.peak_raised_kw >= 0.0
    else:
        assert (result.peak_raised_kw, result.areas_peak_kw) == (None, None)
    assert {kind: sum(lost) for kind, lost in result.tier_lost_unit_h.items()} == pytest.approx(result.lost_unit_h)


def test_score_of_two_kinds_never_adds_their_hours(make_board, make_jobs, rules) -> None:
    # Ningxia has cores of 0.1 kW where Guangdong has cards of 1 kW.
    board = make_board()
    cores = replace(board.pools[1], kind=Kind.GENERAL)
    board = replace(board, pools=(board.pools[0], cores), it_kw_per_unit=np.array([1.0, 0.1]))
    jobs = make_jobs(
        {"quantity": 2.0},
        {"quantity": 10.0, "kind": Kind.GENERAL},
        {"quantity": 3.0, "kind": Kind.GENERAL, "tier": Tier.OFFLINE},
    )
    result = score("any", jobs, board, rules, reach(jobs, board, rules), found=at(board, 0, 1, -1))
    assert result.work_unit_h == {"intelligent": 2.0, "general": 10.0}
    assert result.lost_unit_h == {"intelligent": 0.0, "general": 3.0}
    assert result.tier_lost_unit_h == {"intelligent": (0.0, 0.0, 0.0, 0.0), "general": (0.0, 0.0, 0.0, 3.0)}
    # 2 card-hours weigh 2 kWh and 10 core-hours 1 kWh: of that, the cores' work left Guangdong.
    assert (result.rated_kwh, result.moved_share) == pytest.approx((3.0, 1.0 / 3.0))
