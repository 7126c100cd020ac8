"""Who is told that priority left it out: it would have room if those of higher priority in its tier had none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dispatch.placement.test_fill import solved
from tests.dispatch.placement.test_priority import crowded
from tests.independent.check_placement import check_no_room, sheet

from qipan.dispatch.explanation.note import note_jobs
from qipan.dispatch.explanation.outranked import name_outranked
from qipan.dispatch.model.plan import Reason

AT_ONCE = {"slack_h": 0.0}


def test_words_tell_left_out_from_turned_out_from_no_room(make_board, make_jobs, rules) -> None:
    # In the first hour the higher of two alike holds both cards; in the second one card turns out two.
    pair, large = {"quantity": 2.0} | AT_ONCE, {"quantity": 2.0, "submit_h": 1.0, "requested_h": 2.0} | AT_ONCE
    jobs = make_jobs(
        pair | {"priority": 1}, pair, large, {"submit_h": 1.0, "priority": 1} | AT_ONCE, pair | {"priority": 2}
    )
    reached, _, best, found = solved(jobs, make_board(cards=(2.0, 0.0)), rules)
    named = name_outranked(jobs, make_board(cards=(2.0, 0.0)), rules, reached, found)
    assert named.pool.tolist() == [-1, -1, -1, 0, 0]
    assert named.reason.tolist()[:3] == [Reason.TURNED_OUT, Reason.OUTRANKED, Reason.TURNED_OUT]
    noted = note_jobs(jobs, make_board(cards=(2.0, 0.0)), rules, reached, plan=best, found=named)
    left, out = (
        "Left out by priority: jobs of tier batch",
        "Turned out by priority: its place went to jobs of tier batch",
    )
    assert noted["why_en"][1].startswith(left)
    assert [words[: len(out)] for words in noted["why_en"][::2][:2]] == [out] * 2
    assert noted["why_zh"][1] == "因优先级未获安排：其可用的空位由批处理层优先级更高的作业占用。"
    assert noted["why_zh"][2] == "因优先级让出：原有位置由批处理层优先级更高的作业占用，别处没有空位。"


def test_without_two_priorities_in_a_tier_nobody_is_outranked(make_board, make_jobs, rules) -> None:
    pair = {"quantity": 2.0} | AT_ONCE
    jobs = make_jobs(pair, pair, pair | {"tier": 0, "priority": 1})
    board = make_board(cards=(2.0, 0.0))
    reached, _, _, found = solved(jobs, board, rules)
    named = name_outranked(jobs, board, rules, reached, found)
    assert named.reason.tolist() == found.reason.tolist() == [Reason.NO_ROOM, Reason.NO_ROOM, Reason.NONE]


@settings(max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
def test_outranked_are_those_who_have_room_without_higher_priorities_of_their_tier(seed: int) -> None:
    board, jobs, rules = crowded(seed, "tiers")
    board = replace(board, links=None)
    reached, _, _, found = solved(jobs, board, rules)
    named, known = name_outranked(jobs, board, rules, reached, found), sheet(board, jobs, rules)
    assert (named.reason == Reason.TURNED_OUT).tolist() == (found.reason == Reason.TURNED_OUT).tolist()
    for job in np.flatnonzero(found.reason == Reason.NO_ROOM)[:40].tolist():
        above = (jobs.tier == jobs.tier[job]) & (jobs.priority > jobs.priority[job])
        alone = np.where(np.arange(len(jobs)) == job, "no_room", "").astype(object)
        without = replace(found, pool=np.where(above, -1, found.pool), reason=alone)
        has_room = bool(check_no_room(board, jobs, known, without, stops=True))
        assert has_room == (named.reason[job] == Reason.OUTRANKED)
