"""Warnings: nothing that is released later moves a byte; what cannot be told is not told; grades follow the limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from tests.labour.conftest import panel_of, waves

from qipan.kernel.errors import BadInputError
from qipan.labour.model.event import EventRule
from qipan.labour.model.panel import Cell, Releases
from qipan.labour.model.promise import Promise
from qipan.labour.model.warning import CannotTell, Grade, Limits, Standing, Terms
from qipan.labour.tell_warnings import tell_warnings
from qipan.labour.warn import warn

LIMITS = Limits(0.5, 1.0, 1.5)
DAY = date(2015, 9, 30)


def terms_of(detector="rise", promised=0.1, rule="rise 2.0") -> Terms:
    return Terms(EventRule.read(rule), Promise(promised), detector, 6, LIMITS)


def released(panel) -> Releases:
    """Return a panel as it is released, each value on the first day after its period."""
    cells, periods = panel.values.shape
    days = [panel.cadence.after(start, 1) for start in panel.starts]
    return Releases(
        panel.cells,
        panel.starts,
        panel.cadence,
        panel.unit,
        np.repeat(np.arange(cells), periods),
        np.tile(np.arange(periods), cells),
        panel.values.ravel(),
        np.tile(np.array(days, dtype="datetime64[D]"), cells),
    )


@pytest.fixture(scope="module")
def releases() -> Releases:
    return released(panel_of(waves(16, 240, seed=5)))


def bytes_of(found) -> bytes:
    return json.dumps(tell_warnings(found), default=str).encode()


@pytest.mark.parametrize("detector", ["rise", "hazard"])
def test_what_is_released_later_moves_no_byte(releases, detector):
    terms = terms_of(detector)
    later = releases.released > np.datetime64(DAY)
    rng = np.random.default_rng(1)
    other = replace(releases, value=np.where(later, rng.normal(50.0, 9.0, later.size), releases.value))
    # A cell that is known later, and a period long before the first that is released later.
    early = replace(
        other,
        cells=(*other.cells, Cell("late")),
        starts=(date(1999, 11, 1), date(1999, 12, 1), *other.starts),
        cell=np.concatenate([other.cell, [16, 16]]),
        period=np.concatenate([other.period + 2, [0, 100]]),
        value=np.concatenate([other.value, [99.0, 1.0]]),
        released=np.concatenate([other.released, np.array(["2019-01-01"] * 2, dtype="datetime64[D]")]),
    )
    found = warn(releases, DAY, terms)
    assert not isinstance(found, CannotTell)
    assert found.warnings
    assert bytes_of(warn(early, DAY, terms)) == bytes_of(found)


def test_rows_in_another_order_have_the_same_digest(releases):
    order = np.random.default_rng(2).permutation(releases.value.size)
    mixed = replace(
        releases,
        cell=releases.cell[order],
        period=releases.period[order],
        value=releases.value[order],
        released=releases.released[order],
    )
    assert mixed.digest() == releases.digest()
    assert replace(releases, value=releases.value + 1e-9).digest() != releases.digest()


def test_a_warning_says_what_it_promises_and_rests_on(releases):
    told = tell_warnings(warn(releases, DAY, terms_of("hazard")))
    assert told["cannot_tell"] is None
    assert told["false_alarms"]["promised_a_year"] == 0.1
    assert (str(told["data"]["last_period"]), str(told["data"]["last_release"])) == ("2015-08-01", "2015-09-01")
    events = told["track"]["events"]
    assert events == sum(told["track"][part] for part in ("warned_early", "warned_late", "late_or_missed")) > 0
    for one in told["warnings"]:
        parts = [part["probability"] for part in one["chances"]]
        assert all(part >= 0.0 for part in parts)
        assert sum(parts) <= 1.0 + 1e-3
        by_then = [part["cumulative_probability"] for part in one["chances"]]
        assert by_then == pytest.approx(np.cumsum(parts), abs=1e-3)
        # By the end of the horizon: what comes in it, and what comes before it.
        (end,) = [part for part in one["chances"] if part["until"] == told["horizon"]["until"]]
        assert one["cumulative_probability"] == end["cumulative_probability"] >= one["probability"]
        assert one["low"] <= one["expected_loss"] <= one["high"]
        assert {part["of"] for part in one["moved"]} == {"cell", "all"}
        assert one["contributions"][0]["name"].split("/")[0] in {"cell", "all"}
    for one in told["cells"]:
        if one["probability"] is not None:
            assert one["probability"] <= one["cumulative_probability"] <= 1.0


def test_a_loss_that_is_under_way_is_not_warned_of(releases):
    found = warn(releases, date(2016, 9, 30), terms_of())
    under_way = {one.cell for one in found.states if one.standing is Standing.UNDER_WAY}
    warned = {one.cell for one in found.warnings}
    assert under_way
    assert not under_way & warned
    assert warned == {one.cell for one in found.states if one.standing is Standing.WARNED}


@pytest.mark.parametrize(
    ("day", "promised", "code"),
    [
        (date(1999, 1, 1), 0.1, "panel_unknown"),
        (date(2001, 3, 1), 0.1, "panel_without_events"),
        (DAY, 0.001, "promise_unproved"),
    ],
)
def test_what_cannot_be_told_is_not_told(releases, day, promised, code):
    found = warn(releases, day, terms_of(promised=promised))
    assert isinstance(found, CannotTell)
    assert found.code == code
    assert tell_warnings(found)["cannot_tell"]["hint"]


@pytest.mark.parametrize(
    ("expected", "grade"),
    [
        (0.0, Grade.BLUE),
        (0.49, Grade.BLUE),
        (0.5, Grade.YELLOW),
        (1.0, Grade.ORANGE),
        (1.5, Grade.RED),
        (9.0, Grade.RED),
    ],
)
def test_grades_begin_with_their_limits(expected, grade):
    assert LIMITS.grade(expected) is grade


def test_limits_that_do_not_rise_are_refused():
    with pytest.raises(BadInputError, match="must rise"):
        Limits(1.0, 0.5, 2.0)


def test_a_day_long_after_the_last_period_is_told_nothing_by_it():
    releases = released(panel_of(waves(12, 240, seed=5)))
    soon, late = (warn(releases, day, terms_of()) for day in (date(2020, 2, 1), date(2099, 1, 1)))
    assert {state.standing for state in late.states} <= {Standing.SILENT, Standing.UNDER_WAY}
    assert late.warnings == ()
    assert Standing.QUIET in {state.standing for state in soon.states}
