"""Carbon-Time: the start and site that save most carbon for each hour until the job is done."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from benchmarks.random_day import random_day
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.independent.check_placement import check_placement

from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.placement.carbon_time import place_by_carbon_time


def by_carbon_time(jobs: Jobs, board: Board, rules: Rules, kg_per_kwh: np.ndarray) -> Placement:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    return place_by_carbon_time(jobs, board, rules, reached, refused=refused, kg_per_kwh=kg_per_kwh)


def test_carbon_time_waits_while_an_hour_saves_more_than_it_delays(make_board, make_jobs, rules) -> None:
    # From Guangdong, PUE 1: at once 0.9 kg. An hour later 0.5 saves 0.4 in 2 h: 0.2 an hour; two hours later 0.2 saves
    # 0.7 in 3 h: 0.233; three hours later 0.1 saves 0.8 in 4 h: 0.2. So it waits two hours, though later is cleaner.
    air = np.array([[0.9, 0.5, 0.2, 0.1, 0.1, 0.1], [2.0] * 6])
    board = make_board(pue=(1.0, 1.0))
    found = by_carbon_time(make_jobs({"slack_h": 3.0}), board, rules, air)
    assert found.pool.tolist() == [0]
    assert found.start_s - board.start_s == pytest.approx([7200.0])


def test_carbon_time_goes_elsewhere_at_once_where_that_saves_more_an_hour(make_board, make_jobs, rules) -> None:
    # Ningxia at once saves 0.3 in 1 h: 0.3 an hour, more than waiting at home for 0.233.
    air = np.array([[0.9, 0.5, 0.2, 0.1, 0.1, 0.1], [0.6] * 6])
    board = make_board(pue=(1.0, 1.0))
    found = by_carbon_time(make_jobs({"slack_h": 3.0}), board, rules, air)
    assert (found.pool.tolist(), found.start_s.tolist()) == ([1], [board.start_s])


def test_carbon_time_without_anything_to_save_starts_at_once_and_near(make_board, make_jobs, rules) -> None:
    board = make_board(pue=(1.0, 1.0))
    found = by_carbon_time(make_jobs({"slack_h": 3.0}, {"origin": "640000"}), board, rules, np.ones((2, 6)))
    assert found.pool.tolist() == [0, 1]
    assert (found.start_s == board.start_s).all()


def test_carbon_time_that_finds_no_start_free_takes_the_first_room(make_board, make_jobs, rules) -> None:
    # The second job fits nowhere at whole hours from its submission; room comes 30 minutes later.
    board = make_board(cards=(1.0, 0.0), pue=(1.0, 1.0))
    first, second = {"requested_h": 1.5, "slack_h": 0.0}, {"submit_h": 1.0, "slack_h": 0.75}
    found = by_carbon_time(make_jobs(first, second), board, rules, np.ones((2, 6)))
    assert found.start_s - board.start_s == pytest.approx([0.0, 5400.0])


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_carbon_time_of_one_job_is_the_best_of_all_its_starts(make_board, make_jobs, rules, seed) -> None:
    rng = np.random.default_rng(seed)
    air, length = rng.uniform(0.1, 1.0, (2, 6)), int(rng.integers(1, 3))
    board = make_board(pue=(1.0, 1.25))
    jobs = make_jobs({"slack_h": 3.0, "requested_h": float(length), "origin": str(rng.choice(["440000", "640000"]))})
    found = by_carbon_time(jobs, board, rules, air)
    kg = {
        (site, wait): board.pue[site] * air[site, wait : wait + length].sum()
        for site, wait in product(range(2), range(min(4, 6 - length + 1)))
    }
    at_once = kg[(0 if jobs.origin[0] == "440000" else 1, 0)]
    rate = {place: (at_once - kg[place]) / (place[1] + length) for place in kg}
    chosen = int(found.pool[0]), round((found.start_s[0] - board.start_s) / 3600.0)
    assert rate[chosen] == pytest.approx(max(rate.values()))


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_carbon_time_keeps_every_hard_limit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    jobs = replace(jobs, preemptible=np.zeros(len(jobs), dtype=bool))
    air = rng.uniform(0.05, 1.0, (len(board.sites), board.slot_count))
    assert check_placement(board, jobs, rules, by_carbon_time(jobs, board, rules, air)) == []
