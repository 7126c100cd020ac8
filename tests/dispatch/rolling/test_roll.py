"""Rolling operation on boards that a reader can check by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.dispatch.conftest import BoardMaker, JobsMaker

from qipan.dispatch.model.board import Rules
from qipan.dispatch.model.roll import Case, Errors, Rolled, RollTerms
from qipan.dispatch.placement.choose import empty_seat
from qipan.dispatch.placement.score import ran_s
from qipan.dispatch.rolling.foresee import draw_drifts, drift
from qipan.dispatch.rolling.regret import foresee_all, regret
from qipan.dispatch.rolling.roll import arrive, begin, prepare, replan, roll

TERMS = RollTerms(watches=False)
CaseMaker = Callable[..., Case]


@pytest.fixture
def make_case(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> CaseMaker:
    def make(*rows: dict[str, Any], errors: Errors | None = None, **board: Any) -> Case:
        foreseen = make_board(**board)
        rng = np.random.default_rng(1)
        drifts = draw_drifts(errors or Errors(), len(foreseen.sites), foreseen.slot_count, rng)
        return Case(make_jobs(*rows), drift(foreseen, drifts), foreseen, drifts, rules, np.array([foreseen.start_s]))

    return make


def rolled(case: Case, terms: RollTerms = TERMS) -> Rolled:
    return roll(case, terms, lambda: 0.0, lambda: 0.0, lambda _: None)


def start_h(case: Case, found: Rolled) -> list[float]:
    return ((found.start_s - case.board.start_s) / 3600.0).round(6).tolist()


def many(count: int, seed: int) -> list[dict[str, Any]]:
    """Draw jobs that together want more than there is at times."""
    rng = np.random.default_rng(seed)
    rows = []
    for submit in np.sort(rng.uniform(-1.0, 3.9, count)).tolist():
        requested = float(rng.choice([0.5, 1.0, 2.0]))
        rows.append(
            {
                "submit_h": submit,
                "requested_h": requested,
                "actual_h": requested * float(rng.uniform(0.2, 1.0)),
                "slack_h": float(rng.choice([0.0, 1.0])),
                "quantity": float(rng.integers(1, 5)),
            }
        )
    return rows


def assert_within_capacity(case: Case, found: Rolled) -> None:
    """Check at each moment at which a job starts what is busy then, on what really ran."""
    jobs, served = case.jobs, found.pool >= 0
    end_s = found.start_s + ran_s(jobs)
    for moment in found.start_s[served]:
        busy = served & (found.start_s <= moment) & (end_s > moment)
        used = np.bincount(found.pool[busy], weights=jobs.quantity[busy], minlength=len(case.board.pools))
        assert (used <= case.board.capacity[:, 0] + 1e-9).all()


def foreseen_unit_h(case: Case) -> float:
    """Return what the first re-plan foresees of a case whose only job came a day before."""
    desk = prepare(case, TERMS)
    instance, _ = replan(desk, begin(desk), case.board.start_s)
    return float(instance.classes.demand_unit_h.sum())


def test_error_above_zero_means_that_more_happens_than_was_foreseen(make_case: CaseMaker) -> None:
    case = make_case({"submit_h": -23.0, "quantity": 4.0}, {"submit_h": 3.9})
    off = {name: getattr(case.drifts, name) + np.log(2.0) for name in ("demand", "price", "renewable")}
    drifts = case.drifts._replace(**off)
    low = replace(case, drifts=drifts, board=drift(case.foreseen, drifts))
    assert foreseen_unit_h(case) == pytest.approx(4.0)
    assert foreseen_unit_h(low) == pytest.approx(2.0)
    assert_allclose(low.board.price_fen_per_kwh, 2.0 * low.foreseen.price_fen_per_kwh)


def test_days_of_a_run_are_civil_days(make_case: CaseMaker) -> None:
    case = make_case({})
    case = replace(case, day_starts_s=case.board.start_s + 3600.0 * np.array([0.0, 1.0, 3.0]))
    hours = np.array([0.0, 0.9, 1.0, 2.9, 3.0, 5.5])
    assert case.day_of(case.board.start_s + 3600.0 * hours).tolist() == [0, 0, 1, 1, 2, 2]
    assert_allclose((case.day_ends_s - case.board.start_s) / 3600.0, [1.0, 3.0, 4.0])
    held = regret(case, rolled(case), foresee_all(case))
    assert len(held.by_day_fen) == 3


def test_roll_waits_for_the_cheap_hour(make_case: CaseMaker) -> None:
    prices = ((90.0, 90.0, 20.0, 90.0, 90.0, 90.0), (95.0, 95.0, 95.0, 95.0, 95.0, 95.0))
    case = make_case({"slack_h": 3.0}, {"slack_h": 0.0}, price_fen_per_kwh=prices)
    found = rolled(case)
    assert_array_equal(found.pool, [0, 0])
    assert start_h(case, found) == [2.0, 0.0]


def test_replan_leaves_pinned_work_where_it_is(make_case: CaseMaker) -> None:
    case = make_case(
        {"requested_h": 3.0, "slack_h": 0.0, "quantity": 10.0},
        {"submit_h": 0.1, "requested_h": 3.0, "slack_h": 0.0, "quantity": 10.0},
        {"submit_h": 0.2, "requested_h": 3.0, "slack_h": 0.0, "quantity": 10.0},
    )
    desk = prepare(case, TERMS)
    state, seat = begin(desk), empty_seat(case.board.slot_count)
    replan(desk, state, case.board.start_s)
    for job in (0, 1, 2):
        arrive(desk, state, seat, job)
    pinned = state.seats.pool.copy()
    state.ends = [(180.0, 0), (186.0, 1)]
    state.waiting = [2]
    for hour in (0.25, 1.0, 2.0):
        replan(desk, state, case.board.start_s + 3600.0 * hour)
        assert_array_equal(state.seats.pool[:2], pinned[:2])
    assert sorted(pinned[:2]) == [0, 1]
    assert state.seats.pool[2] == -1


def test_roll_uses_the_room_of_a_job_that_ends_early(make_case: CaseMaker) -> None:
    case = make_case(
        {"requested_h": 4.0, "actual_h": 0.5, "slack_h": 0.0, "quantity": 10.0},
        {"submit_h": 0.6, "slack_h": 0.0, "quantity": 10.0},
        cards=(10.0, 0.0),
    )
    found = rolled(case)
    assert_array_equal(found.pool, [0, 0])
    assert start_h(case, found) == [0.0, 0.6]


def test_roll_refuses_what_still_has_no_room(make_case: CaseMaker) -> None:
    case = make_case(
        {"requested_h": 4.0, "actual_h": 0.7, "slack_h": 0.0, "quantity": 10.0},
        {"submit_h": 0.6, "slack_h": 0.0, "quantity": 10.0},
        cards=(10.0, 0.0),
    )
    found = rolled(case)
    assert_array_equal(found.pool, [0, -1])
    lost = regret(case, found, foresee_all(case))
    assert lost.unserved_fen == 10.0 * 2e3
    # Foresight could not have served both either: the programme in whole hours, which could, is a bound and no plan.
    assert lost.ratio > 0.0


def test_roll_seats_the_higher_priority_of_those_that_wait_and_moves_nothing_that_runs(
    make_case: CaseMaker,
) -> None:
    # The first runs until one; of two that must then start only one can.
    waits = {"slack_h": 1.0, "requested_h": 2.0, "quantity": 10.0}
    case = make_case(
        {"slack_h": 0.0, "quantity": 10.0, "actual_h": 1.0},
        waits | {"submit_h": 0.1},
        waits | {"submit_h": 0.2, "priority": 1},
        {"submit_h": 0.3, "slack_h": 0.0, "quantity": 10.0, "priority": 9},
        cards=(10.0, 0.0),
    )
    found = rolled(case)
    assert_array_equal(found.pool, [0, -1, 0, -1])
    assert start_h(case, found)[2] == 1.0


def test_roll_told_everything_has_no_regret(make_case: CaseMaker) -> None:
    prices = ((60.0, 30.0, 50.0, 20.0, 90.0, 90.0), (70.0, 40.0, 10.0, 80.0, 95.0, 95.0))
    rows = [{"submit_h": hour, "slack_h": 2.0, "actual_h": 1.0, "quantity": 2.0} for hour in (0.0, 0.5, 1.0, 1.5, 2.0)]
    case = make_case(*rows, price_fen_per_kwh=prices)
    found = rolled(case, replace(TERMS, knows_durations=True, knows_arrivals=True))
    held = regret(case, found, foresee_all(case))
    assert held.unserved_fen == 0.0
    assert held.ratio == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_roll_exceeds_no_capacity_and_no_bound(make_case: CaseMaker, seed: int) -> None:
    case = make_case(*many(60, seed), errors=Errors(demand_sd=0.3, price_sd=0.2))
    found = rolled(case)
    assert_within_capacity(case, found)
    held = regret(case, found, foresee_all(case))
    assert held.ratio >= -1e-9
    assert held.by_day_fen.sum() == pytest.approx(held.served_fen + held.unserved_fen - held.bound_fen)


def test_roll_starts_within_windows(make_case: CaseMaker) -> None:
    case = make_case(*many(60, 7))
    found = rolled(case)
    served = found.pool >= 0
    assert (found.start_s[served] >= case.jobs.submit_s[served] - 1e-6).all()
    assert (found.start_s[served] <= case.jobs.latest_start_s[served] + 1e-6).all()


def test_roll_twice_is_the_same(make_case: CaseMaker) -> None:
    case = make_case(*many(40, 3), errors=Errors(price_sd=0.2))
    first, second = rolled(case), rolled(case)
    assert_array_equal(first.pool, second.pool)
    assert_array_equal(first.start_s, second.start_s)
    assert first.spikes == second.spikes
