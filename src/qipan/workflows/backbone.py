"""The backbone that a fleet stands on, and links over it that join all of its places."""

from __future__ import annotations

from itertools import combinations

from qipan.dispatch.model.board import Link
from qipan.facts.catalog import Catalog
from qipan.facts.model import BackboneLink, BackboneNode
from qipan.kernel.places import Point, great_circle_km
from qipan.ledger.model.fleet import Fleet


def backbone_of(fleet: Fleet, catalog: Catalog) -> tuple[tuple[BackboneNode, ...], tuple[BackboneLink, ...]]:
    """Return the backbone of the facts where all of a fleet stands in its regions, else an empty one."""
    inside = {region.adcode for region in catalog.regions()}
    codes = [origin.adcode for origin in fleet.origins] + [site.adcode for site in fleet.sites]
    return catalog.backbone() if inside.issuperset(codes) else ((), ())


def links_of(fleet: Fleet, catalog: Catalog) -> tuple[Link, ...]:
    """Return links without a limit that join all places of a fleet, with their kilometres of fibre.

    Each place is joined with its nearest node of the backbone, and the nodes as the backbone is; without a backbone
    each place with every other. A place is a region, or an origin or site without one.
    """
    detour = catalog.number("fibre/detour")
    places: dict[str, Point] = {}
    for origin in fleet.origins:
        places.setdefault(origin.adcode or origin.origin_id, origin.point)
    for site in fleet.sites:
        places.setdefault(site.adcode or site.site_id, site.point)
    nodes, trunks = backbone_of(fleet, catalog)
    points = {_name(node.node_id): node.point for node in nodes}

    def link(a: str, b: str) -> Link:
        ends = places | points
        return Link(f"{a}-{b}", a, b, None, round(great_circle_km(ends[a], ends[b]) * detour, 1))

    if not points:
        return tuple(link(a, b) for a, b in combinations(places, 2))
    nearest = {
        place: min(points, key=lambda name: great_circle_km(point, points[name])) for place, point in places.items()
    }
    return (
        *(link(place, node) for place, node in nearest.items()),
        *(link(_name(trunk.node_a), _name(trunk.node_b)) for trunk in trunks),
    )


def _name(node_id: str) -> str:
    return f"backbone-{node_id}"
