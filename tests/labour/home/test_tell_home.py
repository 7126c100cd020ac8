"""What is told of few people is nothing, and no sum tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.labour.home.test_carry_home import loss

from qipan.labour.home.carry_home import add_up, carry_home
from qipan.labour.home.tell_home import Question, tell_home
from qipan.labour.model.home import Bridge, Origins, Support, Told
from qipan.labour.model.panel import Cadence
from qipan.labour.model.warning import Grade

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


def known_sums(told, warnings, regions):
    """Return what is told, as sums of the people of each region and warning: no occupations, one grade a warning."""
    every, all_of = list(range(len(regions))), list(range(len(warnings)))
    others = told["withheld"] or {"regions": [], "people": None}
    together = [regions.index(one) for one in others["regions"]]
    of = {"grade": [one.grade.value for one in warnings], "destination": [one.cell.region for one in warnings]}
    known = [([regions.index(one["region"])], all_of) for one in told["homes"]]
    known += [(together, all_of)] if others["people"] else []
    known += [(every, [w]) for w, one in enumerate(told["warnings"]) if one["uncovered"] is not None]
    known += [(every, all_of)] if told["uncovered"] is not None else []
    for name, keys in of.items():
        table = told["tables"][name]
        rows = [([regions.index(row["region"])] if row["region"] else together, row["people"]) for row in table["rows"]]
        known += [
            (members, [w for w, key in enumerate(keys) if key == column])
            for members, people in [*rows, (every, table["all"])]
            for column, value in zip(table["columns"], people, strict=True)
            if value is not None
        ]
    equations = np.zeros((len(known) + 2, len(regions), len(warnings)))
    for at, members in enumerate(known):
        equations[at][np.ix_(*members)] = 1.0
    if told["stays"] is not None:
        equations[-2] = [[home == one.cell.region for one in warnings] for home in regions]
        equations[-1] = 1.0 - equations[-2]
    return equations.reshape(len(equations), -1), together


@given(
    st.lists(st.integers(0, 12) | st.integers(0, 300), min_size=9, max_size=9),
    st.permutations([Grade.RED, Grade.ORANGE, Grade.YELLOW]),
)
@settings(max_examples=60)
def test_tell_home_no_small_part_follows_from_tables_that_are_told_side_by_side(parts, grades):
    """A grade here is a destination: what one table withholds, the other must not tell."""
    places = ("110000", "120000", "130000")
    some = [replace(loss(place), grade=grade) for place, grade in zip(places, grades, strict=True)]
    shares = np.array(parts).reshape(3, 3) / 1000.0
    rows = {(place, ""): dict(zip(places, line, strict=True)) for place, line in zip(places, shares.T, strict=True)}
    told = told_of(some, rows)
    regions = [one for one, line in zip(places, shares, strict=True) if line.any()]
    people = 1000.0 * shares[[places.index(one) for one in regions]]
    if not regions:
        return
    equations, together = known_sums(told, some, regions)
    groups = [[at] for at in range(len(regions)) if at not in together] + ([together] if together else [])
    few = [(rows, [w]) for rows in groups for w in range(3) if 0.0 < people[rows, w].sum() < 10.0]
    few += [([at], [0, 1, 2]) for at in together if people[at].sum() < 10.0]
    rank = np.linalg.matrix_rank(equations)
    for members in few:
        target = np.zeros((len(regions), 3))
        target[np.ix_(*members)] = 1.0
        assert np.linalg.matrix_rank(np.vstack([equations, target.ravel()])) > rank


def test_tell_home_of_one_region_tells_no_small_part_by_the_sum_of_all_regions():
    told = told_of(
        [loss(), replace(loss("330000"), grade=Grade.RED)],
        {("440000", ""): {"520000": 0.5}, ("330000", ""): {"520000": 0.003}},
    )
    assert told["homes"][0]["people"]["expected"] == 503.0
    assert told["tables"]["grade"]["all"] == [None, None]
    assert [one["uncovered"] for one in told["warnings"]] == [None, None]


@pytest.mark.parametrize("part", ["grade", "occupation", "destination"])
def test_tell_home_tables_sum_to_people_where_nothing_is_withheld(part):
    told = told_of([loss(), loss("330000")], {("440000", ""): {"520000": 0.3}, ("330000", ""): {"520000": 0.1}})
    (row,) = told["tables"][part]["rows"]
    assert sum(row["people"]) == pytest.approx(told["homes"][0]["people"]["expected"])
