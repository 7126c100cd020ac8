"""Areas hang together: regions that adjoin, industries of a section, occupations of a minor group."""

from __future__ import annotations

import pytest
from tests.labour.test_scan_clusters import BESIDE, CELLS, SIDE

from qipan.bootstrap.panels import adjacency, region_neighbours
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import RuleBrokenError
from qipan.labour.lay_out import lay_out
from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.panel import Cell

REGIONS = [f"r{at}" for at in range(5)]


def test_areas_hang_together_and_reach_three_regions_or_all_that_adjoin_one():
    board = lay_out(CELLS, Adjacency(BESIDE))
    names = [{board.regions[one] for one in area} for area in board.areas]
    assert {"00"} in names
    assert {"00", "01"} in names
    assert {"00", "11"} not in names
    assert {"00", "01", "02"} in names
    assert {"00", "01", "11"} in names
    assert {"11", "01", "10", "12", "21"} in names
    assert len({tuple(sorted(one)) for one in names}) == len(names)
    assert board.weights.shape == (len(names), SIDE**2)
    assert (board.weights**2).sum(axis=1) == pytest.approx(1.0)


def kinds_of(*branches):
    sections = adjacency({}, Catalog.load()).sections
    board = lay_out(tuple(Cell(region, *one) for region in REGIONS for one in branches), Adjacency({}, sections))
    return [[board.branches[at] for at in kind] for kind in board.kinds]


def test_industries_adjoin_in_a_section_and_others_do_not():
    assert kinds_of(("C38",), ("C39",), ("I65",), ("retail",)) == [[("C38", ""), ("C39", "")]]
    assert kinds_of(("6512",), ("63",), ("J66",)) == [[("63", ""), ("6512", "")]]
    assert kinds_of(("C38",), ("D44",)) == []
    # C65 names a division that is not of section C: what it is, nobody can tell.
    assert kinds_of(("C38",), ("C65",)) == []


def test_occupations_adjoin_in_a_minor_group_within_the_same_industry():
    assert kinds_of(("", "4-04-05-01"), ("", "4-04-05-02"), ("", "4-04-04-01")) == [
        [("", "4-04-05-01"), ("", "4-04-05-02")]
    ]
    assert kinds_of(("I65", "43-9021"), ("I64", "43-9021"), ("I64", "43-9061"), ("C39", "43-9061")) == [
        [("I64", "43-9021"), ("I64", "43-9061")],
        [("I64", "43-9021"), ("I65", "43-9021")],
    ]


def test_too_few_regions_are_refused():
    with pytest.raises(RuleBrokenError) as few:
        lay_out(CELLS[:6], Adjacency(BESIDE))
    assert few.value.code == "regions_few"


def test_provinces_make_areas_of_up_to_three_and_taiwan_stands_alone():
    catalog = Catalog.load()
    beside = region_neighbours(catalog)
    board = lay_out(tuple(Cell(one) for one in beside), Adjacency(beside))
    named = [{board.regions[at] for at in area} for area in board.areas]
    assert {"440000", "460000"} in named
    assert {"450000", "460000"} not in named
    assert [area for area in named if "710000" in area] == [{"710000"}]
