"""The rule of prices, checked by hand on small boards and held against other optimal answers."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from benchmarks.random_ties import SHAPES, random_ties
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Links, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.plan import plan, read_plan, solve
from qipan.dispatch.prices.price import identities
from qipan.dispatch.prices.publish import Prices, publish, to_tick
from qipan.dispatch.programme.formulate import formulate
from qipan.dispatch.programme.simplex import new_solver, pass_model, read_solution
from qipan.dispatch.solver.approach import certified_fen

ALIKE_FEN = 1e-8


def planned(jobs: Jobs, board: Board, rules: Rules) -> Plan:
    reached = reach(jobs, board, rules)
    return priced(jobs, board, rules, reached.allowed)


def priced(jobs: Jobs, board: Board, rules: Rules, allowed: Any = True) -> Plan:
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    every = np.broadcast_to(allowed, (len(reached.allowed), len(board.products)))
    solved = plan(board, classes, rules, every[classes.streams.sort])
    assert solved.is_final
    return solved


def test_site_sold_out_to_the_last_card_shares_the_gap_to_the_next_with_the_buyers(
    make_board, make_jobs, rules
) -> None:
    # Ningxia (48 fen) has just the cards that are asked for; the next would come from Guangdong (75 fen).
    jobs = make_jobs({"quantity": 4.0, "slack_h": 0.0})
    solved = planned(jobs, make_board(cards=(10.0, 4.0)), rules)
    assert solved.lmp_fen_per_unit_h[:, 0] == pytest.approx([75.0, (48.0 + 75.0) / 2])
    assert solved.capacity_rent_fen_per_unit_h[1, 0] == pytest.approx((75.0 - 48.0) / 2)
    assert solved.class_price_fen_per_unit_h == pytest.approx([61.5])


def test_cap_of_power_met_exactly_shares_the_same_gap(make_board, make_jobs, rules) -> None:
    board = make_board(power_cap_kw=(math.inf, 4.8))
    solved = planned(make_jobs({"quantity": 4.0, "slack_h": 0.0}), board, rules)
    assert solved.power_rent_fen_per_kwh[1, 0] == pytest.approx((75.0 - 48.0) / 2 / 1.2)
    assert solved.lmp_fen_per_unit_h[:, 0] == pytest.approx([75.0, 61.5])


def test_cap_that_nothing_reaches_leaves_the_prices_of_other_sites_alone(make_board, make_jobs, rules) -> None:
    jobs = make_jobs({"quantity": 4.0, "slack_h": 0.0})
    without = planned(jobs, make_board(cards=(10.0, 4.0)), rules)
    capped = planned(jobs, make_board(cards=(10.0, 4.0), power_cap_kw=(1e3, 1e3)), rules)
    assert capped.lmp_fen_per_unit_h == pytest.approx(without.lmp_fen_per_unit_h)


def test_cards_and_power_sold_out_at_once_are_as_near_to_their_middles_as_both_can_be(
    make_board, make_jobs, rules
) -> None:
    # rent of cards + 1.2 x rent of power <= 27; alone they reach 27 and 22.5, so the aims 13.5 and 11.25 fit.
    board = make_board(cards=(10.0, 4.0), power_cap_kw=(math.inf, 4.8))
    solved = planned(make_jobs({"quantity": 4.0, "slack_h": 0.0}), board, rules)
    assert solved.capacity_rent_fen_per_unit_h[1, 0] == pytest.approx(13.5)
    assert solved.power_rent_fen_per_kwh[1, 0] == pytest.approx(11.25)
    assert solved.lmp_fen_per_unit_h[:, 0] == pytest.approx([75.0, 75.0])


def test_idle_site_asks_its_running_cost(make_board, make_jobs, rules) -> None:
    solved = planned(make_jobs({"quantity": 4.0}), make_board(), rules)
    assert solved.lmp_fen_per_unit_h[0] == pytest.approx(75.0)


def test_site_without_room_or_power_asks_what_leaves_nobody_wanting_it(make_board, make_jobs, rules) -> None:
    jobs = make_jobs({"quantity": 4.0, "slack_h": 0.0})
    no_room = priced(jobs, make_board(cards=(10.0, 0.0)), rules)
    assert no_room.lmp_fen_per_unit_h[:, 0] == pytest.approx([75.0, 75.0])
    assert no_room.capacity_rent_fen_per_unit_h[1, 0] == pytest.approx(27.0)
    no_power = priced(jobs, make_board(power_cap_kw=(math.inf, 0.0)), rules)
    assert no_power.lmp_fen_per_unit_h[:, 0] == pytest.approx([75.0, 75.0])
    assert no_power.power_rent_fen_per_kwh[1, 0] == pytest.approx(27.0 / 1.2)


def test_link_without_capacity_asks_what_leaves_nobody_wanting_it(make_board, make_jobs, rules) -> None:
    factor = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    board = make_board(links=Links(("east to west",), np.zeros((1, 6)), factor))
    solved = planned(make_jobs({"quantity": 4.0, "data_gb": 8.0, "slack_h": 0.0}), board, rules)
    # A unit-hour moves 2 GB, for 2 fen each; the west costs 48 fen and the east 75.
    assert solved.link_rent_fen_per_gb[0] == pytest.approx([(75.0 - 48.0 - 4.0) / 2.0, 0, 0, 0, 0, 0])
    assert solved.class_price_fen_per_unit_h == pytest.approx([75.0])


def test_class_that_is_lost_pays_what_it_is_worth(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(0.0, 0.0))
    reached = reach(make_jobs({}), board, rules)
    classes = classify(make_jobs({}), board, reached, np.ones(1, dtype=bool))
    solved = plan(board, classes, rules, np.ones((1, 2), dtype=bool))
    assert solved.class_price_fen_per_unit_h == pytest.approx([2000.0])


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_prices_are_the_same_from_another_optimal_answer_and_keep_the_identities(shape: str, seed: int) -> None:
    made = random_ties(np.random.default_rng(seed), shape)
    program = formulate(*made)
    by_simplex = solve(program)
    other = new_solver(solver="ipx", run_crossover="on")
    pass_model(other, program)
    other.run()
    by_interior_point = read_solution(other)
    one, two = (
        publish(made.board, made.classes, program, found.value, found.row_dual)
        for found in (by_simplex, by_interior_point)
    )
    assert one.is_final
    for field in fields(Prices):
        if field.name != "energy":
            assert getattr(one, field.name) == pytest.approx(getattr(two, field.name), abs=ALIKE_FEN)
    if one.energy is not None and two.energy is not None:
        for ours, theirs in zip(one.energy.prices, two.energy.prices, strict=True):
            assert ours == pytest.approx(theirs, abs=ALIKE_FEN)
    best = read_plan(made.board, made.classes, program, by_simplex)
    assert certified_fen(*made, plan=best) == pytest.approx(best.objective_fen, rel=1e-8, abs=1e-6)
    money = identities(made.board, best, made.rules)
    assert max(money.payments_error, money.revenue_error, money.slackness_error) < 1e-9


def test_links_that_shut_out_what_another_lets_through_leave_nobody_wanting_either() -> None:
    made = random_ties(np.random.default_rng([0, 748]), "both")
    program, solved = formulate(*made), plan(*made)
    columns, rows = program.columns, program.rows
    toll = program.matrix[rows.link : rows.reserve, : columns.effort].T @ solved.link_rent_fen_per_gb.ravel()
    asked = program.cost[: columns.effort] + toll + solved.lmp_fen_per_unit_h[columns.product, columns.slot]
    assert (asked - solved.delivered_fen_per_unit_h[columns.stream, columns.slot]).min() > -1e-6


def test_site_that_draws_nothing_but_a_rounding_error_asks_its_offer() -> None:
    made = random_ties(np.random.default_rng([0, 8790]), "all")
    program = formulate(*made)
    best = solve(program)
    grid = program.columns.energy + np.arange(len(made.board.sites) * made.board.slot_count)
    # As an interior point leaves it.
    almost = np.maximum(best.value, np.where(np.isin(np.arange(len(best.value)), grid), 1e-18, 0.0))
    one, two = (publish(made.board, made.classes, program, value, best.row_dual) for value in (best.value, almost))
    assert one.lmp_fen_per_unit_h == pytest.approx(two.lmp_fen_per_unit_h, abs=ALIKE_FEN)


def test_choice_that_fails_leaves_the_prices_of_the_solver_as_indicative(
    make_board, make_jobs, rules, monkeypatch
) -> None:
    monkeypatch.setattr("qipan.dispatch.prices.project.ROUNDS", 0)
    made = random_ties(np.random.default_rng([0, 911]), "both")
    assert not plan(*made).is_final


def test_tick_does_not_turn_on_rounding_errors() -> None:
    middle = (31.7 + 44.05) / 2
    assert middle == pytest.approx(37.875)
    assert to_tick(middle + np.array([-1e-7, 0.0, 1e-7])) == pytest.approx(37.88)
    assert to_tick(-to_tick(np.array([0.004]))).tolist() == [0.0]


def test_price_of_a_class_that_just_fills_its_hours_is_the_dearest_of_them(make_board, make_jobs, rules) -> None:
    # Three hours of 0.1 units are a little more than 0.3 in floating point.
    prices = np.array([[90.0, 10.0, 20.0, 30.0, 90.0, 90.0]] * 2)
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    jobs = make_jobs({"quantity": 0.1, "requested_h": 3.0, "slack_h": 3.0})
    solved = planned(replace(jobs, quantity=np.array([0.1])), board, rules)
    assert solved.class_price_fen_per_unit_h == pytest.approx([30.0])
