"""Calls of the grid, answered on boards that a reader can check by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.dispatch.programme.test_energy import with_energy

from qipan.dispatch.flexibility.answer import answer
from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules, Substitute
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Instance, Reason
from qipan.dispatch.model.power import Answer, Call
from qipan.kernel.resources import Kind

GZ, NX = 0, 1


def instance_of(jobs: Jobs, board: Board, rules: Rules) -> Instance:
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    return Instance(board, classes, rules, reached.takes[classes.streams.sort])


def asked(jobs: Jobs, board: Board, rules: Rules, **call: Any) -> Answer:
    """Ask, and hold the sums of every answer on the way."""
    given = {"sites": (NX,), "first_slot": 0, "end_slot": 1} | call
    told = answer(instance_of(jobs, board, rules), Call(**given))
    assert told.baseline == "linear_programme"
    assert told.shed_kwh == pytest.approx(told.work_kwh + told.store_kwh + told.renewable_kwh, abs=1e-6)
    assert told.shed_kwh == pytest.approx(sum(told.delivered_kw) * board.slot_h, abs=1e-6)
    assert told.cost_fen >= 0
    for one in told.shifted:
        parts = one.elsewhere_unit_h + one.earlier_unit_h + one.later_unit_h + one.lost_unit_h
        assert one.shed_unit_h == pytest.approx(parts, abs=1e-6)
    return told


def test_a_call_moves_work_that_cannot_wait_to_the_dearer_site(make_board, make_jobs, rules) -> None:
    board = make_board(pue=(1.0, 1.0))
    jobs = make_jobs({"quantity": 4.0, "slack_h": 0.0})
    told = asked(jobs, board, rules, reduce_kw=3.0)
    assert told.is_met
    assert (told.before_kw[0], told.after_kw[0]) == (4.0, 1.0)
    # Three card-hours at 60 fen instead of 40.
    assert told.cost_fen == pytest.approx(3.0 * 20.0)
    assert told.fen_per_kwh == pytest.approx(20.0)
    (moved,) = told.shifted
    assert (moved.tier, moved.kind) == ("batch", "intelligent")
    assert (moved.shed_unit_h, moved.elsewhere_unit_h, moved.later_unit_h) == pytest.approx((3.0, 3.0, 0.0))


def test_a_call_costs_nothing_where_work_may_wait_at_the_same_price(make_board, make_jobs, rules) -> None:
    told = asked(make_jobs({"quantity": 4.0, "slack_h": 2.0}), make_board(), rules, end_slot=2, reduce_kw=1.0)
    assert told.cost_fen == pytest.approx(0.0, abs=1e-6)
    assert told.is_met == (told.before_kw[0] >= 1.0 and told.before_kw[1] >= 1.0)


def test_a_call_that_asks_for_more_than_is_drawn_is_not_met_and_says_what_lacks(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(pue=(1.0, 1.0)), fixed_kw=[[0.0], [2.0]])
    told = asked(make_jobs({"quantity": 4.0, "slack_h": 0.0}), board, rules, reduce_kw=7.0)
    assert not told.is_met
    # What is drawn at no load stays.
    assert (told.before_kw[0], told.after_kw[0]) == (6.0, 2.0)
    assert (told.delivered_kw, told.short_kw) == ([4.0], [3.0])
    assert told.cost_fen == pytest.approx(4.0 * 20.0)


def test_a_call_drops_work_only_where_it_can_go_nowhere_and_counts_its_value(make_board, make_jobs, rules) -> None:
    jobs = make_jobs({"quantity": 4.0, "slack_h": 0.0, "data_class": 2, "origin": "640000"})
    told = asked(jobs, make_board(pue=(1.0, 1.0)), rules, reduce_kw=1.0)
    assert told.is_met
    # A lost unit-hour is worth 2,000 fen, and its energy of 40 is saved.
    assert told.lost_fen == pytest.approx(2000.0)
    assert told.cost_fen == pytest.approx(2000.0 - 40.0)
    assert told.shifted[0].lost_unit_h == pytest.approx(1.0)


def test_a_call_at_any_cost_drops_work_that_takes_little_of_a_substitute(make_board, make_jobs, rules) -> None:
    board = make_board(pue=(1.0, 1.0))
    away = tuple(
        replace(pool, card_model="B") if pool.site == NX else replace(pool, card_model="C") for pool in board.pools
    )
    stands = Substitute(Kind.INTELLIGENT, "A", Kind.INTELLIGENT, "B", 0.1)
    board = replace(board, pools=away, substitutes=(stands,))
    jobs = make_jobs({"quantity": 40.0, "slack_h": 0.0, "card_model": "A"})
    told = asked(jobs, board, rules, reduce_kw=1.0)
    assert told.before_kw[0] == pytest.approx(4.0)
    assert (told.is_met, told.delivered_kw) == (True, pytest.approx([1.0]))
    # A kilowatt-hour of the substitute does ten hours of work, each worth 2,000 fen.
    assert told.lost_fen == pytest.approx(10.0 * 2000.0)


def test_a_call_with_a_most_delivers_only_what_costs_less(make_board, make_jobs, rules) -> None:
    board = make_board(pue=(1.0, 1.0))
    jobs = make_jobs(
        {"quantity": 2.0, "slack_h": 0.0}, {"quantity": 2.0, "slack_h": 0.0, "data_class": 2, "origin": "640000"}
    )
    told = asked(jobs, board, rules, reduce_kw=4.0, most_fen_per_kwh=100.0)
    assert (told.delivered_kw, told.short_kw, told.is_met) == ([2.0], [2.0], False)
    assert (told.cost_fen, told.lost_fen) == pytest.approx((2.0 * 20.0, 0.0))


def test_a_store_answers_a_call_before_work_moves(make_board, make_jobs, rules) -> None:
    figures = {
        "store_kwh": [0.0, 4.0],
        "store_kw": [0.0, 2.0],
        "stored_kwh": [0.0, 2.0],
        "store_efficiency": [1.0, 1.0],
    }
    prices = np.array([[60.0] * 6, [40.0, 41.0, 41.0, 41.0, 41.0, 41.0]])
    board = with_energy(make_board(pue=(1.0, 1.0), price_fen_per_kwh=prices), **figures)
    told = asked(make_jobs({"quantity": 4.0, "slack_h": 0.0}), board, rules, reduce_kw=2.0)
    assert told.is_met
    assert (told.store_kwh, told.work_kwh) == pytest.approx((2.0, 0.0))
    # What it gives is filled again an hour later, at one fen more.
    assert told.cost_fen == pytest.approx(2.0)


def test_a_call_of_one_area_leaves_the_limits_of_others(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(pue=(1.0, 1.0)), {"member": (True, False), "most_kw": 1.0, "over": 1e6})
    told = asked(make_jobs({"quantity": 4.0, "slack_h": 0.0}), board, rules, reduce_kw=3.0)
    # One may go to the site whose connection carries one kilowatt; two are lost.
    assert told.shifted[0].elsewhere_unit_h == pytest.approx(1.0)
    assert told.shifted[0].lost_unit_h == pytest.approx(2.0)
    assert told.cost_fen == pytest.approx(20.0 + 2 * (2000.0 - 40.0))


def test_work_makes_room_before_the_call_begins(make_board, make_jobs, rules) -> None:
    prices = np.array([[900.0] * 6, [41.0, 40.0, 90.0, 90.0, 90.0, 90.0]])
    board = make_board(pue=(1.0, 1.0), price_fen_per_kwh=prices)
    told = asked(make_jobs({"quantity": 4.0, "slack_h": 1.0}), board, rules, first_slot=1, end_slot=2, reduce_kw=4.0)
    assert told.shifted[0].earlier_unit_h == pytest.approx(4.0)
    assert told.cost_fen == pytest.approx(4.0)


@pytest.mark.parametrize("seed", range(4))
def test_more_asked_never_costs_less(make_board, make_jobs, rules, seed: int) -> None:
    rng = np.random.default_rng(seed)
    jobs = make_jobs(
        *(
            {
                "submit_h": float(rng.integers(0, 3)),
                "quantity": float(rng.integers(1, 5)),
                "slack_h": float(rng.integers(0, 3)),
                "tier": int(rng.choice([Tier.BATCH, Tier.OFFLINE])),
            }
            for _ in range(8)
        )
    )
    board = make_board(price_fen_per_kwh=rng.uniform(20, 90, (2, 6)), power_cap_kw=(9.0, math.inf))
    costs = [asked(jobs, board, rules, end_slot=3, reduce_kw=kw).cost_fen for kw in (0.5, 1.0, 2.0, 4.0)]
    assert (np.diff(costs) >= -1e-6).all()
