"""What moves takes the shortest way, and the same one each time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.board.route import route
from qipan.dispatch.model.board import Link, Origin
from qipan.kernel.errors import BadInputError


def test_route_takes_the_shortest_way_signed_by_direction(make_board) -> None:
    # Guangdong and Ningxia over an exchange point, 5 km, or straight, 6 km.
    links = (
        Link("straight", "gz", "640000", 10.0, 6.0),
        Link("first", "440000", "exchange", 20.0, 2.0),
        Link("second", "nx", "exchange", 30.0, 3.0),
    )
    found = route(links, replace(make_board(), slot_s=1800.0))
    assert found.names == ("straight", "first", "second")
    assert found.capacity_gb.tolist() == [[5.0] * 6, [10.0] * 6, [15.0] * 6]
    there, back = [0.0, 1.0, -1.0], [0.0, -1.0, 1.0]
    assert found.factor[:, 0, 1].tolist() == there
    assert found.factor[:, 1, 0].tolist() == back
    assert not found.factor[:, [0, 1], [0, 1]].any()
    assert found.lane_share[0, 1].tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]


def test_route_of_equals_takes_fewer_links_and_then_those_that_come_first(make_board) -> None:
    around = (Link("a", "440000", "x", 1.0, 1.0), Link("b", "x", "640000", 1.0, 1.0))
    straight = (Link("c", "440000", "640000", 1.0, 2.0), Link("d", "440000", "640000", 1.0, 2.0))
    found = route((*around, *straight), make_board())
    assert found.factor[:, 0, 1].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_route_leaves_links_without_a_limit_out(make_board) -> None:
    links = (Link("a", "440000", "x", None, 1.0), Link("b", "x", "640000", 7.0, 1.0))
    found = route(links, make_board())
    assert (found.names, found.factor[:, 0, 1].tolist()) == (("b",), [1.0])
    assert route((links[0], replace(links[1], gb_per_h=None)), make_board()).names == ()


def test_route_names_each_place_left_out_once(make_board) -> None:
    board = make_board()
    board = replace(board, origins=(*board.origins, Origin("abroad", "Abroad", "境外", "", "")))
    with pytest.raises(BadInputError) as caught:
        route((Link("a", "440000", "640000", 1.0, 1.0),), board)
    assert caught.value.code == "links_unconnected"
    assert [one.value for one in caught.value.findings] == ["abroad"]
    assert "joined with none." in caught.value.findings[0].message
    assert "all 3 places of the fleet, left out were 1." in caught.value.message


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_route_is_as_short_as_the_shortest_of_all_ways(make_board, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["440000", "640000", "x", "y", "z"]
    ends = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :] if rng.random() < 0.7]
    links = tuple(Link(f"{a}-{b}", a, b, 1.0, float(rng.integers(1, 9))) for a, b in ends)
    km = {frozenset(pair): link.km for pair, link in zip(ends, links, strict=True)}
    ways = []
    for count in range(4):
        for inner in permutations(names[2:], count):
            way = ["440000", *inner, "640000"]
            steps = [frozenset(pair) for pair in pairwise(way)]
            if all(step in km for step in steps):
                ways.append(sum(km[step] for step in steps))
    if not ways:
        with pytest.raises(BadInputError):
            route(links, make_board())
        return
    found = route(links, make_board())
    used = np.abs(found.factor[:, 0, 1])
    assert used @ np.array([link.km for link in links]) == min(ways)
    # What leaves one end arrives at the other, and goes through all between.
    for name in names:
        out = sum(
            sign * (a == name) - sign * (b == name)
            for (a, b), sign in zip(ends, found.factor[:, 0, 1].tolist(), strict=True)
        )
        assert out == (name == "440000") - (name == "640000")
