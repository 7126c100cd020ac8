"""Latency over the backbone, against the round trips that the topology is known to give."""

from __future__ import annotations

import pytest

from qipan.dispatch.board.latency import fibre_km, one_way_ms
from qipan.facts.catalog import Catalog
from qipan.kernel.places import Point, great_circle_km
from qipan.kernel.units import round_trip_ms_from_one_way_ms


def round_trip_ms(a: str, b: str) -> float:
    catalog = Catalog.load()
    nodes, links = catalog.backbone()
    place = {node.name_en: node.point for node in nodes}
    position = {node.node_id: index for index, node in enumerate(nodes)}
    fibre = fibre_km(
        [place[a]],
        [place[b]],
        nodes=[node.point for node in nodes],
        links=[(position[link.node_a], position[link.node_b]) for link in links],
        detour=catalog.number("fibre/detour"),
        straight_ceiling=catalog.number("fibre/straight_line_ceiling"),
    )
    return round_trip_ms_from_one_way_ms(float(one_way_ms(fibre)[0, 0]))


@pytest.mark.parametrize(
    ("a", "b", "known_ms"),
    [
        ("Beijing", "Hohhot", 5.4),
        ("Guangzhou", "Guiyang", 9.9),
        ("Beijing", "Yinchuan", 11.5),
        ("Shanghai", "Hohhot", 19.3),
        ("Shanghai", "Lanzhou", 22.4),
        ("Shanghai", "Yinchuan", 22.7),
    ],
)
def test_round_trips_of_the_topology_are_the_known_ones(a: str, b: str, known_ms: float) -> None:
    assert round_trip_ms(a, b) == pytest.approx(known_ms, rel=0.02)


def test_fibre_detours_over_missing_links_are_cut_at_the_ceiling() -> None:
    # The topology has no trunk between Xi'an and Chengdu; its way round is 2,353 km.
    catalog = Catalog.load()
    place = {node.name_en: node.point for node in catalog.backbone()[0]}
    straight = great_circle_km(place["Xi'an"], place["Chengdu"])
    assert round_trip_ms("Xi'an", "Chengdu") == pytest.approx(1.5 * straight * 0.01, rel=1e-6)


def test_fibre_without_a_backbone_is_the_detour_alone() -> None:
    a, b = Point(13.4, 52.5), Point(2.35, 48.86)
    length = fibre_km([a], [b], nodes=[], links=[], detour=1.3, straight_ceiling=1.5)
    assert length[0, 0] == pytest.approx(1.3 * great_circle_km(a, b))
