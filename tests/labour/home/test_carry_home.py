"""What is carried home, what stays and what no row covers are the loss, of every warning and of all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.labour.home.carry_home import add_up, carry_home
from qipan.labour.model.home import Bridge, CellLoss, Headcounts, Origins, People
from qipan.labour.model.panel import Cell
from qipan.labour.model.warning import Grade

REGIONS = ("330000", "440000", "520000", "540000")


def loss(region="440000", industry="C39", *, expected=1000.0, low=400.0, high=1800.0, p=0.5, base=None, occupation=""):
    return CellLoss(Cell(region, industry, occupation), Grade.ORANGE, p, base, People(expected, low, high))


@st.composite
def shares(draw):
    parts = draw(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
    covered, whole = draw(st.floats(0.0, 1.0)), sum(parts) or 1.0
    return {region: covered * part / whole for region, part in zip(REGIONS, parts, strict=True)}


@st.composite
def losses(draw):
    low, expected, high = sorted(draw(st.lists(st.floats(0.0, 1e6), min_size=3, max_size=3)))
    region = draw(st.sampled_from(REGIONS))
    return loss(region, draw(st.sampled_from(("C39", "I65"))), expected=expected, low=low, high=high)


@given(st.lists(losses(), max_size=6), shares(), shares())
def test_carry_home_loses_nobody_and_makes_nobody(some, one, other):
    origins = Origins({("440000", "C"): one, ("330000", ""): other}, are_shares=True)
    carried, _ = carry_home(some, origins, None)
    for of in carried:
        for end in ("expected", "low", "high"):
            parts = [getattr(part, end) for part in (*of.away.values(), of.stays, of.uncovered)]
            assert math.fsum(parts) == pytest.approx(getattr(of.loss.people, end), abs=1e-3)
    homes = add_up(carried, np.random.default_rng(1), draws=50)
    for end in ("expected", "low", "high"):
        home = math.fsum(getattr(one.people, end) for one in homes)
        left = math.fsum(getattr(of.uncovered, end) for of in carried)
        assert home + left == pytest.approx(math.fsum(getattr(of.people, end) for of in some), abs=1e-2)
    for of in homes:
        for parts in (of.by_grade, of.by_destination, of.by_occupation):
            assert math.fsum(parts.values()) == pytest.approx(of.people.expected, abs=1e-3)


def test_carry_home_within_a_warning_every_origin_has_the_interval_of_the_loss():
    origins = Origins({("440000", "C39"): {"520000": 0.2, "440000": 0.5}}, are_shares=True)
    (of,), left = carry_home([loss()], origins, None)
    assert of.away == {"520000": People(200.0, 80.0, 360.0)}
    assert (of.stays, left) == (People(500.0, 200.0, 900.0), ())
    assert (of.uncovered.expected, of.uncovered.low, of.uncovered.high) == pytest.approx((300.0, 120.0, 540.0))
    (first, _) = add_up([of], np.random.default_rng(1), draws=10)
    assert (first.region, first.apart_low, first.apart_high) == ("440000", 200.0, 900.0)


def test_carry_home_counts_are_parts_of_the_jobs_of_the_row_that_tells_them():
    origins = Origins({("440000", ""): {"520000": 100.0}, ("440000", "C39"): {"520000": 50.0}}, are_shares=False)
    jobs = Headcounts({("440000", "C39"): 200.0, ("440000", "I65"): 300.0})
    of_c, of_i = carry_home([loss(), loss(industry="I65")], origins, jobs)[0]
    assert (of_c.shares, of_c.industry) == ({"520000": 0.25}, "C39")
    assert (of_i.shares, of_i.industry) == ({"520000": 0.2}, "")


def test_carry_home_counts_take_the_jobs_of_the_panel_where_no_file_tells_them():
    origins = Origins({("440000", "C39"): {"520000": 50.0}}, are_shares=False)
    (of,), left = carry_home([loss(base=100.0)], origins, None)
    assert (of.shares, left) == ({"520000": 0.5}, ())


@pytest.mark.parametrize(
    ("rows", "jobs", "code"),
    [
        ({("110000", ""): {"520000": 1.0}}, None, "origins_missing"),
        ({("440000", ""): {"520000": 1.0}}, None, "jobs_unknown"),
        ({("440000", "C39"): {"520000": 11.0}}, {("440000", "C39"): 10.0}, "origins_exceed_jobs"),
    ],
)
def test_carry_home_without_a_row_that_fits_leaves_all_uncovered_and_says_why(rows, jobs, code):
    (of,), (why,) = carry_home([loss()], Origins(rows, are_shares=False), jobs and Headcounts(jobs))
    assert (of.uncovered, why.why.rule, why.cell) == (of.loss.people, code, Cell("440000", "C39"))


def test_carry_home_bridge_gives_occupations_and_says_where_a_national_row_counts():
    origins = Origins({("440000", ""): {"520000": 0.5}}, are_shares=True)
    bridge = Bridge({("", "C"): {"6-25": 0.75, "4-02": 0.25}, ("440000", "I65"): {"2-02": 1.0}})
    some = [loss(), loss(industry="I65"), loss(industry="G54"), loss(industry="", occupation="4-07")]
    carried, left = carry_home(some, origins, None, bridge)
    assert [of.bridged_by for of in carried] == [("", "C"), ("440000", "I65"), None, None]
    assert [one.why.rule for one in left] == ["bridge_missing"]
    (home,) = add_up(carried, np.random.default_rng(1), draws=10)
    assert home.by_occupation == {"6-25": 375.0, "4-02": 125.0, "2-02": 500.0, "": 500.0, "4-07": 500.0}


def test_add_up_apart_is_narrower_than_together_and_keeps_its_ends_where_it_is_known():
    """Ten equal losses, each normal, without regard to each other: the sum is normal, its spread root ten times one."""
    origins = Origins({("440000", ""): {"520000": 1.0}}, are_shares=True)
    some = [loss(industry=f"C{at}", expected=1000.0, low=800.0, high=1200.0, p=0.1) for at in range(10, 20)]
    (home,) = add_up(carry_home(some, origins, None)[0], np.random.default_rng(7), draws=40_000)
    assert (home.people.low, home.people.high) == (8000.0, 12000.0)
    assert home.apart_low == pytest.approx(10_000 - 200 * 10**0.5, rel=0.005)
    assert home.apart_high == pytest.approx(10_000 + 200 * 10**0.5, rel=0.005)
    assert (home.any_least, home.any_most, home.warnings) == (0.1, pytest.approx(1.0), 10)
    again = add_up(carry_home(some, origins, None)[0], np.random.default_rng(7), draws=40_000)
    assert again == (home,)
