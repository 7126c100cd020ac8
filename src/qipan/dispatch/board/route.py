"""Route what moves between origins and sites over links: the shortest way, the same for all.

Regions are nodes, and so is an origin or site without one, and any exchange point that a link names. The shortest way
has the fewest kilometres, then the fewest links, then the links that come first.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Link, Links
from qipan.kernel.errors import BadInputError, Finding

Step = tuple[str, int, float]
"""A link from a node: where it leads, its position, and its sign."""


def route(links: Sequence[Link], board: Board) -> Links:
    """Return what of each flow from an origin to a site crosses which link; links without a limit only lead the way.

    Raises
    ------
    BadInputError
        ``links_unconnected`` with a finding for each place that no way joins with most others.
    """
    nodes = {one.origin_id: one.adcode or one.origin_id for one in board.origins}
    nodes |= {one.site_id: one.adcode or one.site_id for one in board.sites}
    ways: dict[str, list[Step]] = {}
    for index, link in enumerate(links):
        start, end = (nodes.get(name, name) for name in (link.start, link.end))
        ways.setdefault(start, []).append((end, index, 1.0))
        ways.setdefault(end, []).append((start, index, -1.0))
    factor = np.zeros((len(links), len(board.origins), len(board.sites)))
    is_whole = True
    for o, origin in enumerate(board.origins):
        found = _shortest(nodes[origin.origin_id], ways, links)
        for s, site in enumerate(board.sites):
            steps = found.get(nodes[site.site_id])
            is_whole &= steps is not None
            for index, sign in steps or ():
                factor[index, o, s] = sign
    if not is_whole:
        raise _unconnected(list(dict.fromkeys(nodes.values())), ways, links)
    limited = np.array([index for index, link in enumerate(links) if link.gb_per_h is not None], dtype=np.int64)
    most = np.array([link.gb_per_h for link in links if link.gb_per_h is not None]) * board.slot_h
    return Links(
        names=tuple(links[index].name for index in limited),
        capacity_gb=_over_slots(most, board.slot_count),
        factor=factor[limited],
    )


def _unconnected(places: list[str], ways: Mapping[str, Sequence[Step]], links: Sequence[Link]) -> BadInputError:
    """Return what to say of places that do not all hang together: each that is apart from the most that do."""
    together = [[other for other in places if other in _shortest(place, ways, links)] for place in places]
    most = max(together, key=len)
    findings = []
    for place, joined in zip(places, together, strict=True):
        if place not in most:
            others = ", ".join(other for other in joined if other != place) or "none"
            told = f"Links must join {place} with the other places, was joined with {others}."
            findings.append(Finding(0, "from", "links_unconnected", told, place))
    return BadInputError(
        f"Links must join all {len(places)} places of the fleet, left out were {len(findings)}.",
        code="links_unconnected",
        hint="Add links to these places, empty gb_per_h is no limit; qipan day links writes a table that joins all.",
        findings=findings,
    )


def _over_slots(most: Floats, slots: int) -> Floats:
    return np.repeat(most.reshape(-1, 1), slots, axis=1)


def _shortest(
    start: str, ways: Mapping[str, Sequence[Step]], links: Sequence[Link]
) -> dict[str, tuple[tuple[int, float], ...]]:
    """Return the shortest way from a node to every other that it reaches: positions of links, and their signs."""
    found: dict[str, tuple[tuple[int, float], ...]] = {}
    heap: list[tuple[float, int, tuple[int, ...], str, tuple[tuple[int, float], ...]]] = [(0.0, 0, (), start, ())]
    while heap:
        km, count, order, node, steps = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = steps
        for end, index, sign in ways.get(node, ()):
            if end not in found:
                longer = (km + links[index].km, count + 1, (*order, index), end, (*steps, (index, sign)))
                heapq.heappush(heap, longer)
    return found
