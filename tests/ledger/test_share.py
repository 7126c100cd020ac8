"""What the public may see: no withheld group can be worked out from those published."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qipan.ledger.share import Contribution, is_sensitive, withhold


def even(*sites: str) -> list[Contribution]:
    return [Contribution(site, site, 1.0) for site in sites]


def test_is_sensitive_counts_owners_not_sites():
    assert is_sensitive([Contribution(site, "one owner", 1.0) for site in "abcd"])


def test_withhold_a_small_region_takes_a_second_one_with_it():
    groups = {"north": "ab", "south": "cdef", "east": "ghi", "country": "abcdefghi"}
    assert withhold(groups, even(*"abcdefghi")) == {"north", "east"}


def test_withhold_nothing_where_all_groups_are_large():
    assert withhold({"north": "abc", "south": "def", "country": "abcdef"}, even(*"abcdef")) == frozenset()


def test_withhold_two_small_regions_whose_sum_is_too_small_takes_a_third():
    groups = {"north": "a", "west": "b", "south": "cdef", "country": "abcdef"}
    assert withhold(groups, even(*"abcdef")) == {"north", "west", "south"}


def test_withhold_does_not_count_a_group_of_nobody():
    assert withhold({"empty": "", "country": "abc"}, even(*"abc")) == frozenset()


@given(
    regions=st.lists(st.integers(0, 4), min_size=1, max_size=12),
    macros=st.lists(st.integers(0, 2), min_size=5, max_size=5),
    weights=st.lists(st.integers(1, 1000), min_size=12, max_size=12),
    owners=st.lists(st.integers(0, 6), min_size=12, max_size=12),
)
def test_withhold_leaves_no_sensitive_group_in_the_span_of_published_ones(regions, macros, weights, owners):
    sites = [f"s{number:02}" for number in range(len(regions))]
    groups: dict[str, list[str]] = {"country": sites}
    for site, region in zip(sites, regions, strict=True):
        groups.setdefault(f"region {region}", []).append(site)
        groups.setdefault(f"macro {macros[region]}", []).append(site)
    parts = [
        Contribution(site, str(owner), float(weight))
        for site, owner, weight in zip(sites, owners, weights, strict=False)
    ]
    hidden = withhold(groups, parts)
    rows = [[site in groups[name] for site in sites] for name in groups if name not in hidden]
    published = np.array(rows, dtype=float).reshape(len(rows), len(sites))
    rank = np.linalg.matrix_rank(published) if rows else 0
    for members in groups.values():
        if is_sensitive([part for part in parts if part.site_id in members]):
            wanted = np.array([site in members for site in sites], dtype=float)
            assert np.linalg.matrix_rank(np.vstack([published, wanted])) == rank + 1
