"""Pairs of made and used, and both scores of how green use was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificates.made import MARCH, held, used

from qipan.certificates.match import fits, hour_of, pair, score
from qipan.certificates.model.certificate import Granularity
from qipan.certificates.model.month import Month
from qipan.certificates.select import join
from qipan.kernel.errors import BadInputError

BY = st.sampled_from(list(Granularity))
ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 1000)), max_size=8)


def free(usages):
    return {one.usage_id: [(0, one.wh)] for one in usages}


@given(ROWS, ROWS, BY)
def test_pairs_cover_as_much_as_both_sides_have_and_nothing_twice(made, load, by):
    holdings = [held(f"i{number}", wh, at) for number, (at, wh) in enumerate(made)]
    usages = [used(f"u{number}", at, wh) for number, (at, wh) in enumerate(load)]
    pairs = pair(holdings, usages, free(usages), by)
    assert all(fits(one.holding, one.usage, by) and one.holding.wh > 0 for one in pairs)
    parts = [one.holding.part for one in pairs]
    assert sum(one.wh for one in join(parts)) == sum(one.wh for one in parts)
    for usage in usages:
        ranges = sorted((one.usage_start, one.usage_end) for one in pairs if one.usage == usage)
        assert all(0 <= start < end <= usage.wh for start, end in ranges)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(ranges))
    keys = range(6) if by is Granularity.HOUR else [None]
    most = sum(min(sum(wh for at, wh in rows if key in {None, at}) for rows in (made, load)) for key in keys)
    assert sum(one.holding.wh for one in pairs) == most


def test_what_is_covered_already_is_not_covered_again() -> None:
    usage = used("u", 0, 100)
    pairs = pair([held("i", 50)], [usage], {"u": [(0, 10), (90, 95)]}, Granularity.HOUR)
    assert [(one.usage_start, one.usage_end, one.holding.part.unit_start) for one in pairs] == [
        (0, 10, 0),
        (90, 95, 10),
    ]


def test_what_is_told_by_the_month_has_no_hour() -> None:
    month = replace(held("i", 50), end=Month(MARCH).end)
    assert hour_of(month) is None
    assert pair([month], [used("u", 0, 10)], {"u": [(0, 10)]}, Granularity.HOUR) == ()
    assert pair([month], [used("u", 0, 10)], {"u": [(0, 10)]}, Granularity.MONTH)[0].holding.wh == 10
    assert not fits(month, replace(used("u", 0, 10), end=Month(MARCH).end), Granularity.HOUR)
    told = score([month], [used("u", 0, 10)])
    assert (told.hourly_wh, told.monthly_wh) == (0, 10)


def test_the_sun_covers_a_night_by_the_month_and_not_by_the_hour() -> None:
    told = score([held("noon", 80, 12)], [used("day", 12, 50), used("night", 23, 50)], 0.4)
    assert (told.load_wh, told.made_wh, told.hourly_wh, told.monthly_wh) == (100, 80, 50, 80)
    assert (told.hourly_share, told.monthly_share) == (0.5, 0.8)
    assert told.carbon_free_share == pytest.approx(0.5 + 0.5 * 0.4)


@given(ROWS, ROWS.filter(bool), st.floats(0, 1))
def test_the_hour_never_scores_more_than_the_month(made, load, grid_share):
    usages = [used(f"u{number}", at, wh) for number, (at, wh) in enumerate(load)]
    told = score([held(f"i{number}", wh, at) for number, (at, wh) in enumerate(made)], usages, grid_share)
    assert 0 <= told.hourly_share <= told.monthly_share <= 1
    assert told.hourly_share <= told.carbon_free_share <= 1 + 1e-12
    assert told.hourly_wh <= told.monthly_wh <= min(told.load_wh, told.made_wh)


def test_the_grid_may_be_all_green_or_not_at_all() -> None:
    holdings, usages = [held("i", 50)], [used("u", 0, 100)]
    assert score(holdings, usages).carbon_free_share == 0.5
    assert score(holdings, usages, 0.0).carbon_free_share == 0.5
    assert score(holdings, usages, 1.0).carbon_free_share == 1.0


def test_hours_and_months_add_up_each_for_itself() -> None:
    april = 31 * 24
    holdings = [held("i", 10), held("j", 15), held("k", 40, 1), held("l", 7, april)]
    usages = [used("u", 0, 20), used("v", 0, 8), used("w", 1, 5), used("x", april, 30)]
    told = score(holdings, usages)
    assert (told.made_wh, told.load_wh) == (72, 63)
    assert (told.hourly_wh, told.monthly_wh) == (25 + 5 + 7, 33 + 7)


def test_earlier_use_is_covered_first_and_of_one_hour_the_lesser_id() -> None:
    usages = [used("c", 1, 30), used("b", 0, 20), used("a", 0, 10)]
    pairs = pair([held("i", 5), held("j", 28, 1)], usages, free(usages), Granularity.MONTH)
    told = [(one.usage.usage_id, one.usage_start, one.holding.part.issuance_id, one.holding.wh) for one in pairs]
    assert told == [("a", 0, "i", 5), ("a", 5, "j", 5), ("b", 0, "j", 20), ("c", 0, "j", 3)]


def test_a_row_lies_in_the_hour_that_holds_all_of_it() -> None:
    minute, usage = timedelta(minutes=1), used("u", 0, 10)
    within = replace(usage, start=usage.start + 5 * minute + timedelta(0, 3, 7), end=usage.end - minute)
    assert hour_of(usage) == hour_of(within) == usage.start
    assert hour_of(replace(within, end=usage.end)) == usage.start
    assert hour_of(replace(within, end=usage.end + timedelta(microseconds=1))) is None
    assert hour_of(replace(usage, start=usage.start.astimezone(timezone(timedelta(hours=5, minutes=30))))) == MARCH
    month = replace(usage, end=Month(MARCH).end)
    assert not fits(held("i", 5), month, Granularity.HOUR)
    assert fits(held("i", 5), month, Granularity.MONTH)
    assert fits(replace(held("i", 5), end=Month(MARCH).end), month, Granularity.MONTH)
    assert not fits(held("i", 5, 31 * 24), month, Granularity.MONTH)
    assert not fits(held("i", 5, 1), usage, Granularity.HOUR)
    # A row that has no hour is passed over, and those after it are not.
    rows = [replace(month, usage_id="m"), used("v", 1, 3)]
    assert [one.usage.usage_id for one in pair([held("i", 9, 1)], rows, free(rows), Granularity.HOUR)] == ["v"]


@pytest.mark.parametrize(
    ("grid_share", "code"),
    [(1.001, "grid_share_outside"), (-0.001, "grid_share_outside"), (0.5, "usage_none")],
)
def test_what_cannot_be_scored_is_refused(grid_share, code):
    with pytest.raises(BadInputError) as refused:
        score([held("i", 1)], [], grid_share)
    assert refused.value.code == code
