"""What stands behind the meters and in the grid, checked by hand on small boards."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.energy import Areas, Energy
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.plan import plan
from qipan.dispatch.prices.price import identities

SLOTS = 6


def with_energy(board: Board, areas: dict[str, Any] | None = None, **figures: Any) -> Board:
    """Give a board of two sites meters; figures left out are nothing, areas left out limit nothing."""
    given = {"name": "all", "member": (True, True), "load_kw": 0.0, "most_kw": math.inf, "over": 1e4, "peak": 0.0}
    given |= areas or {}
    by_slot = (len(board.sites), board.slot_count)
    spread = {
        name: np.broadcast_to(figures.get(name, 0.0), by_slot).astype(float) for name in ("fixed_kw", "renewable_kw")
    }
    single = {
        name: np.broadcast_to(figures.get(name, default), by_slot[:1]).astype(float)
        for name, default in (
            ("renewable_fen_per_kwh", 0.0),
            ("store_kwh", 0.0),
            ("store_kw", 0.0),
            ("stored_kwh", 0.0),
            ("store_efficiency", 1.0),
        )
    }
    areas_of = Areas(
        names=(str(given["name"]),),
        member=np.array([given["member"]]),
        load_kw=np.broadcast_to(given["load_kw"], (1, board.slot_count)).astype(float),
        most_kw=np.broadcast_to(given["most_kw"], (1, board.slot_count)).astype(float),
        over_fen_per_kwh=np.array([given["over"]]),
        peak_fen_per_kw=np.array([given["peak"]]),
    )
    return replace(board, energy=Energy(**spread, **single, areas=areas_of))


def planned(jobs: Jobs, board: Board, rules: Rules) -> Plan:
    """Plan, and hold the money identities on the way."""
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    money = identities(board, solved, rules)
    assert max(money.payments_error, money.revenue_error, money.slackness_error) < 1e-6
    return solved


def test_meters_that_know_nothing_change_nothing(make_board, make_jobs, rules) -> None:
    jobs = make_jobs({"quantity": 4.0, "requested_h": 2.0})
    plain, known = (planned(jobs, board, rules) for board in (make_board(), with_energy(make_board())))
    assert known.objective_fen == pytest.approx(plain.objective_fen)
    assert known.lmp_fen_per_unit_h == pytest.approx(plain.lmp_fen_per_unit_h)
    assert known.energy is not None
    assert known.energy.grid_kwh.sum() == pytest.approx(8.0 * 1.2)
    assert known.energy.energy_fen_per_kwh[1] == pytest.approx(40.0)


def test_own_plant_gives_first_and_sets_the_price_while_it_has_more(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(), renewable_kw=[[0.0], [3.0]], renewable_fen_per_kwh=[0.0, 10.0])
    few = planned(make_jobs({"quantity": 2.0, "slack_h": 0.0}), board, rules)
    assert few.energy is not None
    assert few.energy.renewable_kwh[1, 0] == pytest.approx(2.4)
    assert few.lmp_fen_per_unit_h[1, 0] == pytest.approx(12.0)
    many = planned(make_jobs({"quantity": 4.0, "slack_h": 0.0}), board, rules)
    assert many.energy is not None
    assert many.energy.renewable_kwh[1, 0] == pytest.approx(3.0)
    assert many.energy.grid_kwh[1, 0] == pytest.approx(1.8)
    assert many.lmp_fen_per_unit_h[1, 0] == pytest.approx(48.0)


def test_work_waits_for_the_hour_of_the_plant(make_board, make_jobs, rules) -> None:
    sun = np.zeros((2, SLOTS))
    sun[1, 2] = 5.0
    solved = planned(make_jobs({"slack_h": 3.0}), with_energy(make_board(), renewable_kw=sun), rules)
    assert solved.supply_unit_h[1] == pytest.approx([0, 0, 1, 0, 0, 0])
    assert solved.objective_fen == pytest.approx(0.0)


def test_peak_charge_flattens_what_may_wait(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(pue=(1.0, 1.0)), {"peak": 100.0})
    solved = planned(make_jobs({"quantity": 4.0, "slack_h": 3.0}), board, rules)
    assert solved.energy is not None
    assert solved.energy.peak_kw == pytest.approx([1.0])
    assert solved.energy.peak_rent_fen_per_kwh.sum() == pytest.approx(100.0)
    assert solved.objective_fen == pytest.approx(4.0 * 40.0 + 100.0)


def test_peak_counts_what_others_draw_at_the_time(make_board, make_jobs, rules) -> None:
    load = [50.0, 10.0, 10.0, 10.0, 10.0, 10.0]
    board = with_energy(make_board(pue=(1.0, 1.0)), {"peak": 100.0, "load_kw": load})
    solved = planned(make_jobs({"quantity": 4.0, "slack_h": 1.0}), board, rules)
    assert solved.supply_unit_h.sum(axis=0) == pytest.approx([0, 4, 0, 0, 0, 0])
    assert solved.objective_fen == pytest.approx(160.0)


def test_store_carries_cheap_hours_into_dear_ones(make_board, make_jobs, rules) -> None:
    prices = np.array([[900.0] * SLOTS, [10.0, 90.0, 90.0, 90.0, 90.0, 90.0]])
    figures = {"store_kwh": [0.0, 2.0], "store_kw": [0.0, 1.0], "store_efficiency": [1.0, 0.81]}
    board = with_energy(make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0)), **figures)
    solved = planned(make_jobs({"submit_h": 1.0, "quantity": 3.0, "slack_h": 0.0}), board, rules)
    assert solved.energy is not None
    assert solved.energy.fill_kwh[1, 0] == pytest.approx(1.0)
    assert solved.energy.drain_kwh[1, 1] == pytest.approx(0.81)
    assert solved.energy.stored_kwh[1, 0] == pytest.approx(0.9)
    assert solved.objective_fen == pytest.approx(10.0 + (3.0 - 0.81) * 90.0)
    assert (solved.energy.energy_fen_per_kwh >= 0).all()


def test_store_ends_no_emptier_than_it_began(make_board, make_jobs, rules) -> None:
    figures = {"store_kwh": [0.0, 2.0], "store_kw": [0.0, 2.0], "stored_kwh": [0.0, 1.0]}
    prices = np.array([[900.0] * SLOTS, [90.0, 50.0, 90.0, 90.0, 90.0, 90.0]])
    board = with_energy(make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0)), **figures)
    solved = planned(make_jobs({"quantity": 3.0, "slack_h": 0.0}), board, rules)
    assert solved.energy is not None
    assert solved.energy.drain_kwh[1, 0] == pytest.approx(1.0)
    assert solved.energy.stored_kwh[1, -1] == pytest.approx(1.0)
    assert solved.objective_fen == pytest.approx(2.0 * 90.0 + 50.0)


def test_call_of_the_grid_moves_work_and_has_its_rent(make_board, make_jobs, rules) -> None:
    called = [2.0] + [math.inf] * (SLOTS - 1)
    board = with_energy(make_board(pue=(1.0, 1.0)), {"member": (False, True), "most_kw": called})
    solved = planned(make_jobs({"quantity": 5.0, "slack_h": 0.0}), board, rules)
    assert solved.supply_unit_h[:, 0] == pytest.approx([3.0, 2.0])
    assert solved.energy is not None
    assert solved.energy.limit_rent_fen_per_kwh[0, 0] == pytest.approx(20.0)
    assert solved.energy.over_kwh.sum() == pytest.approx(0.0)


def test_call_that_cannot_be_met_is_broken_at_its_price(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(pue=(1.0, 1.0)), {"most_kw": 0.0, "over": 7.0}, fixed_kw=[[1.0], [2.0]])
    solved = planned(make_jobs({"slack_h": 0.0}), board, rules)
    assert solved.energy is not None
    assert solved.energy.over_kwh[0] == pytest.approx([4.0] + [3.0] * (SLOTS - 1))
    assert solved.objective_fen == pytest.approx(40.0 + 7.0 * (4.0 + 3.0 * 5) + SLOTS * (60.0 + 2.0 * 40.0))


def test_what_is_drawn_at_no_load_counts_toward_the_cap(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(power_cap_kw=(math.inf, 3.6)), fixed_kw=[[0.0], [1.2]])
    solved = planned(make_jobs({"quantity": 5.0, "slack_h": 0.0}), board, rules)
    assert solved.supply_unit_h[1, 0] == pytest.approx(2.0)
    assert solved.power_rent_fen_per_kwh[1, 0] == pytest.approx((75.0 - 48.0) / 1.2)


def test_reserve_keeps_as_much_free_as_the_largest_site_has(make_board, make_jobs, rules) -> None:
    kept = replace(rules, keeps_reserve=True)
    solved = planned(make_jobs({"quantity": 9.0, "slack_h": 0.0}), make_board(cards=(10.0, 6.0)), kept)
    assert solved.supply_unit_h[:, 0].sum() == pytest.approx(6.0)
    assert solved.unserved_unit_h.sum() == pytest.approx(3.0)
    assert solved.reserve_rent_fen_per_unit_h[0, 0] > 0
    lost = kept.tiers[2].unserved_fen_per_unit_h
    assert solved.lmp_fen_per_unit_h[1, 0] == pytest.approx(lost)


def test_work_on_another_model_takes_as_many_units_as_said(make_board, make_jobs, rules) -> None:
    board, jobs = make_board(), make_jobs({"quantity": 4.0, "slack_h": 0.0})
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    takes = reached.takes[classes.streams.sort] * np.array([1.0, 1.25])
    solved = plan(board, classes, rules, takes)
    assert solved.work_unit_h.sum() == pytest.approx(4.0)
    assert solved.supply_unit_h[1, 0] == pytest.approx(5.0)
    assert solved.objective_fen == pytest.approx(5.0 * 48.0)
    money = identities(board, solved, rules)
    assert max(money.payments_error, money.revenue_error) < 1e-6
