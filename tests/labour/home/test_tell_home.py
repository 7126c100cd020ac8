"""What is told of few people is nothing, and no sum tells it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.labour.home.test_carry_home import loss

from qipan.labour.home.carry_home import add_up, carry_home
from qipan.labour.home.tell_home import Question, tell_home
from qipan.labour.model.home import Bridge, Origins, Support, Told
from qipan.labour.model.panel import Cadence

PER_PERSON = Support(0.5, 200_000.0, 6.0, 180_000.0)
REGIONS = [f"{at}0000" for at in range(11, 21)]


def told_of(some, rows, least=10.0, bridge=None):
    carried, left = carry_home(some, Origins(rows, are_shares=True), None, bridge)
    homes = add_up(carried, np.random.default_rng(1), draws=20)
    of = Told("", date(2026, 3, 1), date(2026, 1, 1), Cadence.MONTH, (3, 10), tuple(some), ())
    return tell_home(of, carried, homes, left, Question(least, PER_PERSON))


def test_tell_home_of_few_from_one_region_tells_it_with_another():
    told = told_of([loss()], {("440000", "C39"): {"520000": 0.3, "540000": 0.004, "640000": 0.02, "440000": 0.4}})
    assert [one["region"] for one in told["homes"]] == ["440000", "520000"]
    assert told["withheld"]["regions"] == ["540000", "640000"]
    assert told["withheld"]["people"]["expected"] == 24.0
    assert (told["stays"]["expected"], told["carried_home"]["expected"]) == (400.0, 324.0)


def test_tell_home_of_few_altogether_tells_no_number_of_them():
    told = told_of([loss()], {("440000", "C39"): {"540000": 0.002}})
    assert (told["homes"], told["withheld"]["people"], told["withheld"]["needs"]) == ([], None, None)
    assert told["tables"]["grade"]["rows"] == [{"region": None, "people": [None]}]
    assert told["tables"]["grade"]["all"] == [None]
    assert (told["carried_home"], told["uncovered"], told["warnings"][0]["uncovered"]) == (None, None, None)


def test_tell_home_stays_are_not_told_where_they_would_tell_of_few():
    rows = {("440000", ""): {"440000": 0.005, "520000": 0.9}, ("330000", ""): {"440000": 0.5}}
    told = told_of([loss(), loss("330000")], rows)
    assert (told["stays"], told["carried_home"]) == (None, None)


def test_tell_home_needs_follow_from_people_and_are_marked_as_modelled():
    told = told_of([loss()], {("440000", "C39"): {"520000": 0.3}})
    (one,) = told["homes"]
    assert one["needs"]["expected"] == {"training_places": 150, "training_fen": 30_000_000, "benefit_fen": 324_000_000}
    assert one["needs"]["high"]["training_places"] == 270
    assert told["is_modelled"] is True
    assert "support_by_stated_figures" in told["assumed"]


def unknown_are_open(rows, sums_of_rows, sums_of_columns):
    """Tell for each withheld cell whether sums leave it open, by solving for it."""
    hidden = [(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if value is None]
    if not hidden:
        return []
    equations = np.zeros((len(sums_of_rows) + len(sums_of_columns), len(hidden)))
    for at, (r, c) in enumerate(hidden):
        equations[r, at] = equations[len(sums_of_rows) + c, at] = 1.0
    rank = np.linalg.matrix_rank(equations)
    return [np.linalg.matrix_rank(np.vstack([equations, np.eye(len(hidden))[at]])) > rank for at in range(len(hidden))]


@given(st.lists(st.floats(0.0, 0.1), min_size=10, max_size=10), st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3))
def test_tell_home_no_withheld_cell_follows_from_sums(parts, mix):
    whole = sum(mix)
    if not whole:
        return
    bridge = Bridge({("", "C39"): dict(zip("abc", (one / whole for one in mix), strict=True)), ("", "I65"): {"a": 1.0}})
    rows = {
        ("440000", "C39"): dict(zip(REGIONS, parts, strict=True)),
        ("440000", "I65"): dict(zip(REGIONS, reversed(parts), strict=True)),
    }
    told = told_of([loss(), loss(industry="I65", expected=300.0)], rows, bridge=bridge)
    shown = [one for one in told["homes"] if one["people"]["expected"] < 10.0 - 0.05]
    assert shown == []
    if told["withheld"] and told["withheld"]["people"]:
        assert len(told["withheld"]["regions"]) >= 2
    table = told["tables"]["occupation"]
    if table and min(len(table["rows"]), len(table["columns"])) >= 2:
        rows = [row["people"] for row in table["rows"]]
        assert all(unknown_are_open(rows, rows, table["columns"]))
        assert not any(value is not None and 0.05 < value < 9.95 for row in rows for value in row)


@pytest.mark.parametrize("part", ["grade", "occupation", "destination"])
def test_tell_home_tables_sum_to_people_where_nothing_is_withheld(part):
    told = told_of([loss(), loss("330000")], {("440000", ""): {"520000": 0.3}, ("330000", ""): {"520000": 0.1}})
    (row,) = told["tables"][part]["rows"]
    assert sum(row["people"]) == pytest.approx(told["homes"][0]["people"]["expected"])
