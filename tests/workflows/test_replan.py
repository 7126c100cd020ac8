"""Work of lost sites goes where there is room beside what sites hold, at every minute."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.dispatch.conftest import START_S

from qipan.dispatch.model.board import Board, Pool, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.placement.timeline import TICK_S
from qipan.kernel.resources import Kind
from qipan.workflows.replan import Busy, Replanned, replan

H_S = 3600.0
NX = {"requested_h": 2.0, "quantity": 8.0, "slack_h": 0.0}


def busy(index: int, hours: float, from_h: float = 0.0) -> Busy:
    """A job that runs in Ningxia."""
    return Busy("nx", index, START_S + from_h * H_S, START_S + (from_h + hours) * H_S)


def again(board: Board, rules: Rules, jobs: Jobs, held: list[Busy], lost: list[int]) -> list[Replanned]:
    """Plan lost jobs again at the start of the board, where Ningxia alone may take them."""
    now = datetime.fromtimestamp(START_S, tz=UTC)
    return replan(board, rules, jobs=jobs, lost=lost, busy=held, sites={"nx"}, patience_s=0.0, now=now)


def test_replan_with_room_goes_to_the_site_that_may_take_it(make_board, make_jobs, rules) -> None:
    jobs = make_jobs(NX, NX | {"quantity": 2.0})
    assert again(make_board(), rules, jobs, [busy(0, 2.0)], [1]) == [Replanned(1, "nx", START_S)]


def test_replan_leaves_running_work_its_power(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(20.0, 20.0), pue=(1.0, 1.0), power_cap_kw=(math.inf, 10.0))
    assert again(board, rules, make_jobs(NX, NX), [busy(0, 2.0)], [1]) == []
    assert again(board, rules, make_jobs(NX, NX | {"quantity": 2.0}), [busy(0, 2.0)], [1]) != []


def test_replan_leaves_running_work_its_minutes(make_board, make_jobs, rules) -> None:
    half = {"requested_h": 0.5, "quantity": 6.0, "slack_h": 0.0}
    assert again(make_board(), rules, make_jobs(NX, half), [busy(0, 0.5)], [1]) == []
    late = again(make_board(), rules, make_jobs(NX, half | {"slack_h": 2.0}), [busy(0, 0.5)], [1])
    assert [one.start_s >= START_S + 0.5 * H_S for one in late] == [True]


@pytest.mark.parametrize("asked", ["", "A100"])
def test_replan_of_a_named_model_shares_a_pool_that_states_none(make_board, make_jobs, rules, asked) -> None:
    jobs = make_jobs(NX | {"card_model": "A100"}, NX | {"card_model": asked})
    assert again(make_board(), rules, jobs, [busy(0, 2.0)], [1]) == []


def test_replan_finds_each_pool_of_a_site_as_full_as_it_is(make_board, make_jobs, rules) -> None:
    one = make_board()
    board = replace(
        one,
        pools=(*one.pools, Pool("nx-more", 1, Kind.INTELLIGENT, "")),
        capacity=np.vstack([one.capacity, one.capacity[1]]),
        it_kw_per_unit=np.ones(3),
        opex_fen_per_unit_h=np.zeros(3),
    )
    assert again(board, rules, make_jobs(NX, NX, NX), [busy(0, 2.0), busy(1, 2.0)], [2]) == []
    assert len(again(board, rules, make_jobs(NX, NX), [busy(0, 2.0)], [1])) == 1


@pytest.mark.parametrize("seed", range(20))
def test_replan_never_fills_a_site_beyond_its_cards_and_power(make_board, make_jobs, rules, seed) -> None:
    rng = np.random.default_rng(seed)
    cap_kw = float(rng.uniform(4.0, 12.0))
    board = make_board(pue=(1.0, 1.0), power_cap_kw=(math.inf, cap_kw))
    rows = [
        {"requested_h": rng.uniform(0.2, 2.0), "quantity": float(rng.integers(1, 6)), "slack_h": rng.uniform(0.0, 3.0)}
        for _ in range(16)
    ]
    jobs = make_jobs(*rows)
    most, held, used = min(10.0, cap_kw), [], np.zeros(int(6 * H_S / TICK_S))

    def minutes(start_s: float, index: int) -> slice:
        first = (start_s - START_S) / TICK_S
        return slice(int(first), math.ceil(round(first + jobs.requested_s[index] / TICK_S, 6)))

    for index in range(8):
        start_s = START_S + rng.uniform(0.0, 3.0) * H_S
        inside = minutes(start_s, index)
        if used[inside].max() + jobs.quantity[index] <= most:
            used[inside] += jobs.quantity[index]
            held.append(Busy("nx", index, start_s, start_s + float(jobs.requested_s[index])))
    found = again(board, rules, jobs, held, list(range(8, 16)))
    for one in found:
        used[minutes(one.start_s, one.index)] += jobs.quantity[one.index]
    assert found
    assert used.max() <= most + 1e-6
