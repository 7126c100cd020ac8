"""The certified bound for whole jobs lies between the plan's optimum and every placement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from benchmarks.random_meters import random_meters
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dispatch.programme.test_energy import with_energy
from tests.independent.check_placement import check_placement

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.columns import from_columns, to_columns
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.bound import bound_fen, proven_fen
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import planned_fen
from qipan.dispatch.plan import plan


def solved(jobs: Jobs, board: Board, rules: Rules) -> tuple[Reach, np.ndarray, Plan]:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    return reached, refused, plan(board, classes, rules, reached.takes[classes.streams.sort])


def test_bound_knows_that_a_whole_job_may_not_skip_the_dear_hour(make_board, make_jobs, rules) -> None:
    board = make_board(price_fen_per_kwh=[[10.0, 90.0, 10.0, 90.0, 90.0, 90.0]] * 2, pue=(1.0, 1.0))
    jobs = make_jobs({"requested_h": 2.0, "slack_h": 4.0})
    reached, refused, best = solved(jobs, board, rules)
    assert best.objective_fen == pytest.approx(20.0)
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(100.0)


def test_bound_counts_work_that_nobody_can_take_at_its_value(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 0.0), slots=4)
    jobs = make_jobs(*[{"requested_h": 4.0, "slack_h": 0.0}] * 2)
    reached, refused, best = solved(jobs, board, rules)
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(4 * 75.0 + 4 * 2000.0)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_bound_is_between_the_plan_and_every_placement(make_board, make_jobs, rules, seed: int) -> None:
    rng = np.random.default_rng(seed)
    board = make_board(
        cards=rng.integers(1, 5, 2),
        price_fen_per_kwh=rng.uniform(5.0, 90.0, (2, 6)),
        power_cap_kw=rng.uniform(1.5, 6.0, 2),
    )
    count = 12
    columns = to_columns(make_jobs(*[{}] * count))
    columns["submit_s"] = board.start_s + rng.uniform(0.0, 3.5, count) * 3600.0
    columns["requested_s"] = rng.choice([0.3, 1.0, 2.5], count) * 3600.0
    columns["start_by_s"] = columns["submit_s"] + rng.uniform(0.0, 3.0, count) * 3600.0
    columns["finish_by_s"] = columns["start_by_s"] + columns["requested_s"]
    columns["tier"] = rng.integers(0, 4, count)
    jobs = from_columns(columns)
    reached, refused, best = solved(jobs, board, rules)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    assert bound >= best.objective_fen
    placements = [place(jobs, board, rules, reached, refused=refused, plan=best)]
    placements += [place_by(rule, jobs, board, rules, reached, refused=refused) for rule in Baseline]
    for found in placements:
        assert sum(planned_fen(jobs, board, rules, reached, found)) >= bound - 1e-6 * abs(bound)


def test_bound_knows_the_plant_that_gives_for_nothing(make_board, make_jobs, rules) -> None:
    sun = np.zeros((2, 6))
    sun[1, 2] = 1.2
    board = with_energy(make_board(), renewable_kw=sun)
    jobs = make_jobs(*[{"slack_h": 4.0}] * 3)
    reached, refused, best = solved(jobs, board, rules)
    assert best.objective_fen == pytest.approx(2 * 48.0)
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(2 * 48.0)
    assert proven_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(2 * 48.0)


def test_bound_knows_that_a_whole_job_cannot_flatten_a_peak(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(pue=(1.0, 1.0)), {"peak": 100.0})
    jobs = make_jobs({"quantity": 4.0, "slack_h": 3.0})
    reached, refused, best = solved(jobs, board, rules)
    assert best.objective_fen == pytest.approx(4.0 * 40.0 + 100.0)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert planned_fen(jobs, board, rules, reached, found) == pytest.approx((4.0 * 40.0 + 400.0, 0.0))
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(best.objective_fen)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), keeps_reserve=st.booleans())
def test_bound_is_between_the_plan_and_every_placement_on_boards_with_meters(seed: int, *, keeps_reserve: bool) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    rules = replace(rules, keeps_reserve=keeps_reserve)
    board = random_meters(rng, replace(board, links=None))
    reached, refused, best = solved(jobs, board, rules)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    slack = 1e-6 * max(1.0, abs(bound))
    assert best.objective_fen <= bound
    # Prices of the plan prove what the plan costs, and more since jobs are whole.
    assert proven_fen(jobs, board, rules, reached, refused=refused, plan=best) >= best.objective_fen - slack
    placements = [place(jobs, board, rules, reached, refused=refused, plan=best)]
    placements += [place_by(rule, jobs, board, rules, reached, refused=refused) for rule in Baseline]
    for found in placements:
        assert check_placement(board, jobs, rules, found) == []
        assert sum(planned_fen(jobs, board, rules, reached, found)) >= bound - slack
