"""What the books say is held against what a site knows: nothing is given up before its lease is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qipan.dispatch.attempts.reconcile import give_up, reconcile
from qipan.dispatch.model.submission import GIVEN, MARGIN, Attempt, Known, State

START = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
ENDS = START + timedelta(hours=1)
BEFORE, AFTER = ENDS, ENDS + MARGIN
ATTEMPT = Attempt("2026-01-02-7", "a", 1, "north", START, State.RUNNING, ENDS, "7")


def known(state: State, **more) -> dict[str, Known]:
    return {ATTEMPT.name: Known(ATTEMPT.name, "7", state, **more)}


@pytest.mark.parametrize("state", GIVEN)
@pytest.mark.parametrize(("now", "after"), [(BEFORE, None), (AFTER, State.LOST)])
def test_reconcile_an_attempt_that_is_unknown_is_lost_when_its_lease_is_over(state, now, after) -> None:
    changes = reconcile([replace(ATTEMPT, state=state)], {}, now)
    assert [one.state for one in changes.attempts] == ([after] if after else [])
    assert changes.cancel == ()


@pytest.mark.parametrize(
    ("told", "now", "after", "cancel"),
    [
        (State.FINISHED, AFTER, State.FINISHED, ()),
        (State.FAILED, BEFORE, State.FAILED, ()),
        (State.LOST, BEFORE, State.LOST, ()),
        (State.CANCELLED, BEFORE, State.CANCELLED, ()),
        (State.CANCELLED, AFTER, State.LOST, ()),
        (State.WAITING, AFTER, State.LOST, ("7",)),
        (State.RUNNING, AFTER, State.LOST, ("7",)),
    ],
)
def test_reconcile_takes_what_the_site_says(told, now, after, cancel) -> None:
    changes = reconcile([ATTEMPT], known(told), now)
    assert [one.state for one in changes.attempts] == [after]
    assert changes.cancel == cancel


def test_reconcile_a_lost_attempt_is_cancelled_until_it_has_ended() -> None:
    lost = replace(ATTEMPT, state=State.LOST, reason="site_silent")
    assert reconcile([lost], known(State.RUNNING), AFTER) == reconcile([lost], known(State.RUNNING), BEFORE)
    assert reconcile([lost], known(State.RUNNING), AFTER).cancel == ("7",)
    (ended,) = reconcile([lost], known(State.CANCELLED, ended=AFTER, reason="cancelled"), AFTER).attempts
    assert (ended.state, ended.ended, ended.reason) == (State.LOST, AFTER, "site_silent")
    (gone,) = reconcile([lost], {}, AFTER).attempts
    assert (gone.state, gone.ended) == (State.LOST, AFTER)
    assert reconcile([gone], {}, AFTER).attempts == ()


def test_reconcile_what_ended_no_one_knows_how_waits_for_its_lease_and_then_for_nothing() -> None:
    over = known(State.RUNNING, ended=BEFORE, reason="claimed")
    (still,) = reconcile([ATTEMPT], over, BEFORE).attempts
    assert (still.state, still.ended, still.reason) == (State.RUNNING, None, "claimed")
    changes = reconcile([still], over, AFTER)
    assert [one.state for one in changes.attempts] == [State.LOST]
    assert changes.cancel == ()
    changes = reconcile(changes.attempts, over, AFTER)
    assert [(one.state, one.ended, one.reason) for one in changes.attempts] == [(State.LOST, BEFORE, "lease_over")]
    assert changes.cancel == ()
    assert reconcile(changes.attempts, over, AFTER).attempts == ()


def test_reconcile_a_fenced_site_gives_up_what_is_open_and_keeps_what_has_ended() -> None:
    other = replace(ATTEMPT, job_id="b", state=State.MEANT, lease_ends=None)
    changes = reconcile([ATTEMPT, other], known(State.RUNNING), BEFORE, is_fenced=True)
    assert [one.state for one in changes.attempts] == [State.LOST, State.LOST]
    assert changes.cancel == ("7",)
    assert reconcile([ATTEMPT], known(State.FINISHED), BEFORE, is_fenced=True).attempts[0].state is State.FINISHED


def test_reconcile_twins_are_cancelled() -> None:
    assert reconcile([ATTEMPT], known(State.RUNNING, twins=("8", "9")), BEFORE).cancel == ("8", "9")


@pytest.mark.parametrize(
    ("state", "now", "is_fenced", "is_quiet", "after"),
    [
        (State.RUNNING, BEFORE, False, True, None),
        (State.RUNNING, AFTER, False, False, State.LOST),
        (State.OFFERED, BEFORE, True, False, State.LOST),
        (State.MEANT, AFTER, False, False, None),
        (State.MEANT, BEFORE, False, True, State.LOST),
        (State.FINISHED, AFTER, True, True, None),
    ],
)
def test_give_up_waits_for_lease_fence_or_silence(state, now, is_fenced, is_quiet, after) -> None:
    lease_ends = None if state is State.MEANT else ENDS
    attempt = replace(ATTEMPT, state=state, lease_ends=lease_ends)
    found = give_up([attempt], {}, now, is_fenced=is_fenced, is_quiet=is_quiet).attempts
    assert [one.state for one in found] == ([after] if after else [])


def test_give_up_believes_the_accounting_of_what_has_ended() -> None:
    (found,) = give_up([ATTEMPT], known(State.FINISHED), AFTER, is_fenced=True, is_quiet=True).attempts
    assert found.state is State.FINISHED
    (found,) = give_up([ATTEMPT], known(State.RUNNING), AFTER, is_fenced=False, is_quiet=True).attempts
    assert (found.state, found.reason) == (State.LOST, "site_silent")
