"""Bridges, origins and jobs from files: every bad row has a finding, and the others stand."""

from __future__ import annotations

import pytest

from qipan.bootstrap.home import known_codes
from qipan.facts.catalog import Catalog
from qipan.labour.sources import bridge, headcounts, origins
from qipan.labour.sources.bridge import Codes

BRIDGE = "region,industry,occupation,share\n,C39,6-25,0.7\n,C39,4-02,0.3"
ORIGINS = "destination,origin,industry,share\n440000,520000,C39,0.6"
COUNTED = "destination,origin,jobs\n440000,520000,60"
JOBS = "region,industry,jobs\n440000,C39,100"
CODES = Codes(frozenset({"C", "C39"}), frozenset({"6-25-04-07", "4-02-00-00"}), frozenset({"440000", "520000"}))


@pytest.mark.parametrize(
    ("read", "good", "row", "rule"),
    [
        (bridge.read, BRIDGE, "440000,C39,6-25,0.9", "shares_unbalanced"),
        (bridge.read, BRIDGE, "440000,C39,6-25,-0.1", "number_unfit"),
        (bridge.read, BRIDGE, ",C39,6-25,0.1", "row_repeated"),
        (bridge.read, BRIDGE, ",C39,,0.1", "cell_empty"),
        (origins.read, ORIGINS, "440000,110000,C39,0.5", "shares_exceed"),
        (origins.read, ORIGINS, "440000,520000,C39,0.1", "row_repeated"),
        (origins.read, ORIGINS, "440000,520000,C39,1.5", "number_unfit"),
        (origins.read, ORIGINS, "440000,,C39,0.1", "cell_empty"),
        (origins.read, COUNTED, "440000,110000,-4", "number_unfit"),
        (origins.read, COUNTED, "440000,110000,4,5", "row_torn"),
        (headcounts.read, JOBS, "440000,C39,200", "row_repeated"),
        (headcounts.read, JOBS, "440000,I65,many", "number_unfit"),
    ],
)
def test_read_a_bad_row_has_a_finding(read, good, row, rule):
    _, wrong, _ = read(f"{good}\n{row}\n".encode(), Codes())
    assert rule in {one.rule for one in wrong}


@pytest.mark.parametrize("read", [bridge.read, origins.read, headcounts.read])
def test_read_another_table_is_refused_whole(read):
    found, wrong, odd = read(b"a,b\n1,2\n", Codes())
    assert (found, [one.rule for one in wrong], odd) == (None, ["columns_differ"], ())


def test_read_a_bad_group_is_left_out_and_the_national_row_stands():
    found, _, _ = bridge.read(f"{BRIDGE}\n440000,C39,6-25,0.9\n".encode(), Codes())
    assert found.of("440000", "C39").region == ""


def test_read_rounded_shares_are_made_to_sum_to_one():
    found, wrong, _ = bridge.read(b"industry,occupation,share\nC39,a,0.333\nC39,b,0.333\nC39,c,0.333\n", Codes())
    assert (sum(found.of("", "C39").shares.values()), wrong) == (pytest.approx(1.0, abs=1e-15), ())


@pytest.mark.parametrize(
    ("read", "text", "rule"),
    [
        (bridge.read, "industry,occupation,share\nX99,6-25,1\n", "industry_unknown"),
        (bridge.read, "industry,occupation,share\nC39,9-99,1\n", "occupation_unknown"),
        (bridge.read, "region,industry,occupation,share\n44,C39,6-25,1\n", "region_unknown"),
        (origins.read, "destination,origin,share\n440000,Hunan,0.5\n", "region_unknown"),
        (origins.read, "destination,origin,industry,jobs\n440000,520000,retail,5\n", "industry_unknown"),
        (headcounts.read, "region,jobs\nGD,5\n", "region_unknown"),
    ],
)
def test_read_an_unknown_code_is_kept_and_said_to_be_odd(read, text, rule):
    found, wrong, odd = read(text.encode(), CODES)
    assert (found is not None, wrong, [one.rule for one in odd]) == (True, (), [rule])


def test_read_known_codes_and_the_beginnings_of_some_are_not_odd():
    text = "region,industry,occupation,share\n440000,C39,6-25,0.7\n440000,C39,4-02-00-00,0.3\n520000,C3911,6,1\n"
    assert bridge.read(text.encode(), CODES)[1:] == ((), ())


def test_read_chinese_heads_are_known():
    found, wrong, _ = origins.read("就业地,来源地,行业,岗位数\n440000,520000,C39,60\n".encode(), CODES)
    assert (found.rows, wrong) == ({("440000", "C39"): {"520000": 60.0}}, ())


def test_read_codes_that_ship_know_sections_divisions_and_occupations():
    codes = known_codes(Catalog.load(), with_occupations=True)
    assert {"C", "C39", "I65"} <= set(codes.industries)
    assert bridge.is_code_of("6-25", codes.occupations)
    assert not bridge.is_code_of("9-99", codes.occupations)
