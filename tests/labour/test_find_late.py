"""What is late: due after delay and grace, half-open; not after the end; cells that others left behind are silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labour.feeds import FEED

from qipan.kernel.errors import BadInputError
from qipan.labour.find_late import find_late
from qipan.labour.model.feed import feed_of, tell_feed
from qipan.labour.model.panel import Cadence, Cell

HERE, THERE = Cell("440000", "I"), Cell("330000", "I")
WEEK = date(2026, 3, 2)
DEADLINE = WEEK + timedelta(weeks=1, days=7)


def test_a_period_is_late_from_the_day_on_by_which_it_must_have_come():
    newest = {HERE: WEEK - timedelta(weeks=1)}
    before = find_late(FEED, newest, None, DEADLINE - timedelta(days=1))
    assert (before.is_late, before.late_since, before.late_days, before.due_period) == (False, None, 0, newest[HERE])
    after = find_late(FEED, newest, None, DEADLINE)
    assert (after.missing, after.late_since, after.late_days, after.due_period) == (1, DEADLINE, 1, WEEK)


def test_a_feed_that_never_came_is_late_since_the_first_period_of_its_agreement():
    found = find_late(FEED, {}, None, date(2026, 1, 31))
    assert found.newest_period is None
    # The first whole week of 2026 begins on Monday, 5 January; delay and grace end seven days after it.
    assert (found.late_since, found.missing, found.due_period) == (date(2026, 1, 19), 2, date(2026, 1, 12))


def test_nothing_is_expected_after_the_end_of_agreement_or_feed():
    newest = {HERE: date(2026, 12, 14)}
    found = find_late(FEED, newest, None, date(2027, 6, 1))
    assert (found.missing, found.over_since) == (0, date(2027, 1, 1))
    ended = find_late(replace(FEED, ended=date(2026, 3, 1)), {HERE: date(2026, 2, 9)}, None, date(2026, 6, 1))
    assert (ended.missing, ended.over_since) == (0, date(2026, 3, 1))


def test_cells_that_the_newest_period_lacks_are_silent():
    found = find_late(FEED, {HERE: WEEK, THERE: WEEK - timedelta(weeks=3)}, WEEK, WEEK)
    assert [(one.cell, one.since) for one in found.silent] == [(THERE, WEEK - timedelta(weeks=2))]


@given(
    st.sampled_from(Cadence),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 24),
)
def test_being_late_grows_by_the_day_and_ends_with_what_comes(cadence, as_of, delay, grace, behind):
    feed = replace(FEED, cadence=cadence, delay_days=delay, grace_days=grace)
    start = cadence.after(date(2025, 1, 1), 0)
    newest = {HERE: start}
    found = find_late(feed, newest, None, as_of)
    later = find_late(feed, newest, None, as_of + timedelta(days=behind))
    assert later.missing >= found.missing
    assert found.is_late == (found.late_days > 0)
    if found.is_late:
        assert feed.deadline(found.due_period) <= as_of
        assert not find_late(feed, {HERE: found.due_period}, None, as_of).is_late


def test_terms_are_read_as_they_were_written():
    assert feed_of(tell_feed(FEED)) == FEED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Claims!"), ("title", ""), ("source", "gossip"), ("direction", "up"), ("cadence", "day"),
        ("by", ["industry"]), ("by", ["region", "person"]), ("by", "region"), ("delay_days", -1), ("grace_days", True),
        ("colour", "red"), ("sharing", None),
        ("sharing.parties", ["one"]), ("sharing.purposes", ["gossip"]), ("sharing.columns", []),
        ("sharing.columns", ["person"]), ("sharing.since", "soon"), ("sharing.until", "2025-01-01"),
        ("sharing.least_shown", 1.5), ("sharing.price", 3),
    ],
)  # fmt: skip
def test_terms_that_are_unfit_are_refused_by_their_field(field, value):
    told = tell_feed(FEED)
    if field.startswith("sharing."):
        told["sharing"][field.removeprefix("sharing.")] = value
    else:
        told[field] = value
    with pytest.raises(BadInputError) as caught:
        feed_of(told)
    assert (caught.value.code, caught.value.field) == ("feed_unfit", field)
