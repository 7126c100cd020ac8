"""Bringing forward: nobody waits for nothing, and nothing costs more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from benchmarks.random_meters import random_meters
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.dispatch.placement.test_fill import solved
from tests.independent.check_placement import check_no_room, check_placement, sheet

from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.placement.choose import choose, empty_seat, prices_of
from qipan.dispatch.placement.forward import bring_forward, by_start
from qipan.dispatch.placement.relocate import draw_all, meters_of
from qipan.dispatch.placement.score import planned_fen
from qipan.dispatch.placement.seats import empty_seats, hold_all, hold_seat, release_seat, run_fen, seat_fen, sit
from qipan.dispatch.placement.tell import placement, seats_of
from qipan.dispatch.placement.timeline import asks, fits, timeline
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


def seated(jobs, board, rules, starts_h):
    """Seat each job in the first pool at a start."""
    reached = reach(jobs, board, rules)
    ask, room = asks(jobs, board, reached), timeline(board)
    seats = empty_seats(ask, room.ticks_of_slot)
    for job, start in enumerate(starts_h):
        sit(room, ask, seats, job, 0, start * 60.0)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules))
    return ask, prices, room, seats


def brought(jobs, board, rules, starts_h):
    ask, prices, room, seats = seated(jobs, board, rules, starts_h)
    moved = bring_forward(by_start(seats), ask, prices, meters_of(board, rules, None), room, seats)
    return moved, seats.pool.tolist(), (seats.begin[seats.first[:-1]] / 60.0).tolist()


def test_who_waits_for_nothing_starts_at_once(make_board, make_jobs, rules) -> None:
    # One card at a price that never changes; the two jobs run one after the other, and nothing runs before them.
    board = make_board(cards=(1.0, 0.0), price_fen_per_kwh=(30.0, 30.0))
    jobs = make_jobs({"slack_h": 5.0}, {"slack_h": 5.0})
    assert brought(jobs, board, rules, (2.0, 4.0)) == (2, [0, 0], [0.0, 1.0])


def test_who_waits_for_a_lower_price_stays(make_board, make_jobs, rules) -> None:
    # The hour from 2 to 3 costs least. A run of an hour that begins before or after it costs more.
    price = np.array([[30.0, 30.0, 10.0, 30.0, 30.0, 30.0]] * 2)
    board = make_board(cards=(1.0, 0.0), price_fen_per_kwh=price)
    assert brought(make_jobs({"slack_h": 5.0}), board, rules, (2.0,)) == (0, [0], [2.0])


def test_the_first_minute_counts_at_which_the_cost_has_fallen(make_board, make_jobs, rules) -> None:
    # Prices of 30, 10, 30, then 20: half of an hour at 30 and half at 10 costs what the hour at 20 does.
    price = np.array([[30.0, 10.0, 30.0, 20.0, 30.0, 30.0]] * 2)
    board = make_board(cards=(1.0, 0.0), price_fen_per_kwh=price)
    assert brought(make_jobs({"slack_h": 5.0}), board, rules, (3.0,)) == (1, [0], [0.5])


def test_another_pool_serves_as_well_where_it_costs_no_more(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 1.0), pue=(1.0, 1.0), price_fen_per_kwh=(30.0, 30.0))
    jobs = make_jobs({"slack_h": 0.0}, {"slack_h": 5.0})
    assert brought(jobs, board, rules, (0.0, 1.0)) == (1, [0, 1], [0.0, 0.0])


def test_what_stops_and_goes_ends_no_later_for_an_earlier_start(make_board, make_jobs, rules) -> None:
    # The card is free in the first hour and from the fourth on. Two hours at one price: as early as there is room.
    board = make_board(cards=(1.0, 0.0), price_fen_per_kwh=(30.0, 30.0))
    held = {"slack_h": 0.0, "requested_h": 2.0, "submit_h": 1.0}
    jobs = replace(make_jobs(held, {"slack_h": 4.0, "requested_h": 2.0}), preemptible=np.array([False, True]))
    ask, prices, room, seats = seated(jobs, board, rules, (1.0, 4.0))
    assert bring_forward(by_start(seats), ask, prices, meters_of(board, rules, None), room, seats) == 1
    first = seats.first[1]
    assert (seats.parts[1], seats.begin[first], seats.begin[first + 1]) == (2, 0.0, 180.0)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), stops=st.sampled_from([0.0, 0.3]))
@example(seed=1900, stops=0.0)
def test_nobody_could_start_earlier_in_its_own_pool_at_no_more_cost(seed: int, stops: float) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = replace(board, price_fen_per_kwh=np.round(board.price_fen_per_kwh, -1))
    jobs = replace(jobs, preemptible=rng.random(len(jobs)) < stops)
    reached, _, best, found = solved(jobs, board, rules)
    ask, room = asks(jobs, board, reached), timeline(board, keeps_reserve=rules.keeps_reserve)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules, best.energy))
    seats = seats_of(found, ask, board)
    order = by_start(seats)
    hold_all(order, ask, room, seats)
    bring_forward(order, ask, prices, meters_of(board, rules, best.energy), room, seats)
    waiting = order[(seats.parts[order] == 1) & (seats.begin[seats.first[order]] > ask.start[order] + 1e-3)]
    for job in rng.permutation(waiting)[:40]:
        pool, begin = seats.pool[job], seats.begin[seats.first[job]]
        release_seat(room, ask, seats, job)
        most = seat_fen(ask, prices, room, seats, job)
        for start in np.unique([ask.start[job], *np.arange(np.ceil(ask.start[job]), begin - 1e-3, 5.0)]):
            if start < begin - 1e-3 and fits(room, ask, job, pool, start):
                assert run_fen(ask, prices, room, job, pool, start, ask.planned[job]) > most, (job, start, begin)
        hold_seat(room, ask, seats, job)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), has_meters=st.booleans())
def test_the_board_costs_no_more_and_keeps_every_limit(seed: int, *, has_meters: bool) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    jobs = replace(jobs, priority=np.zeros(len(jobs), dtype=np.int64))
    board = random_meters(rng, board) if has_meters else board
    with pytest.MonkeyPatch.context() as without:
        without.setattr("qipan.dispatch.placement.place._forward", lambda _case, _order, seats: seats)
        before = solved(jobs, board, rules)[3]
    reached, _, _, found = solved(jobs, board, rules)
    costs = [sum(planned_fen(jobs, board, rules, reached, one)) for one in (before, found)]
    assert costs[1] <= costs[0] + 1e-8 * max(1.0, abs(costs[0]))
    assert check_placement(board, jobs, rules, found) == []
    assert check_no_room(board, jobs, sheet(board, jobs, rules), found) == []


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_behind_meters_limits_are_kept_whatever_moves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = random_meters(rng, board)
    reached, refused, best, found = solved(jobs, board, rules)
    ask, room = asks(jobs, board, reached), timeline(board, keeps_reserve=rules.keeps_reserve)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules, best.energy))
    seats, meters = seats_of(found, ask, board), meters_of(board, rules, best.energy)
    was = seats.begin[seats.first[:-1]].copy()
    order = by_start(seats)
    hold_all(order, ask, room, seats)
    draw_all(order, ask, meters, room, seats)
    bring_forward(order, ask, prices, meters, room, seats)
    assert (seats.begin[seats.first[:-1]] <= was).all()
    told = placement(jobs, board, reached, refused=refusals(jobs, board, reached), seats=seats)
    assert check_placement(board, jobs, rules, told) == []
    assert (refused == refusals(jobs, board, reached)).all()


def test_of_seats_that_cost_the_same_the_earlier_start_is_chosen(make_board, make_jobs, rules) -> None:
    # The first site is taken for an hour; the second has room at once, at the same price.
    board = make_board(cards=(1.0, 1.0), pue=(1.0, 1.0), price_fen_per_kwh=(30.0, 30.0))
    jobs = make_jobs({"slack_h": 0.0}, {"slack_h": 5.0})
    ask, prices, room, seats = seated(jobs, board, rules, (0.0, 1.0))
    release_seat(room, ask, seats, 1)
    seat = empty_seat(room.free_least.shape[1])
    assert choose(seat, ask, prices, room, 1, False)[1] == 1
    assert seat.begin[0] == 0.0
