"""Frameworks and tables for tests of the index."""

from __future__ import annotations

import numpy as np

from qipan.regions.model.framework import Framework, Indicators, Node, grow


def framework(count: int = 3, **of) -> Framework:
    """Return one level of indicators i-0, i-1 and so on under an index."""
    nodes = [Node(f"i-{at}", f"i-{at}", "all") for at in range(count)]
    if of:
        nodes = [
            Node(f"i-{at}", f"i-{at}", "all", **{name: some[at] for name, some in of.items()}) for at in range(count)
        ]
    return grow(nodes, [Node("all", "All", "")])


def table(value, years=None, others=None, **groups) -> Indicators:
    """Return figures ``(years, regions, indicators)`` of regions r-0, r-1 and so on; one year may be left out."""
    found = np.array(value, dtype=float)
    found = found[None] if found.ndim == 2 else found
    regions = tuple(f"r-{at}" for at in range(found.shape[1]))
    codes = tuple(f"i-{at}" for at in range(found.shape[2]))
    beside = {name: np.atleast_2d(np.array(one, dtype=float)) for name, one in (others or {}).items()}
    return Indicators(regions, regions, tuple(years or range(2000, 2000 + len(found))), codes, found, beside, groups)
