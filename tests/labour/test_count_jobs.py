"""Jobs by cell and month: held, separated and lost, beside a count of one day after the other."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.count_jobs import count_jobs
from qipan.labour.model.jobs import Flows, Indicator
from qipan.labour.model.panel import Cell
from qipan.labour.withhold import withhold


def flows(*rows, cells=1) -> Flows:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    return Flows(tuple(Cell(f"r{at}") for at in range(cells)), *columns)


JANUARY = 2020 * 12


def jobs_of(*rows, until=date(2020, 5, 1), since=date(2020, 1, 1), within_days=60):
    return count_jobs(flows(*rows), since=since, until=until, within_days=within_days)


def test_what_happened_before_the_first_month_counts_in_it():
    found = jobs_of((0, JANUARY - 9, 7, 0, 0, 0), (0, JANUARY - 2, 0, 2, 2, 1), (0, JANUARY + 1, 1, 1, 1, 0))
    assert found.held.tolist() == [[5, 6, 5, 5]]
    assert (found.separated.tolist(), found.lost.tolist()) == ([[0, 1, 0, 0]], [[0, 0, 0, 0]])


def test_a_job_that_ends_in_the_month_before_the_first_is_not_held_in_it():
    assert jobs_of((0, JANUARY - 9, 7, 0, 0, 0), (0, JANUARY - 1, 0, 2, 2, 2)).held.tolist() == [[5, 5, 5, 5]]


def test_months_whose_losses_are_not_known_yet_have_no_rate():
    found = jobs_of((0, JANUARY, 50, 0, 0, 0), (0, JANUARY + 1, 0, 5, 5, 5), until=date(2020, 4, 30))
    assert found.values(Indicator.JOB_LOSS_RATE).tolist()[0][:2] == [0.0, 10.0]
    assert np.isnan(found.values(Indicator.JOB_LOSS_RATE)[0, 2:]).all()
    assert found.values(Indicator.EMPLOYMENT).tolist() == [[50.0, 50.0, 45.0, 45.0]]
    assert str(found.released(Indicator.JOB_LOSS_RATE)[1]) == "2020-04-30"


def test_without_a_first_day_of_a_month_nothing_can_be_told():
    with pytest.raises(RuleBrokenError, match="first day of a month"):
        jobs_of((0, JANUARY, 1, 0, 0, 0), since=date(2020, 1, 2), until=date(2020, 2, 1))


@pytest.mark.parametrize(
    ("indicator", "withheld"),
    [
        (Indicator.EMPLOYMENT, [[False, True, False, False]]),
        (Indicator.SEPARATIONS, [[True, True, False, False]]),
        (Indicator.JOB_LOSS_RATE, [[True, True, False, False]]),
    ],
)
def test_small_cells_and_small_losses_are_withheld(indicator, withheld):
    found = jobs_of((0, JANUARY, 12, 3, 3, 3), (0, JANUARY + 1, 0, 9, 9, 0), within_days=1)
    assert found.held.tolist() == [[12, 9, 0, 0]]
    shown = withhold(found, indicator, least=10)
    assert shown.is_withheld.tolist() == withheld
    assert np.isnan(shown.values[shown.is_withheld]).all()


def test_none_lost_of_many_is_shown():
    shown = withhold(
        jobs_of((0, JANUARY, 12, 0, 0, 0), until=date(2020, 2, 20), within_days=10), Indicator.JOB_LOSS_RATE, least=10
    )
    assert shown.values.tolist()[0][0] == 0.0
    assert not shown.is_withheld.any()


def test_lost_jobs_are_released_when_the_wait_is_over():
    found = jobs_of((0, JANUARY, 12, 0, 0, 0))
    assert [str(found.released(one)[0]) for one in Indicator] == [
        "2020-01-02",
        "2020-02-01",
        str(date(2020, 2, 1) + timedelta(60)),
    ]
