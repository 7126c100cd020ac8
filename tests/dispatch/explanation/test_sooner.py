"""Why a job starts after the day: what an earlier start at the same site would cost, or that it has no room."""

from __future__ import annotations

import numpy as np
import pytest
from tests.dispatch.placement.test_fill import solved

from qipan.dispatch.explanation.note import note_jobs
from qipan.dispatch.explanation.sooner import sooner
from qipan.dispatch.model.plan import Reason


@pytest.mark.parametrize(
    ("rows", "prices", "said", "said_zh"),
    [
        (
            [{"slack_h": 5.0}],
            [30.0, 30.0, 30.0, 30.0, 10.0, 10.0],
            "its site has room for it 0 h after submission, but then it costs 0.25 yuan more at the plan's prices.",
            "该站点在提交后 0 小时有空余容量，但按计划价格届时多 0.25 元。",
        ),
        (
            [{"slack_h": 5.0}, {"slack_h": 0.0, "requested_h": 4.0}],
            [30.0] * 6,
            "before, its site has no room for it in one stretch.",
            "当日该站点无可供其连续运行的空余容量。",
        ),
    ],
)
def test_a_job_after_the_day_is_told_one_definite_reason(
    make_board, make_jobs, rules, rows, prices, said, said_zh
) -> None:
    board = make_board(cards=(1.0, 0.0), price_fen_per_kwh=np.array([prices] * 2))
    jobs = make_jobs(*rows)
    reached, _, best, found = solved(jobs, board, rules)
    assert found.reason[0] == Reason.LATER_IS_BETTER
    noted = note_jobs(jobs, board, rules, reached, plan=best, found=found)
    assert noted["why_en"][0] == f"It starts after the day: {said}"
    assert noted["why_zh"][0] == f"于次日启动：{said_zh}"


def test_the_room_of_others_is_theirs(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(1.0, 0.0), price_fen_per_kwh=np.array([[30.0, 30.0, 30.0, 30.0, 10.0, 10.0]] * 2))
    jobs = make_jobs({"slack_h": 5.0}, {"slack_h": 0.0, "requested_h": 2.0})
    reached, _, best, found = solved(jobs, board, rules)
    start_s, more_fen = sooner(jobs, board, reached, keeps_reserve=False, plan=best, found=found)
    assert start_s[0] == board.start_s + 2 * 3600.0
    assert more_fen[0] == pytest.approx(20.0 * 1.25)
    assert np.isnan(start_s[1])
