"""A day on a board with meters, from jobs to scores and explanations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dispatch.programme.test_energy import with_energy

from qipan.dispatch.day import Outcome, solve_day
from qipan.dispatch.explanation.explain import explain_job, explain_price
from qipan.dispatch.model.explanation import JobTerms, Part
from qipan.dispatch.model.job import Tier
from qipan.dispatch.placement.baseline import Baseline
from qipan.dispatch.service import placement_columns


@pytest.fixture
def day(make_board, make_jobs, rules):
    """Three jobs of 1.2 kWh that may wait; the western site has a plant with 2.4 kWh in its third hour."""
    sun = np.zeros((2, 6))
    sun[1, 2] = 2.4
    board = with_energy(make_board(), renewable_kw=sun, renewable_fen_per_kwh=10.0, fixed_kw=[[0.0], [0.1]])
    return make_jobs(*[{"slack_h": 3.0}] * 3), board, replace(rules, carbon_fen_per_kg=2.0)


def solved(day) -> Outcome:
    steps: list[str] = []
    outcome = solve_day(*day, steps.append)
    assert steps == ["reach", "plan", *(rule.value for rule in Baseline), "place", "stand_alone"]
    return outcome


def test_solve_with_meters_takes_up_what_baselines_leave(day) -> None:
    outcome = solved(day)
    ours, by_rule = outcome.scores[0], {score.policy: score for score in outcome.scores}
    grid_fen = 40.0 + 2.0 * 0.6423
    # Four kilowatt-hours are drawn: 2.4 of them from the plant, where work draws at least 2.3.
    least = 2.4 * 10.0 + (3.6 + 0.6 - 2.4) * grid_fen
    assert outcome.plan.objective_fen == pytest.approx(least)
    assert outcome.bound_fen == pytest.approx(least)
    assert outcome.served_fen == pytest.approx(least)
    assert (ours.renewable_kwh, ours.curtailed_kwh) == (pytest.approx(2.4), pytest.approx(0.0))
    assert ours.energy_fen == pytest.approx(2.4 * 10.0 + 1.8 * 40.0)
    assert by_rule["cheapest_site"].renewable_kwh == pytest.approx(0.1)
    assert by_rule["cheapest_site"].energy_fen > ours.energy_fen
    assert max(outcome.identities.payments_error, outcome.identities.revenue_error) < 1e-9


def test_explanation_with_meters_pays_the_energy_price_of_the_plan(day) -> None:
    jobs, board, rules = day
    outcome = solved(day)
    price = outcome.plan.energy.energy_fen_per_kwh[1]
    noted = placement_columns("one", board, rules, outcome).to_pylist()
    for index, row in enumerate(noted):
        slot = round((outcome.found.start_s[index] - board.start_s) / board.slot_s)
        assert row["cost_fen"] == pytest.approx(1.2 * price[slot])
        job = JobTerms(
            kind=row["kind"],
            card_model="",
            tier=int(jobs.tier[index]),
            data_class=0,
            origin=0,
            quantity=1.0,
            requested_h=1.0,
            planned_h=row["planned_h"],
            data_gb=0.0,
            first_h=0.0,
            latest_h=row["latest_h"],
            site=1,
            runs=((float(slot), 1.0),),
        )
        chosen = explain_job(job, outcome.terms).chosen
        assert chosen.cost_fen == pytest.approx(1.2 * price[slot])
        # Every next kilowatt-hour comes from the grid, in the hour of the plant too: its carbon is told apart.
        assert chosen.parts_fen[Part.CARBON] == pytest.approx(1.2 * 2.0 * 0.6423)
    told = explain_price(outcome.terms, 1, 0)[0]
    assert told.parts_fen_per_unit_h[Part.ENERGY] == pytest.approx(48.0)
    assert told.binding == ()


def test_solve_no_worse_than_a_rule_tells_costs_and_bound_at_the_values_given(make_board, make_jobs, rules) -> None:
    job = {"quantity": 5.0, "requested_h": 4.0, "slack_h": 0.0}
    jobs = make_jobs(*[job | {"tier": tier} for tier in [Tier.OFFLINE] * 2 + [Tier.BATCH] * 2])
    board = make_board(cards=(10.0, 0.0), slots=4)
    steps: list[str] = []
    free = solve_day(jobs, board, rules, steps.append)
    kept = solve_day(jobs, board, rules, steps.append, no_worse_than="home_first")
    assert steps[-2:] == ["uphold", "stand_alone"]
    assert free.upheld is None
    assert free.rules is rules
    assert kept.upheld.is_kept
    assert not kept.upheld.is_known
    # Home-first serves the two that come first, both offline; the plan gives these up, worth half as much.
    assert [tier.cap_unit_h for tier in kept.upheld.tiers] == [0.0, 0.0, 40.0, 0.0]
    assert [tier.unserved_unit_h for tier in kept.upheld.tiers] == [0.0, 0.0, 40.0, 0.0]
    assert kept.lost_fen == pytest.approx(40.0 * 2000.0)
    assert kept.upheld.cost_fen - kept.upheld.free_fen == pytest.approx(40.0 * 1000.0)
    assert (kept.plan_fen, kept.bound_fen) == (free.plan_fen, free.bound_fen)
    assert kept.bound_fen <= free.served_fen + free.lost_fen <= kept.served_fen + kept.lost_fen
    assert kept.rules.tiers[Tier.OFFLINE].unserved_fen_per_unit_h > 2000.0
    assert max(kept.identities.payments_error, kept.identities.revenue_error) < 1e-9
