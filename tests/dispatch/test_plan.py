"""The programme's optimum, checked by hand on small boards."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.plan import plan, solve
from qipan.dispatch.programme.formulate import formulate
from qipan.kernel.errors import EngineError


def planned(jobs: Jobs, board: Board, rules: Rules) -> Plan:
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    return plan(board, classes, rules, reached.takes[classes.streams.sort])


def test_plan_with_room_sends_tolerant_work_to_the_cheaper_site(make_board, make_jobs, rules) -> None:
    board = make_board()
    solved = planned(make_jobs({"quantity": 4.0, "requested_h": 2.0}), board, rules)
    assert solved.objective_fen == pytest.approx(8.0 * 1.2 * 40.0)
    assert solved.supply_unit_h[0].sum() == pytest.approx(0.0)
    assert solved.supply_unit_h[1].sum() == pytest.approx(8.0)
    assert solved.lmp_fen_per_unit_h[1] == pytest.approx(48.0)
    assert solved.is_final


def test_plan_realtime_work_stays_within_its_round_trip(make_board, make_jobs, rules) -> None:
    solved = planned(make_jobs({"tier": Tier.REALTIME, "slack_h": 0.0}), make_board(), rules)
    assert solved.supply_unit_h[1].sum() == pytest.approx(0.0)
    assert solved.objective_fen == pytest.approx(1.25 * 60.0)


def test_plan_full_site_prices_scarcity_at_the_next_cheapest(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(10.0, 3.0))
    jobs = make_jobs({"quantity": 5.0, "requested_h": 1.0, "slack_h": 0.0})
    solved = planned(jobs, board, rules)
    assert solved.supply_unit_h[1, 0] == pytest.approx(3.0)
    assert solved.lmp_fen_per_unit_h[:, 0] == pytest.approx([75.0, 75.0])
    assert solved.capacity_rent_fen_per_unit_h[1, 0] == pytest.approx(75.0 - 48.0)


def test_plan_power_cap_binds_before_cards_do(make_board, make_jobs, rules) -> None:
    board = make_board(power_cap_kw=(math.inf, 2.4))
    solved = planned(make_jobs({"quantity": 5.0, "slack_h": 0.0}), board, rules)
    assert solved.supply_unit_h[1, 0] == pytest.approx(2.0)
    assert solved.power_rent_fen_per_kwh[1, 0] == pytest.approx((75.0 - 48.0) / 1.2)


def test_plan_moves_work_into_the_cheap_hour_of_its_window(make_board, make_jobs, rules) -> None:
    prices = np.array([[90.0, 90.0, 10.0, 90.0, 90.0, 90.0]] * 2)
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    solved = planned(make_jobs({"requested_h": 1.0, "slack_h": 3.0}), board, rules)
    assert solved.supply_unit_h.sum(axis=0) == pytest.approx([0, 0, 1, 0, 0, 0])
    assert solved.objective_fen == pytest.approx(10.0)


def test_plan_never_runs_a_job_faster_than_its_width(make_board, make_jobs, rules) -> None:
    prices = np.array([[90.0, 90.0, 10.0, 90.0, 90.0, 90.0]] * 2)
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    solved = planned(make_jobs({"requested_h": 2.0, "slack_h": 3.0}), board, rules)
    assert solved.supply_unit_h.sum(axis=0).max() <= 1.0 + 1e-9
    assert solved.objective_fen == pytest.approx(100.0)


def test_plan_data_cost_outweighs_cheap_power_when_there_is_much_of_it(make_board, make_jobs, rules) -> None:
    near = planned(make_jobs({"data_gb": 100.0}), make_board(), rules)
    assert near.supply_unit_h[1].sum() == pytest.approx(0.0)
    far = planned(make_jobs({"data_gb": 1.0}), make_board(), rules)
    assert far.supply_unit_h[0].sum() == pytest.approx(0.0)
    assert far.objective_fen == pytest.approx(48.0 + 2.0)


def test_plan_carbon_price_decides_by_the_account_it_applies_to(make_board, make_jobs, rules) -> None:
    board = make_board(price_fen_per_kwh=(50.0, 50.0), pue=(1.0, 1.0))
    jobs = make_jobs({"requested_h": 1.0})
    by_location = planned(jobs, board, Rules(rules.tiers, carbon_fen_per_kg=10.0, carbon_account="location"))
    by_market = planned(jobs, board, Rules(rules.tiers, carbon_fen_per_kg=10.0, carbon_account="market"))
    assert by_location.supply_unit_h[0].sum() == pytest.approx(1.0)
    assert by_market.supply_unit_h[1].sum() == pytest.approx(1.0)


def test_plan_too_much_work_leaves_the_least_valued_unserved(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 1.0), slots=4)
    jobs = make_jobs(
        {"quantity": 2.0, "requested_h": 4.0, "slack_h": 0.0, "tier": Tier.BATCH},
        {"quantity": 2.0, "requested_h": 4.0, "slack_h": 0.0, "tier": Tier.OFFLINE},
    )
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, np.ones(2, dtype=bool))
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    by_job = solved.unserved_unit_h[classes.of_job]
    assert by_job == pytest.approx([0.0, 8.0])


def test_solve_of_nonsense_says_so(make_board, make_jobs, rules) -> None:
    board = make_board()
    jobs = make_jobs({})
    reached = reach(jobs, board, rules)
    program = formulate(board, classify(jobs, board, reached, np.ones(1, dtype=bool)), rules, reached.takes)
    program.row_lower[0], program.row_upper[0] = 1e9, 1e9
    program.upper[:] = 1.0
    with pytest.raises(EngineError) as caught:
        solve(program)
    assert caught.value.code == "solver_failed"
