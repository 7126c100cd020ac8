"""Hard limits: who may run where, and the first reason why not."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.dispatch.explanation.why import explain
from qipan.dispatch.jobs.reach import largest_units, reach, refusals
from qipan.dispatch.model.job import DataClass, Tier
from qipan.dispatch.model.plan import Placement, Reason, Status
from qipan.kernel.resources import Kind


@pytest.mark.parametrize(
    ("job", "board", "reason", "words"),
    [
        ({"kind": Kind.STORAGE}, {}, Reason.NO_SUCH_RESOURCE, "No site has storage resources"),
        ({"card_model": "A100"}, {"card_model": "H800"}, Reason.NO_SUCH_RESOURCE, "of model A100"),
        ({}, {"power_cap_kw": (0.0, 0.0)}, Reason.NO_POWER, "without power"),
        ({"quantity": 11.0}, {}, Reason.TOO_LARGE, "asks for 11 cards at once, the largest site"),
        ({"quantity": 3.0}, {"power_cap_kw": (2.5, 2.4)}, Reason.TOO_LARGE, "carries 2"),
        (
            {"tier": Tier.REALTIME},
            {"round_trip_ms": ((25.0, 30.0), (30.0, 2.0))},
            Reason.TOO_FAR,
            "Tier realtime: at most 20 ms round trip from Guangdong; nearest site: 25.0 ms",
        ),
        ({"slack_h": -0.5}, {}, Reason.WINDOW_TOO_SHORT, "its window between submission and deadline is shorter"),
    ],
)
def test_refusals_name_the_first_limit_and_say_it_in_words(make_board, make_jobs, rules, job, board, reason, words):
    board, jobs = make_board(**board), make_jobs(job)
    reached = reach(jobs, board, rules)
    found = refusals(jobs, board, reached)
    assert found.tolist() == [reason]
    nowhere = Placement(np.array([-1]), np.array([np.nan]), np.array([Status.REFUSED], dtype=object), found)
    english, chinese = explain(jobs, board, rules, reached, nowhere, index=0)
    assert words in english
    assert chinese.endswith("。")


def test_refusals_data_that_may_not_leave_its_region_has_no_site(make_board, make_jobs, rules) -> None:
    board = make_board(power_cap_kw=(np.inf, 0.0))
    jobs = make_jobs({"origin": "640000", "data_class": DataClass.REGION}, {"origin": "640000"})
    reached = reach(jobs, board, rules)
    assert refusals(jobs, board, reached).tolist() == [Reason.DATA_MAY_NOT_LEAVE, Reason.NONE]


def test_reach_province_data_stays_in_the_province(make_board, make_jobs, rules) -> None:
    jobs = make_jobs({"data_class": DataClass.PROVINCE}, {"origin": "640000", "data_class": DataClass.PROVINCE})
    reached = reach(jobs, make_board(), rules)
    assert reached.allowed[reached.of_job].tolist() == [[True, False], [False, True]]


def test_reach_round_trip_at_the_limit_is_within_it(make_board, make_jobs, rules) -> None:
    board = make_board(round_trip_ms=((20.0, 20.1), (0.0, 0.0)))
    reached = reach(make_jobs({"tier": Tier.REALTIME}), board, rules)
    assert reached.allowed.tolist() == [[True, False]]


def test_reach_pool_without_a_model_takes_any_card(make_board, make_jobs, rules) -> None:
    reached = reach(make_jobs({"card_model": "A100"}), make_board(), rules)
    assert reached.allowed.all()


def test_largest_units_is_the_lesser_of_cards_and_power(make_board) -> None:
    assert largest_units(make_board(power_cap_kw=(5.0, np.inf))).tolist() == pytest.approx([4.0, 10.0])
