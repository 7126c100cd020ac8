"""Latency between places over a backbone.

Source: `zoo2011` for the topology; light in fibre needs 5 microseconds a kilometre.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.kernel.places import Point, great_circle_km
from qipan.kernel.units import one_way_ms_from_km


def distances_km(a: Sequence[Point], b: Sequence[Point]) -> Floats:
    """Return great-circle distances in kilometres, ``(a, b)``."""
    return np.array([[great_circle_km(p, q) for q in b] for p in a]).reshape(len(a), len(b))


def fibre_km(
    origins: Sequence[Point],
    sites: Sequence[Point],
    *,
    nodes: Sequence[Point],
    links: Sequence[tuple[int, int]],
    detour: float,
    straight_ceiling: float,
) -> Floats:
    """Return kilometres of fibre between origins and sites, ``(origins, sites)``.

    Each place reaches the backbone at its nearest node, follows the shortest path, and pays ``detour`` over the
    great circle on every leg; no pair needs more than ``straight_ceiling`` great circles, because published
    topologies miss direct links.

    Parameters
    ----------
    nodes, links
        Backbone as points and pairs of positions in ``nodes``; without nodes the detour alone counts.
    """
    # Fleets are registered without it.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    direct = distances_km(origins, sites)
    if not nodes:
        return direct * detour
    length = [great_circle_km(nodes[a], nodes[b]) * detour for a, b in links]
    ends = np.array(links, dtype=np.int64).reshape(-1, 2)
    graph = csr_array((length, (ends[:, 0], ends[:, 1])), shape=(len(nodes), len(nodes)))
    between = shortest_path(graph, directed=False)
    from_origin, from_site = distances_km(origins, nodes), distances_km(sites, nodes)
    gate_o, gate_s = from_origin.argmin(axis=1), from_site.argmin(axis=1)
    tails = from_origin.min(axis=1)[:, None] + from_site.min(axis=1)[None, :]
    path = between[np.ix_(gate_o, gate_s)] + tails * detour
    return np.asarray(np.minimum(path, direct * straight_ceiling))


def one_way_ms(fibre: Floats) -> Floats:
    """Return one-way latency in milliseconds of lengths of fibre in kilometres, same shape."""
    return fibre * one_way_ms_from_km(1.0)
