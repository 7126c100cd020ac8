"""Utilisation adds up what was used and what stood idle, and nothing twice."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.model.use import Use
from qipan.ledger.utilise import hubs, utilise_by_hub, utilise_by_site

START = datetime(2017, 10, 9, tzinfo=UTC)


def hour(number):
    return Interval(START + timedelta(hours=number), START + timedelta(hours=number + 1))


def test_utilise_by_site_keeps_sites_and_kinds_apart(uses):
    alpha, beta = utilise_by_site(uses)
    assert (alpha.group, alpha.kind, alpha.capacity_unit_h, alpha.used_unit_h) == ("alpha", "intelligent", 200.0, 75.0)
    assert (alpha.idle_unit_h, alpha.used_share, alpha.energy_wh) == (125.0, 0.375, 45_000.0)
    assert (beta.group, beta.kind, beta.used_share) == ("beta", "general", 0.0)


def test_utilise_by_hub_puts_sites_of_a_hub_together(fleet):
    uses = [Use(site, Kind.INTELLIGENT, hour(0), 10.0, used, 1.0) for site, used in (("alpha", 1.0), ("beta", 2.0))]
    (north,) = utilise_by_hub(uses, hubs(fleet))
    assert (north.group, north.capacity_unit_h, north.used_unit_h, north.energy_wh) == ("north", 20.0, 3.0, 2.0)


def test_utilise_by_hub_of_sites_without_one_stands_apart(uses):
    assert [figure.group for figure in utilise_by_hub(uses, {"alpha": "", "beta": "north"})] == ["", "north"]


def test_utilise_by_hub_with_an_unknown_site_names_it(uses):
    with pytest.raises(NotFoundError, match="beta") as caught:
        utilise_by_hub(uses, {"alpha": "north"})
    assert caught.value.code == "site_unknown"


def test_utilise_overlapping_entries_refuses(uses):
    whole = Use("alpha", Kind.INTELLIGENT, Interval(START - timedelta(hours=8), START), 800.0, 0.0, 0.0)
    with pytest.raises(RuleBrokenError, match="intelligent at alpha") as caught:
        utilise_by_site([*uses, whole])
    assert caught.value.code == "use_overlaps"


def test_utilise_what_nobody_told_stays_untold():
    (figure,) = utilise_by_site([Use("alpha", Kind.GENERAL, hour(0), 8.0, 2.0, math.nan)])
    assert math.isnan(figure.energy_wh)
    assert figure.used_share == 0.25


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(Kind), st.integers(0, 30)),
        st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 10**9)),
    ),
    st.randoms(use_true_random=False),
)
def test_utilise_conserves_whatever_the_order_and_grouping(entries, rng):
    uses = [
        Use(site_id, kind, hour(number), float(used + idle), float(used), float(energy))
        for (site_id, kind, number), (used, idle, energy) in entries.items()
    ]
    by_site = utilise_by_site(uses)
    by_hub = utilise_by_hub(uses, {"a": "x", "b": "x", "c": "y", "d": ""})
    for figures in (by_site, by_hub):
        assert sum(figure.used_unit_h for figure in figures) == sum(use.used_unit_h for use in uses)
        assert sum(figure.energy_wh for figure in figures) == sum(use.energy_wh for use in uses)
        assert all(figure.idle_unit_h + figure.used_unit_h == figure.capacity_unit_h for figure in figures)
    rng.shuffle(uses)
    assert utilise_by_site(uses) == by_site
