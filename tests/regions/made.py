"""Panels for tests of regions."""

from __future__ import annotations

import numpy as np

from qipan.regions.model.panel import Panel


def panel(value, weight=None, years=None, **groups) -> Panel:
    """Return a panel of regions r-0, r-1 and so on, from rows of years."""
    found = np.atleast_2d(np.array(value, dtype=float))
    heavy = np.ones(found.shape) if weight is None else np.broadcast_to(np.array(weight, dtype=float), found.shape)
    names = tuple(f"r-{at}" for at in range(found.shape[1]))
    return Panel(names, tuple(years or range(2000, 2000 + len(found))), found, heavy, groups)
