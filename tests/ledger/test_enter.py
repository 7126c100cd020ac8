"""Use becomes bytes and observations, and comes back the same."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.enter import observations_of, pack, series_ids, series_of, unpack, uses_of
from qipan.ledger.model.use import Use

NUMBERS = st.floats(0, 1e18)
USES = st.builds(
    Use,
    site_id=st.sampled_from(["alpha", "中卫", "a.b-c_d"]),
    kind=st.sampled_from(Kind),
    period=st.builds(
        lambda start, length: Interval(start, start + length),
        st.integers(0, 4 * 10**15).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)),
        st.timedeltas(timedelta(microseconds=1), timedelta(days=2)),
    ),
    capacity_unit_h=NUMBERS,
    used_unit_h=NUMBERS,
    energy_wh=NUMBERS,
)


def key(use):
    return use.site_id, use.kind, use.period


MANY = st.lists(USES, unique_by=key)


@given(MANY, st.randoms(use_true_random=False))
def test_pack_gives_the_same_bytes_in_any_order_and_unpack_the_same_use(uses, rng):
    released = datetime(2017, 10, 10, tzinfo=UTC)
    data = pack(uses, released)
    assert unpack(data) == (tuple(sorted(uses, key=key)), released)
    rng.shuffle(uses)
    assert pack(uses, released) == data


def test_pack_of_another_release_gives_other_bytes(uses, now):
    assert pack(uses, now) != pack(uses, now + timedelta(seconds=1))


def test_pack_refuses_what_is_not_a_number(day, now):
    with pytest.raises(ValueError, match="Out of range"):
        pack([Use("alpha", Kind.GENERAL, day, math.nan, 0.0, 0.0)], now)


@given(MANY)
def test_uses_of_observations_of_use_are_the_same(uses):
    observations = observations_of(uses, datetime(2017, 10, 10, tzinfo=UTC))
    assert len(observations) == 3 * len(uses)
    assert uses_of(observations) == tuple(sorted(uses, key=key))


def test_uses_of_what_is_told_in_part_leaves_the_rest_untold(uses, now):
    told = [one for one in observations_of(uses[:1], now) if one.series_id.endswith("used_unit_h")]
    (use,) = uses_of(told)
    assert use.used_unit_h == 25.0
    assert math.isnan(use.capacity_unit_h)
    assert math.isnan(use.energy_wh)


def test_series_of_use_stand_once_with_the_unit_of_their_kind(uses):
    series = {one.series_id: one for one in series_of(uses)}
    assert len(series) == 6
    assert series["site/alpha/intelligent/used_unit_h"].unit == "card-h"
    assert series["site/beta/general/capacity_unit_h"].unit == "core-h"
    assert series["site/alpha/intelligent/energy_wh"].unit == "Wh"
    assert series["site/beta/general/energy_wh"].name_zh == "beta通用算力用电量"
    assert series.keys() <= set(series_ids(["alpha", "beta"]))
