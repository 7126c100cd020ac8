"""Demand foreseen from little history is not thinned by days that nobody saw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.dispatch.conftest import START_S

from qipan.dispatch.jobs.reach import reach
from qipan.dispatch.rolling.foresee import foresee_demand, work_of

H = 3600.0


def foreseen(make_board: Any, make_jobs: Any, rules: Any, *, now_h: float, days_back: int) -> dict[float, float]:
    """Return quantity by the hour in which it is expected, after jobs in hours 0, 20 and 24."""
    jobs = make_jobs(
        {"quantity": 2.0, "submit_h": 0.0}, {"quantity": 6.0, "submit_h": 20.0}, {"quantity": 4.0, "submit_h": 24.0}
    )
    work = work_of(jobs, reach(jobs, make_board(), rules), np.ones(len(jobs), dtype=bool))
    now_s = START_S + now_h * H
    found = foresee_demand(work, work.requested_s, now_s, now_s + 24 * H, days_back)
    expected: dict[float, float] = {}
    for submit_s, quantity in zip(found.submit_s, found.quantity, strict=True):
        hour = (submit_s - START_S) / H
        expected[hour] = expected.get(hour, 0.0) + quantity
    return expected


def test_hour_seen_once_is_expected_whole_and_one_seen_twice_is_averaged(
    make_board: Any, make_jobs: Any, rules: Any
) -> None:
    # After a day and a half, hour 44 was seen once (hour 20), hour 48 twice (hours 0 and 24).
    expected = foreseen(make_board, make_jobs, rules, now_h=36.0, days_back=7)
    assert expected == pytest.approx({44.0: 6.0, 48.0: (2.0 + 4.0) / 2.0})


def test_half_a_day_of_history_is_expected_again_as_it_was(make_board: Any, make_jobs: Any, rules: Any) -> None:
    assert foreseen(make_board, make_jobs, rules, now_h=12.0, days_back=7) == pytest.approx({24.0: 2.0})


def test_no_more_days_are_averaged_than_are_looked_back_on(make_board: Any, make_jobs: Any, rules: Any) -> None:
    assert foreseen(make_board, make_jobs, rules, now_h=36.0, days_back=1) == pytest.approx({44.0: 6.0, 48.0: 4.0})
