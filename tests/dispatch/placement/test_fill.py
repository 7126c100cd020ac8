"""Filling a board: limits hold, nothing is dearer than it must be told, who is left over turns others out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from benchmarks.random_day import random_day
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.independent.check_placement import check_placement

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.columns import from_columns, to_columns
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.placement.bound import bound_fen
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.fill import fill, turn_out, upright
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import planned_fen, usage
from qipan.dispatch.placement.seats import empty_seats, occupants
from qipan.dispatch.placement.timeline import asks, timeline
from qipan.dispatch.plan import plan
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


def solved(jobs: Jobs, board: Board, rules: Rules) -> tuple[Reach, np.ndarray, Plan, Placement]:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    best = plan(board, classes, rules, reached.takes[classes.streams.sort])
    return reached, refused, best, place(jobs, board, rules, reached, refused=refused, plan=best)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), stops=st.sampled_from([0.0, 0.5, 1.0]))
def test_place_keeps_room_power_windows_and_wholeness(seed: int, stops: float) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    jobs = replace(jobs, preemptible=rng.random(len(jobs)) < stops)
    found = solved(jobs, board, rules)[3]
    assert check_placement(board, jobs, rules, found) == []


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), stops=st.booleans())
def test_place_and_bound_hold_against_every_placement_there_is(make_board, make_jobs, rules, seed, stops) -> None:
    rng = np.random.default_rng(seed)
    board = make_board(cards=(2.0, 2.0), price_fen_per_kwh=rng.uniform(5.0, 90.0, (2, 4)), slots=4)
    columns = to_columns(make_jobs(*[{}] * 4))
    columns["requested_s"] = rng.integers(1, 3, 4) * 3600.0
    columns["quantity"] = rng.integers(1, 3, 4).astype(float)
    columns["start_by_s"] = board.start_s + rng.integers(0, 3, 4) * 3600.0
    columns["finish_by_s"] = columns["start_by_s"] + columns["requested_s"]
    columns["preemptible"] = np.full(4, stops)
    jobs = from_columns(columns)
    reached, refused, best, found = solved(jobs, board, rules)
    least = cheapest_of_all(jobs, board)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    cost = sum(planned_fen(jobs, board, rules, reached, found))
    assert bound <= least + 1e-6
    assert least <= cost + 1e-6


def cheapest_of_all(jobs: Jobs, board: Board) -> float:
    """Go through every choice of pool and slots, one job after the other."""
    price = board.price_fen_per_kwh * board.pue[:, None]
    seats = []
    for job in range(len(jobs)):
        hours = round(jobs.requested_s[job] / 3600.0)
        last = round((jobs.finish_by_s[job] - board.start_s) / 3600.0)
        runs = {(start, start + hours - 1) for start in range(last - hours + 1)}
        if jobs.preemptible[job] and hours == 2:
            runs |= {(a, b) for a, b in product(range(last), repeat=2) if a < b}
        lost = 2000.0 * jobs.quantity[job] * hours
        seats.append(
            [(lost, -1, ())]
            + [(price[p, list(set(run))].sum() * jobs.quantity[job], p, run) for run in runs for p in (0, 1)]
        )
    least = np.inf
    for choice in product(*seats):
        used = np.zeros((2, 4))
        for job, (_, p, run) in enumerate(choice):
            if p >= 0:
                used[p, list(set(run))] += jobs.quantity[job]
        if (used <= 2.0).all():
            least = min(least, sum(cost for cost, _, _ in choice))
    return least


def test_turn_out_seats_the_urgent_and_moves_who_can_wait(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(2.0, 0.0))
    jobs = make_jobs(
        {"quantity": 2.0, "slack_h": 4.0, "tier": Tier.OFFLINE},
        {"quantity": 2.0, "slack_h": 0.0, "tier": Tier.REALTIME},
    )
    reached = reach(jobs, board, rules)
    ask, room = asks(jobs, board, reached), timeline(board)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules))
    seats = empty_seats(ask, room.ticks_of_slot)
    fill(np.array([0, 1]), ask, prices, upright(), room, seats)
    assert seats.pool.tolist() == [0, -1]
    lost = np.array([2000.0, 8000.0])
    assert turn_out(np.array([1]), ask, prices, lost, room, seats, occupants(np.array([0]), room, seats)) == 1
    assert seats.pool.tolist() == [0, 0]
    assert seats.begin[seats.first[:2]].tolist() == [60.0, 0.0]
    assert room.free[0].tolist() == [0.0] * 120 + [2.0] * 240


def test_place_a_preemptible_job_stops_over_the_dear_hour(make_board, make_jobs, rules) -> None:
    board = make_board(price_fen_per_kwh=[[10.0, 90.0, 10.0, 90.0, 90.0, 90.0]] * 2, pue=(1.0, 1.0))
    jobs = replace(make_jobs({"requested_h": 2.0, "slack_h": 4.0}), preemptible=np.ones(1, dtype=bool))
    reached, refused, best, found = solved(jobs, board, rules)
    assert (found.stretches.start_s - board.start_s).tolist() == [0.0, 7200.0]
    assert found.start_s[0] == board.start_s
    assert usage(jobs, board, found).unit_h[0].tolist() == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert planned_fen(jobs, board, rules, reached, found)[0] == pytest.approx(20.0)
    assert bound_fen(jobs, board, rules, reached, refused=refused, plan=best) == pytest.approx(20.0)


def test_runs_are_cut_at_what_ran(make_board, make_jobs, rules) -> None:
    board = make_board(price_fen_per_kwh=[[10.0, 90.0, 10.0, 90.0, 90.0, 90.0]] * 2)
    row = {"requested_h": 2.0, "slack_h": 4.0, "actual_h": 1.5}
    jobs = replace(make_jobs(row, row | {"slack_h": 0.0}), preemptible=np.ones(2, dtype=bool))
    found = solved(jobs, board, rules)[3]
    runs = found.runs(np.full(2, 5400.0))
    assert runs.job.tolist() == [0, 0, 1]
    assert runs.seconds.tolist() == [3600.0, 1800.0, 5400.0]
