"""Leads, folds, false alarms and their bound; real states of three decades."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of, waves

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.back_test import _leads, back_test, hold
from qipan.labour.detect.choose import choose, untaught
from qipan.labour.find_events import find_events
from qipan.labour.learn_folds import _lesson, cut, learn_folds
from qipan.labour.model.back_test import MISSED
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import Event, EventRule, History
from qipan.labour.model.promise import Promise
from qipan.labour.raise_alarms import raise_alarms

RULE = EventRule.read("rise 2.0")


def played(panel, name, promised=0.05, allowance=3, rest=12):
    watch = Watch.over(panel, RULE)
    return back_test(
        watch,
        find_events(watch.losses, watch.depth, allowance=allowance, horizon=24),
        choose(name),
        Promise(promised),
        rest=rest,
    )


def test_folds_cover_all_time_and_no_wave_is_cut():
    watch = Watch.over(panel_of(waves(20, 300, seed=1)), RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    cuts = cut(history, watch)
    assert (cuts[0], cuts[-1], len(cuts)) == (0, 300, 5)
    assert all(not one.crisis - 12 < at <= one.crisis for one in history.events for at in cuts[1:-1])


@pytest.mark.parametrize(("years", "folds"), [(3, 6), (8, 8)])
def test_one_wave_is_cut_into_years_or_six_parts(years, folds):
    values = waves(20, 12 * years, seed=2, every=12 * years)
    watch = Watch.over(panel_of(values), RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    assert cut(history, watch) == [12 * years * at // folds for at in range(folds + 1)]


@pytest.mark.parametrize("name", ["sahm", "hazard"])
def test_what_lies_in_a_fold_changes_nothing_of_its_threshold(name):
    values = waves(20, 300, seed=3)
    watch = Watch.over(panel_of(values), RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    whole = back_test(watch, history, choose(name), Promise(0.05), rest=12)
    last = whole.folds[-1]
    changed = values.copy()
    # Another end, with the same events: what is learned elsewhere must not move.
    changed[:, last.first + 2 :] += np.random.default_rng(9).normal(0.0, 0.01, changed[:, last.first + 2 :].shape)
    again = back_test(Watch.over(panel_of(changed), RULE), history, choose(name), Promise(0.05), rest=12)
    assert again.folds[-1].threshold == whole.folds[-1].threshold


def test_leads_count_from_the_first_alarm_that_counts_to_the_crisis():
    found = played(panel_of(waves(20, 300, seed=4)), "sahm")
    assert found.share(1) + found.late_or_missed == pytest.approx(1.0)
    for event, lead in zip(found.events, found.lead.tolist(), strict=True):
        begins = np.flatnonzero(found.begins[event.cell, event.since : event.end + 1]) + event.since
        if (begins >= event.opens).any() and begins[0] >= event.opens:
            assert lead == event.crisis - begins[0]
        assert lead <= event.crisis - event.opens
        assert (lead == MISSED) or len(begins)


def leads_of(events, *stands: tuple[int, int]) -> list[int]:
    """Leads of one cell in which alarms stood over some half-open stretches of thirty periods."""
    scores = np.zeros((1, 30))
    for first, until in stands:
        scores[0, first:until] = 1.0
    history = History(events, 20, np.zeros((1, 30), dtype=bool))
    return _leads(raise_alarms(scores, 0.5, history, rest=0), events).tolist()


def test_an_alarm_that_still_stands_as_the_window_opens_counts_from_there_and_one_that_is_over_does_not():
    event = Event(0, since=5, opens=10, onset=6, crisis=20, end=22)
    assert leads_of((event,), (3, 12)) == [10]
    assert leads_of((event,), (3, 8)) == [MISSED]
    assert leads_of((event,), (14, 30)) == [6]


def test_an_alarm_that_began_in_the_event_before_was_for_that_one():
    both = (Event(0, 0, 0, 1, 5, 7), Event(0, 9, 10, 11, 20, 22))
    assert leads_of(both, (2, 14)) == [3, MISSED]
    assert leads_of(both, (2, 5), (8, 14)) == [3, 10]
    assert leads_of(both, (2, 14), (16, 18)) == [3, 4]


def test_an_event_whose_crisis_nobody_scored_is_missed_and_stays_in_the_shares():
    values = waves(20, 300, seed=4)
    panel = panel_of(values)
    watch = Watch.over(panel, RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    silent = untaught(lambda one: np.full_like(one.losses, np.nan))
    found = back_test(watch, history, silent, Promise(0.05), rest=12)
    assert (len(found.events), found.late_or_missed) == (len(history.events), 1.0)


def test_what_is_learned_knows_nothing_of_events_that_reach_into_the_fold():
    watch = Watch.over(panel_of(waves(20, 300, seed=4)), RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    lesson = _lesson(history, [(0, 50), (120, 300)], 12)
    assert lesson.history.events
    assert all(one.end < 50 or one.since >= 120 for one in lesson.history.events)
    assert np.flatnonzero(lesson.periods).tolist() == [*range(38), *range(132, 300)]


def test_false_alarms_are_those_where_it_was_quiet():
    panel = panel_of(waves(20, 300, seed=5))
    watch = Watch.over(panel, RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    found = back_test(watch, history, choose("rise"), Promise(0.1), rest=12)
    assert found.false.found == (found.begins & history.is_quiet).sum()


def test_a_panel_without_events_is_refused():
    with pytest.raises(RuleBrokenError) as refused:
        played(panel_of(np.full((3, 120), 5.0)), "sahm")
    assert refused.value.code == "panel_without_events"


def test_a_panel_of_one_year_is_refused():
    values = np.full((2, 12), 5.0)
    values[0, 6:] = 8.0
    with pytest.raises(RuleBrokenError) as refused:
        played(panel_of(values), "sahm")
    assert refused.value.code == "panel_short"


@pytest.mark.slow
def test_on_states_ours_warns_of_more_and_earlier_than_simple_rules(states):
    ours, simple = played(states, "hazard"), played(states, "sahm")
    assert len(ours.events) > 100
    assert ours.share(6) > simple.share(6) + 0.1
    assert ours.median_lead > simple.median_lead
    assert ours.false.a_year < 0.06


@pytest.mark.slow
@pytest.mark.parametrize(("name", "early"), [("hazard", 0.7), ("turn", 0.6)])
def test_on_states_what_is_offered_keeps_every_sure_promise(states, name, early):
    watch = Watch.over(states, RULE)
    history = find_events(watch.losses, watch.depth, allowance=3, horizon=24)
    folds = learn_folds(watch, history, choose(name))
    found = [hold(folds, history, watch.per_year, Promise(one, is_sure=True), rest=12) for one in (0.02, 0.05, 0.1)]
    assert [one.false.upper <= 1.2 * one.promise.a_year for one in found] == [True] * 3
    assert all(one.discoveries.rate <= 0.1 for one in found)
    assert found[-1].share(6) > early
