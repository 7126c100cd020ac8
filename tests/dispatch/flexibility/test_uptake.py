"""Peaks and uptake of whole jobs, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.dispatch.programme.test_energy import with_energy
from tests.dispatch.reservation.test_cover import named, reservation
from tests.dispatch.reservation.test_cover import solved as solved_day

from qipan.dispatch.flexibility.uptake import measure
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.placement.place import place
from qipan.dispatch.plan import plan
from qipan.dispatch.pose import pose


def measured(jobs, board, rules):
    posed = pose(jobs, board, rules)
    assert (posed.rest.refused == Reason.NONE).all()
    found = place(jobs, board, rules, posed.reached, refused=posed.rest.refused, plan=plan(*posed.instance))
    return measure(board, rules, posed, found)


def test_without_meters_there_is_nothing_to_measure(make_board, make_jobs, rules) -> None:
    assert measured(make_jobs({}), make_board(), rules) is None


def test_a_plan_that_knows_the_peak_waits_and_a_blind_one_does_not(make_board, make_jobs, rules) -> None:
    load = [50.0, 10.0, 10.0, 10.0, 10.0, 10.0]
    prices = np.array([[900.0] * 6, [40.0, 41.0, 90.0, 90.0, 90.0, 90.0]])
    board = with_energy(make_board(pue=(1.0, 1.0), price_fen_per_kwh=prices), {"peak": 100.0, "load_kw": load})
    told = measured(make_jobs({"quantity": 4.0, "slack_h": 1.0, "origin": "640000"}), board, rules)
    (area,) = told.areas
    assert area.peaks_kw == {"others": 50.0, "qipan": 50.0, "blind": 54.0, "home_first": 54.0}
    assert area.sites_kw == pytest.approx([0.0, 4.0, 0.0, 0.0, 0.0, 0.0])
    assert (area.limit_kw, area.over_kwh, told.uptake) == (None, 0.0, [])


def test_uptake_says_what_is_taken_and_what_home_first_leaves(make_board, make_jobs, rules) -> None:
    sun = np.zeros((2, 6))
    sun[1, 2] = 5.0
    board = with_energy(make_board(pue=(1.0, 1.0)), renewable_kw=sun)
    told = measured(make_jobs({"quantity": 4.0, "slack_h": 3.0}), board, rules)
    (one,) = told.uptake
    assert (one.site_id, one.available_kwh) == ("nx", 5.0)
    assert one.taken_kwh == pytest.approx({"qipan": 4.0, "blind": 4.0, "home_first": 0.0})


def test_covered_work_runs_where_it_must_under_every_policy(make_board, make_jobs, rules) -> None:
    load = [50.0, 10.0, 10.0, 10.0, 10.0, 10.0]
    board = with_energy(make_board(pue=(1.0, 1.0)), {"peak": 100.0, "load_kw": load})
    jobs = named(make_jobs({"quantity": 4.0, "slack_h": 1.0, "origin": "640000"}), "r1")
    day = solved_day(jobs, board, rules, reservation(board))
    told = measure(board, rules, day.posed, day.found)
    assert told.areas[0].peaks_kw == {"others": 50.0, "qipan": 54.0, "blind": 54.0, "home_first": 54.0}
