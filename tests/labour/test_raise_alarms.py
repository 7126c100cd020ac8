"""Where alarms begin, how long they stand, and what is no new alarm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.labour.model.alarm import NONE
from qipan.labour.model.event import History
from qipan.labour.raise_alarms import raise_alarms

NAN, LEFT_OUT = np.nan, np.inf


def begins(scores, *, quiet=None, rest=0, horizon=100) -> list[int]:
    path = np.array([scores], dtype=np.float64)
    is_quiet = np.ones_like(path, dtype=bool) if quiet is None else np.array([quiet], dtype=bool)
    return np.flatnonzero(raise_alarms(path, 1.0, History((), horizon, is_quiet), rest).begins).tolist()


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ([0, 1, 0, 1], [1, 3]),
        ([1, 1, 0, 1], [3]),
        ([NAN, NAN, 1, 1, 0, 1], [5]),
        ([NAN, 0, 1, NAN, 1], [2, 4]),
        ([LEFT_OUT, LEFT_OUT, 1, 0, 1], [4]),
        ([0, 1, LEFT_OUT, NAN, 1, 0, 1], [1, 6]),
    ],
    ids=["again", "from the start", "as it first speaks", "after a gap", "after time left out", "silent after it"],
)
def test_what_stands_as_a_detector_first_speaks_is_no_new_alarm(scores, wanted):
    assert begins(scores) == wanted


def test_who_always_shouts_where_it_is_quiet_is_wrong_once_in_a_horizon():
    assert begins([0, *[1] * 11], horizon=4) == [1, 5, 9]


def test_an_alarm_of_an_event_lapses_a_horizon_after_it():
    quiet = [1, 1, *[0] * 6, *[1] * 6]
    assert begins([0, *[1] * 13], quiet=quiet, horizon=4) == [1, 12]
    assert begins([0, 0, 0, *[1] * 8, 0, 0, 0], quiet=quiet, horizon=4) == [3]


@given(st.integers(0, 10_000), st.integers(0, 3), st.integers(1, 6))
def test_alarms_begin_once_and_stand_no_longer_than_the_horizon_where_it_is_quiet(seed, rest, horizon):
    rng = np.random.default_rng(seed)
    scores, is_quiet = rng.uniform(0.0, 2.0, (3, 40)), rng.random((3, 40)) < 0.9
    found = raise_alarms(scores, 1.0, History((), horizon, is_quiet), rest)
    stands = found.since != NONE
    assert stands[scores >= 1.0].all()
    assert (found.since <= np.arange(40)).all()
    assert (found.since[found.begins] == np.nonzero(found.begins)[1]).all()
    waited = np.where(stands & is_quiet, np.arange(40) - found.since, 0)
    for cell, at in zip(*np.nonzero(waited >= horizon), strict=True):
        assert not is_quiet[cell, found.since[cell, at] : at].all()
