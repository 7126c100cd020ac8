"""Turning points, and where an alarm would be false."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.labour.find_events import find_events
from qipan.labour.model.event import Event

PATHS = st.lists(st.lists(st.integers(0, 8), min_size=30, max_size=30), min_size=1, max_size=4)


def events(*path: float, depth: float = 2.0) -> list[tuple[int, int, int]]:
    return [
        (one.onset, one.crisis, one.end)
        for one in find_events(np.array([path], dtype=np.float64), depth, allowance=0, horizon=99).events
    ]


def test_the_last_of_equal_lows_is_the_onset():
    assert events(3, 1, 1, 3) == [(2, 3, 3)]


def test_a_recovery_short_of_the_size_does_not_end_an_event():
    assert events(0, 2, 3, 1.5, 4, 1) == [(0, 1, 4)]


def test_after_a_recovery_another_event_may_begin():
    assert events(0, 2, 0, 2, 3) == [(0, 1, 1), (2, 3, 4)]


def test_gaps_belong_to_no_quiet_and_break_no_event():
    found = find_events(np.array([[0.0, np.nan, 2.0, 0.0, np.nan, 0.0]]), 2.0, allowance=0, horizon=99)
    assert (found.events, found.is_quiet.tolist()) == (
        (Event(0, 0, 0, 0, 2, 2),),
        [[False, False, False, True, False, True]],
    )


@pytest.mark.parametrize(
    ("path", "quiet"),
    [
        ((1.0, 0.0, 1.0, 1.5), [1, 1, 0, 0]),
        ((1.0, 0.0, 1.5, 0.4, 0.3), [1, 1, 1, 1, 1]),
        ((1.0, 0.0, 1.5, 0.4, 0.6), [1, 1, 1, 1, 0]),
        ((1.0, 0.0, 0.0), [1, 1, 1]),
    ],
    ids=["goes on", "called off", "called off, another goes on", "none"],
)
def test_a_loss_that_goes_on_is_undecided(path, quiet):
    assert find_events(np.array([path]), 2.0, allowance=0, horizon=99).is_quiet[0].astype(int).tolist() == quiet


def test_the_allowance_is_no_quiet_time():
    found = find_events(np.array([[0.0, 0.0, 0.0, 0.0, 2.0, 0.0]]), 2.0, allowance=2, horizon=99)
    assert found.is_quiet[0].tolist() == [True, False, False, False, False, True]


@given(PATHS, st.integers(1, 5))
def test_events_have_the_size_and_do_not_overlap(paths, depth):
    losses = np.array(paths, dtype=np.float64)
    found = find_events(losses, float(depth), allowance=2, horizon=4)
    last = dict.fromkeys(range(len(losses)), -1)
    for one in found.events:
        path = losses[one.cell]
        assert last[one.cell] < one.since <= one.onset < one.crisis <= one.end
        assert one.since <= one.opens <= one.crisis
        assert one.crisis - one.opens <= 4
        assert path[one.crisis] - path[one.onset] >= depth
        assert (path[one.onset : one.crisis] - path[one.onset] < depth).all()
        assert path[one.onset] == path[one.onset : one.end + 1].min()
        assert path[one.end] == path[one.onset : one.end + 1].max()
        assert not found.is_quiet[one.cell, one.onset : one.end + 1].any()
        last[one.cell] = one.end


def test_an_alarm_of_years_before_counts_for_nothing_and_is_not_false():
    found = find_events(np.array([[0.0, *[0.5] * 30, 2.0, 0.0]]), 2.0, allowance=0, horizon=5)
    (one,) = found.events
    assert (one.onset, one.opens, one.crisis) == (0, 26, 31)
    assert not found.is_quiet[0, :32].any()


def test_the_time_before_an_onset_does_not_reach_into_the_event_before():
    found = find_events(np.array([[0.0, 2.5, 0.0, 2.5, 2.6]]), 2.0, allowance=3, horizon=99)
    assert [one.since for one in found.events] == [0, 2]


def test_of_the_first_periods_of_a_cell_nothing_is_asked():
    path = np.array([[np.nan, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0]])
    found = find_events(path, 2.0, allowance=0, horizon=99, settling=3)
    assert [one.crisis for one in found.events] == [5]
    assert found.is_quiet[0].astype(int).tolist() == [0, 0, 0, 0, 0, 0, 1]
