"""Lay cells out for a scan: by region and branch, with the sets of regions and of branches that hang together."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.cluster import Board
from qipan.labour.model.panel import Cell

REGIONS_LEAST: Final = 5
"""Fewest regions: what happens elsewhere is a median."""


def lay_out(cells: tuple[Cell, ...], beside: Adjacency) -> Board:
    """Return cells by region and branch, with what may be an area.

    Of regions, an area has up to three that hang together, or one with all that adjoin it. Of branches it has one, or
    up to three of one kind, or all of that kind: industries of a section that share their occupation, and occupations
    of a minor group that share their industry.

    Raises
    ------
    RuleBrokenError
        ``regions_few``.
    """
    regions = tuple(sorted({one.region for one in cells}))
    if len(regions) < REGIONS_LEAST:
        raise RuleBrokenError(
            f"Clusters need {REGIONS_LEAST} regions at least, were {len(regions)}.",
            code="regions_few",
            hint="Bring a panel of more regions.",
        )
    branches = tuple(sorted({(one.industry, one.occupation) for one in cells}))
    where = {name: at for at, name in enumerate(regions)}
    which = {branch: at for at, branch in enumerate(branches)}
    place = [where[one.region] * len(branches) + which[one.industry, one.occupation] for one in cells]
    near = {
        where[name]: sorted(where[one] for one in beside.regions.get(name, ()) if one in where and one != name)
        for name in regions
    }
    return Board(regions, branches, np.array(place, dtype=np.int64), _areas(near), _kinds(branches, beside))


def _areas(near: dict[int, list[int]]) -> tuple[tuple[int, ...], ...]:
    """Return sets of regions that hang together."""
    found = {(at,) for at in near} | {tuple(sorted((at, *others))) for at, others in near.items()}
    for at, others in near.items():
        for other in others:
            pair = {at, other}
            found |= {tuple(sorted(pair)), *(tuple(sorted({*pair, third})) for third in {*others, *near[other]} - pair)}
    return tuple(sorted(found))


def _kinds(branches: tuple[tuple[str, str], ...], beside: Adjacency) -> tuple[tuple[int, ...], ...]:
    """Return the branches of one kind, of which each adjoins each; a branch that adjoins nothing has none."""
    alike: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for at, (industry, occupation) in enumerate(branches):
        section, group = beside.section(industry), beside.minor_group(occupation)
        if section:
            alike["industries", section, occupation].append(at)
        if group:
            alike["occupations", industry, group].append(at)
    return tuple(sorted(tuple(one) for one in alike.values() if len(one) > 1))
