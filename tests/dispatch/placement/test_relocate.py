"""Relocating: each job moves to where it adds least, own energy before that of the grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from benchmarks.random_meters import random_meters
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.dispatch.placement.test_fill import solved
from tests.dispatch.placement.test_make_room import filled

from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.placement.baseline import Baseline, seats_by
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.fill import fill, upright
from qipan.dispatch.placement.relocate import Meters, draw_all, meters_of, relocate
from qipan.dispatch.placement.score import planned_fen
from qipan.dispatch.placement.tell import placement
from qipan.dispatch.placement.timeline import asks
from qipan.dispatch.placement.turns import urgent_order
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


def with_plant(board, kw: float, slots: tuple[int, ...]):
    """Give the second site a plant that costs nothing in some slots."""
    none = np.zeros((2, board.slot_count))
    plant = none.copy()
    plant[1, list(slots)] = kw
    nothing = np.zeros(2)
    areas = Areas((), np.zeros((0, 2), bool), none[:0], none[:0], np.zeros(0), np.zeros(0))
    energy = Energy(none, plant, nothing, nothing, nothing, nothing, np.ones(2), areas)
    return replace(board, energy=energy)


def test_relocate_shares_a_plant_out_while_it_lasts(make_board, make_jobs, rules) -> None:
    # The plant feeds one card in slots 1 and 2; a card draws 1 kW. Of three jobs, two run on it, one each hour, and
    # the third where the grid is cheapest.
    board = with_plant(make_board(cards=(3.0, 3.0), pue=(1.0, 1.0), price_fen_per_kwh=(30.0, 50.0)), 1.0, (1, 2))
    jobs = make_jobs(*[{"slack_h": 3.0}] * 3)
    order, ask, prices, _, room, seats, _ = filled(jobs, board, rules)
    none = np.zeros((2, 6))
    grid = np.repeat([[30.0], [50.0]], 6, axis=1)
    meters = Meters(board.energy.renewable_kw.copy(), none, grid, np.zeros(2))
    draw_all(order, ask, meters, room, seats)
    relocate(order, ask, prices, meters, room, seats)
    assert sorted(zip(seats.pool.tolist(), (seats.begin[seats.first[:-1]] // 60).tolist(), strict=True)) == [
        (0, 0.0),
        (1, 1.0),
        (1, 2.0),
    ]
    # The plant is used up, and what ran on the grid stands beside it as drawn beyond nothing.
    assert meters.own_kwh[1, 1:3].tolist() == [0.0, 0.0]
    assert meters.own_kwh[0, 0] == pytest.approx(-1.0)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_relocate_never_costs_more(seed: int) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    order, ask, prices, _, room, seats, (reached, refused) = filled(jobs, board, rules)
    told = placement(jobs, board, reached, refused=refused, seats=seats)
    before = sum(planned_fen(jobs, board, rules, reached, told))
    empty = meters_of(board, rules, None)
    meters = empty._replace(own_kwh=empty.own_kwh.copy())
    draw_all(order, ask, meters, room, seats)
    relocate(order, ask, prices, meters, room, seats)
    told = placement(jobs, board, reached, refused=refused, seats=seats)
    after = sum(planned_fen(jobs, board, rules, reached, told))
    assert after <= before + 1e-6 * max(1.0, abs(before))


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), has_meters=st.booleans())
@example(seed=40102720, has_meters=False)
@example(seed=1000191, has_meters=False)
def test_no_simple_rule_is_cheaper_by_more_than_a_hundredth_once_whoever_has_room_is_served(
    seed: int, *, has_meters: bool
) -> None:
    """Who finds a seat that costs more than an hour of it is worth would count against the one that serves it else."""
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    # Priority has no price, and simple rules know none.
    jobs = replace(jobs, priority=np.zeros_like(jobs.priority))
    board = random_meters(rng, board) if has_meters else board
    reached, refused, best, found = solved(jobs, board, rules)
    ours = sum(planned_fen(jobs, board, rules, reached, found))
    ask = asks(jobs, board, reached)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules, best.energy))
    for rule in Baseline:
        room, seats = seats_by(rule, jobs, board, rules, reached, refused=refused)
        order = urgent_order(jobs, rules, refused)
        fill(order[seats.pool[order] < 0], ask, prices, upright(), room, seats)
        told = placement(jobs, board, reached, refused=refused, seats=seats)
        theirs = sum(planned_fen(jobs, board, rules, reached, told))
        assert ours <= theirs + 0.01 * max(1.0, abs(theirs)), rule
