"""Making room: who is in the way sits elsewhere, and the whole never costs more."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.random_day import random_day
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.fill import fill, upright
from qipan.dispatch.placement.make_room import make_room
from qipan.dispatch.placement.score import planned_fen
from qipan.dispatch.placement.seats import empty_seats, occupants, total_fen
from qipan.dispatch.placement.tell import placement
from qipan.dispatch.placement.timeline import asks, timeline
from qipan.dispatch.programme.formulate import running_fen_per_unit_h


def filled(jobs, board, rules):
    """Fill a board as jobs come, the last ones without a seat."""
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    ask, room = asks(jobs, board, reached), timeline(board)
    prices = prices_of(jobs, board, rules, reached, running_fen_per_unit_h(board, rules))
    seats = empty_seats(ask, room.ticks_of_slot)
    order = np.flatnonzero(refused == Reason.NONE)
    fill(order, ask, prices, upright(), room, seats)
    lost = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    return order, ask, prices, lost * jobs.quantity * planned_h(jobs, board), room, seats, (reached, refused)


def test_make_room_lets_two_leave_for_one_that_could_sit_nowhere_else(make_board, make_jobs, rules) -> None:
    # Two small jobs that may go anywhere take the two cards of Guangdong; then one comes that must stay there whole.
    board = make_board(cards=(2.0, 2.0), price_fen_per_kwh=(40.0, 60.0))
    small, large = {"slack_h": 0.0}, {"quantity": 2.0, "data_class": 2, "slack_h": 0.0}
    jobs = make_jobs(small, small, large)
    order, ask, prices, lost, room, seats, _ = filled(jobs, board, rules)
    assert seats.pool.tolist() == [0, 0, -1]
    assert make_room(order[2:], ask, prices, lost, room, seats, occupants(order, room, seats)) == 1
    assert seats.pool.tolist() == [1, 1, 0]
    assert room.free[:, :60].max() == pytest.approx(0.0)


def test_make_room_puts_all_back_where_those_in_the_way_could_sit_nowhere(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(2.0, 0.0))
    small, large = {"slack_h": 0.0, "tier": 0}, {"quantity": 2.0, "slack_h": 0.0, "tier": 3}
    order, ask, prices, lost, room, seats, _ = filled(make_jobs(small, small, large), board, rules)
    free = room.free.copy()
    assert make_room(order[2:], ask, prices, lost, room, seats, occupants(order, room, seats)) == 0
    assert (seats.pool.tolist(), seats.parts.tolist()) == ([0, 0, -1], [1, 1, 0])
    assert np.array_equal(room.free, free)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_make_room_never_costs_more_and_leaves_room_as_the_seats_say(seed: int) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    order, ask, prices, lost, room, seats, (reached, refused) = filled(jobs, board, rules)
    before = total_fen(order, ask, prices, lost, room, seats)
    make_room(order[seats.pool[order] < 0], ask, prices, lost, room, seats, occupants(order, room, seats))
    after = total_fen(order, ask, prices, lost, room, seats)
    assert after <= before + 1e-6 * max(1.0, abs(before))
    told = placement(jobs, board, reached, refused=refused, seats=seats)
    assert sum(planned_fen(jobs, board, rules, reached, told)) == pytest.approx(after, rel=1e-9, abs=1e-6)
    again = timeline(board)
    from qipan.dispatch.placement.timeline import take

    for job in np.flatnonzero(seats.pool >= 0).tolist():
        for at in range(seats.first[job], seats.first[job] + seats.parts[job]):
            take(again, seats.pool[job], ask.quantity[job], seats.begin[at], seats.ticks[at])
    assert np.allclose(again.free, room.free)
    assert np.allclose(again.free_least, room.free_least)
