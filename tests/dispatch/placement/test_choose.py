"""The seat that is chosen is the cheapest of all, by going through every one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.jobs.reach import reach
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.placement.choose import choose, empty_seat, prices_of
from qipan.dispatch.placement.timeline import Timeline, asks, timeline
from qipan.dispatch.programme.formulate import running_fen_per_unit_h

TICKS = 60


def chosen(jobs: Jobs, board: Board, rules: Rules, room: Timeline) -> tuple[float, int, list[tuple[float, float]]]:
    """Choose for the first job: cost, pool and stretches in ticks."""
    reached = reach(jobs, board, rules)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules))
    seat = empty_seat(board.slot_count)
    cost, pool, count = choose(seat, asks(jobs, board, reached), prices, room, 0, False)
    return cost, pool, list(zip(seat.begin[:count].tolist(), seat.ticks[:count].tolist(), strict=True))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_choose_whole_finds_the_cheapest_start_of_all_minutes(make_board, make_jobs, rules, seed: int) -> None:
    rng = np.random.default_rng(seed)
    board = make_board(price_fen_per_kwh=rng.integers(1, 90, (2, 6)).astype(float), pue=(1.0, 1.0))
    length, slack = int(rng.integers(1, 150)), int(rng.integers(0, 200))
    job = {"submit_h": int(rng.integers(0, 100)) / 60, "requested_h": length / 60, "slack_h": slack / 60}
    room = timeline(board)
    for pool in range(2):
        full = rng.integers(0, 6)
        room.free[pool, full * TICKS : (full + 1) * TICKS] = room.free_least[pool, full] = 0.0
    cost, pool, stretches = chosen(make_jobs(job), board, rules, room)
    first = round(job["submit_h"] * 60)
    price = np.repeat(board.price_fen_per_kwh, TICKS, axis=1) / 60.0
    every = [
        price[p, start : start + length].sum()
        for p in range(2)
        for start in range(first, min(first + slack, 6 * TICKS - length) + 1)
        if (room.free[p, start : start + length] > 0).all()
    ]
    assert (pool >= 0) == bool(every)
    if every:
        start = round(stretches[0][0])
        assert price[pool, start : start + length].sum() == pytest.approx(cost)
        assert cost == pytest.approx(min(every))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_choose_in_stretches_finds_the_cheapest_slots_of_one_pool(make_board, make_jobs, rules, seed: int) -> None:
    rng = np.random.default_rng(seed)
    board = make_board(price_fen_per_kwh=rng.integers(1, 90, (2, 6)).astype(float), pue=(1.0, 1.0))
    slots = int(rng.integers(1, 4))
    one = make_jobs({"requested_h": float(slots), "slack_h": float(6 - slots)})
    jobs = replace(one, preemptible=np.ones(1, dtype=bool))
    room = timeline(board)
    for pool in range(2):
        full = rng.integers(0, 6)
        room.free[pool, full * TICKS : (full + 1) * TICKS] = room.free_least[pool, full] = 0.0
    cost, pool, stretches = chosen(jobs, board, rules, room)
    best = min(
        sum(board.price_fen_per_kwh[p, list(some)])
        for p in range(2)
        for some in combinations(range(6), slots)
        if (room.free_least[p, list(some)] > 0).all()
    )
    assert cost == pytest.approx(best)
    assert sum(ticks for _, ticks in stretches) == pytest.approx(slots * TICKS)
    held = [tick for begin, ticks in stretches for tick in range(int(begin), int(begin + ticks))]
    assert len(set(held)) == len(held)
    assert (room.free[pool, held] > 0).all()


def test_choose_uses_part_of_the_dearest_slot_beside_the_next_stretch(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(5.0, 0.0), price_fen_per_kwh=[[90.0, 20.0, 10.0, 90.0, 10.0, 90.0]] * 2)
    jobs = replace(make_jobs({"requested_h": 2.5, "slack_h": 3.5}), preemptible=np.ones(1, dtype=bool))
    _, _, stretches = chosen(jobs, board, rules, timeline(board))
    assert stretches == [(90.0, 90.0), (240.0, 60.0)]
