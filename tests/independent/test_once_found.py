"""What the proof of the board once found, each as a day of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.independent.check_day import check_day, planned_cost_fen
from tests.independent.conftest import board, jobs, planned

from qipan.kernel.resources import Kind


def test_job_longer_than_a_day_without_outlook_starts_inside_the_day() -> None:
    whole = replace(board(), day_slots=6)
    day = planned(whole, jobs({"job_id": "endless", "requested_h": 10.0, "slack_h": 40.0}))
    assert day.found.status.tolist() == ["placed"]
    assert day.found.start_s[0] <= whole.start_s + 5 * 3600.0
    assert day.plan.objective_fen > 0
    assert check_day(day.board, day.jobs, day.rules, day.found, day.plan) == []


def test_data_of_a_class_never_costs_more_to_move_than_that_of_its_jobs() -> None:
    dear = replace(board(), transfer_fen_per_gb=board().transfer_fen_per_gb * 100)
    day = planned(dear, jobs({"job_id": "moves", "kind": Kind.GENERAL, "data_gb": 1.0000006}))
    cost_fen = sum(planned_cost_fen(day.board, day.jobs, day.rules, day.found, day.plan))
    assert day.found.pool[0] == 2
    assert day.plan.objective_fen <= cost_fen
    assert day.plan.objective_fen == pytest.approx(cost_fen, rel=1e-6)
